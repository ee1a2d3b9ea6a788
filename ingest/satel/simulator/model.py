"""An INTEGRA panel without wires: zones, arming, alarms, troubles and the event log.

Pure and deterministic: it reads time only from the clock it was given, starts nothing and sends nothing. Delays run
when somebody calls an operation or ``advance`` after ``next_due``. After every operation the observer hears which
blocks changed. Only the sources of the reference decide what happens here; the driver's rules play no part.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Concatenate, ParamSpec, TypeVar, assert_never
from zoneinfo import ZoneInfo

from ingest.satel.simulator.blocks import TROUBLE_MEMORIES, TROUBLES, Block, Blocks
from ingest.satel.simulator.installation import (
    BEHAVIOUR,
    HARDWARE,
    OutputConfig,
    OutputFunction,
    PanelConfig,
    Right,
    UserConfig,
    UserType,
    Watch,
    ZoneConfig,
)
from ingest.satel.simulator.log import Entry, EventLog
from ingest.satel.simulator.troubles import (
    MEMORY_OF,
    MODULE_ADDRESS,
    MODULE_NUMBER,
    PLACES,
    ZONE_FAULTS,
    Trouble,
    ZoneFault,
)

SHORT_EXIT = 10.0  # s; block 10 takes over from block 0F for the last ten seconds (V19 p.3)
_MAP = 128  # zones per half of a divided trouble memory
_MODE_BLOCKS = {1: Block.ARMED_MODE_1, 2: Block.ARMED_MODE_2, 3: Block.ARMED_MODE_3}
TIMER_USER = 252  # user numbers of V19 p.25 that are no people
_QUICK_ARM = 254
_TIMER = 1  # the one that arms and disarms

P = ParamSpec("P")
R = TypeVar("R")
Observer = Callable[[frozenset[Block]], None]


class Result(IntEnum):
    """Codes of an EF answer (V19 p.19)."""

    DONE = 0x00
    CODE_NOT_FOUND = 0x01
    NO_ACCESS = 0x02
    NO_USER = 0x03
    OTHER_ERROR = 0x08
    CAN_FORCE = 0x11
    CANNOT_ARM = 0x12
    ACCEPTED = 0xFF


class Delay(Enum):
    EXIT = "exit"
    SHORT_EXIT = "short_exit"
    ENTRY = "entry"
    ALARM = "alarm"
    OUTPUT = "output"
    FIRST_CODE = "first_code"
    DOOR = "door"
    CODE_LOCK = "code_lock"


@dataclass(frozen=True, slots=True)
class Arming:
    """An exit time that runs: what happens at its end."""

    mode: int
    source: int  # a user, or for code 403 a timer
    code: int


def operation(method: Callable[Concatenate[Panel, P], R]) -> Callable[Concatenate[Panel, P], R]:
    """What happens to the panel from outside: first what is due by now, then this, then tell the observer."""

    @functools.wraps(method)
    def run(self: Panel, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self._run_due()
        result = method(self, *args, **kwargs)
        self._publish()
        return result

    return run


def _bypass_code(zone: ZoneConfig) -> int:
    behaviour = BEHAVIOUR[zone.reaction]
    return 571 if behaviour.fire else 572 if behaviour.watch is Watch.ALWAYS else 573


class Panel:
    """One panel. Zones, partitions, outputs and users are named by their numbers from 1."""

    def __init__(self, config: PanelConfig, now: Callable[[], datetime]) -> None:
        """``now`` gives the aware time; the panel shows it in the configured zone plus its clock skew."""
        self.config = config
        self.hardware = HARDWARE[config.model]
        self.partitions = {partition.number: partition for partition in config.partitions}
        self.zones = {zone.number: zone for zone in config.zones}
        self.outputs = {output.number: output for output in config.outputs}
        self.users = {user.number: user for user in config.users}
        self.temperatures = {zone.number: zone.temperature for zone in config.zones if zone.temperature is not None}
        self.blocks = Blocks()
        self.log = EventLog(config.log_capacity or self.hardware.log_capacity, config.seed)
        self._milestones = {self.log.capacity // 2: 622, self.log.capacity * 9 // 10: 623}
        self.powered = True
        self.service_mode = False
        self.arming_refused = False
        self.skew = timedelta(seconds=config.clock_skew)
        self.observer: Observer | None = None
        self._by_partition = {number: [zone for zone in config.zones if zone.partition == number] for number in self.partitions}
        self._now = now
        self.zone_info = ZoneInfo(config.time_zone)
        self._timers: dict[tuple[Delay, int], datetime] = {}
        self._exits: dict[int, Arming] = {}
        self._entries: dict[int, list[int]] = {}
        self._alarms: dict[int, int] = {}  # zone in alarm and not yet normal -> event code
        self._wrong_codes = 0
        self._status = self.status_flags()

    # -- what can be read ---------------------------------------------------------------------------------------------

    def wall(self) -> datetime:
        """What the panel's own clock shows."""
        return (self._now() + self.skew).astimezone(self.zone_info)

    @property
    def next_due(self) -> datetime | None:
        """When ``advance`` has something to do, by the injected clock."""
        return min(self._timers.values(), default=None) if self.powered else None

    @property
    def code_locked(self) -> bool:
        return (Delay.CODE_LOCK, 0) in self._timers

    def troubles_present(self) -> bool:
        return self.blocks.any(TROUBLES)

    def status_flags(self) -> tuple[bool, bool, bool]:
        """Troubles present, service mode, trouble memory not empty: the moving bits of 1A apart from the clock."""
        return self.troubles_present(), self.service_mode, self.blocks.any(TROUBLE_MEMORIES)

    def is_armed(self, partition: int) -> bool:
        return self.blocks.has(Block.ARMED, partition - 1)

    def zones_of(self, partition: int) -> list[ZoneConfig]:
        return self._by_partition.get(partition, [])

    def is_reported(self, entry: Entry) -> bool:
        """Whether the station has the record by now: its S bits change then."""
        return self.wall() - entry.at >= timedelta(seconds=self.config.station_delay)

    # -- wires --------------------------------------------------------------------------------------------------------

    @operation
    def advance(self) -> None:
        """Run every delay that is due."""

    @operation
    def violate(self, zone: int) -> bool:
        """A detector reports. False if the zone was violated already."""
        config = self._zone(zone)
        if not self.blocks.put(Block.ZONES_VIOLATED, zone - 1, True):
            return False
        self._refresh_violated_partition(config.partition)
        self._react(config)
        return True

    @operation
    def restore(self, zone: int) -> bool:
        """The detector is quiet again. False if it was not violated."""
        config = self._zone(zone)
        if not self.blocks.put(Block.ZONES_VIOLATED, zone - 1, False):
            return False
        self._refresh_violated_partition(config.partition)
        self._technical(config, False)
        if (code := self._alarms.pop(zone, None)) is not None:
            self._record_zone(config, code, restore=True)
        return True

    @operation
    def tamper(self, zone: int, on: bool) -> None:
        """The zone's tamper loop opens or closes; opening is an alarm at any time."""
        config = self._zone(zone)
        if not self.blocks.put(Block.ZONES_TAMPERED, zone - 1, on) or self._is_bypassed(zone):
            return
        if on:
            self._tamper_alarm(config)
        self._record_zone(config, 144, restore=not on)

    @operation
    def zone_fault(self, zone: int, fault: ZoneFault, on: bool) -> None:
        config, place = self._zone(zone), ZONE_FAULTS[fault]
        if self.blocks.put(place.block, zone - 1, on):
            if on and fault is ZoneFault.MASKED:
                self.blocks.put(place.memory, zone - 1, True)
            elif on:
                self._zone_memory(zone, place.memory_bit)
            self._record_zone(config, place.code, restore=not on)

    @operation
    def trouble(self, trouble: Trouble, on: bool, number: int | None = None) -> None:
        """A trouble begins or ends; ``number`` picks the expander, output, bus or radio zone where there are many."""
        place = PLACES[trouble]
        step = (place.lowest if number is None else number) - place.lowest
        if not 0 <= step < place.count:
            raise ValueError(f"{trouble} {number}: numbers are {place.lowest}..{place.lowest + place.count - 1}")
        if self._set_trouble(place.block, place.bit + step, on):
            self._record(place.code, restore=not on, source=place.source + step)

    @operation
    def set_temperature(self, zone: int, celsius: float) -> None:
        """What the next 7D answer says; only for zones configured with a temperature."""
        if zone not in self.temperatures:
            raise ValueError(f"zone {zone} is no temperature zone")
        self.temperatures[zone] = celsius

    @operation
    def keypad_panic(self, partition: int) -> None:
        """Somebody holds the panic key of the keypad."""
        self._check_partition(partition)
        self._record(120, partition=partition, source=MODULE_NUMBER - 1)
        self._sound(partition, Block.ALARM, Block.ALARM_MEMORY)

    # -- people at the keypad, timers ---------------------------------------------------------------------------------

    @operation
    def arm(self, partition: int, *, mode: int = 0, user: int = _QUICK_ARM, delay: float | None = None) -> None:
        """Arm as from the keypad; ``delay`` None uses the partition's exit delay, 0 arms at once."""
        self._check_partition(partition)
        by_timer = user == TIMER_USER
        self._note_duress(self.users.get(user), partition)
        self._start_arming(partition, Arming(mode, _TIMER if by_timer else user, 403 if by_timer else 401), delay)

    @operation
    def disarm(self, partition: int, *, user: int = TIMER_USER) -> None:
        self._check_partition(partition)
        by_timer = user == TIMER_USER
        self._note_duress(self.users.get(user), partition)
        self._disarm(partition, _TIMER if by_timer else user, 403 if by_timer else 401)

    @operation
    def clear_alarm(self, partition: int, *, user: int) -> None:
        self._check_partition(partition)
        self._note_duress(self.users.get(user), partition)
        self._clear_alarm(partition, user)

    @operation
    def set_service_mode(self, on: bool) -> None:
        if on != self.service_mode:
            self.service_mode = on
            self._record(627 if on else 628, source=MODULE_NUMBER - 1)

    @operation
    def set_skew(self, seconds: float) -> None:
        """The panel's clock drifts: it is that much ahead, and nobody logs it."""
        self.skew = timedelta(seconds=seconds)
        self.blocks.touch(Block.STATUS)

    @operation
    def set_door(self, expander: int, *, is_open: bool) -> None:
        """A door controller (address 0..63) reports its door."""
        self.blocks.put(Block.DOORS_OPEN, expander, is_open)

    @operation
    def erase_log(self) -> None:
        self.log.erase()
        self._record(621)

    @operation
    def power_off(self) -> None:
        """The panel goes dead: nothing is detected or logged any more; what it remembered it keeps."""
        self.powered = False

    @operation
    def power_on(self, *, scramble_indexes: bool = False) -> None:
        """The panel restarts, armed as it was."""
        self.powered = True
        if scramble_indexes:
            self.log.scramble()
        self._record(305)

    @operation
    def record(self, code: int, *, restore: bool = False, partition: int = 1, source: int = 0) -> None:
        """Log any event, for what the model does not produce by itself."""
        self._record(code, restore=restore, partition=partition, source=source)

    # -- commands with a user code ------------------------------------------------------------------------------------

    @operation
    def authorise(self, digits: str) -> UserConfig | None:
        """The user whose prefix and code these are. Three wrong ones in a row lock the module for a while."""
        user = next((user for user in self.users.values() if self.config.prefix + user.code == digits), None)
        if self.code_locked:
            return None
        if user is None:
            self._count_wrong_code()
            return None
        self._wrong_codes = 0
        self._note_duress(user, min(self.partitions_of(user), default=1))
        return user

    def partitions_of(self, user: UserConfig) -> frozenset[int]:
        return frozenset(self.partitions) & (user.partitions or frozenset(self.partitions))

    @operation
    def command_arm(
        self, user: UserConfig, partitions: Iterable[int], mode: int, *, forced: bool = False, delay: float | None = None
    ) -> Result:
        """80..83 and A0..A3. A user without the right gets FF and nothing happens (BO docs/DESIGN.md)."""
        chosen = self._allowed(user, Right.ARM, partitions)
        if not chosen:
            return Result.ACCEPTED
        if self.service_mode or self.arming_refused:
            self._record(454, partition=chosen[0], source=user.number)
            return Result.CANNOT_ARM
        if not forced and any(self._is_unready(partition, mode) for partition in chosen):
            return Result.CAN_FORCE
        for partition in chosen:
            if forced:
                self._record(1001, partition=partition, source=user.number)
            self._start_arming(partition, Arming(mode, user.number, 401), delay)
        return Result.DONE

    @operation
    def command_disarm(self, user: UserConfig, partitions: Iterable[int]) -> Result:
        for partition in self._allowed(user, Right.DISARM, partitions):
            self._disarm(partition, user.number, 401)
        return Result.ACCEPTED

    @operation
    def command_clear(self, user: UserConfig, partitions: Iterable[int]) -> Result:
        for partition in self._allowed(user, Right.CLEAR_ALARM, partitions):
            self._clear_alarm(partition, user.number)
        return Result.ACCEPTED

    @operation
    def command_bypass(self, user: UserConfig, zones: Iterable[int], on: bool) -> Result:
        for zone in self._allowed_zones(user, Right.BYPASS, zones):
            self._bypass(zone, on)
            if not on and Right.ISOLATE in user.rights and self.blocks.put(Block.ZONES_ISOLATED, zone.number - 1, False):
                self._record_zone(zone, _bypass_code(zone), restore=True)
        return Result.ACCEPTED

    @operation
    def command_isolate(self, user: UserConfig, zones: Iterable[int]) -> Result:
        for zone in self._allowed_zones(user, Right.ISOLATE, zones):
            if self.blocks.put(Block.ZONES_ISOLATED, zone.number - 1, True):
                self._record_zone(zone, _bypass_code(zone))
        return Result.ACCEPTED

    @operation
    def command_outputs(self, user: UserConfig, outputs: Iterable[int], on: bool | None) -> Result:
        """Switch outputs; ``on`` None toggles. Outputs that follow the panel's own logic stay as they are."""
        if Right.OUTPUTS in user.rights:
            for output in self._known_outputs(outputs, OutputFunction.MONO, OutputFunction.BI):
                self._switch(output, not self.blocks.has(Block.OUTPUTS, output.number - 1) if on is None else on)
        return Result.ACCEPTED

    @operation
    def command_open_door(self, user: UserConfig, outputs: Iterable[int], expanders: Iterable[int]) -> Result:
        for output in self._known_outputs(outputs, OutputFunction.STRIKE):
            self._switch(output, True)
            self._record(73, source=output.number)
        for address in expanders:
            self.blocks.put(Block.DOORS_OPEN, address, True)
            self._start(Delay.DOOR, address, 5.0)
            self._record(73, source=129 + address)
        return Result.ACCEPTED

    @operation
    def command_clear_trouble_memory(self, user: UserConfig) -> Result:
        """Only the memory of what is over goes away."""
        if Right.VIEW_TROUBLES in user.rights:
            for block in TROUBLE_MEMORIES:
                self.blocks.assign(Block(block), 0)
            for current, memory in MEMORY_OF.items():
                self.blocks.assign(memory, self.blocks.value(current))
            self._record(69, partition=MODULE_ADDRESS + 1, source=user.number)
        return Result.ACCEPTED

    @operation
    def command_first_code(self, user: UserConfig, partitions: Iterable[int], seconds: int, action: int) -> Result:
        """The first of two codes, for ``seconds``; action 2 takes it back."""
        for partition in self._allowed(user, Right.FIRST_CODE, partitions):
            given = action != 2
            if self.blocks.put(Block.FIRST_CODE, partition - 1, given):
                self._record(37 if given else 45, partition=partition, source=user.number)
            self._start(Delay.FIRST_CODE, partition, seconds if given else None)
        return Result.ACCEPTED

    @operation
    def command_set_clock(self, user: UserConfig, wall: datetime) -> Result:
        """Set the panel's wall clock."""
        if Right.CLOCK in user.rights:
            self.skew = wall - self._now()
            self._record(625, partition=MODULE_ADDRESS + 1, source=user.number)
            self.blocks.touch(Block.STATUS)
        return Result.ACCEPTED

    # -- delays -------------------------------------------------------------------------------------------------------

    def _start(self, delay: Delay, number: int, seconds: float | None) -> None:
        """(Re)start a delay; None stops it."""
        if seconds is None:
            self._timers.pop((delay, number), None)
        else:
            self._timers[delay, number] = self._now() + timedelta(seconds=seconds)

    def _run_due(self) -> None:
        while (due := self.next_due) is not None and due <= self._now():
            timer = min(self._timers, key=self._timers.__getitem__)
            del self._timers[timer]
            self._expire(*timer)

    def _expire(self, delay: Delay, number: int) -> None:
        match delay:
            case Delay.SHORT_EXIT:
                self.blocks.put(Block.EXIT_TIME_LONG, number - 1, False)
                self.blocks.put(Block.EXIT_TIME_SHORT, number - 1, True)
            case Delay.EXIT:
                self._finish_arming(number)
            case Delay.ENTRY:
                self._finish_entry(number)
            case Delay.ALARM:
                self._silence(number)
            case Delay.OUTPUT:
                self.blocks.put(Block.OUTPUTS, number - 1, False)
            case Delay.FIRST_CODE:
                self.blocks.put(Block.FIRST_CODE, number - 1, False)
                self._record(44, partition=number)
            case Delay.DOOR:
                self.blocks.put(Block.DOORS_OPEN, number, False)
            case Delay.CODE_LOCK:
                self._wrong_codes = 0
            case _:
                assert_never(delay)

    def _publish(self) -> None:
        if (status := self.status_flags()) != self._status:
            self._status = status
            self.blocks.touch(Block.STATUS)
        changed = self.blocks.take_changes()
        if self.observer is not None:
            self.observer(changed)

    # -- arming -------------------------------------------------------------------------------------------------------

    def _is_unready(self, partition: int, mode: int) -> bool:
        """Whether a violated zone stands against arming."""
        return any(
            self.blocks.has(Block.ZONES_VIOLATED, zone.number - 1)
            and not self._is_bypassed(zone.number)
            and (behaviour := BEHAVIOUR[zone.reaction]).watch is Watch.ARMED
            and not behaviour.exit
            and not (behaviour.interior and mode >= 2)
            for zone in self.zones_of(partition)
        )

    def _start_arming(self, partition: int, arming: Arming, delay: float | None) -> None:
        if self.is_armed(partition) or partition in self._exits:
            return
        seconds = self.partitions[partition].exit_delay if delay is None else delay
        self._exits[partition] = arming
        if seconds <= 0:
            self._finish_arming(partition)
            return
        self._record(985 if arming.code == 403 else 1008, partition=partition, source=arming.source)
        long = seconds > SHORT_EXIT
        self.blocks.put(Block.EXIT_TIME_LONG if long else Block.EXIT_TIME_SHORT, partition - 1, True)
        self._start(Delay.SHORT_EXIT, partition, seconds - SHORT_EXIT if long else None)
        self._start(Delay.EXIT, partition, seconds)

    def _finish_arming(self, partition: int) -> None:
        arming = self._exits.pop(partition)
        self._end_exit(partition)
        for block in (Block.ARMED, Block.ARMED_SHOWN):
            self.blocks.put(block, partition - 1, True)
        if arming.mode:
            self.blocks.put(_MODE_BLOCKS[arming.mode], partition - 1, True)
        self._record(arming.code, restore=True, partition=partition, source=arming.source)

    def _end_exit(self, partition: int) -> None:
        for block in (Block.EXIT_TIME_LONG, Block.EXIT_TIME_SHORT):
            self.blocks.put(block, partition - 1, False)
        self._start(Delay.EXIT, partition, None)
        self._start(Delay.SHORT_EXIT, partition, None)

    def _disarm(self, partition: int, source: int, code: int) -> None:
        if self._exits.pop(partition, None) is not None:
            self._end_exit(partition)
            self._record(1003, partition=partition, source=source)
        if not self.is_armed(partition):
            return
        for block in (Block.ARMED, Block.ARMED_SHOWN, *_MODE_BLOCKS.values(), Block.ENTRY_TIME):
            self.blocks.put(block, partition - 1, False)
        self._entries.pop(partition, None)
        self._start(Delay.ENTRY, partition, None)
        self._silence(partition)
        self._record(code, partition=partition, source=source)
        for zone in self.zones_of(partition):
            self._bypass(zone, False)

    # -- alarms -------------------------------------------------------------------------------------------------------

    def _react(self, zone: ZoneConfig) -> None:
        """What a fresh violation means now."""
        behaviour = BEHAVIOUR[zone.reaction]
        if not self.powered or self._is_bypassed(zone.number):
            return
        self._technical(zone, True)
        match behaviour.watch:
            case Watch.NEVER:
                self._record_zone(zone, behaviour.code)
            case Watch.ALWAYS:
                self._alarm(zone)
            case Watch.ARMED:
                self._react_armed(zone)
            case _:
                assert_never(behaviour.watch)

    def _react_armed(self, zone: ZoneConfig) -> None:
        behaviour, bit = BEHAVIOUR[zone.reaction], zone.partition - 1
        no_delay = self.blocks.has(Block.ARMED_MODE_3, bit)
        stay = no_delay or self.blocks.has(Block.ARMED_MODE_2, bit)
        if not self.is_armed(zone.partition) or (behaviour.interior and stay):
            return
        delay = self.partitions[zone.partition].entry_delay
        if behaviour.entry and not no_delay and delay > 0:
            self._enter(zone, delay)
        elif behaviour.follows and zone.partition in self._entries:
            self._entries[zone.partition].append(zone.number)
        else:
            self._alarm(zone)

    def _enter(self, zone: ZoneConfig, delay: float) -> None:
        self._entries.setdefault(zone.partition, []).append(zone.number)
        if self.blocks.put(Block.ENTRY_TIME, zone.partition - 1, True):
            self._start(Delay.ENTRY, zone.partition, delay)

    def _finish_entry(self, partition: int) -> None:
        self.blocks.put(Block.ENTRY_TIME, partition - 1, False)
        for number in dict.fromkeys(self._entries.pop(partition, [])):
            self._alarm(self.zones[number])
            if not self.blocks.has(Block.ZONES_VIOLATED, number - 1):
                self._record_zone(self.zones[number], self._alarms.pop(number), restore=True)

    def _alarm(self, zone: ZoneConfig) -> None:
        behaviour = BEHAVIOUR[zone.reaction]
        self._record_zone(zone, behaviour.code)
        self._alarms[zone.number] = behaviour.code
        if not behaviour.alarm:
            return
        if behaviour.tamper:
            self._tamper_alarm(zone)
            return
        for block in (Block.ZONES_ALARM, Block.ZONES_ALARM_MEMORY):
            self.blocks.put(block, zone.number - 1, True)
        if behaviour.fire:
            self._sound(zone.partition, Block.FIRE_ALARM, Block.FIRE_MEMORY)
        elif not behaviour.silent:
            self._sound(zone.partition, Block.ALARM, Block.ALARM_MEMORY)
        else:
            self._start(Delay.ALARM, zone.partition, self.config.alarm_time)

    def _tamper_alarm(self, zone: ZoneConfig) -> None:
        for block in (Block.ZONES_TAMPER_ALARM, Block.ZONES_TAMPER_MEMORY):
            self.blocks.put(block, zone.number - 1, True)
        self._zone_memory(zone.number, 2 * _MAP)
        self._sound(zone.partition, Block.ALARM, Block.ALARM_MEMORY)

    def _sound(self, partition: int, alarm: Block, memory: Block) -> None:
        self.blocks.put(alarm, partition - 1, True)
        self.blocks.put(memory, partition - 1, True)
        self._start(Delay.ALARM, partition, self.config.alarm_time)
        self._refresh_sirens()

    def _silence(self, partition: int) -> None:
        """The alarm stops sounding; its memory stays."""
        self._start(Delay.ALARM, partition, None)
        for block in (Block.ALARM, Block.FIRE_ALARM):
            self.blocks.put(block, partition - 1, False)
        for zone in self.zones_of(partition):
            self.blocks.put(Block.ZONES_ALARM, zone.number - 1, False)
            self.blocks.put(Block.ZONES_TAMPER_ALARM, zone.number - 1, False)
        self._refresh_sirens()

    def _clear_alarm(self, partition: int, user: int) -> None:
        remembered = (Block.ALARM_MEMORY, Block.FIRE_MEMORY)
        zone_memory = (Block.ZONES_ALARM_MEMORY, Block.ZONES_TAMPER_MEMORY)
        self._silence(partition)
        cleared = [self.blocks.put(block, partition - 1, False) for block in remembered]
        for zone in self.zones_of(partition):
            cleared += [self.blocks.put(block, zone.number - 1, False) for block in zone_memory]
        if any(cleared):
            self._record(406, partition=partition, source=user)

    def _refresh_sirens(self) -> None:
        sounding = self.blocks.any((Block.ALARM, Block.FIRE_ALARM))
        for output in self.outputs.values():
            if output.function is OutputFunction.BURGLARY:
                self.blocks.put(Block.OUTPUTS, output.number - 1, sounding)

    # -- zones, outputs, troubles -------------------------------------------------------------------------------------

    def _zone(self, number: int) -> ZoneConfig:
        if number not in self.zones:
            raise ValueError(f"there is no zone {number}")
        return self.zones[number]

    def _check_partition(self, number: int) -> None:
        if number not in self.partitions:
            raise ValueError(f"there is no partition {number}")

    def _is_bypassed(self, zone: int) -> bool:
        return self.blocks.has(Block.ZONES_BYPASSED, zone - 1) or self.blocks.has(Block.ZONES_ISOLATED, zone - 1)

    def _bypass(self, zone: ZoneConfig, on: bool) -> None:
        if self.blocks.put(Block.ZONES_BYPASSED, zone.number - 1, on):
            self._record_zone(zone, _bypass_code(zone), restore=not on)

    def _refresh_violated_partition(self, partition: int) -> None:
        violated = any(self.blocks.has(Block.ZONES_VIOLATED, zone.number - 1) for zone in self.zones_of(partition))
        self.blocks.put(Block.PARTITIONS_VIOLATED, partition - 1, violated)

    def _technical(self, zone: ZoneConfig, on: bool) -> None:
        if not BEHAVIOUR[zone.reaction].technical:
            return
        if zone.number <= _MAP:
            self._set_trouble(Block.TROUBLES_1, zone.number - 1, on)
        else:
            self.blocks.put(Block.TROUBLES_7, zone.number - _MAP - 1, on)
            if on:
                self.blocks.put(Block.TROUBLES_7, zone.number - 1, True)  # its memory is in the same block

    def _set_trouble(self, block: Block, bit: int, on: bool) -> bool:
        if on:
            self.blocks.put(MEMORY_OF[block], bit, True)
        return self.blocks.put(block, bit, on)

    def _zone_memory(self, zone: int, first_bit: int) -> None:
        """Blocks 24 and 2F keep the same three maps, for zones 1..128 and above."""
        block = Block.TROUBLE_MEMORY_5 if zone <= _MAP else Block.TROUBLE_MEMORY_7
        self.blocks.put(block, first_bit + (zone - 1) % _MAP, True)

    def _switch(self, output: OutputConfig, on: bool) -> None:
        self.blocks.put(Block.OUTPUTS, output.number - 1, on)
        pulse = on and output.function is not OutputFunction.BI
        self._start(Delay.OUTPUT, output.number, output.pulse if pulse else None)

    def _known_outputs(self, numbers: Iterable[int], *functions: OutputFunction) -> list[OutputConfig]:
        known = [self.outputs[number] for number in numbers if number in self.outputs]
        return [output for output in known if output.function in functions]

    # -- rights, records ----------------------------------------------------------------------------------------------

    def _allowed(self, user: UserConfig, right: Right, partitions: Iterable[int]) -> list[int]:
        mine = self.partitions_of(user) if right in user.rights else frozenset()
        return [partition for partition in partitions if partition in mine]

    def _allowed_zones(self, user: UserConfig, right: Right, zones: Iterable[int]) -> list[ZoneConfig]:
        mine = self.partitions_of(user) if right in user.rights else frozenset()
        known = [self.zones[zone] for zone in zones if zone in self.zones]
        return [zone for zone in known if zone.partition in mine]

    def _note_duress(self, user: UserConfig | None, partition: int) -> None:
        """Somebody uses a code that says: under threat. No bit shows it."""
        if user is not None and user.type is UserType.DURESS:
            self._record(121, partition=partition, source=user.number)

    def _count_wrong_code(self) -> None:
        self._wrong_codes += 1
        if self._wrong_codes >= self.config.lock_after_wrong_codes > 0:
            self._record(83, source=MODULE_NUMBER)
            self._start(Delay.CODE_LOCK, 0, self.config.code_lock)

    def _record_zone(self, zone: ZoneConfig, code: int, *, restore: bool = False) -> None:
        self._record(code, restore=restore, partition=zone.partition, source=zone.number, zone=True)

    def _record(self, code: int, *, restore: bool = False, partition: int = 1, source: int = 0, zone: bool = False) -> None:
        if not self.powered:
            return
        second = zone and source > _MAP
        at = self.wall()
        self.log.append(Entry(at=at, code=code, restore=restore, partition=partition, source=source, second_map=second))
        if code not in self._milestones.values() and (milestone := self._milestones.get(len(self.log))):
            self._record(milestone)
