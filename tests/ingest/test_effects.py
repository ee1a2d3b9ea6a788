"""What a panel must show for a command to have had its effect; turns on one line; states in transition."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from ingest.satel import effects
from ingest.satel.effects import View
from ingest.satel.messages import Command
from ingest.satel.panel import ZoneSetup
from ingest.satel.transition import Transition
from ingest.satel.turns import Turns
from tests.support.eventually import eventually
from workflows.contracts.command import CommandOrder
from workflows.domain.command import ArmMode, CommandKind, CommandSource
from workflows.domain.panel import PartitionState

B, K, NOBODY = Command, CommandKind, UUID(int=0)
EXIT = B.PARTITIONS_EXIT_TIME_LONG


def order(kind: CommandKind, *numbers: int, mode: ArmMode = ArmMode.FULL) -> CommandOrder:
    return CommandOrder(
        command_id=NOBODY,
        object_id=NOBODY,
        panel_id=NOBODY,
        kind=kind,
        numbers=numbers,
        arm_mode=mode,
        source=CommandSource.SYSTEM,
    )


def view(blocks: dict[int, set[int]]) -> View:
    return View(numbers={block: frozenset(numbers) for block, numbers in blocks.items()})


@pytest.mark.parametrize(
    ("given", "blocks", "seen"),
    [
        (order(K.ARM, 1, 2), {B.PARTITIONS_ARMED: {1, 2}}, True),
        (order(K.ARM, 1, 2), {B.PARTITIONS_ARMED: {1}}, False),
        (order(K.ARM, 1), {B.PARTITIONS_ARMED: {1}, B.PARTITIONS_ARMED_MODE_2: {1}}, False),
        (order(K.ARM, 1, mode=ArmMode.STAY), {B.PARTITIONS_ARMED: {1}, B.PARTITIONS_ARMED_MODE_2: {1}}, True),
        (order(K.ARM, 1, mode=ArmMode.STAY), {B.PARTITIONS_ARMED: {1}, B.PARTITIONS_ARMED_MODE_2: set()}, False),
        (order(K.ARM, 1, mode=ArmMode.BYPASS), {B.PARTITIONS_ARMED: {1}}, True),  # the module does not know 2A
        (order(K.DISARM, 1), {B.PARTITIONS_ARMED: {2}}, True),
        (order(K.DISARM, 1), {B.PARTITIONS_ARMED: set(), EXIT: {1}}, False),
        (order(K.CLEAR_ALARM, 1), {B.PARTITIONS_ALARM_MEMORY: {1}}, False),
        (order(K.CLEAR_ALARM, 1), {B.PARTITIONS_ALARM_MEMORY: {2}}, True),
        (order(K.BYPASS, 3, 4), {B.ZONES_BYPASSED: {3}, B.ZONES_ISOLATED: {4}}, True),
        (order(K.BYPASS, 3), {B.ZONES_BYPASSED: {4}}, False),
        (order(K.UNBYPASS, 3), {B.ZONES_ISOLATED: {3}}, False),
        (order(K.ISOLATE, 3), {B.ZONES_ISOLATED: {3}}, True),
        (order(K.OUTPUTS_ON, 2), {B.OUTPUTS_ON: {2, 5}}, True),
        (order(K.OUTPUTS_OFF, 2), {B.OUTPUTS_ON: {2}}, False),
        (order(K.SET_CLOCK), {}, False),
    ],
)
def test_an_effect_is_what_the_state_blocks_show(given: CommandOrder, blocks: dict[int, set[int]], seen: bool) -> None:
    assert effects.is_seen(given, view(blocks)) is seen


def test_a_toggle_is_seen_by_what_was_before() -> None:
    toggle = order(K.OUTPUTS_TOGGLE, 2, 3)
    assert effects.is_seen(toggle, view({B.OUTPUTS_ON: {3, 9}}), before=(2,))
    assert not effects.is_seen(toggle, view({B.OUTPUTS_ON: {2}}), before=(2,))


def test_arming_is_under_way_while_all_that_is_not_armed_leaves() -> None:
    arming = order(K.ARM, 1, 2)
    assert effects.is_under_way(arming, view({EXIT: {1, 2}}))
    assert effects.is_under_way(arming, view({EXIT: {1}, B.PARTITIONS_ARMED: {2}}))
    assert not effects.is_under_way(arming, view({EXIT: {1}}))
    assert not effects.is_under_way(arming, view({B.PARTITIONS_ARMED: {1, 2}}))
    assert not effects.is_under_way(order(K.DISARM, 1), view({EXIT: {1}}))


def test_zones_stand_against_arming_that_are_open_and_of_the_partition() -> None:
    zones = {number: ZoneSetup(partition=1 if number < 5 else 2) for number in range(1, 8)}
    open_zones = view({B.ZONES_VIOLATED: {2, 3, 4, 6, 99}, B.ZONES_BYPASSED: {3}, B.ZONES_ISOLATED: {4}})
    assert effects.blocking(order(K.ARM, 1), open_zones, zones) == (2,)
    assert effects.blocking(order(K.ARM, 1, 2), open_zones, zones) == (2, 6)


# -- turns


async def test_turns_go_by_urgency_and_then_by_the_order_of_asking() -> None:
    turns, done = Turns(), list[str]()

    async def work(name: str, priority: int) -> None:
        async with turns.turn(priority, within=5):
            done.append(name)

    async with turns.turn(5, within=1):
        waiting = [asyncio.create_task(work(*each)) for each in (("a", 4), ("b", 2), ("c", 2), ("d", 1))]
        await eventually(lambda: len(turns._waiting) == 4)
    await asyncio.gather(*waiting)
    assert done == ["d", "b", "c", "a"]


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    turns = Turns()
    async with turns.turn(1, within=1):
        with pytest.raises(TimeoutError):
            async with turns.turn(1, within=0.01):
                raise AssertionError("not his turn")
        cancelled = asyncio.create_task(_take(turns))
        await eventually(lambda: len(turns._waiting) == 2)
        cancelled.cancel()
        await asyncio.wait([cancelled])
    await asyncio.wait_for(_take(turns), 1)


async def _take(turns: Turns) -> None:
    async with turns.turn(1, within=5):
        pass


# -- transitions

P = PartitionState


def part(**states: PartitionState) -> dict[str, Any]:
    return {"states": {number.removeprefix("p"): state for number, state in states.items()}, "at": "now"}


def test_a_transition_lies_over_what_the_panel_shows_until_that_changes() -> None:
    transition = Transition()
    transition.begin({1: P.DISARMED, 2: P.ARMED_FULL}, [1], P.ARMING_FULL)
    assert transition.over(part(p1=P.DISARMED, p2=P.ARMED_FULL)) == part(p1=P.ARMING_FULL, p2=P.ARMED_FULL)
    assert transition.over(part(p1=P.EXIT_TIME)) == part(p1=P.EXIT_TIME)
    assert transition.over(part(p1=P.DISARMED)) == part(p1=P.DISARMED), "it is over for good"


def test_a_transition_that_is_taken_back_leaves_a_newer_one() -> None:
    transition = Transition()
    transition.begin({1: P.DISARMED}, [1], P.ARMING_FULL)
    transition.begin({1: P.DISARMED}, [1], P.DISARMING)
    assert not transition.end([1], P.ARMING_FULL)
    assert transition.over(part(p1=P.DISARMED)) == part(p1=P.DISARMING)
    assert transition.end([1], P.DISARMING)
    assert transition.over(part(p1=P.DISARMED)) == part(p1=P.DISARMED)
