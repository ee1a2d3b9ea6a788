"""Where each trouble lives in the blocks 1B..1F, and which event announces it (V19 p.7-9, reference §4.9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ingest.satel.simulator.blocks import Block

MODULE_ADDRESS = 1  # of the ETHM module on the keypad bus
MODULE_NUMBER = 193 + MODULE_ADDRESS  # the same as an event source and as an EE 03 number
FIRST_EXPANDER = 129


class Trouble(StrEnum):
    MAINS = "mains"
    BATTERY = "battery"
    NO_BATTERY = "no_battery"
    OUTPUT_OVERLOAD = "output_overload"
    DATA_BUS = "data_bus"
    PHONE_LINE = "phone_line"
    STATION = "station"
    LAN_CABLE = "lan_cable"
    EXPANDER_MAINS = "expander_mains"
    EXPANDER_BATTERY = "expander_battery"
    EXPANDER_LOST = "expander_lost"
    EXPANDER_TAMPER = "expander_tamper"
    RADIO_BATTERY = "radio_battery"
    RADIO_LOST = "radio_lost"


@dataclass(frozen=True, slots=True)
class Place:
    """``bit`` is that of the lowest number, ``source`` its number in the log; both count up with the number."""

    block: Block
    bit: int
    code: int
    source: int = 0
    lowest: int = 0
    count: int = 1


_B1, _B3, _B4 = Block.TROUBLES_1, Block.TROUBLES_3, Block.TROUBLES_4
PLACES: Mapping[Trouble, Place] = MappingProxyType(
    {
        Trouble.MAINS: Place(_B1, 40 * 8 + 7, 301),
        Trouble.BATTERY: Place(_B1, 40 * 8 + 6, 302),
        Trouble.NO_BATTERY: Place(_B1, 41 * 8 + 5, 1006),
        Trouble.OUTPUT_OVERLOAD: Place(_B1, 40 * 8, 95, source=1, lowest=1, count=4),
        Trouble.DATA_BUS: Place(_B1, 41 * 8, 333, source=1, lowest=1, count=2),
        Trouble.PHONE_LINE: Place(_B1, 42 * 8 + 2, 351),
        Trouble.STATION: Place(_B1, 42 * 8 + 3, 350),
        Trouble.LAN_CABLE: Place(_B4, 18 * 8 + MODULE_ADDRESS, 78, source=MODULE_NUMBER),
        Trouble.EXPANDER_MAINS: Place(_B1, 16 * 8, 301, source=FIRST_EXPANDER, count=64),
        Trouble.EXPANDER_BATTERY: Place(_B1, 24 * 8, 302, source=FIRST_EXPANDER, count=64),
        Trouble.EXPANDER_LOST: Place(_B4, 0, 93, source=FIRST_EXPANDER, count=64),
        Trouble.EXPANDER_TAMPER: Place(_B4, 19 * 8, 145, source=FIRST_EXPANDER, count=64),
        Trouble.RADIO_BATTERY: Place(_B3, 15 * 8, 384, source=1, lowest=1, count=120),
        Trouble.RADIO_LOST: Place(_B3, 30 * 8, 381, source=1, lowest=1, count=120),
    }
)

# The memory of a trouble has the same place in another block.
MEMORY_OF: Mapping[Block, Block] = MappingProxyType(
    {
        Block.TROUBLES_1: Block.TROUBLE_MEMORY_1,
        Block.TROUBLES_2: Block.TROUBLE_MEMORY_2,
        Block.TROUBLES_3: Block.TROUBLE_MEMORY_3,
        Block.TROUBLES_4: Block.TROUBLE_MEMORY_4,
    }
)


class ZoneFault(StrEnum):
    """Faults of a zone that are neither violation nor tamper."""

    NO_VIOLATION = "no_violation"
    LONG_VIOLATION = "long_violation"
    MASKED = "masked"


@dataclass(frozen=True, slots=True)
class ZoneFaultPlace:
    block: Block
    memory: Block
    memory_bit: int  # of zone 1
    code: int


ZONE_FAULTS: Mapping[ZoneFault, ZoneFaultPlace] = MappingProxyType(
    {
        ZoneFault.LONG_VIOLATION: ZoneFaultPlace(Block.ZONES_LONG_VIOLATION, Block.TROUBLE_MEMORY_5, 0, 97),
        ZoneFault.NO_VIOLATION: ZoneFaultPlace(Block.ZONES_NO_VIOLATION, Block.TROUBLE_MEMORY_5, 128, 98),
        ZoneFault.MASKED: ZoneFaultPlace(Block.ZONES_MASKED, Block.ZONES_MASKED_MEMORY, 0, 380),
    }
)
