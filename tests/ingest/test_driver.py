"""The driver against a simulated panel: R-SATEL, R-RECOVER, R-EDGE as the database would see them."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from ingest.satel import runtime
from ingest.satel.line import Grace
from ingest.satel.messages import Command
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import ModuleModel, PanelConfig, PanelModel
from ingest.satel.simulator.server import running_panel
from ingest.satel.simulator.troubles import Trouble
from tests.ingest.rig import FLOOD, SILENT_PANIC, SMOKE, VIBRATION, Rig, rig_of
from tests.ingest.transports import Shape, byte_at_a_time, delaying, losing, lossy, perfect
from tests.support.eventually import eventually
from workflows.domain.alarm import (
    LINK_LOST,
    LOG_ERASED,
    LOG_GAP,
    PANEL_BUSY,
    PANEL_REPLACED,
    AlarmType,
    Family,
    Outcome,
    SignalSource,
)
from workflows.domain.panel import LinkStatus

KEY = "Klucz2026abc"
QUICK = Grace(lost=timedelta(seconds=0.3), busy=timedelta(seconds=0.3))
MODULES = {
    "push": PanelConfig(),
    "push, encrypted": PanelConfig(key=KEY),
    "poll": PanelConfig(module=ModuleModel.ETHM_1_PLUS_2_00),
    "poll, encrypted": PanelConfig(module=ModuleModel.ETHM_1_PLUS_2_00, key=KEY),
    "old module": PanelConfig(module=ModuleModel.ETHM_1),
}


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with rig_of() as rig:
        await rig.connected()
        yield rig


async def settled(rig: Rig, condition: Callable[[], object]) -> None:
    """The condition holds, and nothing more is on its way."""
    await eventually(condition)
    await eventually(lambda: not rig.runtime.tracker.unexplained and rig.batcher.held == 0)


async def seen(rig: Rig, zone: int) -> None:
    """The driver knows that the zone is violated."""
    await eventually(lambda: zone in rig.runtime.tracker.picture.numbers(Command.ZONES_VIOLATED))


# -- edges and the log ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", MODULES.values(), ids=MODULES.keys())
async def test_a_violated_zone_is_one_event_seen_twice(config: PanelConfig) -> None:
    async with rig_of(config) as rig:
        await rig.connected()
        rig.panel.violate(VIBRATION)
        rig.panel.violate(SMOKE)
        await settled(rig, lambda: [outcome for _, outcome in rig.ledger.signals].count(Outcome.CONFIRMATION) == 2)
        assert [(each.code, each.alarm_type) for each in rig.ledger.alarms] == [
            (133, AlarmType.INTRUSION),
            (111, AlarmType.FIRE),
        ]
        assert all(each.confirmed_at is not None for each in rig.ledger.alarms)
        assert Counter(signal.source for signal, _ in rig.ledger.signals[:4]) == {SignalSource.EDGE: 2, SignalSource.LOG: 2}


@pytest.mark.parametrize(
    "shape", [perfect, byte_at_a_time, delaying(0.02), lossy(0.03, seed=5)], ids=["perfect", "bytewise", "late", "lossy"]
)
@pytest.mark.parametrize(
    "config", [MODULES["push"], MODULES["push, encrypted"], MODULES["poll"]], ids=["push", "encrypted", "poll"]
)
async def test_whatever_the_way_every_zone_is_exactly_one_event(shape: Shape, config: PanelConfig) -> None:
    async with rig_of(config, shape=shape) as rig:
        await rig.connected(within=60)
        zones = [VIBRATION, SILENT_PANIC, SMOKE, FLOOD]
        for zone in zones:
            rig.panel.violate(zone)
        await eventually(
            lambda: all(each.confirmed_at or each.recovered for each in rig.ledger.alarms) and rig.ledger.alarms, within=60
        )
        await eventually(lambda: all(rig.ledger.alarms_of(zone) for zone in zones), within=60)
        await rig.connected(within=60)
        assert sorted(each.source_number for each in rig.ledger.alarms) == zones


async def test_a_zone_that_goes_quiet_is_restored_once(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: rig.ledger.alarms_of(VIBRATION))
    rig.panel.restore(VIBRATION)
    await settled(rig, lambda: not rig.ledger.alarms_of(VIBRATION)[0].active)
    rig.panel.clear_alarm(1, user=1)
    await settled(rig, lambda: any(signal.code == 406 for signal, _ in rig.ledger.signals))
    restores = [signal for signal, _ in rig.ledger.signals if signal.restore and signal.family is Family.ZONE_ALARM]
    assert [(each.source, each.source_number) for each in restores] == [(SignalSource.LOG, VIBRATION)]


async def test_an_alarm_that_ends_without_a_log_record_is_restored_by_its_bit(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: rig.ledger.alarms_of(VIBRATION))
    rig.panel.clear_alarm(1, user=1)
    await settled(rig, lambda: not rig.ledger.alarms_of(VIBRATION)[0].active)
    assert [each.source for each in rig.ledger.told(SignalSource.EDGE) if each.restore] == [SignalSource.EDGE]


async def test_tamper_mains_and_a_technical_zone_are_each_one_event(rig: Rig) -> None:
    rig.panel.tamper(1, True)
    rig.panel.trouble(Trouble.MAINS, True)
    rig.panel.violate(FLOOD)
    rig.panel.trouble(Trouble.EXPANDER_TAMPER, True, 2)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 4)
    told = [(each.code, each.alarm_type, each.source_kind, each.source_number) for each in rig.ledger.alarms]
    assert sorted(told) == [
        (144, AlarmType.TAMPER, "ZONE", 1),
        (145, AlarmType.TAMPER, "EXPANDER", 3),
        (154, AlarmType.TECHNICAL, "ZONE", FLOOD),
        (301, AlarmType.POWER, "SYSTEM", 0),
    ]
    for trouble, number in ((Trouble.MAINS, None), (Trouble.EXPANDER_TAMPER, 2)):
        rig.panel.trouble(trouble, False, number)
    await settled(rig, lambda: [each.code for each in rig.ledger.alarms if each.active] == [144, 154])


async def test_a_panic_key_is_a_holdup_from_the_log_and_no_burglary_from_the_partition(rig: Rig) -> None:
    rig.panel.keypad_panic(1)
    await settled(rig, lambda: rig.ledger.alarms)
    assert [(each.code, each.alarm_type) for each in rig.ledger.alarms] == [(120, AlarmType.HOLDUP)]


async def test_a_panic_key_is_heard_while_the_partition_is_in_alarm_already(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: rig.ledger.alarms_of(VIBRATION))
    rig.panel.keypad_panic(1)
    await settled(rig, lambda: AlarmType.HOLDUP in rig.ledger.alarm_types())


async def test_a_duress_code_is_a_holdup(rig: Rig) -> None:
    rig.panel.arm(1, user=1, delay=0)
    duress = rig.panel.authorise("9999")
    assert duress is not None
    rig.panel.command_disarm(duress, [1])
    await settled(rig, lambda: AlarmType.HOLDUP in rig.ledger.alarm_types())
    assert [(each.code, each.user_number) for each in rig.ledger.alarms] == [(121, 4)]


async def test_arming_is_history_and_information_but_no_alarm(rig: Rig) -> None:
    await eventually(lambda: rig.ledger.partition_states(1))
    rig.panel.arm(1, user=2, mode=2, delay=0)
    await settled(rig, lambda: "ARMED_STAY" in rig.ledger.partition_states(1))
    rig.panel.disarm(1, user=2)
    await settled(rig, lambda: rig.ledger.partition_states(1)[-1] == "DISARMED")
    assert rig.ledger.partition_states(1) == ["DISARMED", "ARMED_STAY", "DISARMED"]
    assert rig.ledger.alarms == []
    armed = [signal for signal, _ in rig.ledger.signals if signal.family is Family.ARMED]
    assert [(each.user, each.detail) for each in armed] == [(2, {"armed": True}), (2, {"armed": False})]


async def test_zones_above_128_of_a_256_plus_are_followed() -> None:
    for module in (ModuleModel.ETHM_1_PLUS, ModuleModel.ETHM_1_PLUS_2_00):
        config = PanelConfig(model=PanelModel.INTEGRA_256_PLUS, module=module)
        async with rig_of(replace(config, zones=()), zones=201) as rig:
            await rig.connected()
            rig.panel.violate(197)  # eight times 24 and five: a vibration detector
            await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 1)
            assert [(each.source_number, each.code) for each in rig.ledger.alarms] == [(197, 133)]


LARGE = PanelConfig(model=PanelModel.INTEGRA_256_PLUS, module=ModuleModel.ETHM_1_PLUS_2_00, zones=())


async def test_one_lost_answer_makes_nobody_a_lesser_module() -> None:
    """A module that is asked once what it is, and not heard, would be read in maps of 128 zones."""
    async with rig_of(LARGE, shape=losing(Command.MODULE_VERSION), zones=201) as rig:
        await rig.connected()
        rig.panel.violate(197)
        await eventually(lambda: [each.source_number for each in rig.ledger.told(SignalSource.EDGE)] == [197])


async def test_what_a_module_seemed_to_be_on_one_line_it_is_not_on_the_next() -> None:
    shape = losing(Command.MODULE_VERSION, Command.MODULE_VERSION)
    async with rig_of(LARGE, shape=shape, zones=201) as rig:
        await rig.connected()
        assert rig.runtime.identity is not None
        assert rig.runtime.identity.module is None
        rig.panel.drop_link()
        await eventually(lambda: not rig.runtime.ready)
        await rig.connected()
        assert rig.runtime.identity.module == "ETHM-1 Plus 2.00"
        rig.panel.violate(197)
        await eventually(lambda: [each.source_number for each in rig.ledger.told(SignalSource.EDGE)] == [197])


async def test_a_lost_block_that_every_module_knows_is_asked_for_again() -> None:
    async with rig_of(MODULES["old module"], shape=losing(Command.PARTITIONS_ENTRY_TIME)) as rig:
        await rig.connected()
        assert rig.panel.statistics.connections == 1
        assert Command.PARTITIONS_ENTRY_TIME in rig.runtime.tracker.picture.blocks


async def test_an_old_module_tells_when_a_partition_is_no_longer_armed_with_bypasses() -> None:
    """Its list of changes ends before block 2A."""
    async with rig_of(MODULES["old module"]) as rig:
        await rig.connected()
        rig.panel.arm(1, user=1, mode=1, delay=0)
        await eventually(lambda: rig.ledger.partition_states(1)[-1:] == ["ARMED_BYPASS"])
        rig.panel.disarm(1, user=1)
        await eventually(lambda: rig.ledger.partition_states(1)[-1:] == ["DISARMED"])
        rig.panel.arm(1, user=1, mode=0, delay=0)
        await eventually(lambda: rig.ledger.partition_states(1)[-1:] == ["ARMED_FULL"])


async def test_the_panels_clock_error_is_taken_out_of_the_log_times() -> None:
    async with rig_of(PanelConfig(clock_skew=-4000.0)) as rig:
        await rig.connected()
        rig.panel.violate(VIBRATION)
        await settled(rig, lambda: rig.ledger.told(SignalSource.LOG))
        record = rig.ledger.told(SignalSource.LOG)[0]
        assert record.panel_at is not None
        assert abs((record.panel_at - record.received_at).total_seconds()) < 90
        assert [each.family for each in rig.ledger.alarms] == [Family.CLOCK, Family.ZONE_ALARM]
        assert rig.runtime.tracker.clock_offset.total_seconds() == pytest.approx(-4000, abs=1)


# -- recovery -------------------------------------------------------------------------------------------------------------


async def test_an_alarm_while_the_line_was_down_is_recovered_once(rig: Rig) -> None:
    rig.panel.occupy(True)
    await eventually(lambda: not rig.runtime.ready)
    rig.panel.violate(VIBRATION)
    rig.panel.violate(SMOKE)
    rig.panel.restore(VIBRATION)
    rig.panel.clear_alarm(1, user=1)
    rig.panel.violate(SMOKE)
    rig.panel.occupy(False)
    await rig.connected()
    await settled(rig, lambda: len(rig.ledger.alarms) == 2)
    assert all(each.recovered and each.panel_at is not None for each in rig.ledger.alarms)
    assert [each.source for each in rig.ledger.alarms] == [SignalSource.LOG] * 2


@pytest.mark.parametrize("config", [MODULES["push"], MODULES["poll"]], ids=["push", "poll"])
async def test_a_process_killed_in_the_middle_of_alarms_leaves_one_event_per_zone(config: PanelConfig) -> None:
    async with rig_of(config) as rig:
        await rig.connected()
        zones = [VIBRATION, SILENT_PANIC, SMOKE, FLOOD, 14, 15, 16]
        for number, zone in enumerate(zones):
            rig.panel.violate(zone)
            if number in (1, 3):
                await rig.kill()
                rig.start()
            elif number == 5:
                await rig.connected()
        await rig.connected()
        await settled(rig, lambda: all(rig.ledger.alarms_of(zone) for zone in zones))
        assert sorted(each.source_number for each in rig.ledger.alarms) == zones
        assert not any(signal.code == LOG_GAP for signal, _ in rig.ledger.signals)


async def test_an_alarm_still_standing_is_not_told_again_by_the_next_holder(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    rig.panel.violate(SMOKE)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 2)
    rig.panel.restore(VIBRATION)  # the log ends the event, the alarm bit stays
    await settled(rig, lambda: not rig.ledger.alarms_of(VIBRATION)[0].active)
    before = len(rig.ledger.signals)
    await rig.kill()
    rig.start()
    await rig.connected()
    assert rig.ledger.signals[before:] == []


async def test_an_alarm_that_ended_while_nobody_held_the_panel_is_told_as_over(rig: Rig) -> None:
    rig.panel.trouble(Trouble.MAINS, True)
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 2)
    await rig.kill()
    rig.panel.clear_alarm(1, user=1)
    rig.panel.trouble(Trouble.MAINS, False)
    rig.start()
    await rig.connected()
    assert not any(each.active for each in rig.ledger.alarms)


async def test_an_alarm_that_stands_at_the_very_first_connection_is_an_initial_event() -> None:
    async with rig_of(started=False) as rig:
        rig.panel.violate(VIBRATION)
        rig.panel.trouble(Trouble.BATTERY, True)
        rig.start()
        await rig.connected()
        assert sorted((each.source, each.code) for each in rig.ledger.alarms) == [
            (SignalSource.INITIAL, 133),
            (SignalSource.INITIAL, 302),
        ]
        assert rig.ledger.told(SignalSource.LOG) == [], "history before the first visit is not replayed"


async def test_an_erased_log_is_a_visible_gap_and_the_standing_alarm_is_still_told(rig: Rig) -> None:
    rig.panel.arm(2, user=1, delay=0)
    await settled(rig, lambda: rig.ledger.told(SignalSource.LOG))
    await rig.kill()
    rig.panel.violate(VIBRATION)
    rig.panel.erase_log()
    rig.start()
    await rig.connected()
    gaps = [signal for signal, _ in rig.ledger.signals if signal.alarm_type is AlarmType.LOG_GAP]
    assert [(each.code, each.detail) for each in gaps] == [(LOG_ERASED, {"reason": "ERASED"})]
    assert [each.source for each in rig.ledger.alarms_of(VIBRATION)] == [SignalSource.INITIAL]


async def test_a_log_that_ran_over_the_cursor_is_a_visible_gap() -> None:
    async with rig_of(PanelConfig(log_capacity=30)) as rig:
        await rig.connected()
        rig.panel.arm(2, user=1, delay=0)
        await settled(rig, lambda: rig.ledger.told(SignalSource.LOG))
        await rig.kill()
        for _ in range(40):
            rig.panel.record(99, source=3)
        rig.start()
        await rig.connected()
        gaps = [signal for signal, _ in rig.ledger.signals if signal.alarm_type is AlarmType.LOG_GAP]
        assert [each.code for each in gaps] == [LOG_GAP]


async def test_new_indexes_after_a_restart_of_the_panel_are_no_gap(rig: Rig) -> None:
    for user in (1, 2, 3):
        rig.panel.arm(2, user=user, delay=0)
        rig.panel.disarm(2, user=user)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 6)
    rig.panel.unplug()
    await rig.panel.plug_in(scramble_indexes=True)
    await settled(rig, lambda: any(signal.code == 305 for signal, _ in rig.ledger.signals))
    codes = [signal.code for signal in rig.ledger.told(SignalSource.LOG)]
    assert codes == [401] * 6 + [305]
    assert AlarmType.LOG_GAP not in [signal.alarm_type for signal, _ in rig.ledger.signals]


async def test_a_long_absence_is_replayed_oldest_first_in_chunks(rig: Rig) -> None:
    rig.panel.arm(2, user=1, delay=0)
    await settled(rig, lambda: rig.ledger.told(SignalSource.LOG))
    await rig.kill()
    for number in range(250):
        rig.panel.record(99, source=1 + number % 16)
    rig.start()
    await rig.connected()
    replayed = [signal for signal in rig.ledger.told(SignalSource.LOG) if signal.code == 99]
    assert [each.source_number for each in replayed] == [1 + number % 16 for number in range(250)]
    assert all(each.recovered for each in replayed)


async def test_another_panel_at_another_address_does_not_tell_its_past(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 1)
    await rig.kill()
    async with running_panel(furnish(PanelConfig(latency=0.001, slot_release=0.0))) as other:
        for number in range(40):
            other.record(130, source=1 + number % 16)
        rig.setup = replace(rig.setup, host=other.host, port=other.port)
        rig.start()
        await rig.connected()
        assert [each.code for each in rig.ledger.told(SignalSource.SYSTEM)] == [PANEL_REPLACED]
        assert not rig.ledger.alarms_of(VIBRATION)[0].active
        other.violate(SMOKE)
        await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 2)
        assert [each.source_number for each in rig.ledger.alarms if each.family is Family.ZONE_ALARM] == [VIBRATION, SMOKE]
        await rig.kill()


async def test_the_same_panel_at_another_address_is_followed_where_it_was_left(rig: Rig) -> None:
    for user in (1, 2):
        rig.panel.arm(2, user=user, delay=0)
        rig.panel.disarm(2, user=user)
    await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 4)
    await rig.kill()
    rig.panel.violate(SMOKE)
    rig.panel.unplug()
    rig.panel.port = 0
    await rig.panel.plug_in()
    rig.setup = replace(rig.setup, port=rig.panel.port)
    rig.start()
    await rig.connected()
    assert [(each.source_number, each.recovered) for each in rig.ledger.alarms] == [(SMOKE, True)]


# -- without a database ---------------------------------------------------------------------------------------------------


async def test_without_a_database_the_line_stays_up_and_nothing_is_lost(rig: Rig) -> None:
    rig.ledger.away = True
    for zone in (VIBRATION, SMOKE, FLOOD):
        rig.panel.violate(zone)
    await eventually(lambda: rig.batcher.held >= 6)
    assert rig.runtime.ready
    rig.ledger.away = False
    await settled(rig, lambda: len(rig.ledger.alarms) == 3 and all(each.confirmed_at for each in rig.ledger.alarms))


async def test_when_memory_is_full_the_log_waits_and_is_read_later() -> None:
    async with rig_of(limit=3) as rig:
        await rig.connected()
        rig.ledger.away = True
        zones = [VIBRATION, SILENT_PANIC, SMOKE, FLOOD, 14, 15]
        for zone in zones:
            rig.panel.violate(zone)
            await seen(rig, zone)
        await eventually(lambda: rig.runtime.tracker.suspended)
        assert rig.runtime.ready
        assert rig.batcher.held < 12
        rig.ledger.away = False
        await settled(rig, lambda: all(rig.ledger.alarms_of(zone) for zone in zones))
        await eventually(lambda: not rig.runtime.tracker.suspended)
        assert sorted(each.source_number for each in rig.ledger.alarms) == zones


# -- the line -------------------------------------------------------------------------------------------------------------


async def test_the_timeline_of_a_line(rig: Rig) -> None:
    rig.panel.occupy(True)
    await eventually(lambda: rig.ledger.link_states()[-1:] == ["BUSY"])
    rig.panel.occupy(False)
    await rig.connected()
    await eventually(lambda: rig.ledger.link_states()[-1] == "CONNECTED")
    assert rig.ledger.link_states() == ["CONNECTED", "DISCONNECTED", "BUSY", "CONNECTED"]


async def test_a_half_open_line_is_noticed_by_the_answer_that_does_not_come(rig: Rig) -> None:
    rig.panel.half_open(keep_slot=False)
    rig.runtime.tracker.log_wanted = True
    await eventually(lambda: "DISCONNECTED" in rig.ledger.link_states())
    await rig.connected()
    rig.panel.violate(VIBRATION)
    await settled(rig, lambda: len(rig.ledger.alarms) == 1)


async def test_a_cut_line_is_an_alarm_until_it_is_mended(rig: Rig) -> None:
    """Principle 7: silence is an alarm."""
    rig.use(QUICK)
    rig.panel.cut_line()
    await eventually(lambda: rig.ledger.lines)
    [alarm] = rig.ledger.lines
    assert (alarm.code, alarm.active, alarm.source) == (LINK_LOST, True, SignalSource.SYSTEM)
    await rig.panel.mend_line()
    await rig.connected()
    await settled(rig, lambda: not rig.ledger.lines[0].active)
    assert [(each.code, each.restore) for each in rig.ledger.told(SignalSource.SYSTEM)] == [(2001, False), (2001, True)]


async def test_a_line_back_within_its_grace_is_no_alarm(rig: Rig) -> None:
    rig.panel.drop_link()
    await eventually(lambda: "DISCONNECTED" in rig.ledger.link_states())
    await rig.connected()
    assert rig.ledger.told(SignalSource.SYSTEM) == []
    assert rig.runtime.tracker.position.outage is None


async def test_a_busy_line_is_an_alarm_of_its_own_name(rig: Rig) -> None:
    rig.use(Grace(busy=QUICK.busy))
    rig.panel.occupy(True)
    await eventually(lambda: [each.code for each in rig.ledger.lines] == [PANEL_BUSY])
    rig.panel.occupy(False)
    await rig.connected()
    await settled(rig, lambda: not rig.ledger.lines[0].active)


async def test_a_panel_that_never_was_reachable_is_an_alarm() -> None:
    async with rig_of(started=False) as rig:
        rig.grace = QUICK
        rig.panel.unplug()
        rig.start()
        await eventually(lambda: [each.code for each in rig.ledger.lines] == [LINK_LOST])
        await rig.panel.plug_in()
        await rig.connected()
        await settled(rig, lambda: not rig.ledger.lines[0].active)


async def test_a_lost_line_is_one_event_however_many_processes_notice_it(rig: Rig) -> None:
    rig.use(QUICK)
    rig.panel.cut_line()
    await eventually(lambda: rig.ledger.lines)
    for _ in range(2):
        await rig.kill()
        rig.start()
        await eventually(lambda: rig.runtime.status is LinkStatus.DISCONNECTED)
        rig.runtime.tick()
    await rig.recorded()
    assert len(rig.ledger.told(SignalSource.SYSTEM)) == 1
    await rig.kill()
    await rig.panel.mend_line()  # while nobody watches
    rig.start()
    await rig.connected()
    await settled(rig, lambda: not rig.ledger.lines[0].active)
    assert len(rig.ledger.lines) == 1


async def test_a_process_killed_and_replaced_opens_no_alarm_for_the_line(rig: Rig) -> None:
    await rig.kill()
    rig.start()
    await rig.connected()
    assert rig.ledger.told(SignalSource.SYSTEM) == []
    assert rig.ledger.cursors[rig.panel_id]["outage"] is None


async def test_a_panel_nobody_wants_any_more_ends_the_alarm_for_its_line(rig: Rig) -> None:
    rig.use(QUICK)
    rig.panel.cut_line()
    await eventually(lambda: rig.ledger.lines)
    rig.runtime.stop(LinkStatus.DISABLED)
    await rig.recorded()
    assert not rig.ledger.lines[0].active
    assert rig.ledger.link_states()[-1] == "DISABLED"


async def test_the_history_of_a_line_has_no_row_twice_and_the_heir_tells_of_the_interruption(rig: Rig) -> None:
    """R-HISTORY: what a killed process could not write itself."""
    await rig.kill()
    seen_at = datetime.now(UTC)
    rig.start(last_seen_at=seen_at)
    await rig.connected()
    assert rig.ledger.link_states() == ["CONNECTED", "DISCONNECTED", "CONNECTED"]
    assert rig.ledger.states[-1].at >= seen_at
    assert [each.at for each in rig.ledger.states if each.state == "DISCONNECTED"] == [seen_at]
    await rig.kill()
    rig.start()
    await rig.connected()
    assert rig.ledger.link_states()[2:] == ["CONNECTED"]


def labels(rig: Rig) -> list[float | None]:
    names = ("satel_connection_status", "panel_clock_skew_seconds")
    return [REGISTRY.get_sample_value(name, {"panel_id": str(rig.panel_id)}) for name in names]


async def test_who_lets_go_of_a_panel_tells_nothing_more_of_it(rig: Rig) -> None:
    assert labels(rig) == [1, 0]
    await rig.kill()
    assert labels(rig) == [None, None]


# -- the clock ------------------------------------------------------------------------------------------------------------


def clocks(rig: Rig) -> list[bool]:
    """Of each alarm for the panel's clock: whether it lasts."""
    return [each.active for each in rig.ledger.alarms if each.alarm_type is AlarmType.CLOCK_DRIFT]


@pytest.fixture
def clock_often_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "CLOCK_EVERY", 0.1)


async def test_a_panels_clock_that_drifts_is_an_alarm_until_it_is_corrected(rig: Rig, clock_often_read: None) -> None:
    """Principle 7; and one near the limit is not told again and again."""
    rig.panel.set_skew(290)
    await clock_read(rig)
    assert clocks(rig) == []
    rig.panel.set_skew(320)
    await settled(rig, lambda: clocks(rig) == [True])
    [signal] = rig.ledger.told(SignalSource.SYSTEM)
    assert signal.detail is not None
    assert signal.detail["offset_seconds"] == pytest.approx(320, abs=1)
    rig.panel.set_skew(160)
    await clock_read(rig)
    assert clocks(rig) == [True]
    rig.panel.set_skew(-10)
    await settled(rig, lambda: clocks(rig) == [False])
    assert len(rig.ledger.told(SignalSource.SYSTEM)) == 2


async def test_the_next_holder_knows_that_the_clock_was_told(rig: Rig, clock_often_read: None) -> None:
    rig.panel.set_skew(3600)
    await settled(rig, lambda: clocks(rig) == [True])
    await rig.kill()
    rig.start()
    await rig.connected()
    await clock_read(rig)
    assert len(rig.ledger.told(SignalSource.SYSTEM)) == 1
    await rig.kill()
    rig.panel.set_skew(0)
    rig.start()
    await settled(rig, lambda: clocks(rig) == [False])


async def test_a_clock_nobody_watches_any_more_is_no_alarm(rig: Rig, clock_often_read: None) -> None:
    rig.panel.set_skew(-3600)
    await settled(rig, lambda: clocks(rig) == [True])
    rig.runtime.stop(LinkStatus.DISABLED)
    await rig.recorded()
    assert clocks(rig) == [False]


async def clock_read(rig: Rig) -> None:
    """As the panel shows it now."""
    skew = rig.panel.skew.total_seconds()
    await eventually(lambda: abs(rig.runtime.tracker.clock_offset.total_seconds() - skew) <= 1)
    await rig.recorded()


# -- odds and ends --------------------------------------------------------------------------------------------------------


async def test_a_wrong_key_is_shown_as_no_answer_with_a_hint() -> None:
    async with rig_of(PanelConfig(key="right"), started=False) as rig:
        rig.setup = replace(rig.setup, key="wrong")
        rig.start()
        await eventually(lambda: rig.ledger.link_states() == ["NO_ANSWER"])
        assert "key" in str((rig.ledger.states[0].detail or {})["reason"])
        assert rig.live.of("link", "status") in ("NO_ANSWER", "CONNECTING")


async def test_a_quiet_line_is_never_cut_by_the_module() -> None:
    async with rig_of(PanelConfig(idle_cut=0.6)) as rig:
        await rig.connected()
        rig.quicken_log(every=0.2)
        before = rig.panel.statistics.requests
        await eventually(lambda: rig.panel.statistics.requests >= before + 8)  # 1.6 s, the cut comes after 0.6 s
        assert rig.panel.statistics.idle_cuts == 0
        assert rig.panel.statistics.connections == 1


async def test_garbage_and_foreign_event_answers_do_not_disturb() -> None:
    async with rig_of(PanelConfig(unsolicited_events=True)) as rig:
        await rig.connected()
        rig.panel.inject_garbage(64)
        rig.panel.violate(VIBRATION)
        rig.panel.inject_garbage(200)
        rig.panel.violate(SMOKE)
        await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 2)
        assert len(rig.ledger.alarms) == 2


async def test_no_request_is_sent_before_the_previous_answer() -> None:
    async with rig_of() as rig:
        rig.panel.latency = 0.01
        await rig.connected()
        for zone in (VIBRATION, SILENT_PANIC, SMOKE):
            rig.panel.violate(zone)
            await seen(rig, zone)
        await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 3)
        assert rig.panel.statistics.dropped == 0


async def test_the_live_picture_follows(rig: Rig) -> None:
    rig.panel.violate(VIBRATION)
    rig.panel.arm(2, user=1, delay=0)
    rig.panel.trouble(Trouble.MAINS, True)
    await eventually(lambda: rig.live.of("partitions", "states") == {"1": "ALARM", "2": "ARMED_FULL"})
    await eventually(lambda: rig.live.of("troubles", "items") == [{"kind": "AC_MAINS", "source": "SYSTEM"}])
    await eventually(lambda: rig.live.of("zones", "alarm") == [VIBRATION] == rig.live.of("zones", "violated"))
    assert rig.live.of("link", "model") == "INTEGRA 128 Plus"


async def test_an_alarm_during_a_long_walk_is_told_at_once_even_where_blocks_are_polled() -> None:
    async with rig_of(MODULES["poll"]) as rig:
        await rig.connected()
        rig.panel.arm(2, user=1, delay=0)
        await settled(rig, lambda: rig.ledger.told(SignalSource.LOG))
        await rig.kill()
        for number in range(200):
            rig.panel.record(99, source=1 + number % 16)
        rig.panel.latency = 0.02  # the walk takes four seconds
        rig.start()
        await eventually(lambda: rig.runtime.tracker.picture.blocks.get(Command.PARTITIONS_ARMED))
        rig.panel.violate(SMOKE)
        await eventually(lambda: rig.ledger.told(SignalSource.EDGE))
        assert not rig.runtime.ready
        await rig.connected()
        await settled(rig, lambda: len(rig.ledger.told(SignalSource.LOG)) == 202)
        assert [each.source_number for each in rig.ledger.alarms] == [SMOKE]
