"""Frames to messages: the command table, and the typed answers of a module.

`COMMANDS` is the table; `decode` turns a frame that came from a module into one of the dataclasses here (`Message`),
`is_answer` tells whether a frame answers a given request. Requests are built in `requests.py`.

Zones, partitions, outputs, users count from 1, bus addresses from 0, as on the panel's own display. A map keeps how many
objects its form could tell of (`capacity`): a module may send 128 or 256 at any time, whatever was asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

from ingest.satel import equipment, troubles
from ingest.satel.bits import numbers_of
from ingest.satel.errors import RemoteProtocolError
from ingest.satel.frames import Frame

ANSWER_TIMEOUT = 3.0  # s; the vendor's suggestion (V19 p. 19)
SLOW_ANSWER_TIMEOUT = 5.0  # s; 28, 29, 2A, 2B on modules v1.x (V19 p. 4)
TEMPERATURE_TIMEOUT = 8.0  # s; 7D may take 5 s, and no temperature zone means no answer at all (reference §2.6)


class Command(IntEnum):
    """Every command byte this system knows, by its meaning."""

    ZONES_VIOLATED = 0x00
    ZONES_TAMPERED = 0x01
    ZONES_ALARM = 0x02
    ZONES_TAMPER_ALARM = 0x03
    ZONES_ALARM_MEMORY = 0x04
    ZONES_TAMPER_ALARM_MEMORY = 0x05
    ZONES_BYPASSED = 0x06
    ZONES_NO_VIOLATION = 0x07
    ZONES_VIOLATED_TOO_LONG = 0x08
    PARTITIONS_ARMED_SHOWN = 0x09
    PARTITIONS_ARMED = 0x0A
    PARTITIONS_ARMED_MODE_2 = 0x0B
    PARTITIONS_ARMED_MODE_3 = 0x0C
    PARTITIONS_FIRST_CODE = 0x0D
    PARTITIONS_ENTRY_TIME = 0x0E
    PARTITIONS_EXIT_TIME_LONG = 0x0F
    PARTITIONS_EXIT_TIME_SHORT = 0x10
    PARTITIONS_BLOCKED = 0x11
    PARTITIONS_GUARD_ROUND = 0x12
    PARTITIONS_ALARM = 0x13
    PARTITIONS_FIRE_ALARM = 0x14
    PARTITIONS_ALARM_MEMORY = 0x15
    PARTITIONS_FIRE_ALARM_MEMORY = 0x16
    OUTPUTS_ON = 0x17
    DOORS_OPEN = 0x18
    DOORS_OPEN_TOO_LONG = 0x19
    STATUS = 0x1A
    TROUBLES_1 = 0x1B
    TROUBLES_2 = 0x1C
    TROUBLES_3 = 0x1D
    TROUBLES_4 = 0x1E
    TROUBLES_5 = 0x1F
    TROUBLE_MEMORY_1 = 0x20
    TROUBLE_MEMORY_2 = 0x21
    TROUBLE_MEMORY_3 = 0x22
    TROUBLE_MEMORY_4 = 0x23
    TROUBLE_MEMORY_5 = 0x24
    PARTITIONS_VIOLATED = 0x25
    ZONES_ISOLATED = 0x26
    PARTITIONS_VERIFIED_ALARM = 0x27
    ZONES_MASKED = 0x28
    ZONES_MASKED_MEMORY = 0x29
    PARTITIONS_ARMED_MODE_1 = 0x2A
    PARTITIONS_WARNING_ALARM = 0x2B
    TROUBLES_6 = 0x2C
    TROUBLES_7 = 0x2D
    TROUBLE_MEMORY_6 = 0x2E
    TROUBLE_MEMORY_7 = 0x2F
    TROUBLES_8 = 0x30
    TROUBLE_MEMORY_8 = 0x31
    OUTPUT_POWER = 0x7B
    MODULE_VERSION = 0x7C
    ZONE_TEMPERATURE = 0x7D
    PANEL_VERSION = 0x7E
    CHANGED = 0x7F
    ARM_MODE_0 = 0x80
    ARM_MODE_1 = 0x81
    ARM_MODE_2 = 0x82
    ARM_MODE_3 = 0x83
    DISARM = 0x84
    CLEAR_ALARM = 0x85
    BYPASS_ZONES = 0x86
    UNBYPASS_ZONES = 0x87
    OUTPUTS_SWITCH_ON = 0x88
    OUTPUTS_SWITCH_OFF = 0x89
    OPEN_DOORS = 0x8A
    CLEAR_TROUBLE_MEMORY = 0x8B
    READ_EVENT = 0x8C
    FIRST_CODE = 0x8D
    SET_CLOCK = 0x8E
    EVENT_TEXT = 0x8F
    ISOLATE_ZONES = 0x90
    OUTPUTS_TOGGLE = 0x91
    FORCE_ARM_MODE_0 = 0xA0
    FORCE_ARM_MODE_1 = 0xA1
    FORCE_ARM_MODE_2 = 0xA2
    FORCE_ARM_MODE_3 = 0xA3
    OWN_USER = 0xE0
    NAME = 0xEE
    RESULT = 0xEF


class Needs(StrEnum):
    """What a module must be for a command; one that is not stays silent."""

    ANY = "ANY"
    V2 = "V2"  # INT-RS 2.xx, ETHM-1 Plus
    SINCE_2013_11 = "SINCE_2013_11"  # module firmware of 2013-11-08 or later
    EXTENDED = "EXTENDED"  # capability bit 1 of 7C
    LATEST = "LATEST"  # only in newer papers than V19


class ResultCode(StrEnum):
    """What an EF answer says (V19 p. 19)."""

    DONE = "DONE"
    CODE_NOT_FOUND = "CODE_NOT_FOUND"
    NO_ACCESS = "NO_ACCESS"
    USER_MISSING = "USER_MISSING"
    USER_EXISTS = "USER_EXISTS"
    WRONG_OR_USED_CODE = "WRONG_OR_USED_CODE"
    USED_TELEPHONE_CODE = "USED_TELEPHONE_CODE"
    SAME_CODE = "SAME_CODE"
    OTHER_ERROR = "OTHER_ERROR"
    CANNOT_ARM_FORCE_POSSIBLE = "CANNOT_ARM_FORCE_POSSIBLE"
    CANNOT_ARM = "CANNOT_ARM"
    ACCEPTED = "ACCEPTED"


_RESULTS: dict[int, ResultCode] = {
    0x00: ResultCode.DONE,
    0x01: ResultCode.CODE_NOT_FOUND,
    0x02: ResultCode.NO_ACCESS,
    0x03: ResultCode.USER_MISSING,
    0x04: ResultCode.USER_EXISTS,
    0x05: ResultCode.WRONG_OR_USED_CODE,
    0x06: ResultCode.USED_TELEPHONE_CODE,
    0x07: ResultCode.SAME_CODE,
    0x08: ResultCode.OTHER_ERROR,
    0x11: ResultCode.CANNOT_ARM_FORCE_POSSIBLE,
    0x12: ResultCode.CANNOT_ARM,
    0xFF: ResultCode.ACCEPTED,
}

RESULT_MEANINGS: dict[ResultCode, str] = {
    ResultCode.DONE: "done",
    ResultCode.CODE_NOT_FOUND: "user code not found",
    ResultCode.NO_ACCESS: "no right to do this",
    ResultCode.USER_MISSING: "the chosen user does not exist",
    ResultCode.USER_EXISTS: "the chosen user exists already",
    ResultCode.WRONG_OR_USED_CODE: "wrong code, or a code already in use",
    ResultCode.USED_TELEPHONE_CODE: "telephone code already in use",
    ResultCode.SAME_CODE: "the new code equals the old one",
    ResultCode.OTHER_ERROR: "the panel reports an error; for a name: no such object",
    ResultCode.CANNOT_ARM_FORCE_POSSIBLE: "cannot arm now, forced arming would work",
    ResultCode.CANNOT_ARM: "cannot arm",
    ResultCode.ACCEPTED: "accepted for processing; only the state shows whether it was done",
}


class NameType(IntEnum):
    """What an EE request asks the name of (V19 p. 18-19; 17-19 from one public implementation only)."""

    PARTITION = 0
    ZONE = 1
    USER = 2
    MODULE = 3  # expanders 129..192, keypad-bus modules 193..210
    OUTPUT = 4
    ZONE_WITH_PARTITION = 5
    TIMER = 6
    TELEPHONE = 7
    OBJECT = 15
    PARTITION_WITH_OBJECT = 16
    OUTPUT_WITH_DURATION = 17
    PARTITION_WITH_OPTIONS = 18
    PARTITION_WITH_DEPENDENCIES = 19


class UserRight(StrEnum):
    """The rights of a user, in the bit order of the three rights bytes (V19 p. 14)."""

    ARM = "ARM"
    DISARM = "DISARM"
    CLEAR_ALARM_PARTITIONS = "CLEAR_ALARM_PARTITIONS"
    CLEAR_ALARM_OBJECT = "CLEAR_ALARM_OBJECT"
    CLEAR_ALARM_SYSTEM = "CLEAR_ALARM_SYSTEM"
    DEFER_ARMING = "DEFER_ARMING"
    CHANGE_CODE = "CHANGE_CODE"
    EDIT_USERS = "EDIT_USERS"
    BYPASS = "BYPASS"
    SET_CLOCK = "SET_CLOCK"
    VIEW_TROUBLES = "VIEW_TROUBLES"
    VIEW_EVENTS = "VIEW_EVENTS"
    RESET_ZONES = "RESET_ZONES"
    OPTIONS = "OPTIONS"
    TESTS = "TESTS"
    PROGRAMMING = "PROGRAMMING"
    ALWAYS_DISARM = "ALWAYS_DISARM"
    CANCEL_MESSAGING = "CANCEL_MESSAGING"
    GUARDX = "GUARDX"
    BLOCKED_PARTITIONS = "BLOCKED_PARTITIONS"
    FIRST_CODE = "FIRST_CODE"
    SECOND_CODE = "SECOND_CODE"
    OUTPUTS = "OUTPUTS"
    CLEAR_LATCHED_OUTPUTS = "CLEAR_LATCHED_OUTPUTS"


_RIGHTS = tuple(UserRight)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMap:
    """The zones for which the block's statement holds; 128 or 256 zones were told of."""

    command: Command
    zones: frozenset[int]
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMap:
    """The outputs that are on; 128 or 256 outputs were told of."""

    command: Command
    outputs: frozenset[int]
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionMap:
    """The partitions 1..32 for which the block's statement holds."""

    command: Command
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorMap:
    """The expander addresses 0..63 whose door is open (too long)."""

    command: Command
    addresses: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStatus:
    """Answer 1A. `panel_local_time` is the panel's wall clock, naive because the panel knows neither zone nor DST;
    None when the bytes are no date. `weekday` 0 is Monday. `base_type` as in V19 p. 7 (3 = 128 and 128 Plus ...)."""

    panel_local_time: datetime | None
    weekday: int
    troubles: bool
    service_mode: bool
    base_type: int
    grade: bool
    trouble_memory: bool
    int_rx: bool
    acu_100: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleReport:
    """One trouble block (`memory`: one that remembers), decoded; `raw` is its data, `jam_levels` radio noise, 0 = none."""

    command: Command
    memory: bool
    troubles: tuple[troubles.Trouble, ...]
    jam_levels: tuple[int, ...]
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBlocks:
    """Polled 7F: the blocks that changed since they were last read; `capacity` blocks were told of (40, 48 or 56)."""

    blocks: frozenset[int]
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelVersion:
    """Answer 7E. `firmware` like "1.23" (as received if it is no version), `released_on` None if it is no date."""

    model: equipment.PanelModel
    type_byte: int
    firmware: str
    released_on: date | None
    language: int
    stored_in_flash: bool

    @property
    def code_page(self) -> str:
        """The probable code page of this panel's texts, for `decode`."""
        return equipment.code_page_of(self.language)

    @property
    def capacity(self) -> equipment.Capacity:
        """How many objects this model can have."""
        return equipment.CAPACITIES[self.model]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleVersion:
    """Answer 7C: the ETHM-1 or INT-RS itself. A module that does not answer 7C has none of the capabilities."""

    firmware: str
    released_on: date | None
    wide_maps: bool  # bit 0: serves maps of 256
    extended: bool  # bit 1: blocks 30, 31, changed list of 7 bytes, subscription of 14
    arming_option: bool  # bit 2: accepts the extra arming byte (not in V19)
    capabilities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """Answer 7D, in degrees Celsius; None while the panel does not know it."""

    zone: int
    celsius: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPower:
    """Answer 7B, in watts (reference §2.6, one source)."""

    output: int
    watts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Answer EF; carries no reference to the command it answers. `raw` is the result byte."""

    code: ResultCode
    raw: int

    @property
    def accepted(self) -> bool:
        """Done or accepted; accepted is no proof that anything happened (reference §3.4)."""
        return self.code in (ResultCode.DONE, ResultCode.ACCEPTED)

    @property
    def meaning(self) -> str:
        """The result in plain English."""
        return RESULT_MEANINGS[self.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnswer:
    """Answer 8C: a log record of 8 bytes, its own opaque index, and the index it was called with (3 bytes each)."""

    record: bytes
    index: bytes
    called_with: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EventText:
    """Answer 8F: the panel's own words for an event code, and its kinds of description (reference §4.4)."""

    code: int
    restore: bool
    long: bool
    long_kind: int
    short_kind: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectName:
    """Answer EE. `function` is the 4th byte: partition type, zone reaction, module type or output function.

    The name is left out of the representation: it may be a person's.
    """

    name_type: NameType
    number: int
    function: int
    name: str = field(repr=False)
    extra: bytes

    @property
    def partition(self) -> int | None:
        """The zone's partition, where the type asked for it."""
        return self.extra[0] if self.name_type is NameType.ZONE_WITH_PARTITION and self.extra else None

    @property
    def object_number(self) -> int | None:
        """The partition's object, where the type asked for it."""
        return self.extra[0] if self.name_type is NameType.PARTITION_WITH_OBJECT and self.extra else None

    @property
    def generation(self) -> int | None:
        """The user's generation 0..31 as in bits u of a log record, for users."""
        return self.extra[0] & 0x1F if self.name_type is NameType.USER and self.extra else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUser:
    """Answer E0: who the configured code belongs to. `user_type` is the low nibble of the type byte (reference §3.5)."""

    number: int
    partitions: frozenset[int]
    user_type: int
    rights: frozenset[UserRight]
    name: str = field(repr=False)
    raw: bytes = field(repr=False)


Message = (
    ZoneMap
    | OutputMap
    | PartitionMap
    | DoorMap
    | PanelStatus
    | TroubleReport
    | ChangedBlocks
    | PanelVersion
    | ModuleVersion
    | Temperature
    | OutputPower
    | Result
    | EventAnswer
    | EventText
    | ObjectName
    | OwnUser
)

_Decoder = Callable[[Command, bytes, str], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One row of the command table.

    `answers`: the data lengths an answer of the same command may have; empty if only a result (EF) answers.
    `answer_timeout`: seconds to wait. `wide`: one extra request byte asks for 256 objects instead of 128.
    """

    command: Command
    answers: frozenset[int] = frozenset()
    answer_timeout: float = ANSWER_TIMEOUT
    needs: Needs = Needs.ANY
    wide: bool = False
    decoder: _Decoder | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.name

    @property
    def slow(self) -> bool:
        """Whether its answer may take longer than the usual."""
        return self.answer_timeout > ANSWER_TIMEOUT


def _zone_map(command: Command, data: bytes, _code_page: str) -> ZoneMap:
    return ZoneMap(command=command, zones=numbers_of(data), capacity=8 * len(data))


def _output_map(command: Command, data: bytes, _code_page: str) -> OutputMap:
    return OutputMap(command=command, outputs=numbers_of(data), capacity=8 * len(data))


def _partition_map(command: Command, data: bytes, _code_page: str) -> PartitionMap:
    return PartitionMap(command=command, partitions=numbers_of(data))


def _door_map(command: Command, data: bytes, _code_page: str) -> DoorMap:
    return DoorMap(command=command, addresses=numbers_of(data, 0))


def _status(_command: Command, data: bytes, _code_page: str) -> PanelStatus:
    first, second = data[7], data[8]
    return PanelStatus(
        panel_local_time=_local_time(data[:7].hex()),
        weekday=first & 0x07,
        troubles=bool(first & 0x40),
        service_mode=bool(first & 0x80),
        base_type=second & 0x0F,
        grade=bool(second & 0x10),
        trouble_memory=bool(second & 0x20),
        int_rx=bool(second & 0x40),
        acu_100=bool(second & 0x80),
    )


def _local_time(digits: str) -> datetime | None:
    """yyyymmddhhmmss, or None: a panel whose clock was never set is no protocol error."""
    try:
        century, year, month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(0, 14, 2))
        return datetime(100 * century + year, month, day, hour, minute, second)  # noqa: DTZ001 - no zone, on purpose
    except ValueError:
        return None


def _trouble_report(command: Command, data: bytes, _code_page: str) -> TroubleReport:
    layout = troubles.LAYOUTS[command]
    return TroubleReport(
        command=command,
        memory=command in troubles.MEMORY_BLOCKS,
        troubles=layout.troubles(data),
        jam_levels=layout.jam_levels(data),
        raw=data,
    )


def _changed(_command: Command, data: bytes, _code_page: str) -> ChangedBlocks:
    return ChangedBlocks(blocks=numbers_of(data, 0), capacity=8 * len(data))


def _version_text(data: bytes) -> tuple[str, date | None]:
    """Eleven characters vvvyyyymmdd: firmware and its date."""
    text = data.decode("ascii", errors="replace")
    if not (text.isascii() and text.isdecimal()):
        return text.strip(), None
    try:
        released_on = date(int(text[3:7]), int(text[7:9]), int(text[9:11]))
    except ValueError:
        released_on = None
    return f"{text[0]}.{text[1:3]}", released_on


def _panel_version(_command: Command, data: bytes, _code_page: str) -> PanelVersion:
    firmware, released_on = _version_text(data[1:12])
    return PanelVersion(
        model=equipment.PANEL_MODELS.get(data[0], equipment.PanelModel.UNKNOWN),
        type_byte=data[0],
        firmware=firmware,
        released_on=released_on,
        language=data[12],
        stored_in_flash=data[13] == 0xFF,
    )


def _module_version(_command: Command, data: bytes, _code_page: str) -> ModuleVersion:
    firmware, released_on = _version_text(data[:11])
    return ModuleVersion(
        firmware=firmware,
        released_on=released_on,
        wide_maps=bool(data[11] & 1),
        extended=bool(data[11] & 2),
        arming_option=bool(data[11] & 4),
        capabilities=data[11],
    )


def _temperature(_command: Command, data: bytes, _code_page: str) -> Temperature:
    raw = int.from_bytes(data[1:], "big")
    # In steps of half a degree from -55; FFFF means not known (V19 p. 4).
    return Temperature(zone=data[0] or 256, celsius=None if raw == 0xFFFF else raw / 2 - 55)


def _output_power(_command: Command, data: bytes, _code_page: str) -> OutputPower:
    return OutputPower(output=data[0] or 256, watts=int.from_bytes(data[1:], "big") / 10)


def _result(_command: Command, data: bytes, _code_page: str) -> Result:
    return Result(code=_RESULTS.get(data[0], ResultCode.OTHER_ERROR), raw=data[0])


def _event(_command: Command, data: bytes, _code_page: str) -> EventAnswer:
    return EventAnswer(record=data[:8], index=data[8:11], called_with=data[11:])


def _event_text(_command: Command, data: bytes, code_page: str) -> EventText:
    asked = int.from_bytes(data[:2], "big")
    return EventText(
        code=asked & 0x3FF,
        restore=bool(asked & 0x400),
        long=bool(asked & 0x8000),
        long_kind=data[2],
        short_kind=int.from_bytes(data[3:5], "big"),
        text=_text(data[5:], code_page),
    )


def _object_name(_command: Command, data: bytes, code_page: str) -> ObjectName:
    try:
        name_type = NameType(data[0])
    except ValueError:
        raise RemoteProtocolError(f"EE answer of unknown type {data[0]}") from None
    if name_type < NameType.OUTPUT_WITH_DURATION and len(data) > 20:
        raise RemoteProtocolError(f"EE answer of type {data[0]} with {len(data)} data bytes")
    return ObjectName(
        name_type=name_type,
        number=data[1] or 256,
        function=data[2],
        name=_text(data[3:19], code_page),
        extra=data[19:],
    )


def _own_user(_command: Command, data: bytes, code_page: str) -> OwnUser:
    return OwnUser(
        number=data[0],
        partitions=numbers_of(data[3:7]),
        user_type=data[7] & 0x0F,
        rights=frozenset(_RIGHTS[bit] for bit in numbers_of(data[9:12], 0)),
        name=_text(data[12:28], code_page),
        raw=data,
    )


def _text(data: bytes, code_page: str) -> str:
    """Space-padded text; bytes the code page lacks become replacement characters."""
    return data.decode(code_page, errors="replace").rstrip(" \0")


_SLOW = frozenset({0x28, 0x29, 0x2A, 0x2B})
_EXTENDED = frozenset({0x30, 0x31})


def _block(command: int) -> CommandSpec:
    """The table row of a state block 00..31, without its decoder's details."""
    sizes, decoder = _shape(command)
    return CommandSpec(
        command=Command(command),
        answers=sizes,
        answer_timeout=SLOW_ANSWER_TIMEOUT if command in _SLOW else ANSWER_TIMEOUT,
        needs=Needs.EXTENDED if command in _EXTENDED else Needs.V2 if 0x2C <= command <= 0x2F else Needs.ANY,
        wide=len(sizes) > 1,
        decoder=decoder,
    )


def _shape(command: int) -> tuple[frozenset[int], _Decoder]:
    """Answer lengths and decoder of a state block (V19 p. 3-4)."""
    if command in troubles.LAYOUTS:
        return frozenset({troubles.LAYOUTS[command].size}), _trouble_report
    if command <= 0x08 or command in (0x26, 0x28, 0x29):
        return frozenset({16, 32}), _zone_map
    if command == Command.OUTPUTS_ON:
        return frozenset({16, 32}), _output_map
    if command in (0x18, 0x19):
        return frozenset({8}), _door_map
    if command == Command.STATUS:
        return frozenset({9}), _status
    return frozenset({4}), _partition_map


_ANSWERED_BY_RESULT = (
    Command.ARM_MODE_0,
    Command.ARM_MODE_1,
    Command.ARM_MODE_2,
    Command.ARM_MODE_3,
    Command.DISARM,
    Command.CLEAR_ALARM,
    Command.BYPASS_ZONES,
    Command.UNBYPASS_ZONES,
    Command.OUTPUTS_SWITCH_ON,
    Command.OUTPUTS_SWITCH_OFF,
    Command.OPEN_DOORS,
    Command.CLEAR_TROUBLE_MEMORY,
    Command.FIRST_CODE,
    Command.SET_CLOCK,
    Command.ISOLATE_ZONES,
    Command.OUTPUTS_TOGGLE,
    Command.FORCE_ARM_MODE_0,
    Command.FORCE_ARM_MODE_1,
    Command.FORCE_ARM_MODE_2,
    Command.FORCE_ARM_MODE_3,
)

_SPECS = (
    *(_block(command) for command in range(0x32)),
    *(CommandSpec(command=command) for command in _ANSWERED_BY_RESULT),
    CommandSpec(
        command=Command.OUTPUT_POWER,
        answers=frozenset({3}),
        answer_timeout=TEMPERATURE_TIMEOUT,
        needs=Needs.LATEST,
        decoder=_output_power,
    ),
    CommandSpec(command=Command.MODULE_VERSION, answers=frozenset({12}), needs=Needs.SINCE_2013_11, decoder=_module_version),
    CommandSpec(
        command=Command.ZONE_TEMPERATURE,
        answers=frozenset({3}),
        answer_timeout=TEMPERATURE_TIMEOUT,
        decoder=_temperature,
    ),
    CommandSpec(command=Command.PANEL_VERSION, answers=frozenset({14}), decoder=_panel_version),
    CommandSpec(command=Command.CHANGED, answers=frozenset({5, 6, 7}), decoder=_changed),
    CommandSpec(command=Command.READ_EVENT, answers=frozenset({14}), decoder=_event),
    CommandSpec(command=Command.EVENT_TEXT, answers=frozenset({21, 51}), decoder=_event_text),
    CommandSpec(command=Command.OWN_USER, answers=frozenset({29}), decoder=_own_user),
    # 17 and 19 are "longer" in the only source that has them: whatever fits a frame.
    CommandSpec(command=Command.NAME, answers=frozenset(range(19, 65)), decoder=_object_name),
    CommandSpec(command=Command.RESULT, answers=frozenset({1}), decoder=_result),
)

COMMANDS: dict[int, CommandSpec] = {int(spec.command): spec for spec in _SPECS}

# How many leading data bytes of a request its answer repeats.
_ECHOED = {Command.ZONE_TEMPERATURE: 1, Command.OUTPUT_POWER: 1, Command.EVENT_TEXT: 2, Command.NAME: 2}


def decode(frame: Frame, *, code_page: str = equipment.POLISH_CODE_PAGE) -> Message:
    """The message in a frame that came from a module. Texts are read in `code_page` and never fail.

    RemoteProtocolError if no module sends such a command, or not with this many data bytes.
    """
    spec = COMMANDS.get(frame.command)
    if spec is None or spec.decoder is None:
        raise RemoteProtocolError(f"no answer has command {frame.command:02X}")
    if len(frame.data) not in spec.answers:
        raise RemoteProtocolError(f"{spec.name} answer with {len(frame.data)} data bytes")
    return spec.decoder(spec.command, frame.data, code_page)


def is_answer(request: Frame, frame: Frame) -> bool:
    """Whether a received frame answers a request: same command and same echo, or a result.

    A pushed block counts as the answer to a read of that block: it says the same. An event of another index does not.
    """
    if frame.command == Command.RESULT:
        return True
    spec = COMMANDS.get(frame.command)
    if spec is None or frame.command != request.command or len(frame.data) not in spec.answers:
        return False
    if frame.command == Command.READ_EVENT:
        return frame.data[11:] == request.data
    echoed = _ECHOED.get(spec.command, 0)
    return frame.data[:echoed] == request.data[:echoed]
