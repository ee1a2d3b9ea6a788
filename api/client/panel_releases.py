"""Panels whose line is given up for programming (R-DLOAD)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import Page
from api.client.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRelease:
    """The line is free from `freed_at` on (None: it is still being closed), and taken back at `until` or before, at `ended_at`.
    `ended_by` None: by time, or because the panel was disabled or deleted."""

    id: UUID
    panel_id: UUID
    requested_by: UUID
    reason: str
    begun_at: datetime
    until: datetime
    freed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None


class PanelReleases:
    """Calls of `StamClient.releases`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def release(self, panel_id: UUID, *, minutes: int, reason: str) -> PanelRelease:
        """Give up the line for so long from now; during a release this changes until when it lasts. Wait for `freed_at` before
        anybody else connects: it is there at once unless the line is slow to close."""
        body = {"minutes": minutes, "reason": reason}
        return await self._session.send("POST", f"/api/panels/{panel_id}/release", PanelRelease, body)

    async def resume(self, panel_id: UUID) -> PanelRelease:
        """Take it back before the time is over."""
        return await self._session.send("POST", f"/api/panels/{panel_id}/resume", PanelRelease)

    async def of_panel(self, panel_id: UUID, *, cursor: str | None = None, limit: int = 50) -> Page[PanelRelease]:
        """Newest first."""
        return await self._session.get(f"/api/panels/{panel_id}/releases", Page[PanelRelease], cursor=cursor, limit=limit)
