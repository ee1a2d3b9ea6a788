"""Silence is an alarm: who has promised to be heard, when each was heard last, and who is overdue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import Page
from api.client.session import Session
from workflows.domain.supervision import SourceKind, SourceState, SupervisionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedPanel:
    """`last_seen_at`: the last time its line was known to be up, None: never yet. `holder_seen_at`: the last sign of life of
    whoever holds the line. `clock_wrong`: there is an alarm for its clock."""

    panel_id: UUID
    object_id: UUID
    name: str
    supervision_class: SupervisionClass
    promised_seconds: float
    state: SourceState
    last_seen_at: datetime | None = None
    holder_seen_at: datetime | None = None
    silent_since: datetime | None = None
    clock_wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedPart:
    """A part of the system itself. `since`: when its state began."""

    kind: SourceKind
    key: str
    promised_seconds: float
    last_seen_at: datetime
    state: SourceState
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """`parts`: all of them, on every page. `server_time`: against which the times are to be read."""

    server_time: datetime
    parts: tuple[SupervisedPart, ...]
    panels: Page[SupervisedPanel]


class Supervising:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def look(self, *, silent: bool = False, cursor: str | None = None, limit: int | None = None) -> Supervision:
        """``silent``: only panels that are. Further pages by `panels.next_cursor`."""
        query = {"silent": silent or None, "cursor": cursor, "limit": limit}
        return await self._session.get("/api/supervision", Supervision, **query)
