"""The picture of one panel: its state blocks as received, and what is read from them. Pure.

Blocks are kept as bytes; a map of 128 says nothing about the objects above, so it leaves them as they were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingest.satel import troubles
from ingest.satel.bits import numbers_of
from ingest.satel.messages import COMMANDS, Command
from workflows.domain.panel import PartitionState

_HALF = 16  # bytes of the 128-object form

ZONE_PARTS: Mapping[str, int] = {
    "violated": Command.ZONES_VIOLATED,
    "tamper": Command.ZONES_TAMPERED,
    "alarm": Command.ZONES_ALARM,
    "tamper_alarm": Command.ZONES_TAMPER_ALARM,
    "alarm_memory": Command.ZONES_ALARM_MEMORY,
    "tamper_memory": Command.ZONES_TAMPER_ALARM_MEMORY,
    "bypassed": Command.ZONES_BYPASSED,
    "isolated": Command.ZONES_ISOLATED,
    "no_violation": Command.ZONES_NO_VIOLATION,
    "long_violation": Command.ZONES_VIOLATED_TOO_LONG,
    "masked": Command.ZONES_MASKED,
}

# The order of tests is the meaning: an armed partition in alarm is in alarm (reference §2.2).
_PARTITION_TESTS: tuple[tuple[int, PartitionState], ...] = (
    (Command.PARTITIONS_ALARM, PartitionState.ALARM),
    (Command.PARTITIONS_FIRE_ALARM, PartitionState.FIRE_ALARM),
    (Command.PARTITIONS_ENTRY_TIME, PartitionState.ENTRY_TIME),
    (Command.PARTITIONS_ARMED_MODE_3, PartitionState.ARMED_STAY_INSTANT),
    (Command.PARTITIONS_ARMED_MODE_2, PartitionState.ARMED_STAY),
    (Command.PARTITIONS_ARMED_MODE_1, PartitionState.ARMED_BYPASS),
    (Command.PARTITIONS_ARMED, PartitionState.ARMED_FULL),
    (Command.PARTITIONS_EXIT_TIME_LONG, PartitionState.EXIT_TIME),
    (Command.PARTITIONS_EXIT_TIME_SHORT, PartitionState.EXIT_TIME),
)
PARTITION_BLOCKS = frozenset(command for command, _ in _PARTITION_TESTS)
ZONE_BLOCKS = frozenset(ZONE_PARTS.values())
TROUBLE_BLOCKS = frozenset(troubles.LAYOUTS) - troubles.MEMORY_BLOCKS

PARTITIONS, ZONES, OUTPUTS, TROUBLES, LINK = "partitions", "zones", "outputs", "troubles", "link"
_PART_OF: Mapping[int, str] = {
    **dict.fromkeys(ZONE_BLOCKS, ZONES),
    **dict.fromkeys(PARTITION_BLOCKS, PARTITIONS),
    **dict.fromkeys(TROUBLE_BLOCKS, TROUBLES),
    Command.OUTPUTS_ON: OUTPUTS,
}


def part_of(command: int) -> str | None:
    """The part of the live picture that a block belongs to."""
    return _PART_OF.get(command)


@dataclass(slots=True)
class Picture:
    """Filled by `put`; everything else reads. Numbers count from 1."""

    blocks: dict[int, bytes] = field(default_factory=dict)

    def put(self, command: int, data: bytes) -> bool:
        """Keep a state block; whether it says something new. A block of a wrong length is none."""
        spec = COMMANDS.get(command)
        if spec is None or len(data) not in spec.answers:
            return False
        before = self.blocks.get(command)
        if before is not None and spec.wide and len(data) < len(before):
            data = data + before[_HALF:]
        if data == before:
            return False
        self.blocks[command] = data
        return True

    def numbers(self, command: int) -> frozenset[int]:
        """The objects a map is true of; none while it is not known."""
        data = self.blocks.get(command)
        return numbers_of(data) if data and any(data) else frozenset()

    def troubles(self) -> Iterable[troubles.Trouble]:
        """All troubles that are so now."""
        for command in sorted(TROUBLE_BLOCKS & self.blocks.keys()):
            yield from troubles_in(command, self.blocks[command])

    def partition_states(self, known: Iterable[int]) -> dict[int, PartitionState]:
        """One word for each of the partitions ``known``, and for every other one that is not plainly disarmed."""
        if Command.PARTITIONS_ARMED not in self.blocks:
            return dict.fromkeys(sorted(known), PartitionState.UNKNOWN)
        states = dict.fromkeys(known, PartitionState.DISARMED)
        for command, state in reversed(_PARTITION_TESTS):
            numbers = self.numbers(command)
            if command == Command.PARTITIONS_ARMED_MODE_1:  # where blocks are polled it may be older than 0A
                numbers &= self.numbers(Command.PARTITIONS_ARMED)
            states.update(dict.fromkeys(numbers, state))
        return dict(sorted(states.items()))

    def part(self, name: str, known_partitions: Iterable[int], at: datetime) -> dict[str, object]:
        """A part of the live picture as `activities.live_state` keeps it."""
        match name:
            case "zones":
                body: dict[str, object] = {key: sorted(self.numbers(block)) for key, block in ZONE_PARTS.items()}
            case "partitions":
                body = {"states": {str(key): state for key, state in self.partition_states(known_partitions).items()}}
            case "outputs":
                body = {"on": sorted(self.numbers(Command.OUTPUTS_ON))}
            case "troubles":
                body = {"items": [{"kind": str(each.kind), "source": source_text(each)} for each in self.troubles()]}
            case _:
                raise ValueError(f"the picture has no part {name!r}")
        return body | {"at": at.isoformat()}


def troubles_in(command: int, data: bytes) -> tuple[troubles.Trouble, ...]:
    """The troubles of one block, memories left out."""
    found = troubles.LAYOUTS[command].troubles(data)
    return tuple(each for each in found if each.kind is not troubles.TroubleKind.TECHNICAL_ZONE_MEMORY)


def source_text(trouble: troubles.Trouble) -> str:
    """Like "EXPANDER 3" (an address, from 0); the panel itself is "SYSTEM"."""
    system = trouble.source is troubles.TroubleSource.SYSTEM
    return str(trouble.source) if system else f"{trouble.source} {trouble.number}"
