"""The trouble blocks 1B-1F, 2C, 2D, 30 and their memories 20-24, 2E, 2F, 31, laid out as data (V19 p. 7-9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ingest.satel.bits import numbers_of


class TroubleSource(StrEnum):
    """What the number of a trouble counts."""

    SYSTEM = "SYSTEM"  # main board; the number is 0, or the bit where the paper does not name the bits
    ZONE = "ZONE"  # from 1
    EXPANDER = "EXPANDER"  # address 0..63
    KEYPAD_BUS = "KEYPAD_BUS"  # module address 0..7
    ADDRESSABLE = "ADDRESSABLE"  # addressable-zone expander or ACU-100, from 1 in bus order
    RADIO_DEVICE = "RADIO_DEVICE"  # from 1
    RADIO_OUTPUT = "RADIO_OUTPUT"  # from 1
    USER = "USER"  # 1..240, masters 241..248
    GSM_MODULE = "GSM_MODULE"  # INT-GSM at keypad-bus address 0..7


class TroubleKind(StrEnum):
    """What is wrong. The block a trouble came from says whether it is so now or was remembered."""

    TECHNICAL_ZONE = "TECHNICAL_ZONE"
    TECHNICAL_ZONE_MEMORY = "TECHNICAL_ZONE_MEMORY"
    ZONE_VIOLATED_TOO_LONG = "ZONE_VIOLATED_TOO_LONG"
    ZONE_NO_VIOLATION = "ZONE_NO_VIOLATION"
    ZONE_TAMPER = "ZONE_TAMPER"

    AC_MAINS = "AC_MAINS"
    BATTERY = "BATTERY"
    BATTERY_MISSING = "BATTERY_MISSING"
    OUTPUT_1 = "OUTPUT_1"
    OUTPUT_2 = "OUTPUT_2"
    OUTPUT_3 = "OUTPUT_3"
    OUTPUT_4 = "OUTPUT_4"
    KEYPAD_SUPPLY = "KEYPAD_SUPPLY"
    EXPANDER_SUPPLY = "EXPANDER_SUPPLY"
    BUS_DT1 = "BUS_DT1"
    BUS_DT2 = "BUS_DT2"
    BUS_DTM = "BUS_DTM"
    CLOCK = "CLOCK"
    NO_DTR = "NO_DTR"
    MODEM_INIT = "MODEM_INIT"
    MODEM_COMMAND = "MODEM_COMMAND"
    PHONE_NO_VOLTAGE = "PHONE_NO_VOLTAGE"  # on an INTEGRA 128-WRL: the auxiliary processor
    PHONE_BAD_SIGNAL = "PHONE_BAD_SIGNAL"
    PHONE_NO_SIGNAL = "PHONE_NO_SIGNAL"
    MONITORING_STATION_1 = "MONITORING_STATION_1"
    MONITORING_STATION_2 = "MONITORING_STATION_2"
    EEPROM_OR_RTC = "EEPROM_OR_RTC"
    RAM = "RAM"
    PANEL_RESTART_MEMORY = "PANEL_RESTART_MEMORY"
    AUXILIARY_STM = "AUXILIARY_STM"
    CME_ERROR = "CME_ERROR"
    CME_ERROR_MEMORY = "CME_ERROR_MEMORY"

    # Bytes 43-46 of 1B: PTSA and ETHM-1 monitoring by V19; by newer papers they depend on the type of the module at
    # that address, and byte 46 holds system bits (reference §2.3). The names leave both readings open.
    MODULE_MAINS_OR_PING = "MODULE_MAINS_OR_PING"
    MODULE_BATTERY_OR_ID = "MODULE_BATTERY_OR_ID"
    MODULE_NO_BATTERY_OR_SERVER = "MODULE_NO_BATTERY_OR_SERVER"
    ETHM_MONITORING = "ETHM_MONITORING"

    READER_HEAD_A = "READER_HEAD_A"
    READER_HEAD_B = "READER_HEAD_B"
    SUPPLY_OVERLOAD = "SUPPLY_OVERLOAD"
    SHORT_CIRCUIT_OR_JAMMED = "SHORT_CIRCUIT_OR_JAMMED"
    SHORT_CIRCUIT_OR_JAMMED_MEMORY = "SHORT_CIRCUIT_OR_JAMMED_MEMORY"
    LOW_BATTERY = "LOW_BATTERY"  # of a radio device or a fob
    NOT_HEARD = "NOT_HEARD"
    NO_COMMUNICATION = "NO_COMMUNICATION"
    SUBSTITUTED = "SUBSTITUTED"
    NO_CABLE = "NO_CABLE"  # ETHM-1 without LAN cable, INT-RS without DSR
    TAMPER = "TAMPER"
    INIT_ERROR = "INIT_ERROR"
    RESTARTED = "RESTARTED"

    ETHM_LINK_STATION_1 = "ETHM_LINK_STATION_1"
    ETHM_LINK_STATION_2 = "ETHM_LINK_STATION_2"
    GPRS_SIM1_STATION_1 = "GPRS_SIM1_STATION_1"
    GPRS_SIM1_STATION_2 = "GPRS_SIM1_STATION_2"
    GPRS_SIM2_STATION_1 = "GPRS_SIM2_STATION_1"
    GPRS_SIM2_STATION_2 = "GPRS_SIM2_STATION_2"
    SMS_SIM1_STATION_1 = "SMS_SIM1_STATION_1"
    SMS_SIM1_STATION_2 = "SMS_SIM1_STATION_2"
    SMS_SIM2_STATION_1 = "SMS_SIM2_STATION_1"
    SMS_SIM2_STATION_2 = "SMS_SIM2_STATION_2"
    WRONG_PIN_SIM1 = "WRONG_PIN_SIM1"
    WRONG_PIN_SIM2 = "WRONG_PIN_SIM2"
    NETWORK_LOGIN_SIM1 = "NETWORK_LOGIN_SIM1"
    NETWORK_LOGIN_SIM2 = "NETWORK_LOGIN_SIM2"
    CREDIT_LOW_SIM1 = "CREDIT_LOW_SIM1"
    CREDIT_LOW_SIM2 = "CREDIT_LOW_SIM2"
    SMS_SENDING_SIM1 = "SMS_SENDING_SIM1"
    SMS_SENDING_SIM2 = "SMS_SENDING_SIM2"
    GSM_JAMMED = "GSM_JAMMED"
    SETTINGS_CHECKSUM = "SETTINGS_CHECKSUM"
    MODULE_MISSING = "MODULE_MISSING"
    MODULE_CHANGED = "MODULE_CHANGED"
    SERVER_VIA_GSM = "SERVER_VIA_GSM"
    MAIL_SERVER_VIA_GSM = "MAIL_SERVER_VIA_GSM"
    TIME_SERVER_VIA_GSM = "TIME_SERVER_VIA_GSM"
    CME_ERROR_SIM1 = "CME_ERROR_SIM1"
    CME_ERROR_SIM2 = "CME_ERROR_SIM2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble. `value` is the CME error number where the kind is one, else None."""

    kind: TroubleKind
    source: TroubleSource = TroubleSource.SYSTEM
    number: int = 0
    value: int | None = None


@dataclass(frozen=True, slots=True)
class _Bits:
    """A bit map: bit 0 of the field is number `first` of `source`."""

    offset: int
    size: int
    kind: TroubleKind
    source: TroubleSource
    first: int

    def read(self, data: bytes) -> Iterator[Trouble]:
        field = data[self.offset : self.offset + self.size]
        for number in sorted(numbers_of(field, self.first)):
            yield Trouble(kind=self.kind, source=self.source, number=number)


@dataclass(frozen=True, slots=True)
class _Flags:
    """Bytes whose bits each have a kind of their own, from bit 0 up."""

    offset: int
    kinds: tuple[TroubleKind, ...]
    source: TroubleSource = TroubleSource.SYSTEM
    number: int = 0

    def read(self, data: bytes) -> Iterator[Trouble]:
        size = (len(self.kinds) + 7) // 8
        for bit in sorted(numbers_of(data[self.offset : self.offset + size], 0)):
            if bit < len(self.kinds):
                yield Trouble(kind=self.kinds[bit], source=self.source, number=self.number)


@dataclass(frozen=True, slots=True)
class _Cme:
    """A CME error of the GSM modem: four BCD digits, 0 = none."""

    offset: int
    kind: TroubleKind
    source: TroubleSource = TroubleSource.SYSTEM
    number: int = 0

    def read(self, data: bytes) -> Iterator[Trouble]:
        digits = data[self.offset : self.offset + 2].hex()
        if digits != "0000":
            # A value that is no BCD is still a trouble; its hexadecimal value beats losing it.
            value = int(digits) if digits.isdecimal() else int(digits, 16)
            yield Trouble(kind=self.kind, source=self.source, number=self.number, value=value)


_Field = _Bits | _Flags | _Cme


@dataclass(frozen=True, slots=True)
class Layout:
    """One trouble block: its length in data bytes, its fields, and where 15 radio jam levels (no troubles) stand."""

    size: int
    fields: tuple[_Field, ...]
    jam_at: int | None = None

    def troubles(self, data: bytes) -> tuple[Trouble, ...]:
        """All troubles of a block of `size` bytes, in the order of the layout."""
        return tuple(trouble for field in self.fields for trouble in field.read(data)) if any(data) else ()

    def jam_levels(self, data: bytes) -> tuple[int, ...]:
        """The noise level each ACU-100 reports, in bus order; empty for a block without them."""
        return () if self.jam_at is None else tuple(data[self.jam_at : self.jam_at + 15])


_K = TroubleKind
_S = TroubleSource


def _zones(offset: int, kind: TroubleKind, first: int = 1) -> _Bits:
    return _Bits(offset, 16, kind, _S.ZONE, first)


def _expanders(offset: int, kind: TroubleKind) -> _Bits:
    return _Bits(offset, 8, kind, _S.EXPANDER, 0)


def _keypad_bus(offset: int, kind: TroubleKind) -> _Bits:
    return _Bits(offset, 1, kind, _S.KEYPAD_BUS, 0)


def _radio(offset: int, first: int) -> tuple[_Bits, ...]:
    return (
        _Bits(offset, 15, _K.LOW_BATTERY, _S.RADIO_DEVICE, first),
        _Bits(offset + 15, 15, _K.NOT_HEARD, _S.RADIO_DEVICE, first),
        _Bits(offset + 30, 15, _K.NOT_HEARD, _S.RADIO_OUTPUT, first),
    )


_SYSTEM_BITS = (
    _K.OUTPUT_1,
    _K.OUTPUT_2,
    _K.OUTPUT_3,
    _K.OUTPUT_4,
    _K.KEYPAD_SUPPLY,
    _K.EXPANDER_SUPPLY,
    _K.BATTERY,
    _K.AC_MAINS,
    _K.BUS_DT1,
    _K.BUS_DT2,
    _K.BUS_DTM,
    _K.CLOCK,
    _K.NO_DTR,
    _K.BATTERY_MISSING,
    _K.MODEM_INIT,
    _K.MODEM_COMMAND,
    _K.PHONE_NO_VOLTAGE,
    _K.PHONE_BAD_SIGNAL,
    _K.PHONE_NO_SIGNAL,
    _K.MONITORING_STATION_1,
    _K.MONITORING_STATION_2,
    _K.EEPROM_OR_RTC,
    _K.RAM,
    _K.PANEL_RESTART_MEMORY,
)

_PART_1 = Layout(
    47,
    (
        _zones(0, _K.TECHNICAL_ZONE),
        _expanders(16, _K.AC_MAINS),
        _expanders(24, _K.BATTERY),
        _expanders(32, _K.BATTERY_MISSING),
        _Flags(40, _SYSTEM_BITS),
        _keypad_bus(43, _K.MODULE_MAINS_OR_PING),
        _keypad_bus(44, _K.MODULE_BATTERY_OR_ID),
        _keypad_bus(45, _K.MODULE_NO_BATTERY_OR_SERVER),
        _Bits(46, 1, _K.ETHM_MONITORING, _S.SYSTEM, 0),
    ),
)

_PART_2_FIELDS = (
    _expanders(0, _K.READER_HEAD_A),
    _expanders(8, _K.READER_HEAD_B),
    _expanders(16, _K.SUPPLY_OVERLOAD),
    _Bits(24, 2, _K.SHORT_CIRCUIT_OR_JAMMED, _S.ADDRESSABLE, 1),
)

_PART_4 = Layout(
    30,
    (
        _expanders(0, _K.NO_COMMUNICATION),
        _expanders(8, _K.SUBSTITUTED),
        _keypad_bus(16, _K.NO_COMMUNICATION),
        _keypad_bus(17, _K.SUBSTITUTED),
        _keypad_bus(18, _K.NO_CABLE),
        _expanders(19, _K.TAMPER),
        _keypad_bus(27, _K.TAMPER),
        _keypad_bus(28, _K.INIT_ERROR),
        _Bits(29, 1, _K.AUXILIARY_STM, _S.SYSTEM, 0),
    ),
)

_GSM_BITS = (
    _K.ETHM_LINK_STATION_1,
    _K.ETHM_LINK_STATION_2,
    _K.GPRS_SIM1_STATION_1,
    _K.GPRS_SIM1_STATION_2,
    _K.GPRS_SIM2_STATION_1,
    _K.GPRS_SIM2_STATION_2,
    _K.SMS_SIM1_STATION_1,
    _K.SMS_SIM1_STATION_2,
    _K.SMS_SIM2_STATION_1,
    _K.SMS_SIM2_STATION_2,
    _K.WRONG_PIN_SIM1,
    _K.WRONG_PIN_SIM2,
    _K.NETWORK_LOGIN_SIM1,
    _K.NETWORK_LOGIN_SIM2,
    _K.CREDIT_LOW_SIM1,
    _K.CREDIT_LOW_SIM2,
    _K.SMS_SENDING_SIM1,
    _K.SMS_SENDING_SIM2,
    _K.GSM_JAMMED,
    _K.SETTINGS_CHECKSUM,
    _K.MODULE_MISSING,
    _K.MODULE_CHANGED,
    _K.SERVER_VIA_GSM,
    _K.MAIL_SERVER_VIA_GSM,
    _K.TIME_SERVER_VIA_GSM,
)


def _gsm_module(address: int) -> tuple[_Field, ...]:
    offset = 8 * address
    return (
        _Flags(offset, _GSM_BITS, _S.GSM_MODULE, address),
        _Cme(offset + 4, _K.CME_ERROR_SIM1, _S.GSM_MODULE, address),
        _Cme(offset + 6, _K.CME_ERROR_SIM2, _S.GSM_MODULE, address),
    )


def _zone_memory(first: int) -> Layout:
    kinds = (_K.ZONE_VIOLATED_TOO_LONG, _K.ZONE_NO_VIOLATION, _K.ZONE_TAMPER)
    return Layout(48, tuple(_zones(16 * place, kind, first) for place, kind in enumerate(kinds)))


_PART_6 = Layout(45, _radio(0, 121))
_PART_8 = Layout(64, tuple(field for address in range(8) for field in _gsm_module(address)))

LAYOUTS: dict[int, Layout] = {
    0x1B: _PART_1,
    0x1C: Layout(26, _PART_2_FIELDS),
    0x1D: Layout(60, _radio(15, 1), jam_at=0),
    0x1E: _PART_4,
    0x1F: Layout(31, (_Bits(0, 1, _K.LOW_BATTERY, _S.USER, 241), _Bits(1, 30, _K.LOW_BATTERY, _S.USER, 1))),
    0x20: _PART_1,
    0x21: Layout(
        39,
        (
            *_PART_2_FIELDS,
            _keypad_bus(26, _K.RESTARTED),
            _expanders(27, _K.RESTARTED),
            _Cme(35, _K.CME_ERROR),
            _Cme(37, _K.CME_ERROR_MEMORY),
        ),
    ),
    0x22: Layout(
        60,
        (
            _Bits(0, 2, _K.SHORT_CIRCUIT_OR_JAMMED, _S.ADDRESSABLE, 17),
            _Bits(2, 2, _K.SHORT_CIRCUIT_OR_JAMMED_MEMORY, _S.ADDRESSABLE, 17),
            *_radio(15, 1),
        ),
    ),
    0x23: _PART_4,
    0x24: _zone_memory(1),
    0x2C: _PART_6,
    0x2D: Layout(
        47,
        (_zones(0, _K.TECHNICAL_ZONE, 129), _zones(16, _K.TECHNICAL_ZONE_MEMORY, 129)),
        jam_at=32,
    ),
    0x2E: _PART_6,
    0x2F: _zone_memory(129),
    0x30: _PART_8,
    0x31: _PART_8,
}

MEMORY_BLOCKS = frozenset({0x20, 0x21, 0x22, 0x23, 0x24, 0x2E, 0x2F, 0x31})
