"""What a simulated panel consists of: model, module, users, partitions, zones and outputs.

Everything here is configuration, fixed while the panel runs. Numbers of partitions, zones, outputs and users count
from 1, as on the keypad. Texts must fit 16 characters of Windows-1250.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag, StrEnum
from types import MappingProxyType


class PanelModel(StrEnum):
    INTEGRA_24 = "INTEGRA 24"
    INTEGRA_32 = "INTEGRA 32"
    INTEGRA_64 = "INTEGRA 64"
    INTEGRA_128 = "INTEGRA 128"
    INTEGRA_128_WRL = "INTEGRA 128-WRL"
    INTEGRA_64_PLUS = "INTEGRA 64 Plus"
    INTEGRA_128_PLUS = "INTEGRA 128 Plus"
    INTEGRA_256_PLUS = "INTEGRA 256 Plus"


@dataclass(frozen=True, slots=True)
class Hardware:
    """Capacity of a model. ``type_code`` is the first byte of a 7E answer, ``base_type`` the low nibble of 1A."""

    type_code: int
    base_type: int
    partitions: int
    zones: int
    onboard: int  # zones and outputs on the main board
    log_capacity: int  # records, from marketing figures: no protocol source states it


HARDWARE: Mapping[PanelModel, Hardware] = MappingProxyType(
    {
        PanelModel.INTEGRA_24: Hardware(0, 0, 4, 24, 4, 439),
        PanelModel.INTEGRA_32: Hardware(1, 1, 16, 32, 8, 899),
        PanelModel.INTEGRA_64: Hardware(2, 2, 32, 64, 16, 6143),
        PanelModel.INTEGRA_128: Hardware(3, 3, 32, 128, 16, 22527),
        PanelModel.INTEGRA_128_WRL: Hardware(132, 4, 32, 128, 8, 22527),
        PanelModel.INTEGRA_64_PLUS: Hardware(66, 2, 32, 64, 16, 6143),
        PanelModel.INTEGRA_128_PLUS: Hardware(67, 3, 32, 128, 16, 22527),
        PanelModel.INTEGRA_256_PLUS: Hardware(72, 8, 32, 256, 16, 22527),
    }
)


class ModuleModel(StrEnum):
    """The communication module between the panel and the network."""

    ETHM_1 = "ETHM-1"
    ETHM_1_PLUS_2_00 = "ETHM-1 Plus 2.00"
    ETHM_1_PLUS = "ETHM-1 Plus"


class Capability(IntFlag):
    """Last byte of a 7C answer."""

    WIDE_MAPS = 1  # 32-byte zone and output maps
    TROUBLES_8 = 2  # blocks 30 and 31, 7-byte change list
    ARMING_OPTION = 4  # one byte after the partition mask of 80..83


@dataclass(frozen=True, slots=True)
class ModuleProfile:
    """What a generation of modules understands. ``version`` None: too old to answer 7C."""

    generation: int
    version: str | None
    capability: Capability
    automatic: bool
    idle_cut: float | None  # s without a byte from the client


MODULES: Mapping[ModuleModel, ModuleProfile] = MappingProxyType(
    {
        ModuleModel.ETHM_1: ModuleProfile(1, None, Capability(0), automatic=False, idle_cut=None),
        ModuleModel.ETHM_1_PLUS_2_00: ModuleProfile(2, "20020141112", Capability.WIDE_MAPS, automatic=False, idle_cut=None),
        ModuleModel.ETHM_1_PLUS: ModuleProfile(2, "21320240909", Capability(7), automatic=True, idle_cut=25.0),
    }
)


class ZoneReaction(IntEnum):
    """Reactions a simulated zone may have; the values are the fourth byte of an ``EE 01`` answer."""

    ENTRY_EXIT = 0
    ENTRY = 1
    DELAYED = 2
    INTERIOR = 3
    PERIMETER = 4
    INSTANT = 5
    EXIT = 6
    DAY_NIGHT = 7
    EXTERIOR = 8
    TAMPER_24H = 9
    VIBRATION_24H = 10
    PANIC_AUDIBLE = 12
    PANIC_SILENT = 13
    MEDICAL = 14
    FIRE = 32
    SMOKE = 33
    HEAT = 36
    FIRE_BUTTON = 37
    NO_ALARM = 47
    AUXILIARY_24H = 48
    GAS = 49
    REFRIGERATION = 50
    HEAT_LOSS = 51
    FLOOD = 52
    TEMPERATURE_HIGH = 55
    TEMPERATURE_LOW = 56
    TROUBLE = 63
    BURGLARY_24H = 88


class Watch(Enum):
    """When a violated zone means something."""

    ARMED = "armed"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a panel treats a violation. ``code`` is the log's event code (V19, appendix 1).

    ``entry``: starts or joins entry time; ``follows``: joins entry time that already runs; ``exit``: may be violated
    while arming; ``interior``: not watched in arming modes 2 and 3.
    """

    code: int
    watch: Watch = Watch.ARMED
    entry: bool = False
    follows: bool = False
    exit: bool = False
    interior: bool = False
    fire: bool = False
    tamper: bool = False
    silent: bool = False
    technical: bool = False
    alarm: bool = True


_ALWAYS = Watch.ALWAYS
BEHAVIOUR: Mapping[ZoneReaction, Behaviour] = MappingProxyType(
    {
        ZoneReaction.ENTRY_EXIT: Behaviour(code=134, entry=True, exit=True),
        ZoneReaction.ENTRY: Behaviour(code=134, entry=True),
        ZoneReaction.DELAYED: Behaviour(code=134, entry=True, exit=True),
        ZoneReaction.INTERIOR: Behaviour(code=132, follows=True, exit=True, interior=True),
        ZoneReaction.PERIMETER: Behaviour(code=131),
        ZoneReaction.INSTANT: Behaviour(code=130),
        ZoneReaction.EXIT: Behaviour(code=134, exit=True),
        ZoneReaction.DAY_NIGHT: Behaviour(code=135),
        ZoneReaction.EXTERIOR: Behaviour(code=136),
        ZoneReaction.TAMPER_24H: Behaviour(code=144, watch=_ALWAYS, tamper=True),
        ZoneReaction.VIBRATION_24H: Behaviour(code=133, watch=_ALWAYS),
        ZoneReaction.BURGLARY_24H: Behaviour(code=133, watch=_ALWAYS),
        ZoneReaction.PANIC_AUDIBLE: Behaviour(code=123, watch=_ALWAYS),
        ZoneReaction.PANIC_SILENT: Behaviour(code=122, watch=_ALWAYS, silent=True),
        ZoneReaction.MEDICAL: Behaviour(code=100, watch=_ALWAYS),
        ZoneReaction.FIRE: Behaviour(code=110, watch=_ALWAYS, fire=True),
        ZoneReaction.SMOKE: Behaviour(code=111, watch=_ALWAYS, fire=True),
        ZoneReaction.HEAT: Behaviour(code=114, watch=_ALWAYS, fire=True),
        ZoneReaction.FIRE_BUTTON: Behaviour(code=115, watch=_ALWAYS, fire=True),
        ZoneReaction.AUXILIARY_24H: Behaviour(code=150, watch=_ALWAYS, technical=True),
        ZoneReaction.GAS: Behaviour(code=151, watch=_ALWAYS, technical=True),
        ZoneReaction.REFRIGERATION: Behaviour(code=152, watch=_ALWAYS, technical=True),
        ZoneReaction.HEAT_LOSS: Behaviour(code=153, watch=_ALWAYS, technical=True),
        ZoneReaction.FLOOD: Behaviour(code=154, watch=_ALWAYS, technical=True),
        ZoneReaction.TEMPERATURE_HIGH: Behaviour(code=158, watch=_ALWAYS, technical=True),
        ZoneReaction.TEMPERATURE_LOW: Behaviour(code=159, watch=_ALWAYS, technical=True),
        ZoneReaction.TROUBLE: Behaviour(code=1000, watch=_ALWAYS, technical=True, alarm=False),
        ZoneReaction.NO_ALARM: Behaviour(code=99, watch=Watch.NEVER, alarm=False),
    }
)


class Right(IntFlag):
    """The three rights bytes of a user record, first byte lowest (V19 p.14)."""

    ARM = 1 << 0
    DISARM = 1 << 1
    CLEAR_ALARM = 1 << 2
    CHANGE_CODE = 1 << 6
    EDIT_USERS = 1 << 7
    BYPASS = 1 << 8
    CLOCK = 1 << 9
    VIEW_TROUBLES = 1 << 10
    VIEW_EVENTS = 1 << 11
    PROGRAMMING = 1 << 15
    GUARDX = 1 << 18
    FIRST_CODE = 1 << 20
    SECOND_CODE = 1 << 21
    OUTPUTS = 1 << 22
    ISOLATE = 1 << 24  # not a rights byte: bit 5 of the type byte


EVERY_RIGHT = Right(0)
for _right in Right:
    EVERY_RIGHT |= _right
HOUSEHOLD = Right.ARM | Right.DISARM | Right.CLEAR_ALARM | Right.BYPASS


class UserType(IntEnum):
    NORMAL = 0
    DURESS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class UserConfig:
    """A person or system with a code. ``partitions`` empty means all of them."""

    number: int
    code: str = field(repr=False)
    name: str
    partitions: frozenset[int] = frozenset()
    rights: Right = EVERY_RIGHT
    type: UserType = UserType.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionConfig:
    """A partition. Delays in seconds."""

    number: int
    name: str
    exit_delay: float = 30.0
    entry_delay: float = 30.0
    type: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneConfig:
    """A zone of one partition; ``temperature`` in °C makes it answer 7D."""

    number: int
    name: str
    partition: int = 1
    reaction: ZoneReaction = ZoneReaction.INSTANT
    temperature: float | None = None


class OutputFunction(IntEnum):
    BURGLARY = 1  # follows the alarm; cannot be switched by a user
    MONO = 24  # switches itself off after ``pulse``
    BI = 25
    STRIKE = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputConfig:
    number: int
    name: str
    function: OutputFunction = OutputFunction.BI
    pulse: float = 3.0  # s, MONO and STRIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelConfig:
    """One panel with its module. ``key`` set: encrypted integration. ``port`` 0: any free one.

    Times in seconds: ``alarm_time`` until an alarm stops sounding, ``station_delay`` until a log record counts as
    reported to the station, ``latency`` from a request to its answer, ``slot_release`` from a disconnect until the
    module accepts the next client. ``temperature_delay`` is the extra time of a 7D answer. ``idle_cut`` overrides the
    module's own; ``clock_skew`` is what the panel's clock is ahead.
    """

    name: str = "Panel 1"
    host: str = "127.0.0.1"
    port: int = 0
    model: PanelModel = PanelModel.INTEGRA_128_PLUS
    module: ModuleModel = ModuleModel.ETHM_1_PLUS
    key: str | None = field(default=None, repr=False)
    firmware: str = "12320240115"
    language: int = 0  # Polish
    prefix: str = ""
    grade: bool = False
    partitions: tuple[PartitionConfig, ...] = ()
    zones: tuple[ZoneConfig, ...] = ()
    outputs: tuple[OutputConfig, ...] = ()
    users: tuple[UserConfig, ...] = ()
    alarm_time: float = 180.0
    station_delay: float = 4.0
    log_capacity: int | None = None
    lock_after_wrong_codes: int = 3
    code_lock: float = 90.0
    time_zone: str = "Europe/Warsaw"
    clock_skew: float = 0.0
    latency: float = 0.02
    temperature_delay: float = 0.0
    slot_release: float = 1.0
    idle_cut: float | None = None
    unsolicited_events: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        hardware = HARDWARE[self.model]
        _numbers("partition", self.partitions, hardware.partitions)
        _numbers("zone", self.zones, hardware.zones)
        _numbers("output", self.outputs, hardware.zones)
        _numbers("user", self.users, 255)
        known = {partition.number for partition in self.partitions}
        if strays := [zone.number for zone in self.zones if zone.partition not in known]:
            raise ValueError(f"{self.name}: zones {strays} belong to partitions that do not exist")


Numbered = PartitionConfig | ZoneConfig | OutputConfig | UserConfig


def _numbers(what: str, things: tuple[Numbered, ...], highest: int) -> None:
    numbers = [thing.number for thing in things]
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"a {what} number is given twice")
    if any(not 1 <= number <= highest for number in numbers):
        raise ValueError(f"{what} numbers of this model are 1..{highest}")
    for thing in things:
        if len(thing.name.encode("cp1250")) > 16:
            raise ValueError(f"the {what} name {thing.name!r} is longer than 16 characters")
