"""Bit maps as the panels send them: bit 0 of byte 0 is the first object (V19 p. 3)."""

from collections.abc import Collection

from ingest.satel.errors import LocalProtocolError


def numbers_of(bitmap: bytes, first: int = 1) -> frozenset[int]:
    """The numbers whose bits are set; bit 0 of byte 0 stands for `first` (1 for objects, 0 for bus addresses)."""
    value = int.from_bytes(bitmap, "little")
    found = []
    while value:
        lowest = value & -value
        found.append(lowest.bit_length() - 1 + first)
        value ^= lowest
    return frozenset(found)


def mask_of(numbers: Collection[int], size: int, *, what: str = "objects", first: int = 1) -> bytes:
    """The bit map of `size` bytes with these numbers set. LocalProtocolError, naming `what`, if one does not fit."""
    last = first + size * 8 - 1
    if wrong := sorted(number for number in numbers if not first <= number <= last):
        raise LocalProtocolError(f"{what} {wrong} outside {first}..{last}")
    return sum(1 << (number - first) for number in set(numbers)).to_bytes(size, "little")
