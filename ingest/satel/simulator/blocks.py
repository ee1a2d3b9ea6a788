"""The state a panel shows to the integration protocol, as bytes per read command.

Bit order: byte 0 bit 0 is index 0. Sizes from V19 p.3-9; zone and output maps are kept 32 bytes wide.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType


class Block(IntEnum):
    ZONES_VIOLATED = 0x00
    ZONES_TAMPERED = 0x01
    ZONES_ALARM = 0x02
    ZONES_TAMPER_ALARM = 0x03
    ZONES_ALARM_MEMORY = 0x04
    ZONES_TAMPER_MEMORY = 0x05
    ZONES_BYPASSED = 0x06
    ZONES_NO_VIOLATION = 0x07
    ZONES_LONG_VIOLATION = 0x08
    ARMED_SHOWN = 0x09
    ARMED = 0x0A
    ARMED_MODE_2 = 0x0B
    ARMED_MODE_3 = 0x0C
    FIRST_CODE = 0x0D
    ENTRY_TIME = 0x0E
    EXIT_TIME_LONG = 0x0F
    EXIT_TIME_SHORT = 0x10
    BLOCKED = 0x11
    GUARD_BLOCKED = 0x12
    ALARM = 0x13
    FIRE_ALARM = 0x14
    ALARM_MEMORY = 0x15
    FIRE_MEMORY = 0x16
    OUTPUTS = 0x17
    DOORS_OPEN = 0x18
    DOORS_OPEN_LONG = 0x19
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
    PARTITIONS_VERIFIED = 0x27
    ZONES_MASKED = 0x28
    ZONES_MASKED_MEMORY = 0x29
    ARMED_MODE_1 = 0x2A
    WARNING_ALARM = 0x2B
    TROUBLES_6 = 0x2C
    TROUBLES_7 = 0x2D
    TROUBLE_MEMORY_6 = 0x2E
    TROUBLE_MEMORY_7 = 0x2F
    TROUBLES_8 = 0x30
    TROUBLE_MEMORY_8 = 0x31


WIDE = frozenset({*range(0x09), Block.OUTPUTS, Block.ZONES_ISOLATED, Block.ZONES_MASKED, Block.ZONES_MASKED_MEMORY})
TROUBLES = frozenset({*range(0x1B, 0x20), Block.TROUBLES_6, Block.TROUBLES_7, Block.TROUBLES_8})
TROUBLE_MEMORIES = frozenset({*range(0x20, 0x25), Block.TROUBLE_MEMORY_6, Block.TROUBLE_MEMORY_7, Block.TROUBLE_MEMORY_8})

_ODD_SIZES: Mapping[int, int] = MappingProxyType(
    {0x18: 8, 0x19: 8, 0x1A: 9, 0x1B: 47, 0x1C: 26, 0x1D: 60, 0x1E: 30, 0x1F: 31}
    | {0x20: 47, 0x21: 39, 0x22: 60, 0x23: 30, 0x24: 48}
    | {0x2C: 45, 0x2D: 47, 0x2E: 45, 0x2F: 48, 0x30: 64, 0x31: 64}
)


def size_of(block: Block) -> int:
    """Data bytes of a block, in the 32-byte form where there are two."""
    return 32 if block in WIDE else _ODD_SIZES.get(block, 4)


def bitmap(indexes: Iterable[int], size: int) -> bytes:
    """``size`` bytes with the bits at the zero-based ``indexes`` set."""
    value = 0
    for index in indexes:
        value |= 1 << index
    return value.to_bytes(size, "little")


def indexes(mask: bytes) -> list[int]:
    """Zero-based positions of the bits set in ``mask``, ascending."""
    value = int.from_bytes(mask, "little")
    return [index for index in range(len(mask) * 8) if value >> index & 1]


class Blocks:
    """All state blocks, and which of them changed since ``take_changes``."""

    def __init__(self) -> None:
        self._values: dict[Block, int] = dict.fromkeys(Block, 0)
        self._changed: set[Block] = set()

    def has(self, block: Block, index: int) -> bool:
        return bool(self._values[block] >> index & 1)

    def put(self, block: Block, index: int, on: bool) -> bool:
        """Set or clear one bit; says whether that changed it."""
        old = self._values[block]
        new = old | 1 << index if on else old & ~(1 << index)
        if new == old:
            return False
        self._values[block] = new
        self._changed.add(block)
        return True

    def assign(self, block: Block, value: int) -> None:
        """Set all bits of a block at once (bit 0 is index 0)."""
        if self._values[block] != value:
            self._values[block] = value
            self._changed.add(block)

    def value(self, block: Block) -> int:
        return self._values[block]

    def any(self, blocks: Iterable[Block]) -> bool:
        return any(self._values[block] for block in blocks)

    def data(self, block: Block, size: int) -> bytes:
        """The block's first ``size`` bytes."""
        return (self._values[block] & (1 << size * 8) - 1).to_bytes(size, "little")

    def touch(self, block: Block) -> None:
        """Mark a block changed although it is computed elsewhere (1A)."""
        self._changed.add(block)

    def take_changes(self) -> frozenset[Block]:
        changed, self._changed = frozenset(self._changed), set()
        return changed
