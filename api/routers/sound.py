"""The sound of a console, as far as others must know of it: a supervisor sees who had it quiet, and for how long."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.audit import audit
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas.sound import Mute
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/account", tags=["Session"])

Listener = Annotated[Access, Depends(require(Permission.ALARM_VIEW))]


@router.post("/mute", status_code=204, responses=problems(), summary="One's console is quiet, or sounds again")
async def mute(body: Mute, access: Listener, served: Served) -> None:
    """Changes nothing but the audit log: the console has the sound. P1 is not muted by it."""
    action = "sound.muted" if body.seconds else "sound.unmuted"
    async with served.db.write() as session:
        audit(session, access, action, "user", access.user_id, {"seconds": body.seconds} if body.seconds else None)
