"""Proposing coordinates for an object's address."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends

from activities.db.repositories import objects
from api.audit import audit
from api.client import object_admin
from api.deps import Access, Served, require
from api.geocoder import GeocoderAway, places
from api.problems import Problem, problems
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/objects", tags=["Objects"])

Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]


@router.post(
    "/{object_id}/geocode",
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.GEOCODER_UNAVAILABLE),
    summary="Propose coordinates",
)
async def geocode(object_id: UUID, access: Editor, served: Served) -> object_admin.Places:
    """Sends the address to the configured address service and answers what it proposes; nothing is changed. 409 CONFLICT where
    the installation has no such service."""
    if served.settings.geocoder_url is None:
        raise Problem(
            ErrorCode.CONFLICT, "No address service is configured (STAM_GEOCODER_URL); enter the coordinates by hand."
        )
    async with served.db.write() as session:
        found = await objects.find_object(session, object_id)
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND)
        audit(session, access, "object.address_sent", "object", object_id)
    try:
        proposed = await places(served.settings, found.address)
    except GeocoderAway as error:
        log.warning("api.geocoder_away", error=str(error))
        raise Problem(ErrorCode.GEOCODER_UNAVAILABLE, retry_after=10) from None
    return object_admin.Places(object_id=object_id, address=found.address, places=tuple(proposed))
