"""R-CMD: what a panel's answer, or its silence, means for a command."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.command import (
    BEGIN_WITHIN,
    GUARDED,
    PERMISSIONS,
    TARGETS,
    ArmMode,
    CommandKind,
    CommandReason,
    CommandSource,
    CommandStatus,
    SendEnd,
    Target,
    Verdict,
    answered,
    judge,
    may_have_been_sent,
    may_repeat,
    never_began,
    out_of_time,
    priority_of,
    transition_of,
)
from workflows.domain.flags import Flag, Flags
from workflows.domain.panel import PartitionState
from workflows.domain.permissions import Permission, Role, Scope, scope_of
from workflows.domain.two_person import Guarded

ACK, NACK, TIMEOUT = CommandStatus.ACK, CommandStatus.NACK, CommandStatus.TIMEOUT
R, E = CommandReason, SendEnd


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0x00, Verdict(ACK)),
        (0xFF, Verdict(ACK)),
        (0x01, Verdict(NACK, R.WRONG_CODE)),
        (0x02, Verdict(NACK, R.NO_ACCESS)),
        (0x11, Verdict(NACK, R.ZONES_OPEN)),
        (0x12, Verdict(NACK, R.CANNOT_ARM)),
        (0x08, Verdict(NACK, R.PANEL_ERROR)),
        (0x80, Verdict(NACK, R.PANEL_ERROR)),
        (0x8F, Verdict(NACK, R.PANEL_ERROR)),
        (0x33, Verdict(NACK, R.PANEL_ERROR)),
    ],
)
def test_a_result_byte_accepts_or_refuses_with_a_reason(code: int, verdict: Verdict) -> None:
    assert answered(code) == verdict
    assert judge(E.ANSWERED, code, perhaps_sent=True) == verdict


UNKNOWN = Verdict(None, R.UNKNOWN_OUTCOME)
# end -> what it means where nothing can have been sent, and where something may have
MEANINGS = {
    E.UNANSWERED: (UNKNOWN, UNKNOWN),
    E.DIED: (UNKNOWN, UNKNOWN),
    E.SEEN: (Verdict(ACK), Verdict(ACK)),
    E.UNSEEN: (Verdict(TIMEOUT, R.UNKNOWN_OUTCOME), Verdict(TIMEOUT, R.UNKNOWN_OUTCOME)),
    E.WITHDRAWN: (Verdict(TIMEOUT, R.TOO_LATE), Verdict(TIMEOUT, R.UNKNOWN_OUTCOME)),
    E.UNREACHED: (Verdict(None, R.NO_HOLDER), UNKNOWN),
    E.NOT_HELD: (Verdict(None, R.NO_HOLDER), UNKNOWN),
    E.UNRECORDED: (Verdict(None, R.DATABASE_AWAY), UNKNOWN),
    E.NOT_CONNECTED: (Verdict(NACK, R.NOT_CONNECTED), UNKNOWN),
    E.NO_CODE: (Verdict(NACK, R.NO_CODE), UNKNOWN),
    E.CODE_UNREADABLE: (Verdict(NACK, R.CODE_UNREADABLE), UNKNOWN),
    E.OUT_OF_RANGE: (Verdict(NACK, R.OUT_OF_RANGE), UNKNOWN),
    E.LINE_OCCUPIED: (Verdict(NACK, R.LINE_OCCUPIED), UNKNOWN),
}


def test_every_end_of_a_try_has_its_meaning() -> None:
    assert MEANINGS.keys() | {E.ANSWERED} == set(SendEnd)


@pytest.mark.parametrize("end", MEANINGS)
def test_what_may_have_been_sent_is_never_a_plain_refusal(end: SendEnd) -> None:
    not_sent, perhaps = MEANINGS[end]
    assert judge(end, None, perhaps_sent=False) == not_sent
    assert judge(end, None, perhaps_sent=True) == perhaps


def test_only_silence_leaves_it_open_whether_it_was_sent() -> None:
    assert {end for end in SendEnd if may_have_been_sent(end)} == {E.UNANSWERED, E.DIED}


def test_without_more_time_the_unknown_stays_unknown_and_the_rest_was_impossible() -> None:
    assert out_of_time(UNKNOWN) == Verdict(TIMEOUT, R.UNKNOWN_OUTCOME)
    assert out_of_time(Verdict(None, R.NO_HOLDER)) == Verdict(NACK, R.NO_HOLDER)


def test_a_toggle_and_a_pulse_are_not_repeated() -> None:
    assert {kind for kind in CommandKind if not may_repeat(kind)} == {CommandKind.OUTPUTS_TOGGLE, CommandKind.OUTPUTS_ON}


def test_an_order_that_nobody_took_up_in_time_is_over() -> None:
    asked_at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    late, early = asked_at + BEGIN_WITHIN + timedelta(seconds=1), asked_at + BEGIN_WITHIN
    for status in (CommandStatus.PENDING, CommandStatus.AWAITING_RELEASE):
        assert never_began(status, begun=False, asked_at=asked_at, now=late)
        assert not never_began(status, begun=False, asked_at=asked_at, now=early)
        assert not never_began(status, begun=True, asked_at=asked_at, now=late)
    assert not never_began(ACK, begun=False, asked_at=asked_at, now=late)


def test_only_partitions_in_question_are_shown_in_transition() -> None:
    shown = {kind: transition_of(kind, ArmMode.STAY) for kind in CommandKind}
    assert {kind: state for kind, state in shown.items() if state} == {
        CommandKind.ARM: PartitionState.ARMING_STAY,
        CommandKind.DISARM: PartitionState.DISARMING,
    }
    assert {transition_of(CommandKind.ARM, mode) for mode in ArmMode} == {
        PartitionState.ARMING_FULL,
        PartitionState.ARMING_BYPASS,
        PartitionState.ARMING_STAY,
        PartitionState.ARMING_STAY_INSTANT,
    }


def test_d1_disarming_goes_first_then_people_then_auto_arm() -> None:
    sources = (CommandSource.OPERATOR, CommandSource.AUTO_ARM, CommandSource.SYSTEM)
    assert [priority_of(CommandKind.ARM, source) for source in sources] == [2, 4, 5]
    assert {priority_of(CommandKind.DISARM, source) for source in sources} == {1}


def test_every_kind_says_what_it_is_about_and_what_it_needs() -> None:
    assert TARGETS.keys() == PERMISSIONS.keys() == set(CommandKind)
    assert [kind for kind in CommandKind if TARGETS[kind] is Target.NONE] == [CommandKind.SET_CLOCK]
    assert GUARDED == {CommandKind.DISARM: Guarded.DISARM, CommandKind.ISOLATE: Guarded.ISOLATE}


def test_d5_operators_arm_by_a_flag_and_never_disarm() -> None:
    flags = Flags(frozenset({Flag.OPERATOR_ARM}))
    may = {kind for kind in CommandKind if scope_of(Role.OPERATOR, PERMISSIONS[kind], flags) is not Scope.NONE}
    assert may == {CommandKind.ARM}
    assert PERMISSIONS[CommandKind.DISARM] is Permission.PANEL_DISARM
