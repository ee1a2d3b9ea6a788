"""Service mode: alarms of an object recorded silently for a while (R-SERVICE)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.session import Session
from workflows.domain.alarm import AlarmType, Source
from workflows.domain.service import ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceZones:
    panel_id: UUID
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlace:
    """So many alarms of one type and place were silenced; or, with `since`, one that still stood in alarm at the end."""

    alarm_type: AlarmType
    source_kind: Source
    source_number: int
    panel_id: UUID | None = None
    events: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSummary:
    """What was silenced. The lists hold the first 200 places; the numbers are of all."""

    events: int
    bundles: int
    active: int
    by_type: dict[AlarmType, int]
    by_place: tuple[ServicePlace, ...] = ()
    still_active: tuple[ServicePlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMode:
    """A period. `in_force`: it silences alarms now. `zones` and `alarm_types` None: all; hold-up and duress never."""

    id: UUID
    object_id: UUID
    object_name: str
    state: ServiceState
    in_force: bool
    version: int
    reason: str
    requested_by: UUID
    username: str
    begun_at: datetime
    ends_at: datetime
    zones: tuple[ServiceZones, ...] | None = None
    alarm_types: tuple[AlarmType, ...] | None = None
    released_by: UUID | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    summary: ServiceSummary | None = None


class ServiceModes:
    """Calls of `StamClient.service_modes`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def begin(self, object_id: UUID, *, minutes: int, reason: str, **scope: Any) -> ServiceMode:
        """``scope``: zones ({panel id: numbers}), alarm_types; neither: the whole object. AWAITING_RELEASE: see `release`."""
        body: dict[str, Any] = {"minutes": minutes, "reason": reason, **scope}
        zones: Mapping[UUID, Sequence[int]] | None = body.get("zones")
        if zones is not None:
            body["zones"] = [{"panel_id": panel, "numbers": list(numbers)} for panel, numbers in zones.items()]
        return await self._session.send("POST", f"/api/objects/{object_id}/service-mode", ServiceMode, body)

    async def extend(self, mode: ServiceMode, minutes: int) -> ServiceMode:
        """409 STALE_VERSION when ``mode`` is not the newest."""
        body = {"minutes": minutes, "version": mode.version}
        return await self._session.send("POST", f"/api/service-modes/{mode.id}/extend", ServiceMode, body)

    async def end(self, service_id: UUID) -> ServiceMode:
        """Before its time is over; safe to repeat."""
        return await self._session.send("POST", f"/api/service-modes/{service_id}/end", ServiceMode)

    async def release(self, service_id: UUID) -> ServiceMode:
        """As the second person."""
        return await self._session.send("POST", f"/api/service-modes/{service_id}/release", ServiceMode)

    async def modes(
        self,
        *,
        object_id: UUID | None = None,
        in_force: bool | None = None,
        state: Sequence[ServiceState] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ServiceMode]:
        """Newest first."""
        query = {"object_id": object_id, "in_force": in_force, "state": state, "from": since, "to": until}
        return await self._session.get("/api/service-modes", Page[ServiceMode], **query, cursor=cursor, limit=limit)
