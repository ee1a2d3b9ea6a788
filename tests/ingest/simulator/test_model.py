"""The panel itself, without wires: what a violation, an arming or a delay does to blocks and log."""

from datetime import UTC, datetime

import pytest

from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.model import Result
from ingest.satel.simulator.troubles import Trouble, ZoneFault

from .support import (
    ENTRY,
    FLOOD,
    GATE,
    INSTANT,
    INTERIOR,
    LIGHT,
    PANIC,
    PERIMETER,
    PULSE,
    SAFE,
    SIREN,
    SMOKE,
    STRIKE,
    Bench,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def armed() -> Bench:
    """Partition 1 armed, nothing written yet."""
    bench = Bench()
    bench.panel.arm(1, user=1, delay=0)
    bench.panel.log.erase()
    return bench


def on(bench: Bench, block: Block, number: int = 1) -> bool:
    return bench.panel.blocks.has(block, number - 1)


def test_exit_time_runs_through_0f_and_10_to_0a(bench: Bench) -> None:
    bench.panel.arm(1, user=2)
    assert (on(bench, Block.EXIT_TIME_LONG), on(bench, Block.EXIT_TIME_SHORT)) == (True, False)
    bench.wait(20)
    assert (on(bench, Block.EXIT_TIME_LONG), on(bench, Block.EXIT_TIME_SHORT)) == (False, True)
    assert not on(bench, Block.ARMED)
    bench.wait(10)
    assert (on(bench, Block.EXIT_TIME_SHORT), on(bench, Block.ARMED), on(bench, Block.ARMED_SHOWN)) == (
        False,
        True,
        True,
    )
    assert bench.codes() == [(1008, False), (401, True)]


@pytest.mark.parametrize(("mode", "block"), [(1, Block.ARMED_MODE_1), (2, Block.ARMED_MODE_2), (3, Block.ARMED_MODE_3)])
def test_a_mode_shows_beside_0a_and_goes_with_disarming(bench: Bench, mode: int, block: Block) -> None:
    bench.panel.arm(1, mode=mode, delay=0)
    assert on(bench, Block.ARMED)
    assert on(bench, block)
    bench.panel.disarm(1, user=1)
    assert not on(bench, Block.ARMED)
    assert not on(bench, block)


def test_disarming_in_exit_time_aborts_arming(bench: Bench) -> None:
    bench.panel.arm(1, user=2)
    bench.panel.disarm(1, user=2)
    bench.wait(60)
    assert not on(bench, Block.ARMED)
    assert bench.codes() == [(1008, False), (1003, False)]


def test_a_zone_of_a_disarmed_partition_is_only_state(bench: Bench) -> None:
    assert bench.panel.violate(INSTANT)
    assert on(bench, Block.ZONES_VIOLATED, INSTANT)
    assert on(bench, Block.PARTITIONS_VIOLATED)
    assert not bench.panel.violate(INSTANT)
    assert bench.codes() == []
    assert bench.panel.restore(INSTANT)
    assert not on(bench, Block.PARTITIONS_VIOLATED)


def test_a_zone_of_an_armed_partition_alarms_and_its_restore_is_logged(armed: Bench) -> None:
    armed.panel.violate(INSTANT)
    for block in (Block.ALARM, Block.ALARM_MEMORY):
        assert on(armed, block)
    for block in (Block.ZONES_ALARM, Block.ZONES_ALARM_MEMORY):
        assert on(armed, block, INSTANT)
    assert on(armed, Block.OUTPUTS, SIREN)
    armed.panel.restore(INSTANT)
    assert armed.codes() == [(130, False), (130, True)]
    assert on(armed, Block.ZONES_ALARM, INSTANT)


def test_the_alarm_ends_by_itself_but_its_memory_stays_until_cleared(armed: Bench) -> None:
    armed.panel.violate(INSTANT)
    armed.wait(180)
    assert not on(armed, Block.ALARM)
    assert not on(armed, Block.ZONES_ALARM, INSTANT)
    assert not on(armed, Block.OUTPUTS, SIREN)
    assert on(armed, Block.ALARM_MEMORY)
    armed.panel.disarm(1, user=1)
    assert on(armed, Block.ZONES_ALARM_MEMORY, INSTANT)
    armed.panel.clear_alarm(1, user=1)
    assert not on(armed, Block.ALARM_MEMORY)
    assert not on(armed, Block.ZONES_ALARM_MEMORY, INSTANT)
    assert armed.codes()[-1] == (406, False)


def test_entry_time_gives_time_to_disarm(armed: Bench) -> None:
    armed.panel.violate(ENTRY)
    armed.panel.violate(INTERIOR)
    assert on(armed, Block.ENTRY_TIME)
    armed.wait(19)
    armed.panel.disarm(1, user=1)
    armed.wait(60)
    assert not on(armed, Block.ENTRY_TIME)
    assert armed.codes() == [(401, False)]


def test_entry_time_that_runs_out_is_an_alarm_of_every_zone_passed(armed: Bench) -> None:
    armed.panel.violate(ENTRY)
    armed.panel.violate(INTERIOR)
    armed.panel.restore(ENTRY)
    armed.wait(20)
    assert armed.codes() == [(134, False), (134, True), (132, False)]
    assert on(armed, Block.ALARM)
    assert not on(armed, Block.ENTRY_TIME)


def test_an_interior_zone_without_entry_alarms_at_once(armed: Bench) -> None:
    armed.panel.violate(INTERIOR)
    assert armed.codes() == [(132, False)]


def test_modes_2_and_3_do_not_watch_the_interior_and_3_has_no_entry_time() -> None:
    for mode, codes in ((2, []), (3, [(134, False)])):
        bench = Bench()
        bench.panel.arm(1, mode=mode, delay=0)
        bench.panel.log.erase()
        bench.panel.violate(INTERIOR)
        bench.panel.violate(ENTRY)
        assert bench.codes() == codes
        assert on(bench, Block.ENTRY_TIME) is (mode == 2)


@pytest.mark.parametrize(
    ("zone", "code", "alarm"),
    [(SMOKE, 111, Block.FIRE_ALARM), (FLOOD, 154, Block.ALARM), (SAFE, 133, Block.ALARM), (PANIC, 122, None)],
)
def test_24_hour_zones_alarm_while_disarmed(bench: Bench, zone: int, code: int, alarm: Block | None) -> None:
    bench.panel.violate(zone)
    bench.panel.restore(zone)
    assert bench.codes() == [(code, False), (code, True)]
    assert on(bench, Block.ZONES_ALARM, zone)
    for block in (Block.ALARM, Block.FIRE_ALARM):
        assert on(bench, block) is (block is alarm)


def test_a_zone_for_the_log_only_never_alarms(armed: Bench) -> None:
    armed.panel.violate(GATE)
    armed.panel.restore(GATE)
    assert armed.codes() == [(99, False)]
    assert not on(armed, Block.ZONES_ALARM, GATE)


def test_tamper_is_an_alarm_at_any_time(bench: Bench) -> None:
    bench.panel.tamper(INSTANT, True)
    for block in (Block.ZONES_TAMPERED, Block.ZONES_TAMPER_ALARM, Block.ZONES_TAMPER_MEMORY):
        assert on(bench, block, INSTANT)
    assert on(bench, Block.ALARM)
    bench.panel.tamper(INSTANT, False)
    assert bench.codes() == [(144, False), (144, True)]
    assert on(bench, Block.ZONES_TAMPER_MEMORY, INSTANT)


def test_a_bypassed_zone_is_seen_but_not_heard_until_disarming(armed: Bench) -> None:
    user = armed.panel.users[8]
    assert armed.panel.command_bypass(user, [INSTANT, SMOKE], True) is Result.ACCEPTED
    armed.panel.violate(INSTANT)
    armed.panel.violate(SMOKE)
    assert armed.codes() == [(573, False), (571, False)]
    assert on(armed, Block.ZONES_VIOLATED, INSTANT)
    armed.panel.disarm(1, user=8)
    assert armed.codes()[2:] == [(401, False), (573, True), (571, True)]
    assert not on(armed, Block.ZONES_BYPASSED, INSTANT)


def test_isolation_outlives_disarming(armed: Bench) -> None:
    user = armed.panel.users[8]
    armed.panel.command_isolate(user, [INSTANT])
    armed.panel.disarm(1, user=8)
    assert on(armed, Block.ZONES_ISOLATED, INSTANT)
    armed.panel.command_bypass(user, [INSTANT], False)
    assert not on(armed, Block.ZONES_ISOLATED, INSTANT)


def test_arming_says_what_stands_against_it(bench: Bench) -> None:
    user, poor = bench.panel.users[8], bench.panel.users[5]
    bench.panel.violate(INSTANT)
    assert bench.panel.command_arm(user, [1], 0) is Result.CAN_FORCE
    assert bench.panel.command_arm(poor, [1], 0) is Result.ACCEPTED
    bench.panel.set_service_mode(True)
    assert bench.panel.command_arm(user, [1], 0, forced=True) is Result.CANNOT_ARM
    bench.panel.set_service_mode(False)
    assert not on(bench, Block.EXIT_TIME_LONG)
    assert bench.panel.command_arm(user, [1], 0, forced=True) is Result.DONE
    assert bench.codes() == [(627, False), (454, False), (628, False), (1001, False), (1008, False)]


def test_an_entry_exit_zone_may_be_open_while_arming(bench: Bench) -> None:
    bench.panel.violate(ENTRY)
    assert bench.panel.command_arm(bench.panel.users[8], [1], 0) is Result.DONE


def test_the_duress_code_works_and_tells(bench: Bench) -> None:
    user = bench.panel.authorise("9999")
    assert user is not None
    assert bench.codes() == [(121, False)]
    assert not on(bench, Block.ALARM)


def test_the_duress_code_at_the_keypad_disarms_and_tells(armed: Bench) -> None:
    armed.panel.disarm(1, user=4)
    assert not armed.panel.is_armed(1)
    assert (121, False) in armed.codes()


def test_three_wrong_codes_lock_for_a_while(bench: Bench) -> None:
    assert [bench.panel.authorise(code) for code in ("1", "22", "4444")] == [None] * 3
    assert bench.panel.authorise("1234") is None
    bench.wait(90)
    assert bench.panel.authorise("1234") is not None
    assert bench.codes() == [(83, False)]


def test_a_prefix_belongs_to_the_code() -> None:
    bench = Bench(prefix="97")
    assert bench.panel.authorise("1234") is None
    assert bench.panel.authorise("971234") is not None


@pytest.mark.parametrize(
    ("trouble", "number", "byte", "bit", "code", "source"),
    [
        (Trouble.MAINS, None, 40, 7, 301, 0),
        (Trouble.BATTERY, None, 40, 6, 302, 0),
        (Trouble.OUTPUT_OVERLOAD, 3, 40, 2, 95, 3),
        (Trouble.EXPANDER_MAINS, 9, 17, 1, 301, 138),
    ],
)
def test_a_trouble_has_its_bit_its_memory_and_its_record(
    bench: Bench, trouble: Trouble, number: int | None, byte: int, bit: int, code: int, source: int
) -> None:
    bench.panel.trouble(trouble, True, number)
    assert bench.panel.blocks.data(Block.TROUBLES_1, 47)[byte] == 1 << bit
    assert bench.panel.status_flags() == (True, False, True)
    bench.panel.trouble(trouble, False, number)
    assert bench.panel.blocks.data(Block.TROUBLES_1, 47) == bytes(47)
    assert bench.panel.blocks.data(Block.TROUBLE_MEMORY_1, 47)[byte] == 1 << bit
    assert bench.panel.status_flags() == (False, False, True)
    assert [(entry.code, entry.restore, entry.source) for entry in bench.panel.log.entries()] == [
        (code, False, source),
        (code, True, source),
    ]


def test_clearing_the_trouble_memory_keeps_what_still_lasts(bench: Bench) -> None:
    bench.panel.trouble(Trouble.MAINS, True)
    bench.panel.trouble(Trouble.BATTERY, True)
    bench.panel.trouble(Trouble.BATTERY, False)
    bench.panel.command_clear_trouble_memory(bench.panel.users[8])
    assert bench.panel.blocks.data(Block.TROUBLE_MEMORY_1, 47)[40] == 0x80


def test_a_technical_zone_is_a_trouble_too(bench: Bench) -> None:
    bench.panel.violate(FLOOD)
    assert bench.panel.blocks.data(Block.TROUBLES_1, 47)[0] == 1 << FLOOD - 1
    bench.panel.restore(FLOOD)
    assert not bench.panel.troubles_present()


def test_zone_faults_have_blocks_memories_and_records(bench: Bench) -> None:
    for fault, block, code in (
        (ZoneFault.MASKED, Block.ZONES_MASKED, 380),
        (ZoneFault.LONG_VIOLATION, Block.ZONES_LONG_VIOLATION, 97),
        (ZoneFault.NO_VIOLATION, Block.ZONES_NO_VIOLATION, 98),
    ):
        bench.panel.zone_fault(PERIMETER, fault, True)
        assert on(bench, block, PERIMETER)
        assert bench.codes()[-1] == (code, False)
    assert on(bench, Block.ZONES_MASKED_MEMORY, PERIMETER)
    assert [index for index in range(384) if bench.panel.blocks.has(Block.TROUBLE_MEMORY_5, index)] == [3, 131]


def test_outputs_follow_their_function(bench: Bench) -> None:
    user = bench.panel.users[8]
    bench.panel.command_outputs(user, [SIREN, LIGHT, PULSE, STRIKE], True)
    assert [number for number in range(1, 5) if on(bench, Block.OUTPUTS, number)] == [LIGHT, PULSE]
    bench.panel.command_open_door(user, [STRIKE, LIGHT], [4])
    assert on(bench, Block.OUTPUTS, STRIKE)
    assert on(bench, Block.DOORS_OPEN, 5)
    bench.wait(5)
    assert [number for number in range(1, 5) if on(bench, Block.OUTPUTS, number)] == [LIGHT]
    assert not on(bench, Block.DOORS_OPEN, 5)
    bench.panel.command_outputs(user, [LIGHT], None)
    assert not on(bench, Block.OUTPUTS, LIGHT)


def test_the_first_of_two_codes_times_out(bench: Bench) -> None:
    bench.panel.command_first_code(bench.panel.users[8], [1], 15, 0)
    assert on(bench, Block.FIRST_CODE)
    bench.wait(15)
    assert not on(bench, Block.FIRST_CODE)
    assert bench.codes() == [(37, False), (44, False)]


def test_setting_the_clock_moves_it_and_is_logged(bench: Bench) -> None:
    bench.panel.command_set_clock(bench.panel.users[8], datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC))
    assert bench.panel.wall().isoformat() == "2026-03-29T01:59:50+01:00"
    bench.wait(20)
    assert bench.panel.wall().isoformat() == "2026-03-29T03:00:10+02:00"
    assert bench.codes() == [(625, False)]


def test_a_panel_without_power_notices_nothing_and_forgets_nothing(armed: Bench) -> None:
    armed.panel.violate(INSTANT)
    armed.panel.power_off()
    armed.panel.violate(SMOKE)
    assert armed.panel.next_due is None
    armed.panel.power_on()
    assert armed.codes() == [(130, False), (305, False)]
    assert on(armed, Block.ARMED)


def test_the_observer_hears_of_a_pulse_although_the_block_reads_as_before(bench: Bench) -> None:
    heard: list[frozenset[Block]] = []
    bench.panel.observer = heard.append
    bench.panel.violate(INSTANT)
    bench.panel.restore(INSTANT)
    assert heard == [frozenset({Block.ZONES_VIOLATED, Block.PARTITIONS_VIOLATED})] * 2


def test_next_due_is_the_nearest_delay(bench: Bench) -> None:
    assert bench.panel.next_due is None
    bench.panel.arm(1)
    assert bench.panel.next_due is not None
    assert (bench.panel.next_due - bench.clock.now).total_seconds() == 20
    bench.wait(30)
    assert bench.panel.next_due is None
