"""Panels added, changed, lost and looked at while everything runs (R-SATEL, R-HISTORY)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from api.client.models import Panel
from tests.scenarios.people import Person
from tests.scenarios.site import COLD_STORE, OFFICE, OWNER, SAFE, STORE, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.domain.alarm import LINK_LOST, PANEL_REPLACED, AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.supervision import SupervisionClass

pytestmark = pytest.mark.timeout(240)

KEY = "Klucz2026abc"


async def test_a_panel_added_by_an_admin_is_followed_without_a_restart_until_it_is_disabled(story: Story) -> None:
    """And follows its address when that is changed."""
    admin, olga = await story.person("admin"), await story.olga()
    old, new = await story.panels_nobody_knows(2)
    site, panel = await _enter(admin, old)
    await olga.sees_link(site, LinkStatus.CONNECTED)
    await site.violate(SAFE)
    alarm = await olga.sees(site, alarm_type=AlarmType.INTRUSION)
    assert alarm.headline.panel_id == panel.id

    moved = replace(new, object_id=site.object_id, panel_id=panel.id)
    panel = await admin.client.change_panel(panel.id, version=panel.version, port=new.port)
    await eventually(new.has_a_client, within=30, what="the new address is connected")
    assert not await old.has_a_client()
    replaced = await olga.sees(site, alarm_type=AlarmType.LOG_GAP)
    assert replaced.headline.code == PANEL_REPLACED
    await olga.sees_link(site, LinkStatus.CONNECTED)
    await moved.tamper(SAFE)
    await olga.sees(site, alarm_type=AlarmType.TAMPER)

    await admin.client.change_panel(panel.id, version=panel.version, enabled=False)
    await eventually(lambda: _is_released(new), within=30, what="the disabled panel is released")
    await olga.sees_link(site, LinkStatus.DISABLED)


async def test_only_who_may_edit_panels_adds_one(story: Story) -> None:
    """R-RBAC."""
    olga, site = await story.olga(), await story.site()
    with olga.refused_with(ErrorCode.FORBIDDEN):
        await olga.client.create_panel(object_id=site.object_id, name="Another", host="127.0.0.1", port=1)


async def test_a_wrong_key_is_shown_and_the_right_one_lets_alarms_through(story: Story) -> None:
    """An encrypted panel, which also describes itself; its cold store needs a note (R-BUNDLE)."""
    admin, olga = await story.person("admin"), await story.olga()
    [panel] = await story.panels_nobody_knows(key=KEY, zones=24)
    site, entered = await _enter(admin, panel, integration_key="not-that-one")
    assert entered.encrypted
    state = await olga.sees_link(site, LinkStatus.NO_ANSWER)
    assert state.stale

    await admin.client.change_panel(entered.id, version=entered.version, integration_key=KEY)
    await olga.sees_link(site, LinkStatus.CONNECTED)
    await site.violate(COLD_STORE)
    alarm = await olga.sees(site, alarm_type=AlarmType.TEMPERATURE)
    assert alarm.requires_note
    await olga.claims(alarm)
    await olga.starts(alarm)
    with olga.refused_with(ErrorCode.NOTE_REQUIRED):
        await olga.acks(alarm)
    assert (await olga.acks(alarm, note="The doors stood open.")).status is BundleStatus.ACK


async def test_a_busy_module_is_shown_as_such_and_taken_back_when_it_is_free(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.go_busy()
    state = await olga.sees_link(site, LinkStatus.BUSY)
    assert state.stale, "what nobody can confirm is not shown as certain"
    await site.be_free()
    await olga.sees_link(site, LinkStatus.CONNECTED, within=60)
    history = await olga.client.panel_history(site.panel_id, from_=site.since, partition=0)
    assert [change.state for change in reversed(history.items)][-2:] == [LinkStatus.BUSY, LinkStatus.CONNECTED]


async def test_a_cut_cable_is_an_alarm_until_the_line_is_back(story: Story) -> None:
    """Principle 7: silence is an alarm, as soon as the class of the panel wants it."""
    site, olga, admin = await story.site(), await story.olga(), await story.person("admin")
    panel = await admin.client.panel(site.panel_id)
    await admin.client.change_panel(panel.id, version=panel.version, supervision_class=SupervisionClass.SP6)
    await site.cut_line()
    alarm = await olga.sees(site, within=60, alarm_type=AlarmType.COMM_LOSS)
    assert (alarm.headline.code, alarm.headline.panel_id, alarm.active_count) == (LINK_LOST, site.panel_id, 1)
    await olga.claims(alarm)
    await olga.starts(alarm)
    await site.mend_line()
    await olga.sees_link(site, LinkStatus.CONNECTED, within=60)
    await olga.sees_it(alarm, within=30, active_count=0)
    olga.sees_only(site, alarm)


async def test_the_live_picture_follows_arming_and_zones_and_the_history_keeps_it(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    await site.arm(1)
    await olga.sees_partition(site, 1, PartitionState.ARMED_FULL)
    await site.arm(2, mode=2)
    await olga.sees_partition(site, 2, PartitionState.ARMED_STAY)
    await site.violate(OFFICE)
    await olga.sees_partition(site, 1, PartitionState.ALARM)
    await _sees_zone(olga, site, OFFICE, violated=True, alarm=True)
    await _sees_zone(olga, site, STORE, violated=False, alarm=False)
    await site.restore(OFFICE)
    await site.disarm_with(OWNER)
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    await _sees_zone(olga, site, OFFICE, violated=False, alarm=False, alarm_memory=True)

    history = await olga.client.panel_history(site.panel_id, from_=site.since, partition=1)
    assert [change.state for change in reversed(history.items)] == ["ARMED_FULL", "ALARM", "DISARMED"]


# -- steps


async def _enter(admin: Person, panel: Site, **members: object) -> tuple[Site, Panel]:
    """An admin enters an object with this panel."""
    number = str(uuid4())
    guarded = await admin.client.create_object(name=panel.name, address="Rynek 1", kind="shop", external_number=number)
    entered = await admin.client.create_panel(
        object_id=guarded.id, name=panel.name, host="127.0.0.1", port=panel.port, **members
    )
    return replace(panel, object_id=guarded.id, panel_id=entered.id), entered


async def _is_released(site: Site) -> bool:
    return not await site.has_a_client()


async def _sees_zone(person: Person, site: Site, number: int, **flags: bool) -> None:
    async def shown() -> bool:
        zones = (await person.client.panel_state(site.panel_id)).zones
        zone = next(zone for zone in zones if zone.number == number)
        return all(getattr(zone, name) is value for name, value in flags.items())

    await eventually(shown, every=0.1, what=f"zone {number} of {site.name} is shown with {flags}")
