"""Another `STAM_PANEL_TIME_ZONE`: firings are judged in the zone they were planned in (R-AUTOARM)."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

import pytest

from activities.auto_arm import AutoArmActivities
from activities.auto_arm_calendars import LOOK_BACK, due, planned
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.repositories.auto_arm import not_started
from activities.db.repositories.auto_arm_zones import follow_default_zone
from activities.db.session import Database
from tests.activities.recording import World
from tests.support.auto_arm_rows import ZONE, add_schedule, in_minutes, local
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.contracts.auto_arm import FiringRef, FiringStart, RunRef, Verdict
from workflows.domain.auto_arm import RunStatus

AHEAD, BEHIND = "Europe/Helsinki", "Europe/London"  # of Warsaw, by an hour
HOUR: Final = timedelta(hours=1)


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db)


async def follow(db: Database, zone: str, now: datetime | None = None) -> list[UUID]:
    async with db.write() as session:
        return await follow_default_zone(session, zone, now or datetime.now(UTC), back=LOOK_BACK)


async def begin(db: Database, zone: str, schedule_id: UUID, at: datetime) -> FiringStart:
    """As the Schedule at Temporal starts it."""
    ref = FiringRef(schedule_id=schedule_id, started_for=at, workflow_id=names.auto_arm_workflow_id(schedule_id, at))
    return await AutoArmActivities(db, zone).begin_auto_arm(ref)


async def test_a_schedule_that_was_never_planned_is_planned_and_owes_what_it_owed(db: Database, world: World) -> None:
    schedule_id = await add_schedule(db, world.panel, local(in_minutes(-90)))
    assert await follow(db, ZONE) == []
    async with db.read() as session:
        (one,) = await planned(session, AHEAD)
    assert (one.row.id, one.row.default_zone, one.calendar.zone) == (schedule_id, ZONE, ZONE)
    assert [each.fire_at for each in due(one, datetime.now(UTC))] == [in_minutes(-90)]


async def test_only_those_without_a_zone_of_their_own_are_moved(db: Database, world: World) -> None:
    mine = await add_schedule(db, world.panel, default_zone=ZONE)
    await add_schedule(db, world.panel, default_zone=ZONE, time_zone="Europe/Paris")
    assert await follow(db, AHEAD) == [mine]
    assert await follow(db, AHEAD) == []


async def test_until_it_is_followed_a_firing_begins_as_it_was_planned(db: Database, world: World) -> None:
    """A worker has the new setting, the Schedule at Temporal still the old zone: an hour late is what it is not."""
    at = in_minutes(0)
    schedule_id = await add_schedule(db, world.panel, local(at), default_zone=ZONE, deadline_minutes=30)
    started = await begin(db, AHEAD, schedule_id, at)
    assert started.plan is not None
    assert (started.verdict, started.plan.fire_at) == (Verdict.DUE, at)


async def test_what_the_new_zone_would_have_had_before_is_not_missed(db: Database, world: World) -> None:
    """By its Schedule of before, which Temporal catches up with only now."""
    at = in_minutes(1)
    schedule_id = await add_schedule(db, world.panel, local(at), default_zone=ZONE, deadline_minutes=30)
    assert await follow(db, AHEAD) == [schedule_id]
    assert (await begin(db, AHEAD, schedule_id, at)).verdict is Verdict.NOT_DUE
    async with db.read() as session:
        assert await not_started(session, AHEAD, at.date(), at, None) == []
    assert await all_rows(db, AutoArmRun) == []


async def test_what_was_owed_in_the_old_zone_is_kept_and_begun_by_its_own_workflow(db: Database, world: World) -> None:
    at = in_minutes(-15)
    schedule_id = await add_schedule(db, world.panel, local(at), default_zone=ZONE, deadline_minutes=30)
    assert await follow(db, BEHIND) == [schedule_id]
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.fire_at, row.status, row.zone) == (at, RunStatus.PENDING, ZONE)
    started = await begin(db, BEHIND, schedule_id, at)
    assert started.plan is not None
    assert (started.verdict, started.plan.fire_at) == (Verdict.DUE, at)
    assert not (await AutoArmActivities(db, BEHIND).survey_auto_arm(RunRef(run_id=row.id))).withdrawn
    assert len(await all_rows(db, AutoArmRun)) == 1


@pytest.mark.parametrize(("whose", "withdrawn"), [("setting", False), ("panels", True), ("auto_arm_schedules", True)])
async def test_a_firing_that_has_begun_outlives_another_setting_but_not_somebodys_decision(
    db: Database, world: World, whose: str, withdrawn: bool
) -> None:
    at = in_minutes(1)
    schedule_id = await add_schedule(db, world.panel, local(at), default_zone=ZONE)
    started = await begin(db, ZONE, schedule_id, at)
    assert started.plan is not None
    if whose == "setting":
        await follow(db, AHEAD)
    else:
        await world.execute(f"UPDATE {whose} SET time_zone = '{AHEAD}'")
    survey = await AutoArmActivities(db, AHEAD).survey_auto_arm(RunRef(run_id=started.plan.run_id))
    assert survey.withdrawn is withdrawn


@pytest.mark.parametrize(
    ("zone", "before", "moved_at", "owed", "next_one"),
    [
        # Warsaw has no 2:30 in that night: 3:00 summer time. New York has one, in daylight time since two weeks.
        ("America/New_York", "2027-03-27T12:00Z", "2027-03-28T05:00Z", ["2027-03-28T01:00Z"], "2027-03-28T06:30Z"),
        # Moved before it came: then it is the new zone's alone.
        ("America/New_York", "2027-03-27T12:00Z", "2027-03-28T00:30Z", [], "2027-03-28T06:30Z"),
        # Warsaw has 2:30 twice, and the first has passed: the second is no firing, and UTC's is still to come.
        ("UTC", "2027-10-30T12:00Z", "2027-10-31T01:00Z", ["2027-10-31T00:30Z"], "2027-10-31T02:30Z"),
    ],
)
async def test_in_the_night_of_another_clock_no_firing_is_lost_and_none_is_made_up(
    db: Database, world: World, zone: str, before: str, moved_at: str, owed: list[str], next_one: str
) -> None:
    updated_at, now = datetime.fromisoformat(before), datetime.fromisoformat(moved_at)
    schedule_id = await add_schedule(db, world.panel, time(2, 30), default_zone=ZONE, updated_at=updated_at)
    assert await follow(db, zone, now) == [schedule_id]
    assert [row.fire_at for row in await all_rows(db, AutoArmRun)] == [datetime.fromisoformat(at) for at in owed]
    async with db.read() as session:
        (one,) = await planned(session, zone)
    assert [each.fire_at for each in due(one, now + 7 * HOUR)] == [datetime.fromisoformat(next_one)]
