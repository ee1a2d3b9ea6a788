"""The objects a console keeps a copy of (R-OFFLINE): what has changed since it looked last."""

from dataclasses import dataclass
from uuid import UUID

from api.client.models import Object
from api.client.object_admin import ResponsePlan
from api.client.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedObject:
    """What one needs on the spot: where it is, whom to call, what to do."""

    object: Object
    plan: ResponsePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChanges:
    """`items` replace what the console has; `removed` it forgets. `more`: ask again with `cursor` at once; else that is where
    the next look begins. `from_the_start`: everything follows, and what does not is gone."""

    items: tuple[SyncedObject, ...]
    removed: tuple[UUID, ...]
    cursor: str
    more: bool
    from_the_start: bool


class ObjectSync:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def changes(self, cursor: str | None = None, *, limit: int = 100) -> ObjectChanges:
        """What has changed since the look that ended with ``cursor``; None: everything."""
        return await self._session.get("/api/object-changes", ObjectChanges, cursor=cursor, limit=limit)
