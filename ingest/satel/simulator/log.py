"""The panel's event log: bounded, with opaque indexes and reporting bits that change later (V19 p.11, p.24)."""

import random
from collections import deque
from dataclasses import dataclass
from datetime import datetime

INDEX_SPACE = 1 << 24
NEWEST = 0xFFFFFF
NEWEST_GRADE = 0x00FFFF
EMPTY_RECORD = bytes(8)
_RESERVED = (NEWEST, NEWEST_GRADE, 0)
_ON_SECOND_MAP = 128  # zone and output numbers above it carry u = 1 and n - 128 (V19 p.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. ``at`` is the panel's wall time; ``partition`` counts from 1, or is a bus address where the event's
    kind says so; ``restore`` is bit R; ``source`` is a zone, user, expander or output number, 0..256."""

    at: datetime
    code: int
    restore: bool = False
    partition: int = 1
    source: int = 0
    second_map: bool = False

    def pack(self, reported: bool) -> bytes:
        """The 8 record bytes; ``reported`` turns S1 and S2 from 00 (new) to 01 (sent)."""
        minute = self.at.hour * 60 + self.at.minute
        return bytes(
            (
                (self.at.year & 3) << 6 | 0b11 << 4 | (0b0101 if reported else 0),
                event_class(self.code) << 5 | self.at.day,
                self.at.month << 4 | minute >> 8,
                minute & 0xFF,
                (self.partition - 1 & 31) << 3 | self.restore << 2 | self.code >> 8,
                self.code & 0xFF,
                self.source - _ON_SECOND_MAP * self.second_map & 0xFF,
                int(self.second_map),
            )
        )


# First and last code of each family (reference §4.8), the first match counts.
_CLASSES = (
    (120, 121, 1), (126, 126, 1), (92, 94, 1), (143, 143, 1), (145, 145, 1),
    (100, 163, 0), (200, 220, 0), (99, 99, 0), (400, 409, 2), (441, 461, 2), (985, 988, 2), (1001, 1003, 2),
    (1007, 1008, 2), (570, 575, 3), (991, 991, 3), (26, 26, 4), (37, 45, 4), (62, 65, 4), (72, 73, 4), (89, 89, 4),
    (421, 423, 4), (300, 302, 5), (309, 309, 5), (312, 388, 5), (95, 98, 5), (78, 78, 5), (88, 88, 5), (1000, 1000, 5),
    (1006, 1006, 5), (968, 980, 5), (1, 18, 6), (69, 71, 6), (625, 625, 6), (1019, 1019, 6),
)  # fmt: skip


def event_class(code: int) -> int:
    """The KKK field: 0 zone alarm, 1 partition alarm, 2 arming, 3 bypass, 4 access, 5 trouble, 6 user, 7 system."""
    return next((kind for first, last, kind in _CLASSES if first <= code <= last), 7)


class EventLog:
    """Records in order of time; the oldest fall out when ``capacity`` is reached.

    A record's index is a one-to-one scramble of its sequence number, so that it says nothing about age and cannot be
    computed from a neighbour's, like the indexes seen in the field.
    """

    def __init__(self, capacity: int, seed: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._next = 0
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self.scramble()

    def scramble(self) -> None:
        """Give every record another index, as a panel may after a restart."""
        while True:
            self._factor = self._random.randrange(1, INDEX_SPACE, 2)
            self._offset = self._random.randrange(INDEX_SPACE)
            self._inverse = pow(self._factor, -1, INDEX_SPACE)
            if min(self._sequence_of(index) for index in _RESERVED) > INDEX_SPACE // 2:
                return

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def capacity(self) -> int:
        return self._entries.maxlen or 0

    @property
    def written(self) -> int:
        """Records ever written."""
        return self._next

    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(self._entries)

    def append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._next += 1

    def erase(self) -> None:
        self._entries.clear()

    def read(self, index: int) -> tuple[Entry | None, int]:
        """The newest record for NEWEST, else the one before the record at ``index``; with its own index.

        None past the oldest record, and for an index that is no longer in the log (what a panel does there is not
        documented).
        """
        sequence = self._next - 1 if index in (NEWEST, NEWEST_GRADE) else self._sequence_of(index) - 1
        place = sequence - (self._next - len(self._entries))
        entry = self._entries[place] if 0 <= place < len(self._entries) else None
        return entry, self._index_of(sequence)

    def _index_of(self, sequence: int) -> int:
        return (sequence * self._factor + self._offset) % INDEX_SPACE

    def _sequence_of(self, index: int) -> int:
        return (index - self._offset) * self._inverse % INDEX_SPACE
