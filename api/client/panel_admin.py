"""Panels as an administrator sees them: partitions, zones, and what a panel calls its own parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.models import Zone
from api.client.session import Session
from workflows.domain.panel_names import NameKind, NameVerdict, ReadFailure, ReadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PartName:
    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitions:
    """`version` is the panel's `description_version`."""

    panel_id: UUID
    version: int
    partitions: tuple[PartName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesRead:
    """How far the last reading has come: `asked` of `total` questions. `failure` belongs to FAILED."""

    status: ReadStatus
    asked: int
    total: int
    started_at: datetime
    ended_at: datetime | None = None
    failure: ReadFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDescription:
    """`function`: zone reaction or output function, as the panel numbers them."""

    name: str
    partition: int | None = None
    function: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameDifference:
    """`present`: as we have it; `read`: as the panel has it."""

    kind: NameKind
    number: int
    verdict: NameVerdict
    present: PartDescription | None = None
    read: PartDescription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelNames:
    """`version`: the panel's `description_version`, which a merge names. `last_read` None: never read."""

    panel_id: UUID
    version: int
    last_read: NamesRead | None = None
    differences: tuple[NameDifference, ...] = ()


class PanelAdmin:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def delete(self, panel_id: UUID, *, version: int) -> None:
        """Its line is let go."""
        await self._session.send("DELETE", f"/api/panels/{panel_id}?version={version}", type(None))

    async def partitions(self, panel_id: UUID) -> Partitions:
        return await self._session.get(f"/api/panels/{panel_id}/partitions", Partitions)

    async def put_partitions(self, panel_id: UUID, names: Mapping[int, str], *, version: int) -> Partitions:
        """Exactly these; ``version``: the panel's `description_version`."""
        parts = [{"number": number, "name": name} for number, name in names.items()]
        body = {"version": version, "partitions": parts}
        return await self._session.send("PUT", f"/api/panels/{panel_id}/partitions", Partitions, body)

    async def change_zone(self, zone_id: UUID, *, version: int, **members: Any) -> Zone:
        """name, partition, alarm_type, priority_override: only those given change."""
        return await self._session.send("PATCH", f"/api/zones/{zone_id}", Zone, {"version": version, **members})

    async def delete_zone(self, zone_id: UUID, *, version: int) -> None:
        await self._session.send("DELETE", f"/api/zones/{zone_id}?version={version}", type(None))

    async def read_names(self, panel_id: UUID) -> NamesRead:
        """Begin to read the panel's own names, or join a reading that is under way."""
        return await self._session.send("POST", f"/api/panels/{panel_id}/names/read", NamesRead)

    async def names(self, panel_id: UUID) -> PanelNames:
        """How far the reading is, and what taking over its names would change."""
        return await self._session.get(f"/api/panels/{panel_id}/names", PanelNames)

    async def merge_names(self, panel_id: UUID, chosen: Iterable[tuple[NameKind, int]], *, version: int) -> PanelNames:
        """Take over the panel's names of these parts."""
        body = {"version": version, "chosen": [{"kind": kind, "number": number} for kind, number in chosen]}
        return await self._session.send("POST", f"/api/panels/{panel_id}/names/merge", PanelNames, body)
