"""How partitions are shown while a command to them is on its way (R-CMD). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.domain.panel import PartitionState


@dataclass(slots=True)
class Transition:
    """Lies over the live picture: of each partition what is expected of it, as long as the panel shows it unchanged."""

    _expected: dict[int, tuple[PartitionState, PartitionState]] = field(default_factory=dict)  # shown, as it was

    def begin(self, states: Mapping[int, PartitionState], numbers: Iterable[int], shown: PartitionState) -> None:
        """``states``: as the panel has them now."""
        for number in numbers:
            self._expected[number] = shown, states.get(number, PartitionState.UNKNOWN)

    def end(self, numbers: Iterable[int], shown: PartitionState) -> bool:
        """No more of ``shown``; whether that changes anything."""
        ended = [number for number in numbers if self._expected.get(number, (None,))[0] is shown]
        for number in ended:
            del self._expected[number]
        return bool(ended)

    def over(self, part: dict[str, Any]) -> dict[str, Any]:
        """The partitions' part of the live picture with what is expected in it; what the panel has changed is over."""
        if not self._expected:
            return part
        states = dict(part["states"])
        for number, (shown, before) in list(self._expected.items()):
            if states.get(str(number), before) == before:
                states[str(number)] = shown
            else:
                del self._expected[number]
        return {**part, "states": states}
