"""The life of an import of objects (R-IMPORT): checked, looked at by somebody, then applied bit by bit."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class ImportStatus(StrEnum):
    CHECKING = "CHECKING"  # the file is being read and compared
    REFUSED = "REFUSED"  # the file has errors; nothing was changed
    READY = "READY"  # the dry run is good: somebody decides
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"
    CANCELLED = "CANCELLED"  # objects applied before that stay applied
    EXPIRED = "EXPIRED"  # nobody decided
    FAILED = "FAILED"  # our fault: the reason is in the worker's log


class ImportOutcome(StrEnum):
    """What becomes, or became, of one object of the file."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    FAILED = "FAILED"  # the database changed since the dry run and now contradicts it


FINAL: Final = frozenset(ImportStatus) - {ImportStatus.CHECKING, ImportStatus.READY, ImportStatus.APPLYING}
EXPIRES_AFTER: Final = timedelta(hours=1)  # a forgotten dry run must not block the next import for long


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """Objects by outcome."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0

    def and_also(self, outcome: ImportOutcome) -> "ImportCounts":
        return ImportCounts(
            created=self.created + (outcome is ImportOutcome.CREATED),
            changed=self.changed + (outcome is ImportOutcome.CHANGED),
            unchanged=self.unchanged + (outcome is ImportOutcome.UNCHANGED),
            failed=self.failed + (outcome is ImportOutcome.FAILED),
        )


class ImportStep(StrEnum):
    """What an import does next."""

    WAIT = "WAIT"
    BEGIN = "BEGIN"
    APPLY = "APPLY"
    END = "END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an import. ``done`` and ``total`` count objects."""

    status: ImportStatus
    done: int = 0
    total: int = 0
    wanted: bool = False  # somebody said: apply
    cancelled: bool = False


def next_step(standing: Standing) -> tuple[ImportStep, ImportStatus]:
    """The step, and the status the import has after it."""
    match standing.status:
        case ImportStatus.CHECKING | ImportStatus.READY | ImportStatus.APPLYING if standing.cancelled:
            return ImportStep.END, ImportStatus.CANCELLED
        case ImportStatus.READY if standing.wanted:
            return ImportStep.BEGIN, ImportStatus.APPLYING
        case ImportStatus.APPLYING if standing.done < standing.total:
            return ImportStep.APPLY, ImportStatus.APPLYING
        case ImportStatus.APPLYING:
            return ImportStep.END, ImportStatus.APPLIED
        case _:
            return ImportStep.WAIT, standing.status
