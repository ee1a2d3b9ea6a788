"""Auto-arm: schedules, their days, what became of each firing, and what is not armed (R-AUTOARM)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.session import Session, with_query
from workflows.domain.auto_arm import OpenZones, RunOutcome, RunStatus
from workflows.domain.command import ArmMode
from workflows.domain.panel import PartitionState
from workflows.domain.schedule import ClockChange, HolidayPolicy, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmSchedule:
    """`weekdays`: ISO, 1 is Monday. `at`: local, "20:00"; `time_zone` None: the panel's. `deadline_minutes`: so long after its
    time it is tried."""

    id: UUID
    object_id: UUID
    panel_id: UUID
    name: str
    partitions: tuple[int, ...]
    weekdays: tuple[int, ...]
    at: str
    arm_mode: ArmMode
    forced: bool
    warn_minutes: int
    postpone_minutes: int
    open_zones: OpenZones
    deadline_minutes: int
    holidays: HolidayPolicy
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime
    time_zone: str | None = None
    region: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmException:
    """A day with another time ("14:00"), or (`at` None) without a firing."""

    day: date
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmExceptions:
    """`version` is the schedule's."""

    schedule_id: UUID
    version: int
    exceptions: tuple[AutoArmException, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFiring:
    """`at`: the time on the panel's wall, as "20:00". `skipped`: why it does not fire on that day; `holiday`: what the day is
    called. `clocks` SKIPPED: its local time is left
    out on that day, and it fires right after the gap; TWICE: it comes twice, and the first counts."""

    day: date
    fire_at: datetime | None = None
    moved: bool = False
    skipped: Skipped | None = None
    holiday: str | None = None
    clocks: ClockChange | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """In `time_zone`, the next firings and the days that are left out between them. `schedule_id` None: of a draft."""

    time_zone: str
    lines: tuple[ExpectedFiring, ...] = ()
    schedule_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableFiring:
    """A firing that is planned, or has been; without a run: nobody has begun it (yet). `at`: the time on the panel's wall."""

    day: date
    fire_at: datetime
    at: str
    moved: bool = False
    clocks: ClockChange | None = None
    run_id: UUID | None = None
    status: RunStatus | None = None
    outcome: RunOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableRow:
    """One schedule, by whose clock it goes, and its firings in order. `in_step` False: what starts its firings has not taken
    over its last change yet."""

    schedule: AutoArmSchedule
    object_name: str
    panel_name: str
    time_zone: str
    firings: tuple[TimetableFiring, ...] = ()
    in_step: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Every schedule, by object and name, with its firings from `since` to `until`."""

    since: datetime
    until: datetime
    rows: tuple[TimetableRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """`own`: added here; otherwise a public holiday of the region asked for."""

    day: date
    name: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    year: int
    region: str | None
    days: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmRun:
    """One firing. `outcome` while it is under way: what it waits for. `blocking`: zones that were open."""

    id: UUID
    schedule_id: UUID
    panel_id: UUID
    object_id: UUID
    partitions: tuple[int, ...]
    local_date: date
    fire_at: datetime
    target_at: datetime
    deadline_at: datetime
    status: RunStatus
    begun_at: datetime
    outcome: RunOutcome | None = None
    reason: str | None = None
    blocking: tuple[int, ...] = ()
    commands: tuple[UUID, ...] = ()
    postponed_by: UUID | None = None
    cancelled_by: UUID | None = None
    verified_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotArmedPartition:
    """Should be armed and is not. `why`: the run's outcome, or NOT_STARTED, UNDER_WAY, DISARMED_SINCE, UNKNOWN."""

    schedule_id: UUID
    object_id: UUID
    panel_id: UUID
    partition: int
    fire_at: datetime
    why: str
    state: PartitionState | None = None
    since: datetime | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    as_of: datetime
    not_armed: tuple[NotArmedPartition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    schedule_id: UUID
    object_id: UUID
    panel_id: UUID
    fire_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmReport:
    """What became of all firings of one local day. `counts`: of runs by outcome, of those that have not ended by status."""

    date: date
    counts: dict[str, int]
    runs: tuple[AutoArmRun, ...] = ()
    not_started: tuple[NotStarted, ...] = ()


_BASE = "/api/auto-arm"


class AutoArm:
    """Calls of `StamClient.auto_arm`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- schedules

    async def schedules(
        self, *, panel_id: UUID | None = None, object_id: UUID | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[AutoArmSchedule]:
        """Oldest first."""
        query = {"panel_id": panel_id, "object_id": object_id, "cursor": cursor, "limit": limit}
        return await self._session.get(f"{_BASE}/schedules", Page[AutoArmSchedule], **query)

    async def schedule(self, schedule_id: UUID) -> AutoArmSchedule:
        return await self._session.get(_one(schedule_id), AutoArmSchedule)

    async def create(
        self, panel_id: UUID, *, name: str, partitions: list[int], weekdays: list[int], at: time, **more: Any
    ) -> AutoArmSchedule:
        """``more``: the other members of `AutoArmSchedule`, as JSON has them."""
        body = {"panel_id": panel_id, "name": name, "partitions": partitions, "weekdays": weekdays, "at": _clock(at), **more}
        return await self._session.send("POST", f"{_BASE}/schedules", AutoArmSchedule, body)

    async def change(self, schedule_id: UUID, *, version: int, **members: Any) -> AutoArmSchedule:
        """Only those given change. 409 STALE_VERSION when ``version`` is not the newest."""
        if isinstance(members.get("at"), time):
            members["at"] = _clock(members["at"])
        return await self._session.send("PATCH", _one(schedule_id), AutoArmSchedule, {"version": version, **members})

    async def delete(self, schedule_id: UUID, *, version: int) -> None:
        await self._session.call("DELETE", with_query(_one(schedule_id), version=version))

    async def exceptions(self, schedule_id: UUID) -> AutoArmExceptions:
        return await self._session.get(f"{_one(schedule_id)}/exceptions", AutoArmExceptions)

    async def put_exceptions(self, schedule_id: UUID, wanted: Mapping[date, time | None], *, version: int) -> AutoArmExceptions:
        """Exactly these; ``version``: the schedule's."""
        days = [{"day": day.isoformat(), "at": _clock(at) if at else None} for day, at in wanted.items()]
        body = {"version": version, "exceptions": days}
        return await self._session.send("PUT", f"{_one(schedule_id)}/exceptions", AutoArmExceptions, body)

    async def preview(self, schedule_id: UUID) -> Preview:
        """The next ten firings."""
        return await self._session.get(f"{_one(schedule_id)}/preview", Preview)

    async def preview_draft(
        self, panel_id: UUID, *, exceptions: Mapping[date, time | None] | None = None, **members: Any
    ) -> Preview:
        """Of a schedule as it would be; ``members``: as for `create`."""
        days = [{"day": day.isoformat(), "at": _clock(at) if at else None} for day, at in (exceptions or {}).items()]
        body = {"panel_id": panel_id, "exceptions": days, **members}
        return await self._session.send("POST", f"{_BASE}/preview", Preview, body)

    async def timetable(self, *, since: datetime, until: datetime) -> Timetable:
        """At most 35 days."""
        return await self._session.get(f"{_BASE}/timetable", Timetable, **{"from": since, "to": until})

    # -- holidays

    async def holidays(self, *, year: int, region: str | None = None) -> Holidays:
        return await self._session.get(f"{_BASE}/holidays", Holidays, year=year, region=region)

    async def put_holiday(self, day: date, name: str) -> Holiday:
        return await self._session.send("PUT", f"{_BASE}/holidays/{day.isoformat()}", Holiday, {"name": name})

    async def delete_holiday(self, day: date) -> None:
        await self._session.call("DELETE", f"{_BASE}/holidays/{day.isoformat()}")

    # -- firings

    async def runs(
        self,
        *,
        schedule_id: UUID | None = None,
        panel_id: UUID | None = None,
        status: RunStatus | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[AutoArmRun]:
        """Newest first."""
        query = {"schedule_id": schedule_id, "panel_id": panel_id, "status": status, "from": since, "to": until}
        return await self._session.get(f"{_BASE}/runs", Page[AutoArmRun], **query, cursor=cursor, limit=limit)

    async def postpone(self, run_id: UUID, minutes: int, *, reason: str | None = None) -> AutoArmRun:
        """So much later than now planned, up to the schedule's limit."""
        body = {"minutes": minutes, "reason": reason}
        return await self._session.send("POST", f"{_BASE}/runs/{run_id}/postpone", AutoArmRun, body)

    async def cancel(self, run_id: UUID, *, reason: str | None = None) -> AutoArmRun:
        """This firing alone."""
        return await self._session.send("POST", f"{_BASE}/runs/{run_id}/cancel", AutoArmRun, {"reason": reason})

    async def sweep(self) -> Sweep:
        """What should be armed now and is not, and why."""
        return await self._session.get(f"{_BASE}/sweep", Sweep)

    async def report(self, day: date) -> AutoArmReport:
        """What became of all firings of a day."""
        return await self._session.get(f"{_BASE}/report", AutoArmReport, date=day.isoformat())


def _one(schedule_id: UUID) -> str:
    return f"{_BASE}/schedules/{schedule_id}"


def _clock(at: time) -> str:
    """As requests and answers have it: JSON Schema's "time" has a zone, and this one is the panel's."""
    return at.strftime("%H:%M")
