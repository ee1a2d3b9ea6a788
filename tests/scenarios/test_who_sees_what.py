"""Who is told of what (R-RBAC), and that a broken connection loses and repeats nothing (R-PUSH)."""

import pytest

from tests.scenarios.site import FLOOD, SAFE, SHOP_WINDOW, SILENT_PANIC, SMOKE
from tests.scenarios.story import Story
from workflows.domain.alarm import AlarmType
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import PartitionState

pytestmark = pytest.mark.timeout(240)


async def test_a_technician_sees_assigned_objects_only_listed_and_live(story: Story) -> None:
    mine, foreign = await story.site(assigned=True), await story.site()
    olga, technician = await story.olga(), await story.person("technik")
    await foreign.violate(SAFE)
    hidden = await olga.sees(foreign)
    await mine.violate(SAFE)
    alarm = await technician.sees(mine)
    await technician.is_told_up_to(olga.screen.seq)
    technician.sees_only(foreign)

    listed = await technician.client.alarms(open=True, limit=200)
    assert alarm.id in {one.id for one in listed.items}
    assert hidden.id not in {one.id for one in listed.items}
    assert [one.id for one in (await technician.client.alarms(object_id=foreign.object_id)).items] == []
    with technician.refused_with(ErrorCode.NOT_FOUND):
        await technician.client.alarm(hidden.id)
    with technician.refused_with(ErrorCode.NOT_FOUND):
        await technician.client.panel_state(foreign.panel_id)
    with technician.refused_with(ErrorCode.FORBIDDEN):
        await technician.claims(alarm)


async def test_a_field_worker_sees_no_alarm_listed_or_live(story: Story) -> None:
    site, olga, worker = await story.site(assigned=True), await story.olga(), await story.person("teren")
    assert (await worker.client.object(site.object_id)).id == site.object_id
    await site.arm()
    await worker.sees_panel_change(site, PartitionState.ARMED_FULL)
    await site.violate(SAFE)
    alarm = await olga.sees(site)
    await worker.is_told_up_to(olga.screen.seq)
    assert worker.screen.alarms == {}
    with worker.refused_with(ErrorCode.FORBIDDEN):
        await worker.client.alarms()
    with worker.refused_with(ErrorCode.FORBIDDEN):
        await worker.client.alarm(alarm.id)


async def test_a_stream_that_was_cut_and_resumed_tells_everything_once_and_in_order(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    await site.violate(SAFE)
    first = await olga.sees(site, alarm_type=AlarmType.INTRUSION)
    await oskar.sees_it(first)
    began = max(olga.screen.told[0].seq, oskar.screen.told[0].seq)

    olga.loses_the_network()
    await site.violate(SMOKE, FLOOD, SILENT_PANIC, SHOP_WINDOW)
    await site.restore(FLOOD)
    last = await oskar.sees(site, alarm_type=AlarmType.TECHNICAL, active_count=0)
    await oskar.sees_it(first, event_count=2)
    assert last.id not in olga.screen.alarms
    await olga.has_the_network_back()

    await olga.sees_it(last, active_count=0)
    await olga.sees_it(first, event_count=2)
    assert [welcome.resumed for welcome in olga.screen.welcomes] == [False, True]
    upto = max(told.seq for told in oskar.screen.told)
    await olga.is_told_up_to(upto)
    missed = [told for told in olga.screen.sequence_after(began) if told[0] <= upto]
    assert missed == [told for told in oskar.screen.sequence_after(began) if told[0] <= upto]
    assert missed == sorted(set(missed))
    assert max(olga.screen.events.values()) == 1, "no event is told twice"
