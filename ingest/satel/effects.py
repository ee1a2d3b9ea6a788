"""Commands as the protocol has them, and how one sees in a panel's own state that they had their effect. Pure.

A result byte says at best that a command was accepted (reference §3.4); the state blocks are what counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from ingest.satel import requests
from ingest.satel.equipment import Capacity
from ingest.satel.frames import Frame
from ingest.satel.messages import Command
from ingest.satel.panel import ZoneSetup
from ingest.satel.requests import UserCode
from workflows.contracts.command import CommandOrder
from workflows.domain.command import TARGETS, ArmMode, CommandKind, Target

CLOCK_RIGHT: Final = timedelta(seconds=5)  # a panel cuts its seconds off, and two lines and two queues lie between

_EXIT_TIME: Final = (Command.PARTITIONS_EXIT_TIME_LONG, Command.PARTITIONS_EXIT_TIME_SHORT)
_ALARMS: Final = (
    *(Command.PARTITIONS_ALARM, Command.PARTITIONS_FIRE_ALARM),
    *(Command.PARTITIONS_ALARM_MEMORY, Command.PARTITIONS_FIRE_ALARM_MEMORY),
)
_BYPASSES: Final = (Command.ZONES_BYPASSED, Command.ZONES_ISOLATED)
_STAY: Final = (Command.PARTITIONS_ARMED_MODE_2, Command.PARTITIONS_ARMED_MODE_3)
_MODES: Final = {
    ArmMode.BYPASS: Command.PARTITIONS_ARMED_MODE_1,
    ArmMode.STAY: Command.PARTITIONS_ARMED_MODE_2,
    ArmMode.STAY_INSTANT: Command.PARTITIONS_ARMED_MODE_3,
}
_BLOCKS: Final[Mapping[CommandKind, tuple[Command, ...]]] = {
    CommandKind.DISARM: (Command.PARTITIONS_ARMED, *_EXIT_TIME),
    CommandKind.CLEAR_ALARM: _ALARMS,
    **dict.fromkeys((CommandKind.BYPASS, CommandKind.UNBYPASS), _BYPASSES),
    CommandKind.ISOLATE: (Command.ZONES_ISOLATED,),
    **dict.fromkeys((CommandKind.OUTPUTS_ON, CommandKind.OUTPUTS_OFF, CommandKind.OUTPUTS_TOGGLE), (Command.OUTPUTS_ON,)),
    CommandKind.SET_CLOCK: (Command.STATUS,),
}
STANDING_AGAINST_ARMING: Final = (Command.ZONES_VIOLATED, *_BYPASSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the panel has just told: of each block whom it is true of, and how far its clock is ahead. A block that its module
    does not know is missing."""

    numbers: Mapping[int, frozenset[int]] = field(default_factory=dict)
    clock_ahead: timedelta | None = None

    def any_of(self, *blocks: int) -> frozenset[int]:
        return frozenset().union(*(self.numbers.get(block, frozenset()) for block in blocks))


def blocks_of(order: CommandOrder) -> tuple[Command, ...]:
    """What must be read to see the effect."""
    if order.kind is not CommandKind.ARM:
        return _BLOCKS[order.kind]
    mode = _STAY if order.arm_mode is ArmMode.FULL else (_MODES[order.arm_mode],)
    return (Command.PARTITIONS_ARMED, *mode, *_EXIT_TIME)


def is_seen(order: CommandOrder, view: View, *, before: Iterable[int] = ()) -> bool:
    """Whether the panel is as it was ordered to be. ``before``: the outputs that were on before a toggle."""
    wanted = frozenset(order.numbers)
    match order.kind:
        case CommandKind.ARM:
            return wanted <= _armed(order.arm_mode, view)
        case CommandKind.DISARM:
            return not wanted & view.any_of(Command.PARTITIONS_ARMED, *_EXIT_TIME)
        case CommandKind.CLEAR_ALARM:
            return not wanted & view.any_of(*_ALARMS)
        case CommandKind.BYPASS:
            return wanted <= view.any_of(*_BYPASSES)
        case CommandKind.UNBYPASS:
            return not wanted & view.any_of(*_BYPASSES)
        case CommandKind.ISOLATE:
            return wanted <= view.any_of(Command.ZONES_ISOLATED)
        case CommandKind.OUTPUTS_ON:
            return wanted <= view.any_of(Command.OUTPUTS_ON)
        case CommandKind.OUTPUTS_OFF:
            return not wanted & view.any_of(Command.OUTPUTS_ON)
        case CommandKind.OUTPUTS_TOGGLE:
            return wanted & view.any_of(Command.OUTPUTS_ON) == wanted - frozenset(before)
        case CommandKind.SET_CLOCK:
            return view.clock_ahead is not None and abs(view.clock_ahead) <= CLOCK_RIGHT
        case _:
            assert_never(order.kind)


def _armed(mode: ArmMode, view: View) -> frozenset[int]:
    """A module that does not know of mode 1 shows the partition as armed, and no more."""
    armed = view.any_of(Command.PARTITIONS_ARMED)
    if mode is ArmMode.FULL:
        return armed - view.any_of(*_STAY)
    return armed & view.numbers.get(_MODES[mode], armed)


def is_under_way(order: CommandOrder, view: View) -> bool:
    """Whether the effect has begun: all that are not armed yet are in their exit time."""
    if order.kind is not CommandKind.ARM:
        return False
    leaving = view.any_of(*_EXIT_TIME)
    return bool(leaving & set(order.numbers)) and set(order.numbers) <= leaving | _armed(order.arm_mode, view)


def blocking(order: CommandOrder, view: View, zones: Mapping[int, ZoneSetup]) -> tuple[int, ...]:
    """The zones that stand against arming: violated, neither bypassed nor isolated, of a partition that was to be armed."""
    open_zones = view.any_of(Command.ZONES_VIOLATED) - view.any_of(*_BYPASSES)
    return tuple(sorted(zone for zone in open_zones if zone in zones and zones[zone].partition in order.numbers))


def is_possible(order: CommandOrder, capacity: Capacity, *, wide: bool) -> bool:
    """Whether this panel has what the order names, and its module can name it."""
    match TARGETS[order.kind]:
        case Target.PARTITIONS:
            most = capacity.partitions
        case Target.ZONES:
            most = capacity.zones if wide else min(capacity.zones, 128)
        case Target.OUTPUTS:
            most = capacity.outputs if wide else min(capacity.outputs, 128)
        case Target.NONE:
            return not order.numbers
        case _ as never:
            assert_never(never)
    return bool(order.numbers) and all(1 <= number <= most for number in order.numbers)


def frame_of(order: CommandOrder, code: UserCode, *, wide: bool, panel_local_time: datetime) -> Frame:
    """The request. ``panel_local_time``: what the panel's clock should show now. Raises LocalProtocolError."""
    numbers = order.numbers
    match order.kind:
        case CommandKind.ARM:
            return requests.arm(code, numbers, mode=order.arm_mode, forced=order.forced)
        case CommandKind.DISARM:
            return requests.disarm(code, numbers)
        case CommandKind.CLEAR_ALARM:
            return requests.clear_alarm(code, numbers)
        case CommandKind.BYPASS:
            return requests.bypass_zones(code, numbers, wide=wide)
        case CommandKind.UNBYPASS:
            return requests.unbypass_zones(code, numbers, wide=wide)
        case CommandKind.ISOLATE:
            return requests.isolate_zones(code, numbers, wide=wide)
        case CommandKind.OUTPUTS_ON:
            return requests.switch_outputs_on(code, numbers, wide=wide)
        case CommandKind.OUTPUTS_OFF:
            return requests.switch_outputs_off(code, numbers, wide=wide)
        case CommandKind.OUTPUTS_TOGGLE:
            return requests.toggle_outputs(code, numbers, wide=wide)
        case CommandKind.SET_CLOCK:
            return requests.set_clock(code, panel_local_time)
        case _:
            assert_never(order.kind)
