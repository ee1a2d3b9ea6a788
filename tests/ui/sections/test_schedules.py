"""The section of auto-arm: what the view-models say, and the pages on the real API."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from uuid_utils.compat import uuid7

from activities.db.models.auto_arm_runs import AutoArmRun as RunRow
from activities.db.models.panels import Panel
from activities.db.session import Database
from api.client.auto_arm import (
    AutoArmException,
    AutoArmReport,
    AutoArmRun,
    AutoArmSchedule,
    ExpectedFiring,
    NotArmedPartition,
    NotStarted,
    Preview,
    TimetableFiring,
    TimetableRow,
)
from api.client.models import Page
from api.client.stream import Event
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.test_commands import Login
from tests.support.auto_arm_rows import ZONE, add_schedule, add_states, in_minutes, local
from tests.support.eventually import eventually
from tests.ui.screen import Screen
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.sections.schedules import Schedules, pushed
from ui_flutter.state import present_report, present_schedule, present_schedules
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.schedule_draft import ScheduleDraft, clock_of, day_of, draft_of, numbers_of
from ui_flutter.state.views import Mood
from workflows.domain.auto_arm import OpenZones, RunOutcome, RunStatus
from workflows.domain.command import ArmMode
from workflows.domain.schedule import ClockChange, HolidayPolicy, Skipped

NOW = datetime(2026, 11, 25, 18, tzinfo=UTC)
WORDS = Words(Language.EN)


def schedule(**more: Any) -> AutoArmSchedule:
    given: dict[str, Any] = {
        "id": uuid4(),
        "object_id": uuid4(),
        "panel_id": uuid4(),
        "name": "Night",
        "partitions": (1, 2),
        "weekdays": (1, 2, 3, 4, 5),
        "at": "20:00",
        "arm_mode": ArmMode.FULL,
        "forced": False,
        "warn_minutes": 15,
        "postpone_minutes": 60,
        "open_zones": OpenZones.WAIT,
        "deadline_minutes": 30,
        "holidays": HolidayPolicy.SKIP,
        "enabled": True,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return AutoArmSchedule(**given | more)


def row(*firings: TimetableFiring, **more: Any) -> TimetableRow:
    return TimetableRow(
        schedule=schedule(**more), object_name="Pharmacy", panel_name="Main", time_zone="Europe/Warsaw", firings=firings
    )


def firing(minutes: int, **more: Any) -> TimetableFiring:
    at = NOW + timedelta(minutes=minutes)
    return TimetableFiring(day=at.date(), fire_at=at, at="20:00", **more)


def run_of(one: TimetableFiring, status: RunStatus, **more: Any) -> AutoArmRun:
    at = one.fire_at
    given: dict[str, Any] = {
        "id": one.run_id or uuid4(),
        "schedule_id": uuid4(),
        "panel_id": uuid4(),
        "object_id": uuid4(),
        "partitions": (1,),
        "local_date": one.day,
        "fire_at": at,
        "target_at": at,
        "deadline_at": at + timedelta(minutes=30),
        "status": status,
        "begun_at": at,
    }
    return AutoArmRun(**given | more)


def listing(*items: Any) -> Listing[Any]:
    found: Listing[Any] = Listing()
    found.take(found.ask(), Page(items=items))
    return found


@pytest.mark.parametrize(
    ("minutes", "status", "outcome", "told", "mood"),
    [
        (30, None, None, "Planned", Mood.QUIET),
        (-1, None, None, "Planned", Mood.QUIET),
        (-3, None, None, "Not begun", Mood.BAD),
        (10, RunStatus.PENDING, None, "Announced", Mood.WARN),
        (-1, RunStatus.ARMING, RunOutcome.ZONES_OPEN, "Arming: Violated zones", Mood.WARN),
        (-9, RunStatus.DONE, RunOutcome.ARMED, "Armed", Mood.GOOD),
        (-9, RunStatus.SKIPPED, RunOutcome.SERVICE_MODE, "Service mode", Mood.QUIET),
        (-9, RunStatus.FAILED, RunOutcome.NO_ANSWER, "The panel did not answer", Mood.BAD),
    ],
)
def test_how_a_firing_stands(minutes: int, status: RunStatus | None, outcome: RunOutcome | None, told: str, mood: Mood) -> None:
    one = firing(minutes, status=status, outcome=outcome)
    assert present_schedules.stand(one, None, WORDS, NOW) == (told, mood)


def test_a_firing_that_was_put_off_says_so_and_counts_down_to_its_new_time() -> None:
    one = firing(10, run_id=uuid4(), status=RunStatus.PENDING)
    run = run_of(one, RunStatus.PENDING, target_at=NOW + timedelta(minutes=40))
    there = row(one)
    view = present_schedules.tonight(listing(there), {(there.schedule.id, run.fire_at): run}, listing(), WORDS, NOW, "")
    (shown,) = view.table.rows
    assert (shown.cells[0].detail, shown.cells[3].text) == ("in 40 min", "Put off")
    assert [tile.value for tile in view.tiles] == ["1", "0", "0", "0", "0"]


def test_a_firing_is_read_as_it_is_pushed() -> None:
    told = {
        **{name: str(uuid4()) for name in ("id", "schedule_id", "panel_id", "object_id")},
        **dict.fromkeys(("fire_at", "target_at", "deadline_at"), "2026-11-25T19:00:00+00:00"),
        "partitions": [1],
        "status": "ARMING",
        "outcome": "ZONES_OPEN",
        "reason": None,
        "blocking": [3],
    }
    run = pushed(told)
    assert (run.status, run.outcome, run.blocking, run.fire_at) == (
        RunStatus.ARMING,
        RunOutcome.ZONES_OPEN,
        (3,),
        datetime(2026, 11, 25, 19, tzinfo=UTC),
    )


def test_tonight_leaves_out_what_is_switched_off_or_far_away() -> None:
    rows = listing(row(firing(30), enabled=False), row(firing(17 * 60)), row(firing(60)))
    assert len(present_schedules.tonight(rows, {}, listing(), WORDS, NOW, "").table.rows) == 1


def test_what_is_not_armed_is_told_with_its_reason_and_calm_only_when_that_is_known() -> None:
    there = row(firing(-60))
    one = NotArmedPartition(
        schedule_id=there.schedule.id, object_id=uuid4(), panel_id=uuid4(), partition=2, fire_at=NOW, why="NOT_STARTED"
    )
    view = present_schedules.tonight(listing(there), {}, listing(one), WORDS, NOW, "")
    assert (view.unarmed_title, view.unarmed[0].why) == (
        "1 partition should be armed and is not",
        "Arming has not begun.",
    )
    assert "Pharmacy · Night · partition 2" in view.unarmed[0].title
    assert view.calm == ""
    many = present_schedules.tonight(
        listing(there), {}, listing(*(replace(one, partition=n) for n in range(1, 11))), WORDS, NOW, ""
    )
    assert (len(many.unarmed), many.unarmed_more) == (8, "and 2 more")
    assert present_schedules.tonight(listing(there), {}, Listing(), WORDS, NOW, "").calm == ""
    assert present_schedules.tonight(listing(there), {}, listing(), WORDS, NOW, "").calm.startswith("All that should")


@pytest.mark.parametrize(
    ("days", "told"),
    [((1, 2, 3, 4, 5), "Mon–Fri"), ((1, 2, 3, 4, 5, 6, 7), "every day"), ((6, 7), "Sat, Sun"), ((1, 3, 5), "Mon, Wed, Fri")],
)
def test_weekdays_in_words(days: tuple[int, ...], told: str) -> None:
    assert present_schedules.weekdays(days, WORDS) == told


def test_the_week_has_a_mark_on_its_day() -> None:
    there = row(firing(0, status=RunStatus.DONE, outcome=RunOutcome.ARMED), firing(24 * 60, moved=True))
    view = present_schedules.week(listing(there), date(2026, 11, 23), 2, WORDS, NOW)
    assert [len(marks) for marks in view.rows[0].days] == [0, 0, 1, 1, 0, 0, 0]
    assert (view.rows[0].days[2][0].mood, view.rows[0].days[3][0].moved) == (Mood.GOOD, True)
    assert [today for _, _, today in view.columns].index(True) == 2
    assert len(view.table.rows) == 1


def test_the_preview_says_what_is_unusual() -> None:
    lines = (
        ExpectedFiring(day=date(2026, 12, 25), skipped=Skipped.HOLIDAY, holiday="Christmas"),
        ExpectedFiring(day=date(2027, 3, 28), fire_at=NOW, at="03:00", moved=True, clocks=ClockChange.SKIPPED),
    )
    view = present_schedule.preview(Preview(time_zone=ZONE, lines=lines), "", WORDS)
    assert [(line.text, line.left_out, line.note) for line in view.lines] == [
        ("Fri 25.12.2026", True, "Christmas"),
        ("Sun 28.03.2027, 03:00", False, "another time · clocks change: this time is left out, it fires right after"),
    ]


def test_every_rule_of_a_schedule_is_a_sentence() -> None:
    told = present_schedule.rules(schedule(forced=True, warn_minutes=0), WORDS)
    assert told[:2] == ("Arm fully.", "Arms at once whatever is violated.")
    assert "Does not warn before." in told
    assert all(rule.endswith(".") for rule in told)


def test_one_decides_only_about_what_was_announced() -> None:
    one = firing(10)
    told = present_schedule.decision(row(one), one, None, ("30", ""), Sending(), WORDS, NOW, may=True)
    assert (told.can_decide, "from its warning on" in told.hint) == (False, True)
    run = run_of(one, RunStatus.PENDING)
    assert present_schedule.decision(row(one), one, run, ("30", ""), Sending(), WORDS, NOW, may=True).can_decide
    assert not present_schedule.decision(row(one), one, run, ("30", ""), Sending(), WORDS, NOW, may=False).can_decide


def test_the_report_names_what_nobody_began_and_counts_outcomes() -> None:
    there = row()
    done = run_of(firing(-60), RunStatus.DONE, outcome=RunOutcome.ARMED, schedule_id=there.schedule.id)
    stuck = run_of(firing(-30), RunStatus.FAILED, outcome=RunOutcome.ZONES_OPEN, blocking=(3, 4))
    missed = NotStarted(schedule_id=there.schedule.id, object_id=uuid4(), panel_id=uuid4(), fire_at=NOW - timedelta(hours=2))
    told = AutoArmReport(date=NOW.date(), counts={"ARMED": 1, "ZONES_OPEN": 1}, runs=(done, stuck), not_started=(missed,))
    view = present_report.report(listing(told), {there.schedule.id: there}, NOW.date(), WORDS)
    assert [(one.cells[1].text, one.cells[3].text) for one in view.table.rows] == [
        ("Pharmacy", "Not begun"),
        ("Pharmacy", "Armed"),
        ("—", "Violated zones"),
    ]
    assert view.table.rows[2].cells[2].detail == "Zones in the way: 3, 4."
    assert [(tile.value, tile.label, tile.mood) for tile in view.tiles] == [
        ("1", "Armed", Mood.GOOD),
        ("1", "Violated zones", Mood.BAD),
        ("1", "Not begun", Mood.BAD),
    ]


def test_the_list_has_the_next_firing_on_the_panels_wall() -> None:
    rows = listing(row(firing(-5), firing(60)), row(firing(60), enabled=False), replace(row(), in_step=False))
    view = present_schedules.schedules(rows, WORDS, NOW, None)
    assert [(one.cells[4].text, one.cells[5].text, one.faded) for one in view.rows] == [
        ("25.11 20:00", "On", False),
        ("—", "Off", True),
        ("—", "Change under way", False),
    ]


# -- what is typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [("20:00", time(20)), ("8.05", time(8, 5)), ("24:00", None), ("8:5", None), ("", None), ("noon", None)],
)
def test_times_as_people_type_them(typed: str, read: time | None) -> None:
    assert clock_of(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"), [("24.12.2026", date(2026, 12, 24)), ("2026-12-24", date(2026, 12, 24)), ("1.2", None), ("x", None)]
)
def test_days_as_people_type_them(typed: str, read: date | None) -> None:
    assert day_of(typed) == read


def test_numbers_as_people_type_them() -> None:
    assert numbers_of("1, 2;3 4") == [1, 2, 3, 4]
    assert numbers_of("1, two") is None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"panel_id": ""}, "panel_id"),
        ({"name": " "}, "name"),
        ({"partitions": "33"}, "partitions"),
        ({"partitions": ""}, "partitions"),
        ({"weekdays": frozenset()}, "weekdays"),
        ({"at": "late"}, "at"),
        ({"warn_minutes": "721"}, "warn_minutes"),
        ({"deadline_minutes": "-1"}, "deadline_minutes"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2.1.2027", "valid_until": "1.1.2027"}, "valid_until"),
    ],
)
def test_what_is_wrong_with_a_draft_is_named(typed: dict[str, Any], field: str) -> None:
    good = ScheduleDraft(panel_id=str(uuid4()), name="Night", partitions="1")
    assert good.faults() == {}
    assert replace(good, **typed).faults().keys() == {field}


def test_a_draft_of_a_schedule_says_the_same_as_it() -> None:
    one = schedule(valid_from=date(2027, 1, 1), region="PL")
    draft = draft_of(one, (AutoArmException(day=date(2026, 12, 24), at="14:00"), AutoArmException(day=date(2026, 12, 26))))
    members = draft.members()
    assert (members["partitions"], members["weekdays"], members["at"]) == ([1, 2], [1, 2, 3, 4, 5], time(20))
    assert (members["valid_from"], members["valid_until"], members["time_zone"]) == ("2027-01-01", None, None)
    assert draft.days() == {date(2026, 12, 24): time(14), date(2026, 12, 26): None}
    assert draft.with_partition(2).with_weekday(6).members()["partitions"] == [1]
    assert draft.without_exception("2026-12-24").with_exception("2026-12-20", "").days().keys() == {
        date(2026, 12, 20),
        date(2026, 12, 26),
    }


# -- the pages


@pytest.fixture
async def panel_id(db: Database) -> UUID:
    panel = Panel(id=uuid7(), object_id=await add_object(db), name="Main", host="10.0.0.7", enabled=False)
    async with db.write() as session:
        session.add(panel)
    return panel.id


async def add_run(db: Database, panel_id: UUID, schedule_id: UUID, at: datetime, status: RunStatus) -> UUID:
    async with db.write() as session:
        panel = await session.get_one(Panel, panel_id)
        added = RunRow(
            id=uuid7(),
            schedule_id=schedule_id,
            panel_id=panel_id,
            object_id=panel.object_id,
            workflow_id=str(uuid4()),
            partitions=[1, 2],
            local_date=at.astimezone(ZoneInfo(ZONE)).date(),
            fire_at=at,
            target_at=at,
            deadline_at=at + timedelta(minutes=30),
            status=status,
        )
        session.add(added)
    return added.id


def _shows(screen: Screen, part: str, route: str) -> bool:
    return part in screen.identifiers() and screen.browser.route == route


async def test_tonight_shows_the_firings_and_what_is_not_armed(api: Api, at: At, db: Database, panel_id: UUID) -> None:
    fired = in_minutes(-60)
    schedule_id = await add_schedule(db, panel_id, local(fired))
    await add_states(db, panel_id, p1="ARMED_FULL", p2="DISARMED")
    screen = await at(api, "auditor", "/schedules")
    await eventually(lambda: f"unarmed-{schedule_id}:2" in screen.identifiers())
    day = fired.astimezone(ZoneInfo(ZONE)).date()
    await eventually(lambda: f"row-{schedule_id}:{day}" in screen.identifiers())
    assert "schedule-add" not in screen.identifiers()
    for tab, part in (("week", "week-title"), ("report", "report-title"), ("holidays", "year-title"), ("list", "tab-list")):
        await screen.click(f"tab-{tab}")
        await eventually(partial(_shows, screen, part, f"/schedules/{tab}"))
    await screen.click(f"row-{schedule_id}")
    await eventually(lambda: "schedule-preview" in screen.identifiers())
    await eventually(lambda: len(screen.texts("schedule-preview")) > 10)
    assert "schedule-edit" not in screen.identifiers()
    assert screen.browser.errors == []


async def test_a_decision_needs_a_reason_and_a_refusal_keeps_what_was_typed(
    api: Api, at: At, db: Database, panel_id: UUID
) -> None:
    fires = in_minutes(20)
    schedule_id = await add_schedule(db, panel_id, local(fires))
    await add_run(db, panel_id, schedule_id, fires, RunStatus.PENDING)
    screen = await at(api, "operator", "/schedules/tonight")
    key = f"row-{schedule_id}:{fires.astimezone(ZoneInfo(ZONE)).date()}"
    await eventually(lambda: key in screen.identifiers())
    await screen.click(key)
    await screen.click("decision-postpone")
    await eventually(lambda: "Podaj powód." in screen.texts("decision-reason"))
    await screen.type("decision-reason", "Inwentaryzacja")
    await screen.click("decision-60")
    await screen.click("decision-postpone")  # there is no Temporal here
    await eventually(lambda: "decision-error" in screen.identifiers())
    assert (screen.value("decision-reason"), screen.value("decision-minutes")) == ("Inwentaryzacja", "60")
    assert screen.browser.errors == []


async def test_a_firing_shows_what_is_pushed_of_it(api: Api, at: At, db: Database, panel_id: UUID) -> None:
    screen, key, news = await announced(api, at, db, panel_id)
    screen.controller.navigator.told(news)
    await eventually(lambda: "Uzbrajanie: Naruszone linie" in screen.texts(key))
    await eventually(lambda: "Zapowiedziane" in screen.texts(key), within=15, what="all of it is loaded again")
    assert screen.browser.errors == []


async def test_an_answer_asked_for_before_a_firing_was_told_does_not_take_it_back(
    api: Api, at: At, db: Database, panel_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, key, news = await announced(api, at, db, panel_id)
    section = screen.controller.navigator.current
    assert isinstance(section, Schedules)
    ask = section.tools.client.auto_arm.runs

    async def late(**wanted: Any) -> Page[AutoArmRun]:
        page = await ask(**wanted)
        screen.controller.navigator.told(news)
        return page

    with monkeypatch.context() as patched:
        patched.setattr(section.tools.client.auto_arm, "runs", late)
        section.refresh()
        await eventually(lambda: "Uzbrajanie: Naruszone linie" in screen.texts(key))
    await eventually(lambda: "Zapowiedziane" in screen.texts(key), within=15, what="the answer to the next question")


async def announced(api: Api, at: At, db: Database, panel_id: UUID) -> tuple[Screen, str, Event]:
    """A firing that is announced, as it is drawn: the screen, its row, and what is pushed when a zone is in its way."""
    fires = in_minutes(20)
    schedule_id = await add_schedule(db, panel_id, local(fires))
    run_id = await add_run(db, panel_id, schedule_id, fires, RunStatus.PENDING)
    screen = await at(api, "operator", "/schedules/tonight")
    key = f"row-{schedule_id}:{fires.astimezone(ZoneInfo(ZONE)).date()}"
    await eventually(lambda: key in screen.identifiers() and "Zapowiedziane" in screen.texts(key))
    told = {
        "id": str(run_id),
        "schedule_id": str(schedule_id),
        "panel_id": str(panel_id),
        "object_id": str(uuid4()),
        **dict.fromkeys(("fire_at", "target_at", "deadline_at"), fires.isoformat()),
        "partitions": [1, 2],
        "status": "ARMING",
        "outcome": "ZONES_OPEN",
        "reason": None,
        "blocking": [3],
    }
    return screen, key, Event(seq=1, event="schedule.firing", data=told)


async def test_a_schedule_is_made_and_changed_and_a_conflict_keeps_what_was_typed(
    api: Api, at: At, db: Database, panel_id: UUID, login: Login
) -> None:
    admin = await login(api, "admin")
    screen = await at(api, "admin", "/schedules/list")
    await screen.click("schedule-add")
    await screen.click("editor-save")
    await eventually(lambda: "Nadaj nazwę." in screen.texts("editor-name"))
    screen.controller.navigator.current.editor.put(panel_id=str(panel_id))  # type: ignore[union-attr]
    await screen.type("editor-name", "Noc")
    await screen.type("editor-partitions", "1, 2")
    await screen.click("weekday-6")
    await screen.type("exception-day", "24.12.2030")
    await screen.click("exception-add")
    await eventually(lambda: len(screen.texts("schedule-preview")) > 10)
    await screen.click("editor-save")
    await eventually(lambda: "editor-save" not in screen.identifiers())
    (made,) = (await admin.auto_arm.schedules()).items
    assert (made.name, made.weekdays, made.version) == ("Noc", (1, 2, 3, 4, 5, 6), 2)
    assert [one.day for one in (await admin.auto_arm.exceptions(made.id)).exceptions] == [date(2030, 12, 24)]
    await screen.click("schedule-edit")
    await eventually(lambda: "editor-at" in screen.identifiers() and screen.value("editor-name") == "Noc")
    await admin.auto_arm.change(made.id, version=2, at=time(22))
    await screen.type("editor-at", "21:30")
    await screen.click("editor-save")
    await eventually(lambda: "editor-conflict" in screen.identifiers())
    assert screen.value("editor-at") == "21:30"
    await screen.click("conflict-mine")
    await eventually(lambda: "editor-save" not in screen.identifiers())
    assert (await admin.auto_arm.schedule(made.id)).at == "21:30"
    assert screen.browser.errors == []


async def test_a_day_off_is_added_and_removed(api: Api, at: At) -> None:
    screen = await at(api, "admin", "/schedules/holidays", width=390)
    year = datetime.now(UTC).year
    await eventually(lambda: "holiday-day" in screen.identifiers())
    await screen.type("holiday-day", f"28.12.{year}")
    await screen.click("holiday-add")
    await eventually(lambda: "holiday-error" in screen.identifiers())
    await screen.type("holiday-name", "Remanent")
    await screen.click("holiday-add")
    await eventually(lambda: f"holiday-drop-{year}-12-28" in screen.identifiers())
    await screen.click(f"holiday-drop-{year}-12-28")
    await eventually(lambda: f"holiday-{year}-12-28" not in screen.identifiers())
    assert screen.browser.errors == []
