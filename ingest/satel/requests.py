"""Builders of every request we send. A bad argument is a LocalProtocolError that names it.

Frames that carry a user code hide their data in `repr` (see `frames.Frame`), and so does `UserCode`.
Zones, outputs and partitions count from 1. `wide` chooses the 256-object form; only v2 modules know it, and only an
INTEGRA 256 Plus needs it (V19 p. 10).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ingest.satel.bits import mask_of
from ingest.satel.errors import LocalProtocolError
from ingest.satel.frames import Frame
from ingest.satel.messages import COMMANDS, Command, NameType

NEWEST = b"\xff\xff\xff"  # index of the newest record of the standard log (V19 p. 11)
NEWEST_GRADE = b"\x00\xff\xff"  # index of the newest record of the Grade 2/3 log

_CODE_FIELD = 8  # bytes, two digits each
_NAME_NUMBERS: dict[NameType, tuple[int, int]] = {
    NameType.PARTITION: (1, 32),
    NameType.ZONE: (1, 256),
    NameType.USER: (1, 255),
    NameType.MODULE: (129, 210),
    NameType.OUTPUT: (1, 256),
    NameType.ZONE_WITH_PARTITION: (1, 256),
    NameType.TIMER: (1, 64),
    NameType.TELEPHONE: (1, 16),
    NameType.OBJECT: (1, 8),
    NameType.PARTITION_WITH_OBJECT: (1, 32),
    NameType.OUTPUT_WITH_DURATION: (1, 256),
    NameType.PARTITION_WITH_OPTIONS: (1, 32),
    NameType.PARTITION_WITH_DEPENDENCIES: (1, 32),
}


class FirstCodeAction(IntEnum):
    """What the first of two codes is given for (8D)."""

    ARM = 0
    DISARM = 1
    CANCEL = 2


@dataclass(frozen=True, slots=True, repr=False)
class UserCode:
    """A panel user's code of 4 to 8 digits, with the panel's code prefix if it has one. A secret: never shown."""

    code: str
    prefix: str = ""

    def __post_init__(self) -> None:
        if not (4 <= len(self.code) <= 8 and _digits(self.code)):
            raise LocalProtocolError("user code: 4 to 8 digits expected")
        if not (len(self.prefix) <= 8 and (not self.prefix or _digits(self.prefix))):
            raise LocalProtocolError("code prefix: at most 8 digits expected")

    def __repr__(self) -> str:
        return "UserCode(<hidden>)"

    def field(self) -> bytes:
        """The 8-byte code field: prefix and code, high nibble first, filled up with F (V19 p. 10)."""
        return bytes.fromhex((self.prefix + self.code).ljust(2 * _CODE_FIELD, "F"))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def read(command: int, *, wide: bool = False) -> Frame:
    """Read a state block (00..31), 7C or 7E."""
    spec = COMMANDS.get(command)
    if spec is None or not (command <= 0x31 or command in (Command.MODULE_VERSION, Command.PANEL_VERSION)):
        raise LocalProtocolError(f"command {command:02X} is no plain read")
    if wide and not spec.wide:
        raise LocalProtocolError(f"{spec.name} has no 256-object form")
    return Frame(command, b"\0" if wide else b"")


def changed_blocks(width: int = 5) -> Frame:
    """Poll the list of changed blocks, as 5 bytes (blocks 00-27), 6 (00-2F, v2) or 7 (00-31, extended)."""
    if width not in (5, 6, 7):
        raise LocalProtocolError(f"width {width} of the changed list is not 5, 6 or 7")
    return Frame(Command.CHANGED, bytes(width - 5))


def subscribe(on_change: Collection[int], always: Collection[int] = (), *, extended: bool = False) -> Frame:
    """Ask for automatic sending of blocks: when they change, and whenever the panel delivers them. Answer: EF FF.

    `extended` is the 14-byte form, for modules with capability bit 1. Two empty lists stop it.
    """
    width, last = (7, 0x31) if extended else (6, 0x2F)
    if wrong := sorted(block for block in (*on_change, *always) if not 0 <= block <= last):
        raise LocalProtocolError(f"blocks {wrong} cannot be subscribed to, last is {last:02X}")
    return Frame(Command.CHANGED, mask_of(on_change, width, first=0) + mask_of(always, width, first=0))


def read_event(index: bytes = NEWEST) -> Frame:
    """Read the log record before `index` (3 opaque bytes of an earlier answer), or the newest one."""
    if len(index) != 3:
        raise LocalProtocolError(f"event index of {len(index)} bytes, 3 expected")
    return Frame(Command.READ_EVENT, index)


def read_event_text(code: int, *, restore: bool, long: bool = True) -> Frame:
    """Ask the panel for its own words for an event code."""
    _check("event code", code, 0, 1023)
    return Frame(Command.EVENT_TEXT, ((long << 15) | (restore << 10) | code).to_bytes(2, "big"))


def read_name(name_type: NameType, number: int) -> Frame:
    """Ask for name and type of an object; modules are numbered 129 + expander address, 193 + keypad-bus address."""
    _check(f"{name_type.name} number", number, *_NAME_NUMBERS[name_type])
    return Frame(Command.NAME, bytes((name_type, number & 0xFF)))


def read_temperature(zone: int) -> Frame:
    """Ask for a zone's temperature. A zone that measures none never answers."""
    _check("zone", zone, 1, 256)
    return Frame(Command.ZONE_TEMPERATURE, bytes((zone & 0xFF,)))


def read_output_power(output: int) -> Frame:
    """Ask for the power an output draws (only newest modules)."""
    _check("output", output, 1, 256)
    return Frame(Command.OUTPUT_POWER, bytes((output & 0xFF,)))


def arm(
    code: UserCode,
    partitions: Collection[int],
    *,
    mode: int = 0,
    forced: bool = False,
    without_delay: bool | None = None,
) -> Frame:
    """Arm partitions in mode 0 full, 1 full with bypasses, 2 without interior, 3 the same without entry delay.

    `without_delay` sends the extra arming byte: only for modules with capability bit 2, others drop the frame
    silently (reference §3.3). None leaves it out; forced arming has none.
    """
    _check("arming mode", mode, 0, 3)
    if forced and without_delay is not None:
        raise LocalProtocolError("forced arming has no extra byte")
    option = b"" if without_delay is None else b"\x80" if without_delay else b"\x00"
    first = Command.FORCE_ARM_MODE_0 if forced else Command.ARM_MODE_0
    return Frame(first + mode, code.field() + _partition_mask(partitions) + option)


def disarm(code: UserCode, partitions: Collection[int]) -> Frame:
    """Disarm partitions."""
    return Frame(Command.DISARM, code.field() + _partition_mask(partitions))


def clear_alarm(code: UserCode, partitions: Collection[int]) -> Frame:
    """Clear the alarm of partitions."""
    return Frame(Command.CLEAR_ALARM, code.field() + _partition_mask(partitions))


def bypass_zones(code: UserCode, zones: Collection[int], *, wide: bool = False) -> Frame:
    """Bypass zones until the next disarming."""
    return Frame(Command.BYPASS_ZONES, code.field() + _object_mask("zones", zones, wide))


def unbypass_zones(code: UserCode, zones: Collection[int], *, wide: bool = False) -> Frame:
    """Take the bypass off zones."""
    return Frame(Command.UNBYPASS_ZONES, code.field() + _object_mask("zones", zones, wide))


def isolate_zones(code: UserCode, zones: Collection[int], *, wide: bool = False) -> Frame:
    """Bypass zones permanently."""
    return Frame(Command.ISOLATE_ZONES, code.field() + _object_mask("zones", zones, wide))


def switch_outputs_on(code: UserCode, outputs: Collection[int], *, wide: bool = False) -> Frame:
    """Switch outputs on."""
    return Frame(Command.OUTPUTS_SWITCH_ON, code.field() + _object_mask("outputs", outputs, wide))


def switch_outputs_off(code: UserCode, outputs: Collection[int], *, wide: bool = False) -> Frame:
    """Switch outputs off."""
    return Frame(Command.OUTPUTS_SWITCH_OFF, code.field() + _object_mask("outputs", outputs, wide))


def toggle_outputs(code: UserCode, outputs: Collection[int], *, wide: bool = False) -> Frame:
    """Switch outputs over."""
    return Frame(Command.OUTPUTS_TOGGLE, code.field() + _object_mask("outputs", outputs, wide))


def open_doors(code: UserCode, *, outputs: Collection[int] = (), expanders: Collection[int] = (), wide: bool = False) -> Frame:
    """Open doors: outputs of function 101, and expanders by their address 0..63."""
    if not outputs and not expanders:
        raise LocalProtocolError("outputs and expanders: no door given")
    outputs_mask = mask_of(outputs, 32 if wide else 16, what="outputs")
    return Frame(Command.OPEN_DOORS, code.field() + outputs_mask + mask_of(expanders, 8, what="expanders", first=0))


def clear_trouble_memory(code: UserCode) -> Frame:
    """Clear the trouble memory."""
    return Frame(Command.CLEAR_TROUBLE_MEMORY, code.field())


def give_first_code(code: UserCode, partitions: Collection[int], *, valid_for: int, action: FirstCodeAction) -> Frame:
    """Give the first of two codes; `valid_for` in seconds, 1..65535 (0 only to cancel)."""
    _check("valid_for", valid_for, 0 if action is FirstCodeAction.CANCEL else 1, 0xFFFF)
    tail = valid_for.to_bytes(2, "little") + bytes((action,))
    return Frame(Command.FIRST_CODE, code.field() + _partition_mask(partitions) + tail)


def set_clock(code: UserCode, panel_local_time: datetime) -> Frame:
    """Set the panel's wall clock: a naive local time, whole seconds."""
    if panel_local_time.tzinfo is not None:
        raise LocalProtocolError("panel_local_time: the panel's wall clock has no zone, convert first")
    return Frame(Command.SET_CLOCK, code.field() + f"{panel_local_time:%Y%m%d%H%M%S}".encode("ascii"))


def read_own_user(code: UserCode) -> Frame:
    """Ask who the code belongs to and what he may do; needs the GUARDX right, otherwise EF 01."""
    return Frame(Command.OWN_USER, code.field())


def _partition_mask(partitions: Collection[int]) -> bytes:
    if not partitions:
        raise LocalProtocolError("partitions: none given")
    return mask_of(partitions, 4, what="partitions")


def _object_mask(what: str, numbers: Collection[int], wide: bool) -> bytes:
    if not numbers:
        raise LocalProtocolError(f"{what}: none given")
    return mask_of(numbers, 32 if wide else 16, what=what)


def _check(what: str, value: int, first: int, last: int) -> None:
    if not first <= value <= last:
        raise LocalProtocolError(f"{what} {value} outside {first}..{last}")
