"""What a file says of one object, complete and judged by itself; not yet compared with the database.

None, and an empty tuple, say nothing: what is there stays. `row` is where it stands on its sheet.
"""

from dataclasses import dataclass

from workflows.domain.alarm import AlarmType
from workflows.domain.response import StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneEntry:
    row: int
    number: int
    name: str
    partition: int | None = None
    alarm_type: AlarmType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelEntry:
    row: int
    name: str
    host: str
    port: int | None = None
    integration_key: str | None = None
    time_zone: str | None = None
    enabled: bool | None = None
    zones: tuple[ZoneEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEntry:
    row: int
    position: int
    name: str
    phone: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEntry:
    row: int
    position: int
    text: str
    kind: StepKind | None = None
    alarm_type: AlarmType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEntry:
    row: int
    external_number: str
    name: str
    address: str
    kind: str
    lat: float | None = None
    lon: float | None = None
    contacts: tuple[ContactEntry, ...] = ()
    procedure: tuple[StepEntry, ...] = ()
    panels: tuple[PanelEntry, ...] = ()
