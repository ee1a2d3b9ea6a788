"""What was wanted without a connection (R-OFFLINE)."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api import intents
from api.client.intents import IntentAnswers
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas.intents import Sync
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/intents", tags=["Dispatch"])

Dispatcher = Annotated[Access, Depends(require(Permission.DISPATCH_WRITE))]


@router.post("/sync", responses=problems(), summary="Send what was queued without a connection")
async def sync_intents(body: Sync, access: Dispatcher, served: Served) -> IntentAnswers:
    """In their order, each by itself: one that is rejected keeps none of the others from being applied. Sent again, whole or in
    part, each is answered as it was the first time, also after it has expired."""
    return IntentAnswers(items=tuple([await intents.settle(served.db, access, intent) for intent in body.intents]))
