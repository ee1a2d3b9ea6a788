"""What a panel calls its parts, compared with what we call them (R-SATEL)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class NameKind(StrEnum):
    ZONE = "ZONE"
    PARTITION = "PARTITION"
    OUTPUT = "OUTPUT"
    USER = "USER"  # names of people: they are kept in the database and go nowhere else


class NameVerdict(StrEnum):
    ADD = "ADD"  # we have nothing of this number
    CHANGE = "CHANGE"
    SAME = "SAME"
    ONLY_HERE = "ONLY_HERE"  # the panel told nothing of this number


class ReadStatus(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class ReadFailure(StrEnum):
    """Why names could not be read."""

    NO_HOLDER = "NO_HOLDER"  # no ingest process holds the panel's line, or none that answers
    NOT_CONNECTED = "NOT_CONNECTED"  # the line is held, but the panel does not answer on it
    SILENT = "SILENT"  # the module answers, but knows nothing of names
    GONE = "GONE"  # the panel was deleted or disabled meanwhile
    INTERRUPTED = "INTERRUPTED"  # the line was lost or taken over again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A part of a panel as one side knows it. `partition` and `function` (zone reaction, output function) where it tells."""

    name: str
    partition: int | None = None
    function: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: NameKind
    number: int
    verdict: NameVerdict
    present: Named | None = None
    read: Named | None = None


Names = Mapping[tuple[NameKind, int], Named]


def compare(present: Names, read: Names) -> list[Difference]:
    """Every part that either side knows, by kind and number. An empty ``read`` compares nothing with nothing: ONLY_HERE."""
    order = list(NameKind)
    keys = sorted({*present, *read}, key=lambda key: (order.index(key[0]), key[1]))
    return [
        Difference(kind=kind, number=number, verdict=_verdict(ours, theirs), present=ours, read=theirs)
        for kind, number in keys
        for ours, theirs in [(present.get((kind, number)), read.get((kind, number)))]
    ]


def merged(present: Named | None, read: Named) -> Named:
    """What is kept once ``read`` is taken over: where the panel does not tell, ours stays."""
    if present is None:
        return read
    return Named(
        name=read.name,
        partition=present.partition if read.partition is None else read.partition,
        function=present.function if read.function is None else read.function,
    )


def _verdict(present: Named | None, read: Named | None) -> NameVerdict:
    if read is None:
        return NameVerdict.ONLY_HERE
    if present is None:
        return NameVerdict.ADD
    return NameVerdict.SAME if merged(present, read) == present else NameVerdict.CHANGE
