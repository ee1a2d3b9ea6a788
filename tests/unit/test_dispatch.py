"""The dispatcher's journal, the steps of a procedure and call-backs: the rules as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.alarm import AlarmType
from workflows.domain.callback import (
    MOST_RINGS,
    REMIND_EVERY,
    Callback,
    CallbackState,
    Decision,
    next_ring,
    ring,
    state_at,
)
from workflows.domain.callback import Refusal as CallbackRefusal
from workflows.domain.callback import decide as decide_callback
from workflows.domain.dispatch import CallOutcome, EntryKind, NewEntry, Oddity, Patrols, Refused, judge, patrols
from workflows.domain.procedure import Finding, Objection, StepDecision, StepState, decide, entry_of, next_step
from workflows.domain.response import StepKind, procedure_of

NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SENT, ON_SITE, LEFT = EntryKind.PATROL_SENT, EntryKind.PATROL_ON_SITE, EntryKind.PATROL_LEFT
CALL, NOTE = EntryKind.CALL, EntryKind.NOTE


@pytest.mark.parametrize(
    ("before", "kind", "judged"),
    [
        ([], SENT, None),
        ([SENT], ON_SITE, None),
        ([SENT, ON_SITE], LEFT, None),
        ([SENT, ON_SITE, LEFT], SENT, None),
        ([SENT, CALL, NOTE], ON_SITE, None),
        ([SENT], SENT, Oddity.SENT_ANOTHER),
        ([SENT, ON_SITE], SENT, Oddity.SENT_ANOTHER),
        ([], ON_SITE, Oddity.NOT_SENT),
        ([SENT, ON_SITE], ON_SITE, Oddity.NOT_SENT),
        ([SENT, SENT, ON_SITE], ON_SITE, None),
        ([SENT], LEFT, Oddity.NOT_ON_SITE),
        ([ON_SITE], LEFT, None),
        ([SENT, ON_SITE, SENT, LEFT], LEFT, Oddity.NOT_ON_SITE),
        ([], LEFT, Refused.NO_PATROL),
        ([SENT, ON_SITE, LEFT], LEFT, Refused.NO_PATROL),
        ([CALL, NOTE], LEFT, Refused.NO_PATROL),
    ],
)
def test_a_patrol_comes_and_goes_in_its_order_or_with_a_warning(
    before: list[EntryKind], kind: EntryKind, judged: Oddity | Refused | None
) -> None:
    assert judge(NewEntry(kind=kind, occurred_at=NOW), before, NOW) is judged


def test_a_line_that_would_be_refused_now_does_not_upset_the_count() -> None:
    assert patrols([LEFT, SENT, LEFT, LEFT, SENT]) == Patrols(under_way=1)


@pytest.mark.parametrize(
    ("entry", "judged"),
    [
        (NewEntry(kind=CALL, occurred_at=NOW, outcome=CallOutcome.BUSY), None),
        (NewEntry(kind=CALL, occurred_at=NOW, outcome=CallOutcome.ANSWERED_OK, has_contact=True), None),
        (NewEntry(kind=CALL, occurred_at=NOW, has_contact=True), Refused.CALL_WITHOUT_OUTCOME),
        (NewEntry(kind=SENT, occurred_at=NOW, outcome=CallOutcome.BUSY), Refused.NO_CALL),
        (NewEntry(kind=NOTE, occurred_at=NOW, has_contact=True, has_text=True), Refused.NO_CALL),
        (NewEntry(kind=NOTE, occurred_at=NOW, has_text=True), None),
        (NewEntry(kind=NOTE, occurred_at=NOW), Refused.NOTE_WITHOUT_TEXT),
        (NewEntry(kind=SENT, occurred_at=NOW + MINUTE), None),
        (NewEntry(kind=SENT, occurred_at=NOW + 2 * MINUTE), Refused.IN_THE_FUTURE),
        (NewEntry(kind=SENT, occurred_at=NOW - timedelta(hours=24)), None),
        (NewEntry(kind=SENT, occurred_at=NOW - timedelta(hours=24, seconds=1)), Refused.TOO_OLD),
    ],
)
def test_a_line_has_what_its_kind_needs_and_a_time_that_can_be(entry: NewEntry, judged: Refused | None) -> None:
    assert judge(entry, [], NOW) is judged


# -- procedures


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ([], None),
        ([None], None),
        ([AlarmType.FIRE], AlarmType.FIRE),
        ([None, AlarmType.FIRE], AlarmType.FIRE),
        ([None, AlarmType.HOLDUP], None),
        ([AlarmType.HOLDUP], None),
    ],
)
def test_a_fire_is_worked_off_by_steps_for_fires_else_by_general_ones(
    written: list[AlarmType | None], taken: AlarmType | None
) -> None:
    assert procedure_of(AlarmType.FIRE, written) is taken


DONE, SKIPPED, PENDING = StepState.DONE, StepState.SKIPPED, StepState.PENDING


@pytest.mark.parametrize(
    ("kind", "decision", "objection"),
    [
        (StepKind.TEXT, StepDecision(state=DONE), None),
        (StepKind.DISPATCH, StepDecision(state=DONE, has_text=True), None),
        (StepKind.TEXT, StepDecision(state=DONE, finding=Finding.AS_EXPECTED), Objection.RESULT_OF_ANOTHER_KIND),
        (StepKind.DISPATCH, StepDecision(state=DONE, outcome=CallOutcome.BUSY), Objection.RESULT_OF_ANOTHER_KIND),
        (StepKind.CALL, StepDecision(state=DONE, outcome=CallOutcome.NO_ANSWER), None),
        (StepKind.CALL, StepDecision(state=DONE), Objection.CALL_WITHOUT_OUTCOME),
        (StepKind.CALL, StepDecision(state=DONE, finding=Finding.DIFFERENT), Objection.RESULT_OF_ANOTHER_KIND),
        (StepKind.CHECK, StepDecision(state=DONE, finding=Finding.AS_EXPECTED), None),
        (StepKind.CHECK, StepDecision(state=DONE, finding=Finding.DIFFERENT, has_text=True), None),
        (StepKind.CHECK, StepDecision(state=DONE, finding=Finding.DIFFERENT), Objection.DIFFERENT_WITHOUT_TEXT),
        (StepKind.CHECK, StepDecision(state=DONE), Objection.CHECK_WITHOUT_FINDING),
        (StepKind.CHECK, StepDecision(state=DONE, outcome=CallOutcome.BUSY), Objection.RESULT_OF_ANOTHER_KIND),
        *((kind, StepDecision(state=SKIPPED, has_text=True), None) for kind in StepKind),
        *((kind, StepDecision(state=SKIPPED), Objection.SKIP_WITHOUT_REASON) for kind in StepKind),
        (
            StepKind.CALL,
            StepDecision(state=SKIPPED, has_text=True, outcome=CallOutcome.BUSY),
            Objection.RESULT_OF_ANOTHER_KIND,
        ),
    ],
)
def test_a_step_needs_the_result_of_its_kind_or_a_reason_to_skip_it(
    kind: StepKind, decision: StepDecision, objection: Objection | None
) -> None:
    assert decide(kind, PENDING, decision) is objection


@pytest.mark.parametrize("state", [DONE, SKIPPED])
def test_a_step_is_decided_once(state: StepState) -> None:
    assert decide(StepKind.TEXT, state, StepDecision(state=DONE)) is Objection.DECIDED


@pytest.mark.parametrize(
    ("states", "number"),
    [([], None), ([PENDING], 1), ([DONE, PENDING, PENDING], 2), ([PENDING, DONE], 1), ([DONE, SKIPPED], None)],
)
def test_the_next_step_is_the_first_that_nobody_decided(states: list[StepState], number: int | None) -> None:
    assert next_step(states) == number


def test_calls_and_patrols_write_their_own_line() -> None:
    assert {kind: entry_of(kind) for kind in StepKind} == {
        StepKind.CALL: CALL,
        StepKind.DISPATCH: SENT,
        StepKind.CHECK: None,
        StepKind.TEXT: None,
    }


# -- call-backs

SET = Callback(state=CallbackState.PENDING, due_at=NOW)


def test_it_rings_when_it_is_due_and_again_until_an_hour_has_passed() -> None:
    rung, at = SET, list[datetime]()
    while (when := next_ring(rung)) is not None:
        at.append(when)
        rung = ring(rung, when)
    assert at == [NOW + number * REMIND_EVERY for number in range(MOST_RINGS)]
    assert (rung.state, rung.version) == (CallbackState.DUE, 1)


@pytest.mark.parametrize("state", [CallbackState.DONE, CallbackState.CANCELLED])
def test_what_is_over_neither_rings_nor_is_decided(state: CallbackState) -> None:
    over = replace(SET, state=state)
    assert next_ring(over) is None
    for decision in Decision:
        assert decide_callback(over, decision, expected_version=1, now=NOW, minutes=5) is CallbackRefusal.OVER


@pytest.mark.parametrize(
    ("before", "decision", "after"),
    [
        (SET, Decision.DONE, replace(SET, state=CallbackState.DONE, version=2)),
        (ring(SET, NOW), Decision.CANCEL, replace(SET, state=CallbackState.CANCELLED, version=2, rings=1, rang_at=NOW)),
        (ring(SET, NOW), Decision.POSTPONE, replace(SET, due_at=NOW + 15 * MINUTE, version=2)),
        (
            replace(SET, due_at=NOW + 60 * MINUTE),
            Decision.POSTPONE,
            replace(SET, due_at=NOW + 75 * MINUTE, version=2),
        ),
        (
            ring(replace(SET, due_at=NOW - 60 * MINUTE), NOW),
            Decision.POSTPONE,
            replace(SET, due_at=NOW + 15 * MINUTE, version=2),
        ),
    ],
)
def test_people_decide_it_in_any_open_state(before: Callback, decision: Decision, after: Callback) -> None:
    assert decide_callback(before, decision, expected_version=1, now=NOW, minutes=15) == after


@pytest.mark.parametrize("decision", Decision)
def test_who_saw_another_version_decides_nothing(decision: Decision) -> None:
    told = decide_callback(replace(SET, version=2), decision, expected_version=1, now=NOW, minutes=5)
    assert told is CallbackRefusal.STALE_VERSION


def test_it_is_due_by_the_clock_even_if_its_workflow_is_late() -> None:
    assert state_at(CallbackState.PENDING, NOW, NOW) is CallbackState.DUE
    assert state_at(CallbackState.PENDING, NOW, NOW - MINUTE) is CallbackState.PENDING
    assert state_at(CallbackState.DONE, NOW, NOW) is CallbackState.DONE
