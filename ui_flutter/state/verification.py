"""A check of the audit log's chain as it goes on. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from api.client.audit import AuditBreak, AuditCheck


class Phase(StrEnum):
    RUNNING = "running"
    INTACT = "intact"
    BROKEN = "broken"
    STOPPED = "stopped"
    FAILED = "failed"  # it could not be checked, which says nothing of the chain


@dataclass(slots=True)
class Verification:
    """`head`: the newest link when the check began, as ``seq:hash``; `checked`: links and entries looked at."""

    anchor: str = ""
    phase: Phase = Phase.RUNNING
    checked: int = 0
    head: str = ""
    broken: AuditBreak | None = None
    error: str = ""

    @property
    def links(self) -> int:
        """How many links there are, as far as the head tells."""
        seq, _, _ = self.head.partition(":")
        return int(seq) if seq.isdigit() else 0

    @property
    def share(self) -> float:
        """How much of it is done: every link and every entry is looked at once."""
        if self.phase is Phase.INTACT:
            return 1.0
        return min(0.99, self.checked / (2 * self.links)) if self.links else 0.0

    def take(self, check: AuditCheck) -> None:
        """One step's answer."""
        self.checked += check.checked
        self.head = self.head or check.head or ""
        self.broken = check.broken
        if check.broken is not None:
            self.phase = Phase.BROKEN
        elif check.next is None:
            self.phase = Phase.INTACT

    def fail(self, error: str) -> None:
        self.phase, self.error = Phase.FAILED, error

    def stop(self) -> None:
        if self.phase is Phase.RUNNING:
            self.phase = Phase.STOPPED
