"""The communication module's side of the integration protocol: request frames in, answer frames out.

No I/O and no time of its own. Silence (None) is an answer too: a module never explains why it drops a frame
(V19 p.2). One module serves one client; ``disconnected`` forgets what belonged to that client.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ingest.satel.frames import Frame
from ingest.satel.simulator.blocks import WIDE, Block, bitmap, indexes, size_of
from ingest.satel.simulator.installation import MODULES, Capability, PanelModel, Right, UserConfig
from ingest.satel.simulator.log import EMPTY_RECORD, NEWEST_GRADE
from ingest.satel.simulator.model import Panel, Result
from ingest.satel.simulator.texts import TEXTS
from ingest.satel.simulator.troubles import FIRST_EXPANDER, MODULE_NUMBER

RESULT = 0xEF
READ_EVENT = 0x8C
CHANGES = 0x7F
CONTROL_COMMANDS = frozenset({*range(0x80, 0x8C), 0x8D, 0x8E, 0x90, 0x91, *range(0xA0, 0xA4)})  # with a user code, answer EF
_SLOW_BLOCKS = frozenset(range(0x28, 0x2C))  # "up to 5 s" on v1.x (V19 p.3)
_SLOW_READ = 1.0  # s
_SECOND_GENERATION_BLOCKS = frozenset(range(0x2C, 0x30))
_NAME_SIZE = 16
_UNKNOWN_TEMPERATURE = 0xFFFF
_FOREIGN = 0x000800  # distance between call and index seen in the field (HA#169738)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer and what follows at once (the burst of automatic sending); ``after`` seconds on top of the latency."""

    frames: tuple[Frame, ...]
    after: float = 0.0


Handler = Callable[[int, bytes], Answer | None]
Action = Callable[[UserConfig, bytes], Result]


def _single(command: int, data: bytes, after: float = 0.0) -> Answer:
    return Answer((Frame(command, data),), after)


def _result(result: Result) -> Answer:
    return _single(RESULT, bytes((result,)))


def padded(text: str, size: int = _NAME_SIZE) -> bytes:
    """Windows-1250, cut or space padded to ``size`` bytes."""
    return text.encode("cp1250", "replace")[:size].ljust(size)


def bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


class Module:
    """An ETHM-1 in front of one panel."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.profile = MODULES[panel.config.module]
        self._changed: set[Block] = set(Block)
        self._on_change: frozenset[Block] = frozenset()
        self._always: frozenset[Block] = frozenset()
        self._handlers = self._handler_table()

    @property
    def automatic(self) -> frozenset[Block]:
        """Blocks the client asked to be sent by themselves."""
        return self._on_change | self._always

    def disconnected(self) -> None:
        """The automatic list is gone with its client; the changed bits stay."""
        self._on_change = self._always = frozenset()

    def handle(self, request: Frame) -> Answer | None:
        """The answer to a well-formed frame, or None where a module stays silent."""
        handler = self._handlers.get(request.command)
        return handler(request.command, request.data) if handler else None

    def panel_changed(self, changed: frozenset[Block]) -> list[Frame]:
        """Take note of changed blocks; returns what automatic sending pushes."""
        self._changed |= changed
        due = changed & self._on_change | self._always if changed else frozenset()
        return [self._push(block) for block in sorted(due)]

    def event_hint(self) -> Frame:
        """An 8C frame nobody asked for, with a foreign echo (HA#169738)."""
        record, index = self._record(0xFFFFFF)
        return Frame(READ_EVENT, record + index.to_bytes(3, "big") + (index ^ _FOREIGN).to_bytes(3, "big"))

    # -- dispatch -----------------------------------------------------------------------------------------------------

    def _handler_table(self) -> Mapping[int, Handler]:
        table: dict[int, Handler] = {block: self._read_block for block in Block if self._serves(block)}
        table |= {0x7C: self._module_version, 0x7D: self._temperature, 0x7E: self._panel_version}
        table |= {CHANGES: self._changes, READ_EVENT: self._read_event, 0x8F: self._event_text, 0xEE: self._name}
        table |= {0xE0: self._own_record, 0xE1: self._user_record, 0xE2: self._user_lists}
        table |= {0x80 + mode: self._arm for mode in range(4)} | {0xA0 + mode: self._arm for mode in range(4)}
        table |= {0x84: self._control({4}, self._disarm), 0x85: self._control({4}, self._clear)}
        maps = {16} if self.profile.generation == 1 else {16, 32}
        table |= {command: self._control(maps, action) for command, action in self._map_actions().items()}
        table |= {0x8A: self._control({size + 8 for size in maps}, self._open_door)}
        table |= {0x8B: self._control({0}, lambda user, _: self.panel.command_clear_trouble_memory(user))}
        table |= {0x8D: self._control({7}, self._first_code), 0x8E: self._control({14}, self._set_clock)}
        return MappingProxyType(table)

    def _map_actions(self) -> dict[int, Action]:
        """Commands that carry one zone or output map."""
        panel = self.panel
        return {
            0x86: lambda user, zones: panel.command_bypass(user, self._objects(zones), True),
            0x87: lambda user, zones: panel.command_bypass(user, self._objects(zones), False),
            0x90: lambda user, zones: panel.command_isolate(user, self._objects(zones)),
            0x88: lambda user, outputs: panel.command_outputs(user, self._objects(outputs), True),
            0x89: lambda user, outputs: panel.command_outputs(user, self._objects(outputs), False),
            0x91: lambda user, outputs: panel.command_outputs(user, self._objects(outputs), None),
        }

    def _serves(self, block: Block) -> bool:
        if block in (Block.TROUBLES_8, Block.TROUBLE_MEMORY_8):
            return Capability.TROUBLES_8 in self.profile.capability
        return self.profile.generation > 1 or block not in _SECOND_GENERATION_BLOCKS

    def _control(self, sizes: Iterable[int], action: Action) -> Handler:
        """A handler for an 8-byte code and then data of one of ``sizes``; any other length is silence."""
        lengths = frozenset(8 + size for size in sizes)

        def handle(_: int, data: bytes) -> Answer | None:
            if len(data) not in lengths:
                return None
            user = self.panel.authorise(code_digits(data[:8]))
            return _result(action(user, data[8:]) if user else Result.CODE_NOT_FOUND)

        return handle

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read_block(self, command: int, data: bytes) -> Answer | None:
        if not self._is_plain(data):
            return None
        block = Block(command)
        self._changed.discard(block)
        slow = self.profile.generation == 1 and block in _SLOW_BLOCKS
        return _single(command, self._block_data(block, wide=bool(data)), _SLOW_READ if slow else 0.0)

    def _block_data(self, block: Block, *, wide: bool) -> bytes:
        if block is Block.STATUS:
            return self._status()
        return self.panel.blocks.data(block, 16 if block in WIDE and not wide else size_of(block))

    def _push(self, block: Block) -> Frame:
        """Zones and outputs come 32 bytes wide even from an INTEGRA 128 (HA#169738); for the rest the model decides."""
        wide = block in (Block.ZONES_VIOLATED, Block.OUTPUTS) or self._is_wide
        return Frame(block, self._block_data(block, wide=wide))

    @property
    def _is_wide(self) -> bool:
        return self.panel.config.model is PanelModel.INTEGRA_256_PLUS

    def _status(self) -> bytes:
        wall = self.panel.wall()
        troubles, service, memory = self.panel.status_flags()
        digits = (wall.year // 100, wall.year % 100, wall.month, wall.day, wall.hour, wall.minute, wall.second)
        flags = wall.weekday() | troubles << 6 | service << 7
        config, hardware = self.panel.config, self.panel.hardware
        kind = hardware.base_type | config.grade << 4 | memory << 5 | bool(self.panel.temperatures) << 7
        return bytes([*map(bcd, digits), flags, kind])

    def _changes(self, command: int, data: bytes) -> Answer | None:
        """The list of changed blocks, or the switch for automatic sending (V19 p.5-6)."""
        if len(data) in (12, 14):
            return self._start_automatic(data)
        if len(data) > self._change_list_options():
            return None
        listed = self._changed - self.automatic
        size = 5 + len(data)
        return _single(command, bitmap((block for block in listed if block < size * 8), size))

    def _change_list_options(self) -> int:
        """How many extra bytes a 7F may have: each one widens the answer by a byte."""
        if Capability.TROUBLES_8 in self.profile.capability:
            return 2
        return 0 if self.profile.generation == 1 else 1

    def _start_automatic(self, data: bytes) -> Answer | None:
        wide = Capability.TROUBLES_8 in self.profile.capability
        if not self.profile.automatic or (len(data) == 14 and not wide):
            return None
        half = len(data) // 2
        self._on_change, self._always = self._listed(data[:half]), self._listed(data[half:])
        burst = [self._push(block) for block in sorted(self._on_change)]
        return Answer((Frame(RESULT, bytes((Result.ACCEPTED,))), *burst))

    def _listed(self, mask: bytes) -> frozenset[Block]:
        known = frozenset(Block)
        return frozenset(Block(index) for index in indexes(mask) if index in known and self._serves(Block(index)))

    def _is_plain(self, data: bytes) -> bool:
        """Whether a request without data has a right length: v2 modules ignore one byte more (V19 p.4)."""
        return len(data) <= (0 if self.profile.generation == 1 else 1)

    def _panel_version(self, command: int, data: bytes) -> Answer | None:
        if not self._is_plain(data):
            return None
        config = self.panel.config
        head = bytes((self.panel.hardware.type_code,)) + config.firmware.encode("ascii")
        return _single(command, head + bytes((config.language, 0xFF)))

    def _module_version(self, command: int, data: bytes) -> Answer | None:
        if self.profile.version is None or not self._is_plain(data):
            return None
        return _single(command, self.profile.version.encode("ascii") + bytes((self.profile.capability,)))

    def _temperature(self, command: int, data: bytes) -> Answer | None:
        if len(data) != 1 or (celsius := self.panel.temperatures.get(data[0] or 256)) is None:
            return None
        raw = min(max(round((celsius + 55) * 2), 0), _UNKNOWN_TEMPERATURE)
        return _single(command, data + raw.to_bytes(2, "big"), self.panel.config.temperature_delay)

    # -- event log ----------------------------------------------------------------------------------------------------

    def _read_event(self, command: int, data: bytes) -> Answer | None:
        if len(data) != 3:
            return None
        record, index = self._record(int.from_bytes(data, "big"))
        return _single(command, record + index.to_bytes(3, "big") + data)

    def _record(self, index: int) -> tuple[bytes, int]:
        entry, own = self.panel.log.read(index)
        if entry is None or (index == NEWEST_GRADE and not self.panel.config.grade):
            return EMPTY_RECORD, own
        return entry.pack(self.panel.is_reported(entry)), own

    def _event_text(self, command: int, data: bytes) -> Answer | None:
        if len(data) != 2:
            return None
        value = int.from_bytes(data, "big")
        known = TEXTS.get(value & 0x3FF)
        text = padded((known.end if value & 0x400 else known.begin) if known else "", 46 if value & 0x8000 else 16)
        kinds = (known.kind, known.short) if known else (0, 0)
        return _single(command, data + bytes((kinds[0],)) + kinds[1].to_bytes(2, "big") + text)

    # -- names --------------------------------------------------------------------------------------------------------

    def _name(self, command: int, data: bytes) -> Answer | None:
        if len(data) != 2:
            return None
        type_, number = data[0], data[1] or 256
        if type_ not in _NAMED_TYPES or (self.profile.generation == 1 and type_ in _NEW_TYPES):
            return None
        found = self._named(type_, number)
        if found is None:
            return _result(Result.OTHER_ERROR)
        kind, name, last = found
        return _single(command, data + bytes((kind,)) + padded(name) + (b"" if last is None else bytes((last,))))

    def _named(self, type_: int, number: int) -> tuple[int, str, int | None] | None:
        """Type byte, name and 21st byte of an object, or None if there is no such object."""
        match type_:
            case 0 | 16:
                partition = self.panel.partitions.get(number)
                return (partition.type, partition.name, 1 if type_ == 16 else None) if partition else None
            case 1 | 5:
                return self._named_zone(number, with_partition=type_ == 5)
            case 2:
                user = self.panel.users.get(number)
                return (0, user.name, 128) if user else None
            case 3:
                return self._named_module(number)
            case 4:
                return self._named_output(number)
            case 6:
                return (0, f"Timer  {number}", None) if number <= 64 else None
            case 7:
                return (0, f"Telefon {number}", None) if number <= 16 else None
            case _:
                return (0, f"Obiekt {number}", None) if number <= 8 else None

    def _named_zone(self, number: int, *, with_partition: bool) -> tuple[int, str, int | None] | None:
        if zone := self.panel.zones.get(number):
            return zone.reaction, zone.name, zone.partition if with_partition else None
        factory = (0, f"Wejście {number}", 1 if with_partition else None)
        return factory if number <= self.panel.hardware.onboard else None

    def _named_output(self, number: int) -> tuple[int, str, int | None] | None:
        if output := self.panel.outputs.get(number):
            return output.function, output.name, None
        return (0, f"Wyjście {number}", None) if number <= self.panel.hardware.onboard else None

    def _named_module(self, number: int) -> tuple[int, str, int | None] | None:
        """The keypad-bus modules, and one zone expander for every eight zones the main board has no place for."""
        if number == MODULE_NUMBER:
            return 5, str(self.panel.config.module)[:_NAME_SIZE], None
        if number == MODULE_NUMBER - 1:
            return 1, "Manipulator", None
        highest = max(self.panel.zones, default=0)
        expanders = -(-max(0, highest - self.panel.hardware.onboard) // 8)
        address = number - FIRST_EXPANDER
        return (2, f"Ekspander {address}", None) if 0 <= address < expanders else None

    # -- users --------------------------------------------------------------------------------------------------------

    def _own_record(self, command: int, data: bytes) -> Answer | None:
        if len(data) not in (4, 8):
            return None
        user = self._guardx_user(data)
        if user is None:
            return _result(Result.CODE_NOT_FOUND)
        telephone, name = b"\x00\x00", padded(user.name)
        return _single(command, bytes((user.number,)) + telephone + self._user_fields(user, 1) + name + b"\x00")

    def _user_record(self, command: int, data: bytes) -> Answer | None:
        if len(data) not in (5, 9):
            return None
        if self._guardx_user(data[:-1]) is None:
            return _result(Result.CODE_NOT_FOUND)
        user = self.panel.users.get(data[-1])
        if user is None:
            return _result(Result.NO_USER)
        fields = bytes((user.number,)) + self._user_fields(user, 2) + padded(user.name) + b"\x00"
        return _single(command, fields)

    def _user_lists(self, command: int, data: bytes) -> Answer | None:
        if len(data) not in (5, 9):
            return None
        reader = self._guardx_user(data[:-1])
        if reader is None:
            return _result(Result.CODE_NOT_FOUND)
        existing = bitmap((number - 1 for number in self.panel.users if number <= 240), 30)
        editable = existing if Right.EDIT_USERS in reader.rights else bytes(30)
        return _single(command, data[-1:] + existing + editable)

    def _guardx_user(self, code: bytes) -> UserConfig | None:
        """Without the GUARDX right a code counts as unknown (V19 p.19)."""
        user = self.panel.authorise(code_digits(code))
        return user if user and Right.GUARDX in user.rights else None

    def _user_fields(self, user: UserConfig, times: int) -> bytes:
        """Partitions, type, user times and rights."""
        partitions = bitmap((number - 1 for number in self.panel.partitions_of(user)), 4)
        type_ = user.type | (Right.ISOLATE in user.rights) << 5
        return partitions + bytes((type_, *bytes(times))) + (user.rights & 0xFFFFFF).to_bytes(3, "little")

    # -- control ------------------------------------------------------------------------------------------------------

    def _arm(self, command: int, data: bytes) -> Answer | None:
        """80..83 and A0..A3; 80..83 take one more byte where the module can."""
        forced = command >= 0xA0
        optional = not forced and Capability.ARMING_OPTION in self.profile.capability

        def action(user: UserConfig, tail: bytes) -> Result:
            at_once = len(tail) == 5 and bool(tail[4] & 0x80)
            return self.panel.command_arm(
                user, self._partitions(tail[:4]), command & 3, forced=forced, delay=0.0 if at_once else None
            )

        return self._control({4, 5} if optional else {4}, action)(command, data)

    def _disarm(self, user: UserConfig, tail: bytes) -> Result:
        return self.panel.command_disarm(user, self._partitions(tail))

    def _clear(self, user: UserConfig, tail: bytes) -> Result:
        return self.panel.command_clear(user, self._partitions(tail))

    def _open_door(self, user: UserConfig, tail: bytes) -> Result:
        return self.panel.command_open_door(user, self._objects(tail[:-8]), indexes(tail[-8:]))

    def _first_code(self, user: UserConfig, tail: bytes) -> Result:
        seconds = int.from_bytes(tail[4:6], "little")
        return self.panel.command_first_code(user, self._partitions(tail[:4]), seconds, tail[6])

    def _set_clock(self, user: UserConfig, tail: bytes) -> Result:
        try:
            wall = datetime.strptime(tail.decode("ascii") + "+0000", "%Y%m%d%H%M%S%z")
        except ValueError:
            return Result.OTHER_ERROR
        if not 2000 <= wall.year < 2100:
            return Result.OTHER_ERROR
        return self.panel.command_set_clock(user, wall.replace(tzinfo=self.panel.zone_info))

    def _objects(self, mask: bytes) -> list[int]:
        """Zone or output numbers; the upper half counts only on the 256 Plus (V19 p.10)."""
        return [index + 1 for index in indexes(mask if self._is_wide else mask[:16])]

    def _partitions(self, mask: bytes) -> list[int]:
        return [index + 1 for index in indexes(mask)]


_NAMED_TYPES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 15, 16})
_NEW_TYPES = frozenset({6, 7, 15, 16})  # came with the 2015 revision (V19 p.26)


def code_digits(field: bytes) -> str:
    """The digits of a code field: two per byte, the rest F."""
    return field.hex().rstrip("f")
