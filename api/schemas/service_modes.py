"""What clients send about service mode, and its rows as answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.client import service_modes as told
from api.schemas.answers import Row, same_named
from api.schemas.requests import Body, Version
from api.schemas.secrets import Reason
from workflows.domain.alarm import AlarmType, Source
from workflows.domain.service import MOST_MINUTES, Scope

Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]


class ZonesOfPanel(Body):
    panel_id: UUID
    numbers: Annotated[list[Annotated[int, Field(ge=1, le=256)]], Field(min_length=1, max_length=256)]


class NewServiceMode(Body):
    minutes: Minutes = Field(description="How long, at most; the object may allow less (`service_max_minutes`).")
    reason: Reason = Field(description="Why. Kept for the auditors.", examples=["Detectors in the store are replaced"])
    zones: Annotated[list[ZonesOfPanel], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Left out: the whole object."
    )
    alarm_types: Annotated[list[AlarmType], Field(min_length=1, max_length=len(AlarmType))] | None = Field(
        default=None, description="Left out: all that may be silenced."
    )

    def scope(self) -> Scope:
        zones: dict[UUID, frozenset[int]] | None = None
        if self.zones is not None:
            zones = {}
            for one in self.zones:
                zones[one.panel_id] = zones.get(one.panel_id, frozenset()) | frozenset(one.numbers)
        kinds = None if self.alarm_types is None else frozenset(self.alarm_types)
        return Scope(zones=zones, alarm_types=kinds)


class ServiceExtension(Body):
    version: Version
    minutes: Minutes = Field(description="So much later it ends.")


def answer(row: Row) -> told.ServiceMode:
    scope = Scope.of_json(row["scope"])
    zones = None
    if scope.zones is not None:
        zones = tuple(told.ServiceZones(panel_id=panel, numbers=tuple(sorted(n))) for panel, n in scope.zones.items())
    return same_named(
        told.ServiceMode,
        row,
        zones=zones,
        alarm_types=None if scope.alarm_types is None else tuple(sorted(scope.alarm_types)),
        summary=None if row["summary"] is None else _summary(row["summary"]),
    )


def _summary(summed: Mapping[str, Any]) -> told.ServiceSummary:
    return told.ServiceSummary(
        events=summed["events"],
        bundles=summed["bundles"],
        active=summed["active"],
        by_type={AlarmType(kind): count for kind, count in summed["by_type"].items()},
        by_place=tuple(map(_place, summed["by_place"])),
        still_active=tuple(map(_place, summed["still_active"])),
    )


def _place(one: Mapping[str, Any]) -> told.ServicePlace:
    return told.ServicePlace(
        alarm_type=AlarmType(one["alarm_type"]),
        source_kind=Source(one["source_kind"]),
        source_number=one["source_number"],
        panel_id=UUID(one["panel_id"]) if one["panel_id"] else None,
        events=one.get("events"),
        since=datetime.fromisoformat(one["since"]) if one.get("since") else None,
    )
