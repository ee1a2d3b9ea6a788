"""What clients send about the parts of a panel: its zones, partitions, and what it calls them itself."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from api.schemas.requests import Body, Line, Version
from workflows.domain.alarm import NEVER_SUPPRESSED, AlarmType, Priority, lowered
from workflows.domain.panel_names import NameKind

ZoneNumber = Annotated[int, Field(ge=1, le=256)]
PartitionNumber = Annotated[int, Field(ge=1, le=32)]
Override = dict[AlarmType | Literal["priority"], Priority]


def _not_lowered(override: Override) -> Override:
    if wrong := lowered({AlarmType(kind): priority for kind, priority in override.items() if kind != "priority"}):
        raise ValueError(f"{', '.join(wrong)} is always CRITICAL")
    return override


PriorityOverride = Annotated[
    Override,
    AfterValidator(_not_lowered),
    Field(description="For all alarm types, or for some.", examples=[{"priority": "LOW"}, {"INTRUSION": "LOW"}]),
]


def contradiction(alarm_type: AlarmType | None, override: Mapping[Any, str] | None) -> str | None:
    """Why ``override`` does not fit a zone of this type; None: it does."""
    if alarm_type in NEVER_SUPPRESSED and (override or {}).get("priority", Priority.CRITICAL) != Priority.CRITICAL:
        return f"a zone of type {alarm_type} is always CRITICAL"
    return None


class NewZone(Body):
    panel_id: UUID
    number: ZoneNumber
    name: Line
    partition: PartitionNumber | None = None
    alarm_type: AlarmType | None = Field(default=None, description="What an intrusion here really is, e.g. HOLDUP.")
    priority_override: PriorityOverride | None = None


class ZoneChange(Body):
    """Only the members that are there change."""

    version: Version
    name: Line | None = None
    partition: PartitionNumber | None = None
    alarm_type: AlarmType | None = Field(default=None, description="null: as the panel says.")
    priority_override: PriorityOverride | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("name cannot be null")
        return self


class NamedPart(Body):
    number: PartitionNumber
    name: Line


def _once(parts: list[NamedPart]) -> list[NamedPart]:
    numbers = [part.number for part in parts]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ValueError(f"given twice: {', '.join(map(str, twice))}")
    return parts


class Partitions(Body):
    """`version`: the panel's `description_version`."""

    version: Version
    partitions: Annotated[list[NamedPart], Field(max_length=32), AfterValidator(_once)]


class Chosen(Body):
    kind: NameKind
    number: Annotated[int, Field(ge=1, le=256)]


class Merge(Body):
    """`version`: the panel's `description_version` the preview was made of."""

    version: Version
    chosen: Annotated[list[Chosen], Field(min_length=1, max_length=1_024)]
