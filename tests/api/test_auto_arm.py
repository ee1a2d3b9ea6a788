"""R-AUTOARM over HTTP: schedules and their days, what people decide about a firing, and what is not armed."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from temporalio.client import Client
from uuid_utils.compat import uuid7

from activities.auto_arm_schedules import AutoArmSchedules
from activities.db.models.audit_log import AuditEntry
from activities.db.models.auto_arm_runs import AutoArmRun as RunRow
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel
from activities.db.session import Database
from api.client.auto_arm import AutoArmRun
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People
from tests.support.auto_arm_rows import EVERY_DAY, ZONE, add_schedule, add_states, in_minutes, local
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.auto_arm import OpenZones, RunOutcome, RunStatus
from workflows.domain.command import ArmMode
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import PartitionState
from workflows.domain.schedule import ClockChange, HolidayPolicy, Skipped

Login = Callable[..., Any]


@pytest.fixture
async def panel_id(db: Database) -> UUID:
    panel = Panel(id=uuid7(), object_id=await add_object(db), name="Main", host="10.0.0.7", enabled=False)
    async with db.write() as session:
        session.add(panel)
    return panel.id


def night(panel_id: UUID, **more: Any) -> dict[str, Any]:
    usual = {"panel_id": str(panel_id), "name": "Night", "partitions": [1, 2], "weekdays": EVERY_DAY, "at": "20:00"}
    return usual | more


async def test_a_schedule_is_made_changed_and_deleted_and_temporal_is_told_each_time(
    api: Api, login: Login, db: Database, panel_id: UUID
) -> None:
    admin: StamClient = await login(api, "admin")
    made = await admin.auto_arm.create(
        panel_id, name="Night", partitions=[2, 1], weekdays=[5, 1], at=time(20, 15), arm_mode=2, open_zones="BYPASS"
    )
    assert (made.partitions, made.weekdays, made.at, made.version) == ((1, 2), (1, 5), "20:15", 1)
    assert (made.arm_mode, made.open_zones, made.holidays) == (ArmMode.STAY, OpenZones.BYPASS, HolidayPolicy.USUAL)
    changed = await admin.auto_arm.change(made.id, version=1, at=time(21), enabled=False, valid_until="2027-01-31")
    assert (changed.at, changed.enabled, changed.version, changed.valid_until) == ("21:00", False, 2, date(2027, 1, 31))
    assert await admin.auto_arm.schedule(made.id) == changed
    assert (await admin.auto_arm.schedules(panel_id=panel_id)).items == (changed,)
    assert (await admin.auto_arm.schedules(object_id=uuid4())).items == ()
    with pytest.raises(ApiError) as stale:
        await admin.auto_arm.change(made.id, version=1, name="Late")
    assert stale.value.code is ErrorCode.STALE_VERSION
    await admin.auto_arm.delete(made.id, version=2)
    with pytest.raises(ApiError) as gone:
        await admin.auto_arm.schedule(made.id)
    assert gone.value.code is ErrorCode.NOT_FOUND
    async with db.read() as session:
        told = list(await session.scalars(select(OutboxRow).where(OutboxRow.type == names.AUTO_ARM_CHANGED)))
    assert [row.payload["schedule_id"] for row in told] == [str(made.id)] * 3
    assert all(row.orchestrate for row in told)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"at": "25:00"}, "at"),
        ({"at": "20:00:30"}, "at"),
        ({"partitions": []}, "partitions"),
        ({"partitions": [33]}, "partitions.0"),
        ({"partitions": [1, 1]}, "partitions"),
        ({"weekdays": [0]}, "weekdays.0"),
        ({"weekdays": []}, "weekdays"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"region": "XX"}, "region"),
        ({"region": "DE-QQ"}, "region"),
        ({"arm_mode": 4}, "arm_mode"),
        ({"warn_minutes": 721}, "warn_minutes"),
        ({"deadline_minutes": -1}, "deadline_minutes"),
        ({"open_zones": "HOPE"}, "open_zones"),
        ({"valid_from": "2027-02-01", "valid_until": "2027-01-01"}, "body"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, login: Login, panel_id: UUID, bad: dict[str, Any], field: str) -> None:
    admin: StamClient = await login(api, "admin")
    async with api.http(admin.session.access_token) as http:
        answer = await http.post("/api/auto-arm/schedules", json=night(panel_id, **bad))
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_change_may_not_turn_the_days_around_or_empty_what_must_be(
    api: Api, login: Login, db: Database, panel_id: UUID
) -> None:
    admin: StamClient = await login(api, "admin")
    schedule_id = await add_schedule(db, panel_id, valid_from=date(2027, 1, 1))
    for changes in ({"valid_until": "2026-12-31"}, {"at": None}):
        with pytest.raises(ApiError) as refused:
            await admin.auto_arm.change(schedule_id, version=1, **changes)
        assert refused.value.code is ErrorCode.VALIDATION


async def test_the_preview_shows_holidays_and_exceptions(api: Api, login: Login, db: Database, panel_id: UUID) -> None:
    admin: StamClient = await login(api, "admin")
    schedule_id = await add_schedule(db, panel_id, holidays=HolidayPolicy.SKIP, region="PL")
    today = datetime.now(UTC).date()
    stock, early, closed = (today + timedelta(days=n) for n in (2, 3, 4))
    await admin.auto_arm.put_holiday(stock, "Stock-taking")
    wanted: dict[date, time | None] = {early: time(14), closed: None}
    told = await admin.auto_arm.put_exceptions(schedule_id, wanted, version=1)
    assert ({one.day: one.at for one in told.exceptions}, told.version) == ({early: "14:00", closed: None}, 2)
    assert await admin.auto_arm.exceptions(schedule_id) == told
    shown = await admin.auto_arm.preview(schedule_id)
    by_day = {line.day: line for line in shown.lines}
    assert (by_day[stock].skipped, by_day[stock].holiday) == (Skipped.HOLIDAY, "Stock-taking")
    assert (by_day[early].moved, by_day[closed].skipped) == (True, Skipped.EXCEPTION)
    assert (shown.time_zone, sum(line.fire_at is not None for line in shown.lines)) == (ZONE, 10)


async def test_holidays_of_a_year_are_public_ones_and_our_own(api: Api, login: Login) -> None:
    admin: StamClient = await login(api, "admin")
    await admin.auto_arm.put_holiday(date(2026, 12, 24), "Stock-taking")
    await admin.auto_arm.put_holiday(date(2026, 12, 24), "Closed")
    days = {one.day: one for one in (await admin.auto_arm.holidays(year=2026, region="PL")).days}
    assert (days[date(2026, 12, 24)].name, days[date(2026, 12, 24)].own) == ("Closed", True)
    assert not days[date(2026, 11, 11)].own
    assert [one.day for one in (await admin.auto_arm.holidays(year=2026)).days] == [date(2026, 12, 24)]
    await admin.auto_arm.delete_holiday(date(2026, 12, 24))
    assert (await admin.auto_arm.holidays(year=2026)).days == ()
    with pytest.raises(ApiError) as gone:
        await admin.auto_arm.delete_holiday(date(2026, 12, 24))
    assert gone.value.code is ErrorCode.NOT_FOUND


async def test_a_holiday_is_told_to_the_schedules_that_look_at_holidays(
    api: Api, login: Login, db: Database, panel_id: UUID
) -> None:
    admin: StamClient = await login(api, "admin")
    await add_schedule(db, panel_id)
    looks = await add_schedule(db, panel_id, holidays=HolidayPolicy.SKIP)
    await admin.auto_arm.put_holiday(date(2026, 12, 24), "Closed")
    async with db.read() as session:
        told = await session.scalars(select(OutboxRow.payload).where(OutboxRow.type == names.AUTO_ARM_CHANGED))
        assert [payload["schedule_id"] for payload in told] == [str(looks)]


# -- what is going to happen


async def test_a_draft_is_previewed_with_what_the_clocks_do_and_nothing_is_saved(
    api: Api, login: Login, panel_id: UUID
) -> None:
    admin: StamClient = await login(api, "admin")
    sunday = _next_end_of_summer(datetime.now(UTC).date())
    draft = {"name": "Night", "partitions": [1], "weekdays": [1], "at": "20:00", "time_zone": "Europe/Warsaw"}
    valid = {"valid_from": sunday - timedelta(days=7), "valid_until": sunday + timedelta(days=7)}
    members = draft | {name: day.isoformat() for name, day in valid.items()}
    shown = await admin.auto_arm.preview_draft(panel_id, exceptions={sunday: time(2, 30)}, **members)
    by_day = {line.day: line for line in shown.lines}
    assert (by_day[sunday].clocks, by_day[sunday].moved) == (ClockChange.TWICE, True)
    assert (by_day[sunday].fire_at, by_day[sunday].at) == (datetime.combine(sunday, time(0, 30), UTC), "02:30")
    assert {line.clocks for day, line in by_day.items() if day != sunday} == {None}
    assert (await admin.auto_arm.schedules()).items == ()


def _next_end_of_summer(today: date) -> date:
    """The last Sunday of October."""
    found = [
        last - timedelta(days=last.isoweekday() % 7) for last in (date(year, 10, 31) for year in (today.year, today.year + 1))
    ]
    return next(day for day in found if day > today + timedelta(days=7))


async def test_the_timetable_has_what_was_and_what_will_be(api: Api, login: Login, db: Database, panel_id: UUID) -> None:
    auditor: StamClient = await login(api, "auditor")
    done = await add_schedule(db, panel_id, local(in_minutes(-60)), name="A")
    missed = await add_schedule(db, panel_id, local(in_minutes(-60)), name="B")
    changed = await add_schedule(db, panel_id, local(in_minutes(-60)), name="C", updated_at=datetime.now(UTC))
    run_id = await _run(db, panel_id, done, RunStatus.DONE, RunOutcome.ARMED)
    at = in_minutes(-60)
    told = await auditor.auto_arm.timetable(since=at - timedelta(hours=2), until=at + timedelta(days=1, hours=2))
    by_id = {row.schedule.id: row for row in told.rows}
    assert [row.schedule.name for row in told.rows] == ["A", "B", "C"]
    assert [(one.fire_at - at, one.run_id, one.outcome) for one in by_id[done].firings] == [
        (timedelta(), run_id, RunOutcome.ARMED),
        (timedelta(days=1), None, None),
    ]
    assert [one.run_id for one in by_id[missed].firings] == [None, None]
    assert [one.fire_at - at for one in by_id[changed].firings] == [timedelta(days=1)]
    assert (by_id[done].panel_name, by_id[done].time_zone, by_id[done].in_step) == ("Main", ZONE, True)
    admin: StamClient = await login(api, "admin")
    await admin.auto_arm.change(done, version=1, name="A2")  # nobody tells Temporal here
    told = await admin.auto_arm.timetable(since=at, until=at + timedelta(days=1))
    assert {row.schedule.name: row.in_step for row in told.rows} == {"A2": False, "B": True, "C": True}
    with pytest.raises(ApiError) as long:
        await auditor.auto_arm.timetable(since=at, until=at + timedelta(days=36))
    assert long.value.code is ErrorCode.VALIDATION


# -- one firing


@pytest.fixture
async def pending(
    whole_api: Api, login: Login, db: Database, panel_id: UUID, temporal_client: Client
) -> AsyncIterator[AutoArmRun]:
    """In half an hour, and people have been warned; it may be put off for half an hour."""
    keeper = AutoArmSchedules(db, temporal_client, ZONE, on=True)
    schedule_id = await add_schedule(
        db, panel_id, local(in_minutes(30)), warn_minutes=60, postpone_minutes=30, updated_at=datetime.now(UTC)
    )
    await keeper.sync(schedule_id)
    operator: StamClient = await login(whole_api, "operator")
    await eventually(lambda: _warned(db), within=20, what="people were warned")
    (run,) = (await operator.auto_arm.runs(status=RunStatus.PENDING)).items
    yield run
    await AutoArmSchedules(db, temporal_client, ZONE, on=False).sync(schedule_id)


async def _warned(db: Database) -> bool:
    async with db.read() as session:
        return list(await session.scalars(select(RunRow.changes))) == [1]


async def test_an_operator_puts_a_firing_off_and_cancels_it(
    whole_api: Api, login: Login, db: Database, people: People, pending: AutoArmRun
) -> None:
    operator: StamClient = await login(whole_api, "operator")
    later = await operator.auto_arm.postpone(pending.id, 20, reason="Stock-taking until eight.")
    assert (later.target_at - pending.fire_at, later.fire_at) == (timedelta(minutes=20), pending.fire_at)
    assert (later.postponed_by, later.deadline_at - pending.deadline_at) == (people["operator"], timedelta(minutes=20))
    with pytest.raises(ApiError) as beyond:
        await operator.auto_arm.postpone(pending.id, 11)
    assert beyond.value.code is ErrorCode.CONFLICT
    cancelled = await operator.auto_arm.cancel(pending.id)
    assert (cancelled.status, cancelled.outcome) == (RunStatus.CANCELLED, RunOutcome.CANCELLED)
    assert (cancelled.cancelled_by, cancelled.ended_at is not None) == (people["operator"], True)
    assert await operator.auto_arm.cancel(pending.id) == cancelled
    with pytest.raises(ApiError) as over:
        await operator.auto_arm.postpone(pending.id, 1)
    assert over.value.code is ErrorCode.CONFLICT
    async with db.read() as session:
        rows = list(
            await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == pending.id).order_by(AuditEntry.id))
        )
    assert [(row.action, row.actor_id) for row in rows] == [
        ("auto_arm.postpone_asked", people["operator"]),
        ("auto_arm.postponed", people["operator"]),
        ("auto_arm.cancelled", people["operator"]),
    ]
    assert all(row.request_id for row in rows)
    assert rows[0].detail == {"reason": "Stock-taking until eight."}


async def test_while_temporal_is_away_nobody_decides(api: Api, login: Login, db: Database, panel_id: UUID) -> None:
    operator: StamClient = await login(api, "operator")
    run_id = await _run(db, panel_id, await add_schedule(db, panel_id), RunStatus.PENDING)
    with pytest.raises(ApiError) as away:
        await operator.auto_arm.cancel(run_id)
    assert away.value.code is ErrorCode.TEMPORAL_UNAVAILABLE


async def _run(
    db: Database, panel_id: UUID, schedule_id: UUID, status: RunStatus, outcome: RunOutcome | None = None, *, ago: int = 60
) -> UUID:
    at = in_minutes(-ago)
    async with db.write() as session:
        panel = await session.get_one(Panel, panel_id)
        row = RunRow(
            id=uuid7(),
            schedule_id=schedule_id,
            panel_id=panel_id,
            object_id=panel.object_id,
            workflow_id=str(uuid4()),
            partitions=[1, 2],
            local_date=at.astimezone(ZoneInfo(ZONE)).date(),
            fire_at=at,
            target_at=at,
            deadline_at=at,
            status=status,
            outcome=outcome,
            ended_at=None if status in {RunStatus.PENDING, RunStatus.ARMING} else at,
        )
        session.add(row)
    return row.id


@pytest.mark.parametrize(
    ("run", "link", "states", "expected"),
    [
        (None, "CONNECTED", ("DISARMED", "DISARMED"), {1: "NOT_STARTED", 2: "NOT_STARTED"}),
        (None, "CONNECTED", ("ARMED_FULL", "ARMED_STAY"), {}),
        ((RunStatus.DONE, RunOutcome.ARMED), "CONNECTED", ("ARMED_FULL", "DISARMED"), {2: "DISARMED_SINCE"}),
        ((RunStatus.DONE, RunOutcome.ARMED), "DISCONNECTED", ("ARMED_FULL", "ARMED_FULL"), {1: "UNKNOWN", 2: "UNKNOWN"}),
        ((RunStatus.FAILED, RunOutcome.ZONES_OPEN), "CONNECTED", ("ARMED_FULL", "DISARMED"), {2: "ZONES_OPEN"}),
        ((RunStatus.SKIPPED, RunOutcome.SERVICE_MODE), "CONNECTED", ("ARMED_FULL", "DISARMED"), {2: "SERVICE_MODE"}),
        ((RunStatus.CANCELLED, RunOutcome.CANCELLED), "CONNECTED", ("ARMED_FULL", "DISARMED"), {2: "CANCELLED"}),
        ((RunStatus.ARMING, None), "CONNECTED", ("ARMED_FULL", "DISARMED"), {2: "UNDER_WAY"}),
        ((RunStatus.ARMING, RunOutcome.IN_ALARM), "CONNECTED", ("ARMED_FULL", "ALARM"), {2: "IN_ALARM"}),
    ],
)
async def test_the_sweep_says_what_is_not_armed_and_why(
    api: Api,
    login: Login,
    db: Database,
    panel_id: UUID,
    run: tuple[RunStatus, RunOutcome | None] | None,
    link: str,
    states: tuple[str, str],
    expected: dict[int, str],
) -> None:
    auditor: StamClient = await login(api, "auditor")
    schedule_id = await add_schedule(db, panel_id, local(in_minutes(-60)))
    await add_states(db, panel_id, link, p1=states[0], p2=states[1])
    run_id = await _run(db, panel_id, schedule_id, *run) if run else None
    found = (await auditor.auto_arm.sweep()).not_armed
    assert {one.partition: one.why for one in found} == expected
    assert all((one.schedule_id, one.run_id) == (schedule_id, run_id) for one in found)
    assert all(one.state in set(PartitionState) and one.since is not None for one in found)


async def test_the_report_of_a_day_counts_outcomes_and_names_what_nobody_started(
    api: Api, login: Login, db: Database, panel_id: UUID
) -> None:
    auditor: StamClient = await login(api, "auditor")
    at = in_minutes(-60)
    schedules = [await add_schedule(db, panel_id, local(at)) for _ in range(3)]
    await _run(db, panel_id, schedules[0], RunStatus.DONE, RunOutcome.ARMED)
    await _run(db, panel_id, schedules[1], RunStatus.FAILED, RunOutcome.ZONES_OPEN)
    report = await auditor.auto_arm.report(at.astimezone(ZoneInfo(ZONE)).date())
    assert report.counts == {"ARMED": 1, "ZONES_OPEN": 1}
    assert [run.schedule_id for run in report.runs] == schedules[:2]
    assert [(one.schedule_id, one.fire_at) for one in report.not_started] == [(schedules[2], at)]
