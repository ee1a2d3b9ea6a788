"""What an operator is shown of each kind of happening (R-EDGE, R-RECOVER, R-SERVICE)."""

import pytest

from tests.scenarios.people import Alarm, Person
from tests.scenarios.site import FLOOD, FRONT_DOOR, OFFICE, OWNER, SAFE, SILENT_PANIC, SMOKE, UNDER_DURESS, WINDOW, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.domain.alarm import LOG_ERASED, AlarmType, Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.panel import LinkStatus, PartitionState

pytestmark = pytest.mark.timeout(240)

DURESS = 121


async def test_a_hold_up_is_critical_and_an_alarm_of_its_own(story: Story) -> None:
    """A silent panic button: no siren, no partition in alarm."""
    site, olga = await story.site(), await story.olga()
    await site.arm()
    await site.violate(OFFICE)
    intrusion = await olga.sees(site, alarm_type=AlarmType.INTRUSION)
    await site.violate(SILENT_PANIC)
    hold_up = await olga.sees(site, alarm_type=AlarmType.HOLDUP)
    assert (hold_up.priority, hold_up.headline.code, hold_up.event_count) == (Priority.CRITICAL, 122, 1)
    assert hold_up.id != intrusion.id
    urgent = await olga.client.alarms(open=True, object_id=site.object_id)
    assert [one.id for one in urgent.items] == [hold_up.id, intrusion.id], "the list begins with the most urgent"


async def test_a_duress_code_is_a_hold_up_known_from_the_log_alone(story: Story) -> None:
    """R-RECOVER: the panel disarms as with any code, and no state bit tells."""
    site, olga = await story.site(), await story.olga()
    await site.arm()
    await site.disarm_with(UNDER_DURESS)
    hold_up = await olga.sees(site, alarm_type=AlarmType.HOLDUP, within=20)
    assert (hold_up.priority, hold_up.headline.code) == (Priority.CRITICAL, DURESS)
    event, *more = await olga.events_of(site, bundle_id=hold_up.id)
    assert more == []
    assert (event.user_number, event.recovered) == (UNDER_DURESS, False)
    olga.sees_only(site, hold_up)


async def test_smoke_is_a_critical_fire_alarm_armed_or_not(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.violate(SMOKE)
    fire = await olga.sees(site, alarm_type=AlarmType.FIRE)
    assert (fire.priority, fire.headline.code, fire.headline.source_number) == (Priority.CRITICAL, 111, SMOKE)
    olga.sees_only(site, fire)


async def test_a_tampered_detector_is_a_tamper_alarm_while_disarmed(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.tamper(WINDOW)
    alarm = await olga.sees(site, alarm_type=AlarmType.TAMPER)
    assert (alarm.priority, alarm.headline.source_number) == (Priority.HIGH, WINDOW)
    olga.sees_only(site, alarm)


async def test_who_comes_in_by_the_door_and_disarms_in_time_is_no_alarm(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.arm()
    await site.violate(FRONT_DOOR)
    await olga.sees_partition(site, 1, PartitionState.ENTRY_TIME)
    await site.disarm_with(OWNER)
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    await site.violate(SAFE)  # what happened first would have been told first
    olga.sees_only(site, await olga.sees(site))
    assert [event.source_number for event in await olga.events_of(site) if event.alarm_type] == [SAFE]


async def test_mains_lost_and_restored_is_one_power_alarm_that_is_over(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.mains_off()
    lost = await olga.sees(site, alarm_type=AlarmType.POWER, active_count=1)
    assert (lost.priority, lost.headline.code) == (Priority.LOW, 301)
    await site.mains_on()
    over = await olga.sees_it(lost, active_count=0)
    assert (over.status, over.event_count) == (BundleStatus.NEW, 1)
    assert await olga.reads_timeline(lost) == ["event 301", "restore 301"]
    olga.sees_only(site, lost)


async def test_an_alarm_while_the_line_was_cut_is_recovered_exactly_once(story: Story) -> None:
    """R-RECOVER: with the panel's time and ours."""
    site, olga = await story.site(), await story.olga()
    await site.arm()
    await site.cut_line()
    await olga.sees_link(site, LinkStatus.DISCONNECTED)
    await site.violate(OFFICE)
    await site.restore(OFFICE)
    await site.mend_line()
    alarm = await olga.sees(site, alarm_type=AlarmType.INTRUSION, within=30)
    assert alarm.headline.recovered
    await _the_log_is_read(site, olga)
    [event] = await olga.events_of(site, alarm_type=AlarmType.INTRUSION, restore=False)
    assert event.recovered
    assert event.panel_at is not None
    assert event.panel_at <= event.received_at
    assert event.occurred_at <= event.received_at
    assert (alarm.event_count, olga.screen.events[event.id]) == (1, 1)


async def test_an_alarm_that_still_stands_when_the_line_is_back_is_one_alarm(story: Story) -> None:
    """R-EDGE: the log and the bit that is set tell of the same happening."""
    site, olga = await story.site(), await story.olga()
    await site.cut_line()
    await olga.sees_link(site, LinkStatus.DISCONNECTED)
    await site.violate(SAFE)
    await site.mend_line()
    alarm = await olga.sees(site, alarm_type=AlarmType.INTRUSION, active_count=1, within=30)
    await _the_log_is_read(site, olga)
    assert len(await olga.events_of(site, source_number=SAFE)) == 1
    assert olga.screen.alarms[alarm.id].event_count == 1


async def test_an_alarm_on_a_line_that_died_without_a_word_is_found(story: Story) -> None:
    """R-SATEL: the network in between is gone, and nobody closed anything; only the missing answer tells."""
    site, olga = await story.site(), await story.olga()
    await site.arm()
    await site.lose_line_silently()
    await site.violate(OFFICE)
    alarm = await olga.sees(site, alarm_type=AlarmType.INTRUSION, within=40)
    assert (alarm.headline.source_number, alarm.event_count) == (OFFICE, 1)
    await _the_log_is_read(site, olga)
    assert len(await olga.events_of(site, source_number=OFFICE)) == 1


async def test_a_log_that_was_erased_while_we_were_away_is_a_visible_gap(story: Story) -> None:
    """R-RECOVER: never guessed, never silent."""
    site, olga = await story.site(), await story.olga()
    await site.cut_line()
    await olga.sees_link(site, LinkStatus.DISCONNECTED)
    await site.violate(FLOOD)
    await site.restore(FLOOD)
    await site.erase_log()
    await site.mend_line()
    gap = await olga.sees(site, alarm_type=AlarmType.LOG_GAP, within=30)
    assert (gap.priority, gap.headline.code) == (Priority.MEDIUM, LOG_ERASED)
    detail = await olga.client.alarm(gap.id)
    assert detail.headline.text is not None
    assert detail.headline.text.pl


async def test_an_object_in_service_is_silent_but_recorded_a_hold_up_rings_and_the_end_sums_up(story: Story) -> None:
    """R-SERVICE: and what still stands at the end rings."""
    site, olga, admin = await story.site(), await story.olga(), await story.person("admin")
    modes = admin.client.service_modes
    begun = await modes.begin(site.object_id, minutes=60, reason="detectors are being replaced")
    assert (await olga.client.object(site.object_id)).service_until == begun.ends_at
    await site.arm()
    await site.violate(OFFICE)
    silent = await olga.sees(site, alarm_type=AlarmType.INTRUSION)
    assert (silent.suppressed, silent.priority) == (True, Priority.LOW)
    [event] = await olga.events_of(site, alarm_type=AlarmType.INTRUSION, restore=False)
    assert event.suppressed
    await site.violate(SILENT_PANIC)
    hold_up = await olga.sees(site, alarm_type=AlarmType.HOLDUP)
    assert (hold_up.suppressed, hold_up.priority) == (False, Priority.CRITICAL)
    ended = await modes.end(begun.id)
    assert ended.summary is not None
    assert (ended.summary.events, ended.summary.active) == (1, 1)
    [standing] = ended.summary.still_active
    assert (standing.panel_id, standing.source_number) == (site.panel_id, OFFICE)
    rings = await olga.sees(site, alarm_type=AlarmType.INTRUSION, suppressed=False)
    assert (rings.priority, rings.active_count, rings.id != silent.id) == (Priority.HIGH, 1, True)
    await site.restore(OFFICE)
    await olga.sees(site, alarm_type=AlarmType.INTRUSION, suppressed=False, active_count=0)


async def _the_log_is_read(site: Site, operator: Person) -> Alarm:
    """Something new in the log has been told, so everything before it has."""
    await site.violate(SILENT_PANIC)
    hold_up = await operator.sees(site, alarm_type=AlarmType.HOLDUP)

    async def confirmed() -> bool:
        [event] = await operator.events_of(site, bundle_id=hold_up.id)
        return event.confirmed_at is not None

    await eventually(confirmed, every=0.1, what="the hold-up is confirmed by the log")
    return hold_up
