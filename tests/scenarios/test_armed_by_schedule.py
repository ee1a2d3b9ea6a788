"""R-AUTOARM through the whole system: row, relay, Temporal Schedule, workflow, alarm, screen."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.client.auto_arm import AutoArmSchedule
from tests.scenarios.people import Person
from tests.scenarios.site import Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.alarm import AUTO_ARM_FAILED, AlarmType, Priority
from workflows.domain.auto_arm import RunStatus
from workflows.domain.auto_arm_sweep import NotArmed
from workflows.domain.panel import LinkStatus, PartitionState

pytestmark = pytest.mark.timeout(300)

WARSAW = ZoneInfo("Europe/Warsaw")


async def _scheduled(admin: Person, site: Site, **more: Any) -> AutoArmSchedule:
    """For partition 1, at the full minute after the next half of one, without a warning."""
    at = (datetime.now(UTC) + timedelta(seconds=90)).astimezone(WARSAW)
    return await admin.client.auto_arm.create(
        site.panel_id,
        name="Night",
        partitions=[1],
        weekdays=[1, 2, 3, 4, 5, 6, 7],
        at=time(at.hour, at.minute),
        warn_minutes=0,
        **more,
    )


def _firings(person: Person, schedule: AutoArmSchedule) -> list[tuple[str, str | None]]:
    """What the screen was told of the schedule's firing."""
    told = [each.data for each in person.screen.told if each.event == names.SCHEDULE_FIRING]
    return [(data["status"], data["outcome"]) for data in told if data["schedule_id"] == str(schedule.id)]


async def test_a_firing_is_put_off_and_cancelled_from_the_console_and_told_as_not_armed(story: Story) -> None:
    admin, olga, site = await story.person("admin"), await story.olga(), await story.site()
    schedule = await _scheduled(admin, site)
    changed = await admin.client.auto_arm.change(schedule.id, version=schedule.version, warn_minutes=60)
    await eventually(lambda: ("PENDING", None) in _firings(olga, schedule), within=30, what="people were warned")
    (run,) = (await olga.client.auto_arm.runs(schedule_id=schedule.id)).items
    later = await olga.client.auto_arm.postpone(run.id, 30)
    assert later.target_at == run.fire_at + timedelta(minutes=30)
    await olga.client.auto_arm.cancel(run.id)
    await eventually(lambda: _firings(olga, schedule)[-1] == ("CANCELLED", "CANCELLED"), what="the screen was told")
    await admin.client.auto_arm.delete(schedule.id, version=changed.version)


async def test_what_three_sites_are_found_like_when_their_minute_comes(story: Story) -> None:
    """Side by side, for each waits for the full minute after the next half of one."""
    await story.person("admin"), await story.olga()  # at work, once, before all three look for them
    async with asyncio.TaskGroup() as three:
        three.create_task(_a_site_that_cannot_be_armed_is_an_alarm_at_the_operators_and_in_the_sweep(story))
        three.create_task(_what_somebody_has_armed_already_is_left_alone(story))
        three.create_task(_a_partition_is_armed_by_its_schedule_and_seen_to_be_armed(story))


async def _a_site_that_cannot_be_armed_is_an_alarm_at_the_operators_and_in_the_sweep(story: Story) -> None:
    admin, olga, site = await story.person("admin"), await story.olga(), await story.site()
    await site.cut_line()
    await olga.sees_link(site, LinkStatus.DISCONNECTED, within=60)
    schedule = await _scheduled(admin, site, deadline_minutes=0)
    alarm = await olga.sees(site, within=150, alarm_type=AlarmType.AUTO_ARM_FAILURE)
    assert (alarm.priority, alarm.headline.code) == (Priority.HIGH, AUTO_ARM_FAILED)
    assert _firings(olga, schedule)[-1] == ("FAILED", "NOT_CONNECTED")
    (unarmed,) = [one for one in (await olga.client.auto_arm.sweep()).not_armed if one.panel_id == site.panel_id]
    assert (unarmed.partition, unarmed.why) == (1, "NOT_CONNECTED")
    await admin.client.auto_arm.delete(schedule.id, version=schedule.version)
    await site.mend_line()


async def _what_somebody_has_armed_already_is_left_alone(story: Story) -> None:
    admin, olga, site = await story.person("admin"), await story.olga(), await story.site()
    await site.arm()
    await olga.sees_partition(site, 1, PartitionState.ARMED_FULL)
    schedule = await _scheduled(admin, site)
    await eventually(lambda: ("DONE", "ALREADY_ARMED") in _firings(olga, schedule), within=150, what="it was found armed")
    (run,) = (await olga.client.auto_arm.runs(schedule_id=schedule.id)).items
    assert (run.status, run.commands, run.verified_at is not None) == (RunStatus.DONE, (), True)
    story_of_it = await story.history_of(names.auto_arm_workflow_id(schedule.id, run.fire_at))
    assert b"Night" not in story_of_it, "what people write stays out of histories"
    await admin.client.auto_arm.delete(schedule.id, version=schedule.version)


async def _a_partition_is_armed_by_its_schedule_and_seen_to_be_armed(story: Story) -> None:
    admin, olga, site = await story.person("admin"), await story.olga(), await story.site()
    schedule = await _scheduled(admin, site)
    await eventually(lambda: ("DONE", "ARMED") in _firings(olga, schedule), within=180, what="it was armed")
    await olga.sees_partition(site, 1, PartitionState.ARMED_FULL)
    await site.disarm_with(1)
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    (unarmed,) = [one for one in (await olga.client.auto_arm.sweep()).not_armed if one.panel_id == site.panel_id]
    assert unarmed.why == NotArmed.DISARMED_SINCE
    await admin.client.auto_arm.delete(schedule.id, version=schedule.version)
