"""R-BUNDLE as operators live it: from the violated zone to the closed alarm, alone and against each other."""

import asyncio
import json

import pytest

from api.client.errors import ApiError
from api.client.models import AlarmSummary, PushedAlarm
from tests.scenarios.people import Alarm, Person
from tests.scenarios.site import OFFICE, OWNER, STORE, WINDOW, Site
from tests.scenarios.story import Story
from workflows.contracts.names import bundle_workflow_id
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.errors import ErrorCode

pytestmark = pytest.mark.timeout(240)

NOTE = "Zażółć: rang Jan Kowalski, password right"


async def test_a_violated_zone_of_an_armed_partition_is_worked_from_alarm_to_closed(story: Story) -> None:
    """R-EDGE, R-PUSH, R-BUNDLE: and the timeline tells exactly that, and Temporal's history names nobody."""
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    await site.arm()
    await site.violate(OFFICE)

    alarm = await olga.sees(site, alarm_type=AlarmType.INTRUSION, status=BundleStatus.NEW, active_count=1)
    assert (alarm.priority, alarm.headline.source_number, alarm.headline.code) == (Priority.HIGH, OFFICE, 130)
    await oskar.sees_it(alarm, status=BundleStatus.NEW)

    await olga.claims(alarm)
    await oskar.sees_it(alarm, status=BundleStatus.CLAIMING, claimed_by=olga.id)
    await olga.starts(alarm)
    await olga.acks(alarm, note=NOTE)
    await olga.resolves(alarm, result_code=ResultCode.FALSE_ALARM)
    closed = await olga.closes(alarm)
    assert (closed.status, closed.result_code) == (BundleStatus.CLOSED, "FALSE_ALARM")
    await oskar.sees_it(alarm, status=BundleStatus.CLOSED)

    by = olga.display_name
    said = [f"{what} by {by}" for what in ("claim", "start", "note", "ack", "resolve", "close")]
    assert await oskar.reads_timeline(alarm) == ["event 130", *said]
    assert oskar.screen.statuses_of(alarm) == list(BundleStatus)
    timeline = await oskar.client.timeline(alarm.id)
    assert timeline.workflow_id == bundle_workflow_id(alarm.id)
    assert [item.note.text for item in timeline.items if item.note] == [NOTE]
    await _require_history_without_people(story, alarm, olga)


async def _require_history_without_people(story: Story, alarm: Alarm, operator: Person) -> None:
    history = await story.history_of(bundle_workflow_id(alarm.id))
    assert str(alarm.id).encode() in history, "the history cannot be read: what it does not contain says nothing"
    assert str(operator.id).encode() in history
    for secret in (NOTE, "Kowalski", operator.display_name, operator.username):
        assert secret.encode() not in history, f"{secret!r} is in the workflow's history"
        assert json.dumps(secret)[1:-1].encode() not in history


async def test_a_zone_of_a_disarmed_partition_is_no_alarm(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.violate(OFFICE)
    await site.arm(2)
    await site.violate(STORE)  # what happened first would have been told first
    alarm = await olga.sees(site)
    assert alarm.headline.source_number == STORE
    olga.sees_only(site, alarm)
    assert [event.source_number for event in await olga.events_of(site) if event.alarm_type] == [STORE]


async def test_three_zones_of_one_object_are_one_alarm_with_three_events(story: Story) -> None:
    """D13: events of one object and type within the window."""
    site, olga = await story.site(), await story.olga()
    await site.arm(1)
    await site.arm(2)
    await site.violate(OFFICE, WINDOW, STORE)
    alarm = await olga.sees(site, event_count=3, active_count=3)
    olga.sees_only(site, alarm)
    assert (await olga.reads_timeline(alarm)).count("event 130") == 2
    events = await olga.events_of(site, bundle_id=alarm.id)
    assert sorted(event.source_number for event in events) == sorted((OFFICE, WINDOW, STORE))
    assert all(olga.screen.events[event.id] == 1 for event in events), "each event is told once"


async def test_of_two_operators_who_claim_at_once_one_wins_and_the_other_learns_who(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    alarm = await _an_intrusion(site, olga, oskar)
    answers = await asyncio.gather(olga.claims(alarm), oskar.claims(alarm), return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, AlarmSummary)]
    lost = [answer for answer in answers if isinstance(answer, ApiError)]
    assert (len(won), len(lost)) == (1, 1), answers
    assert (lost[0].status, lost[0].code) == (409, ErrorCode.STALE_VERSION)
    current = olga.client.current_of(lost[0])
    assert current is not None
    assert (current.claimed_by, current.status) == (won[0].claimed_by, BundleStatus.CLAIMING)
    assert current.claimed_by_name in {olga.display_name, oskar.display_name}


async def test_a_stale_version_is_refused_with_the_alarm_as_it_is(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    alarm = await _an_intrusion(site, olga, oskar)
    await site.violate(WINDOW)
    newer = await olga.sees_it(alarm, event_count=2)
    with olga.refused_with(ErrorCode.STALE_VERSION) as refusal:
        await olga.claims(alarm, version=alarm.version)
    assert (refusal.current.version, refusal.current.event_count) == (newer.version, 2)
    assert (await olga.claims(refusal.current)).claimed_by == olga.id


async def test_only_the_claimer_goes_on_with_an_alarm(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    alarm = await _an_intrusion(site, olga, oskar)
    claimed = await olga.claims(alarm)
    await oskar.sees_it(alarm, status=BundleStatus.CLAIMING)
    with oskar.refused_with(ErrorCode.NOT_OWNER) as refusal:
        await oskar.starts(claimed)
    assert refusal.current.claimed_by == olga.id


async def test_a_claim_without_start_is_taken_back_after_30_seconds_for_everybody(story: Story) -> None:
    """D12, with the real timer."""
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    alarm = await _an_intrusion(site, olga, oskar)
    claimed = await olga.claims(alarm)
    assert claimed.claim_expires_at is not None
    for each in (olga, oskar):
        free = await each.sees_it(alarm, within=45, status=BundleStatus.NEW, claimed_by=None, version=claimed.version + 1)
        assert free.status_changed_at >= claimed.claim_expires_at
    assert await olga.reads_timeline(alarm) == ["event 130", f"claim by {olga.display_name}", "timer expire_claim"]
    assert (await oskar.claims(alarm)).claimed_by == oskar.id


async def test_a_released_alarm_is_free_for_somebody_else(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    alarm = await _an_intrusion(site, olga, oskar)
    await olga.claims(alarm)
    await olga.starts(alarm)
    await olga.releases(alarm)
    free = await oskar.sees_it(alarm, status=BundleStatus.NEW, claimed_by=None, version=alarm.version + 3)
    claimed = await oskar.claims(free)
    assert (claimed.claimed_by, claimed.claimed_by_name) == (oskar.id, oskar.display_name)


async def test_an_action_whose_answer_got_lost_is_asked_for_again_and_done_once(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    alarm = await _an_intrusion(site, olga)
    first, again = [
        await olga.client.act(alarm.id, Action.CLAIM, version=alarm.version, idempotency_key=f"press-{alarm.id}") for _ in "12"
    ]
    assert (again.version, again.status, again.claimed_by) == (first.version, BundleStatus.CLAIMING, olga.id)
    assert await olga.reads_timeline(alarm) == ["event 130", f"claim by {olga.display_name}"]


async def test_a_master_takes_over_what_an_operator_left(story: Story) -> None:
    """R-RBAC: alarm.override."""
    site, olga, master = await story.site(), await story.olga(), await story.person("master")
    alarm = await _an_intrusion(site, olga, master)
    await olga.claims(alarm)
    await olga.starts(alarm)
    await master.sees_it(alarm, status=BundleStatus.IN_PROGRESS)
    assert (await master.acks(alarm)).claimed_by == master.id
    await olga.sees_it(alarm, status=BundleStatus.ACK, claimed_by=master.id)


async def test_an_alarm_that_needs_a_note_is_not_acknowledged_without_one(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    needs_note = '{"INTRUSION": true}'
    await story.database(
        "INSERT INTO object_alarm_config (object_id, requires_note) VALUES ($1, $2)", site.object_id, needs_note
    )
    alarm = await _an_intrusion(site, olga)
    assert alarm.requires_note
    await olga.claims(alarm)
    await olga.starts(alarm)
    with olga.refused_with(ErrorCode.NOTE_REQUIRED):
        await olga.acks(alarm)
    assert (await olga.acks(alarm, note="The patrol found an open window.")).status is BundleStatus.ACK


async def test_a_new_event_on_a_resolved_alarm_opens_a_new_one(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    first = await _an_intrusion(site, olga)
    await olga.works(first, up_to=BundleStatus.RESOLVED)
    await site.violate(WINDOW)
    second = await olga.sees(site, status=BundleStatus.NEW, event_count=1)
    assert second.id != first.id
    assert second.headline.source_number == WINDOW
    assert olga.screen.alarms[first.id].status is BundleStatus.RESOLVED
    olga.sees_only(site, first, second)


async def test_a_keyholder_who_disarms_does_not_close_the_alarm(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    alarm = await _an_intrusion(site, olga)
    await site.restore(OFFICE)
    await site.disarm_with(OWNER)
    over = await olga.sees_it(alarm, active_count=0)
    assert (over.status, over.event_count) == (BundleStatus.NEW, 1)


async def _an_intrusion(site: Site, *operators: Person) -> PushedAlarm:
    """A NEW alarm that all the operators see."""
    await site.arm()
    await site.violate(OFFICE)
    seen = [await each.sees(site, alarm_type=AlarmType.INTRUSION, status=BundleStatus.NEW) for each in operators]
    return seen[0]
