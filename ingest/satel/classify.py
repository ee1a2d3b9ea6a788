"""What a log record or a state bit means to a dispatcher: the pure tables of R-EDGE.

Both ways of seeing one happening must lead to the same `Condition`, for that is how the recorder recognises that they
are one. Codes and their wording: protocol reference §4.9; reactions §5; trouble bits §2.3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from ingest.satel.eventlog import Description, LogSource, SourceKind
from ingest.satel.troubles import Trouble, TroubleKind, TroubleSource
from workflows.domain.alarm import AlarmType, Family, Source
from workflows.domain.event_codes import Change, CodeFamily, EventCode

# -- event codes ----------------------------------------------------------------------------------------------------------

BURGLARY, FIRE, TAMPER, TECHNICAL_24H, MAINS, BATTERY, BATTERY_TEST, TROUBLE_ZONE = 130, 110, 144, 150, 301, 302, 1006, 1000
MODULE_INIT_FAILED = 1020
CLOCK_SET = 625
CLOCK_CODES = frozenset({41, 42, 68, CLOCK_SET, 1016})  # the panel's clock was moved or set


def _codes(*groups: int | Iterable[int]) -> frozenset[int]:
    return frozenset(code for group in groups for code in ((group,) if isinstance(group, int) else group))


_TYPES: Mapping[AlarmType, frozenset[int]] = {
    AlarmType.HOLDUP: _codes(range(120, 124)),
    AlarmType.FIRE: _codes(range(110, 118), range(200, 207)),
    AlarmType.MEDICAL: _codes(100, 101),
    AlarmType.INTRUSION: _codes(126, range(130, 137), 139, 423, 986),
    AlarmType.TAMPER: _codes(84, 85, 92, 93, 94, 137, 143, 144, 145, 156, 220, 370, 373, 383, 461, 984),
    AlarmType.TECHNICAL: _codes(range(150, 156), 157, range(161, 164)),
    AlarmType.TEMPERATURE: _codes(158, 159),
    AlarmType.POWER: _codes(MAINS, BATTERY, 309, 312, 337, 384, 969, BATTERY_TEST),
    AlarmType.TROUBLE: _codes(
        (78, 88, 95, 96, 97, 98, 300, 303, 330, 333, 344, 350, 351, 380, 381, 388, 625),
        (966, 968, 971, 972, 979, 980, 990, 997, TROUBLE_ZONE, 1002, 1014, 1015, 1020, 1021),
    ),
}
ALARM_TYPES: Mapping[int, AlarmType] = {code: kind for kind, codes in _TYPES.items() for code in codes}

# Codes the table does not know, by what the record's class makes of them (reference §4.8).
_UNKNOWN_TYPES: Mapping[CodeFamily, AlarmType] = {
    CodeFamily.ALARM: AlarmType.INTRUSION,
    CodeFamily.TROUBLE: AlarmType.TROUBLE,
}

_ZONE_ALARM_TYPES = frozenset(
    {
        AlarmType.HOLDUP,
        AlarmType.FIRE,
        AlarmType.MEDICAL,
        AlarmType.INTRUSION,
        AlarmType.TECHNICAL,
        AlarmType.TEMPERATURE,
    }
)
# Records that speak of a zone but not of its alarm bit: they come besides the alarm, or without one.
_BESIDES_ALARM = _codes(139, 423, 986)
_ZONE_TAMPERS = _codes(137, TAMPER, 156, 370, 373)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`code` is the one the happening is known by; `restore` whether it says that it is over."""

    code: int
    family: Family
    alarm_type: AlarmType | None
    restore: bool


def meaning_of(info: EventCode, *, bit_r: bool, source: Source) -> Meaning:
    """What a log record with this code and bit R says about a source. Total: any code has a meaning."""
    change = info.change(bit_r)
    if change in (Change.ARMED, Change.DISARMED):
        return Meaning(info.code, Family.ARMED, None, False)
    kind = ALARM_TYPES.get(info.code) if info.known else _UNKNOWN_TYPES.get(info.family)
    if info.code == CLOCK_SET and not bit_r:  # with R it is a clock fault
        kind = None
    # Where the end is a code of its own, it is known by the code it ends: 1021 ends 1020.
    code = info.ends if info.ends is not None and kind is not None else info.code
    return Meaning(code, _family(code, kind, source), kind, change is Change.ENDED)


def log_source(description: Description) -> tuple[Source, int]:
    """What a record speaks of, counting from 1 throughout; 0 where there is nothing to count."""
    if description.source is not None:
        return _log_source(description.source)
    if description.user is not None:
        return Source.USER, description.user
    if description.partition is not None:
        return Source.PARTITION, description.partition
    return Source.SYSTEM, 0


def _log_source(source: LogSource) -> tuple[Source, int]:
    n = source.number
    match source.kind:
        case SourceKind.ZONE | SourceKind.RADIO:
            return Source.ZONE, n
        case SourceKind.EXPANDER | SourceKind.EXPANDER_SUPPLY:
            return Source.EXPANDER, n + 1
        case SourceKind.READER:
            return Source.EXPANDER, n - 128 if n > 128 else n
        case SourceKind.KEYPAD_BUS | SourceKind.REMOTE_KEYPAD:
            return Source.KEYPAD, n + 1
        case SourceKind.OUTPUT | SourceKind.RELAY:
            return Source.OUTPUT, n
        case SourceKind.TELEPHONE:
            return Source.TELEPHONE, n
        case SourceKind.BUS | SourceKind.TIMER | SourceKind.UNKNOWN:
            return Source.SYSTEM, n
        case SourceKind.MAIN_BOARD | SourceKind.DLOADX_RS | SourceKind.DLOADX_TELEPHONE:
            return Source.SYSTEM, 0
    assert_never(source.kind)


def _family(code: int, kind: AlarmType | None, source: Source) -> Family:
    if code == MAINS:
        return Family.MAINS
    if code == BATTERY:
        return Family.BATTERY
    if source is Source.ZONE and kind is not None:
        if code == TROUBLE_ZONE or (kind in _ZONE_ALARM_TYPES and code not in _BESIDES_ALARM):
            return Family.ZONE_ALARM
        if code in _ZONE_TAMPERS:
            return Family.ZONE_TAMPER
    if kind in (AlarmType.POWER, AlarmType.TROUBLE) or code in _MODULE_TAMPERS:
        return Family.TROUBLE
    return Family.OTHER


_MODULE_TAMPERS = _codes(92, 93, 94, 145)  # they have trouble bits in 1E

# -- zone reactions -------------------------------------------------------------------------------------------------------

# The code a panel logs when a zone of this reaction alarms (EE fourth byte; GA elements.py, codes of V19).
REACTION_CODES: Mapping[int, int] = {
    **dict.fromkeys((0, 1, 2, 6, 85, 86, 87, 94, 95), 134),
    3: 132,
    4: 131,
    5: BURGLARY,
    7: 135,
    8: 136,
    9: TAMPER,
    10: 133,
    11: 133,
    12: 123,
    13: 122,
    14: 100,
    15: 101,
    **dict.fromkeys(range(16, 32), BURGLARY),
    **{reaction: 110 + reaction - 32 for reaction in (32, 33, 34, 35, 36)},
    37: 115,
    38: 116,
    39: 117,
    **{40 + step: 200 + step for step in range(7)},
    48: TECHNICAL_24H,
    **{49 + step: 151 + step for step in range(5)},
    54: 157,
    55: 158,
    56: 159,
    63: TROUBLE_ZONE,
    88: 133,
    96: FIRE,
}


_TYPE_CODES: Mapping[AlarmType, int] = {
    AlarmType.HOLDUP: 122,
    AlarmType.FIRE: FIRE,
    AlarmType.MEDICAL: 100,
    AlarmType.TAMPER: 137,
    AlarmType.TECHNICAL: TECHNICAL_24H,
    AlarmType.TEMPERATURE: 158,
}


def zone_code(reaction: int | None, alarm_type: AlarmType | None = None) -> int:
    """The code an alarm of the zone stands for until the log tells the exact one.

    The panel's own reaction, else what the zone is said to be for, else a burglary.
    """
    if reaction is not None and reaction in REACTION_CODES:
        return REACTION_CODES[reaction]
    return _TYPE_CODES.get(alarm_type, BURGLARY) if alarm_type is not None else BURGLARY


# -- conditions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """Something that is so in a panel, as a state bit tells it. `code` is 0 where the zone's reaction decides it."""

    family: Family
    source: Source
    number: int
    code: int = 0

    def __str__(self) -> str:
        return f"{self.family}/{self.source}/{self.number}/{self.code}"

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """The inverse of ``str``. ValueError if it is none."""
        family, source, number, code = text.split("/")
        return cls(Family(family), Source(source), int(number), int(code))


def condition_of(meaning: Meaning, source: Source, number: int) -> Condition | None:
    """The condition a log record tells of, or None where no state bit says the same."""
    if meaning.family in (Family.ZONE_ALARM, Family.ZONE_TAMPER, Family.MAINS, Family.BATTERY):
        return Condition(meaning.family, source, number)
    return Condition(Family.TROUBLE, source, number, meaning.code) if meaning.family is Family.TROUBLE else None


_K = TroubleKind
_TROUBLE_CODES: Mapping[TroubleKind, int] = {
    **dict.fromkeys((_K.OUTPUT_1, _K.OUTPUT_2, _K.OUTPUT_3, _K.OUTPUT_4), 95),
    **dict.fromkeys((_K.KEYPAD_SUPPLY, _K.EXPANDER_SUPPLY, _K.SUPPLY_OVERLOAD), 312),
    **dict.fromkeys((_K.BUS_DT1, _K.BUS_DT2, _K.BUS_DTM), 333),
    **dict.fromkeys((_K.PHONE_NO_VOLTAGE, _K.PHONE_BAD_SIGNAL, _K.PHONE_NO_SIGNAL), 351),
    **dict.fromkeys((_K.MONITORING_STATION_1, _K.MONITORING_STATION_2, _K.ETHM_MONITORING), 350),
    **dict.fromkeys((_K.READER_HEAD_A, _K.READER_HEAD_B), 330),
    **dict.fromkeys((_K.RAM, _K.EEPROM_OR_RTC), 303),
    _K.BATTERY_MISSING: BATTERY_TEST,
    _K.CLOCK: 625,
    _K.LOW_BATTERY: 384,
    _K.NOT_HEARD: 381,
    _K.SHORT_CIRCUIT_OR_JAMMED: 344,
    _K.GSM_JAMMED: 344,
    _K.NO_COMMUNICATION: 93,
    _K.SUBSTITUTED: 92,
    _K.TAMPER: 145,
    _K.INIT_ERROR: MODULE_INIT_FAILED,
    _K.NO_CABLE: 78,
    _K.MODULE_MISSING: 88,
    _K.CREDIT_LOW_SIM1: 971,
    _K.CREDIT_LOW_SIM2: 972,
    _K.SERVER_VIA_GSM: 980,
    _K.TIME_SERVER_VIA_GSM: 1015,
}
_NUMBERED: Mapping[TroubleKind, tuple[Source, int]] = {
    _K.OUTPUT_1: (Source.OUTPUT, 1),
    _K.OUTPUT_2: (Source.OUTPUT, 2),
    _K.OUTPUT_3: (Source.OUTPUT, 3),
    _K.OUTPUT_4: (Source.OUTPUT, 4),
    _K.BUS_DT1: (Source.SYSTEM, 1),  # as records of kind 11 number them
    _K.BUS_DT2: (Source.SYSTEM, 2),
}
_NOT_TROUBLES = frozenset({_K.PANEL_RESTART_MEMORY, _K.TECHNICAL_ZONE_MEMORY})
_MODULE_FAULT = 300


def trouble_condition(trouble: Trouble) -> Condition | None:
    """The condition a trouble bit stands for, or None for a bit that reports nothing wrong (a memory)."""
    if trouble.kind in _NOT_TROUBLES:
        return None
    source, number = _NUMBERED.get(trouble.kind) or _source(trouble)
    match trouble.kind:
        case TroubleKind.TECHNICAL_ZONE:
            return Condition(Family.ZONE_ALARM, Source.ZONE, trouble.number)
        case TroubleKind.AC_MAINS:
            return Condition(Family.MAINS, source, number)
        case TroubleKind.BATTERY:
            return Condition(Family.BATTERY, source, number)
    return Condition(Family.TROUBLE, source, number, _TROUBLE_CODES.get(trouble.kind, _MODULE_FAULT))


def _source(trouble: Trouble) -> tuple[Source, int]:
    """Bus addresses count from 0 on the wire, and from 1 in a signal."""
    match trouble.source:
        case TroubleSource.SYSTEM:
            return Source.SYSTEM, 0
        case TroubleSource.ZONE | TroubleSource.RADIO_DEVICE:
            return Source.ZONE, trouble.number
        case TroubleSource.EXPANDER:
            return Source.EXPANDER, trouble.number + 1
        case TroubleSource.ADDRESSABLE:
            return Source.EXPANDER, trouble.number
        case TroubleSource.KEYPAD_BUS | TroubleSource.GSM_MODULE:
            return Source.KEYPAD, trouble.number + 1
        case TroubleSource.RADIO_OUTPUT:
            return Source.OUTPUT, trouble.number
        case TroubleSource.USER:
            return Source.USER, trouble.number
    assert_never(trouble.source)
