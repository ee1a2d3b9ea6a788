"""A procedure as it is worked through for one alarm (R-HISTORY): which step is next, what a step needs to be done. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.response import StepKind


class StepState(StrEnum):
    PENDING = "PENDING"
    DONE = "DONE"
    SKIPPED = "SKIPPED"


class Finding(StrEnum):
    """The result of a CHECK."""

    AS_EXPECTED = "AS_EXPECTED"
    DIFFERENT = "DIFFERENT"


class Objection(StrEnum):
    """Why a step cannot be decided like that."""

    DECIDED = "DECIDED"  # by somebody, before
    SKIP_WITHOUT_REASON = "SKIP_WITHOUT_REASON"
    CALL_WITHOUT_OUTCOME = "CALL_WITHOUT_OUTCOME"
    CHECK_WITHOUT_FINDING = "CHECK_WITHOUT_FINDING"
    DIFFERENT_WITHOUT_TEXT = "DIFFERENT_WITHOUT_TEXT"  # what differs somebody has to know
    RESULT_OF_ANOTHER_KIND = "RESULT_OF_ANOTHER_KIND"  # an outcome of what is no call, a finding of what is no check


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecision:
    """What somebody says of a step: `state` is DONE or SKIPPED; the text is what was found, or why it was skipped."""

    state: StepState
    outcome: CallOutcome | None = None
    finding: Finding | None = None
    has_text: bool = False


def decide(kind: StepKind, state: StepState, decision: StepDecision) -> Objection | None:
    """Whether a step of ``kind`` in ``state`` may be decided so; None: yes."""
    if state is not StepState.PENDING:
        return Objection.DECIDED
    if decision.state is StepState.SKIPPED:
        return _skip(decision)
    match kind:
        case StepKind.CALL:
            if decision.finding is not None:
                return Objection.RESULT_OF_ANOTHER_KIND
            return Objection.CALL_WITHOUT_OUTCOME if decision.outcome is None else None
        case StepKind.CHECK:
            return _check(decision)
        case StepKind.DISPATCH | StepKind.TEXT:
            told = decision.outcome is not None or decision.finding is not None
            return Objection.RESULT_OF_ANOTHER_KIND if told else None
        case _:
            assert_never(kind)


def _skip(decision: StepDecision) -> Objection | None:
    if decision.outcome is not None or decision.finding is not None:
        return Objection.RESULT_OF_ANOTHER_KIND
    return None if decision.has_text else Objection.SKIP_WITHOUT_REASON


def _check(decision: StepDecision) -> Objection | None:
    if decision.outcome is not None:
        return Objection.RESULT_OF_ANOTHER_KIND
    if decision.finding is None:
        return Objection.CHECK_WITHOUT_FINDING
    silent = decision.finding is Finding.DIFFERENT and not decision.has_text
    return Objection.DIFFERENT_WITHOUT_TEXT if silent else None


def entry_of(kind: StepKind) -> EntryKind | None:
    """What a step that was done leaves in the journal: nobody has to say it twice."""
    return {StepKind.CALL: EntryKind.CALL, StepKind.DISPATCH: EntryKind.PATROL_SENT}.get(kind)


def next_step(states: Iterable[StepState]) -> int | None:
    """The number (from 1) of the first step nobody has decided; None: the run is complete. Steps may be done in any order:
    this one is what the dispatcher is shown."""
    return next((number for number, state in enumerate(states, 1) if state is StepState.PENDING), None)
