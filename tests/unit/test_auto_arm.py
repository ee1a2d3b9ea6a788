"""R-AUTOARM: what becomes of a firing, conflict by conflict."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workflows.domain.auto_arm import (
    OTHER_MODE,
    STATUS_OF,
    ZONES_BYPASSED,
    Answer,
    Command,
    End,
    Facts,
    Insist,
    OpenZones,
    RunOutcome,
    RunStatus,
    Tried,
    Wait,
    Wish,
    after_command,
    is_missed,
    next_step,
    pause_after,
    put_off,
)
from workflows.domain.command import ArmMode, CommandStatus
from workflows.domain.panel import LinkStatus, PartitionState

P, R = PartitionState, RunOutcome
BOTH = Wish(partitions=frozenset({1, 2}))
NOW = datetime(2026, 11, 25, 20, tzinfo=UTC)


def facts(one: PartitionState = P.DISARMED, two: PartitionState = P.DISARMED, **more: Any) -> Facts:
    return Facts(**({"states": {1: one, 2: two}, "link": LinkStatus.CONNECTED} | more))


_ALL, _LATE = Command((1, 2), forced=False), Tried(late=True)
_ARMED = facts(P.ARMED_FULL, P.ARMED_FULL)


@pytest.mark.parametrize(
    ("found", "tried", "expected"),
    [
        (facts(), Tried(), _ALL),
        (Facts(), Tried(), _ALL),  # nothing was ever heard of the panel: the command will tell
        (facts(P.UNKNOWN), Tried(), _ALL),
        (facts(P.ARMED_FULL, P.ARMED_FULL, link=None), Tried(), _ALL),
        # already armed
        (_ARMED, Tried(), End(R.ALREADY_ARMED)),
        (facts(P.ARMED_STAY, P.ARMED_FULL), Tried(), End(R.ALREADY_ARMED, OTHER_MODE)),
        (facts(P.ARMED_FULL, P.ENTRY_TIME), Tried(), End(R.ALREADY_ARMED)),
        (_ARMED, Tried(commands=1), End(R.ARMED)),
        (_ARMED, Tried(commands=2, forced=True), End(R.ARMED, ZONES_BYPASSED)),
        (facts(P.ARMED_FULL), Tried(), Command((2,), forced=False)),
        # on the way there
        (facts(P.EXIT_TIME), Tried(commands=1), Command((2,), forced=False)),
        (facts(P.EXIT_TIME, P.ARMED_FULL), Tried(commands=1), Wait(R.UNVERIFIED)),
        (facts(P.EXIT_TIME, P.ARMED_FULL), Tried(commands=1, late=True), End(R.UNVERIFIED)),
        # never over an alarm
        (facts(P.ALARM), Tried(), Wait(R.IN_ALARM)),
        (facts(P.ARMED_FULL, P.FIRE_ALARM), Tried(), Wait(R.IN_ALARM)),
        (facts(P.ALARM), _LATE, End(R.IN_ALARM)),
        # somebody works there, or the schedule is no longer so
        (facts(in_service=True), Tried(), End(R.SERVICE_MODE)),
        (facts(P.ALARM, in_service=True, released=True), Tried(), End(R.SERVICE_MODE)),
        (facts(withdrawn=True, in_service=True), Tried(), End(R.WITHDRAWN)),
        # no line
        (facts(released=True), Tried(), Wait(R.PANEL_RELEASED)),
        (facts(released=True, link=LinkStatus.RELEASED), Tried(), Wait(R.PANEL_RELEASED)),
        (facts(released=True), _LATE, End(R.PANEL_RELEASED)),
        (facts(link=LinkStatus.DISCONNECTED), Tried(), Wait(R.NOT_CONNECTED)),
        (facts(link=LinkStatus.NO_ANSWER), _LATE, End(R.NOT_CONNECTED)),
        (facts(P.ARMED_FULL, P.ARMED_FULL, link=LinkStatus.DISCONNECTED), Tried(), Wait(R.NOT_CONNECTED)),  # says yesterday
        # overlapping schedules
        (facts(claimed=frozenset({1, 2, 3})), Tried(), End(R.DUPLICATE)),
        (facts(claimed=frozenset({1})), Tried(), Command((2,), forced=False)),
        (facts(P.ARMED_FULL, claimed=frozenset({2})), Tried(), End(R.DUPLICATE)),
        # retries until the deadline, and then the reason of the last; late without a try is tried once
        (facts(), Tried(commands=1, last=R.ZONES_OPEN), _ALL),
        (facts(), Tried(commands=1, last=R.ZONES_OPEN, late=True), End(R.ZONES_OPEN)),
        (facts(), Tried(commands=3, last=R.NO_ANSWER, late=True), End(R.NO_ANSWER)),
        (facts(), _LATE, _ALL),
        (facts(), Tried(commands=1, forced=True), Command((1, 2), forced=True)),
    ],
)
def test_what_is_found_decides_what_is_done(found: Facts, tried: Tried, expected: object) -> None:
    assert next_step(BOTH, found, tried) == expected


def test_a_schedule_that_forces_does_so_at_once() -> None:
    assert next_step(Wish(partitions=frozenset({1}), forced=True), facts(), Tried()) == Command((1,), forced=True)


def test_armed_in_the_mode_of_the_schedule_is_no_other_mode() -> None:
    stay = Wish(partitions=frozenset({1}), arm_mode=ArmMode.STAY)
    assert next_step(stay, facts(P.ARMED_STAY), Tried()) == End(R.ALREADY_ARMED)


def answer(status: CommandStatus, reason: str = "", *, confirmed: bool = False) -> Answer:
    return Answer(status=status, reason=reason, confirmed=confirmed)


ACK, NACK, TIMEOUT = CommandStatus.ACK, CommandStatus.NACK, CommandStatus.TIMEOUT


@pytest.mark.parametrize(
    ("policy", "told", "forced", "whole", "expected"),
    [
        (OpenZones.WAIT, answer(ACK, confirmed=True), False, True, End(R.ARMED)),
        (OpenZones.BYPASS, answer(ACK, confirmed=True), True, True, End(R.ARMED, ZONES_BYPASSED)),
        (OpenZones.WAIT, answer(ACK, confirmed=True), False, False, Wait(R.UNVERIFIED)),
        (OpenZones.WAIT, answer(ACK), False, True, Wait(R.UNVERIFIED)),
        (OpenZones.WAIT, answer(NACK, "ZONES_OPEN"), False, True, Wait(R.ZONES_OPEN)),
        (OpenZones.ALERT, answer(NACK, "ZONES_OPEN"), False, True, End(R.ZONES_OPEN)),
        (OpenZones.BYPASS, answer(NACK, "ZONES_OPEN"), False, True, None),
        (OpenZones.BYPASS, answer(NACK, "ZONES_OPEN"), True, True, Wait(R.ZONES_OPEN)),
        (OpenZones.WAIT, answer(NACK, "PANEL_RELEASED"), False, True, Wait(R.PANEL_RELEASED)),
        (OpenZones.WAIT, answer(NACK, "NOT_CONNECTED"), False, True, Wait(R.NOT_CONNECTED)),
        (OpenZones.WAIT, answer(TIMEOUT, "NO_HOLDER"), False, True, Wait(R.NOT_CONNECTED)),
        (OpenZones.WAIT, answer(TIMEOUT, "UNKNOWN_OUTCOME"), False, True, Wait(R.NO_ANSWER)),
        (OpenZones.WAIT, answer(NACK, "NO_SUCH_PARTITION"), False, True, Wait(R.REFUSED)),
    ],
)
def test_what_a_command_says_decides_how_it_goes_on(
    policy: OpenZones, told: Answer, forced: bool, whole: bool, expected: object
) -> None:
    found = after_command(Wish(partitions=frozenset({1, 2}), open_zones=policy), told, forced=forced, whole=whole)
    assert found == expected if expected is not None else isinstance(found, Insist)


def test_every_outcome_has_a_status_and_only_what_is_not_armed_against_the_plan_fails() -> None:
    assert STATUS_OF.keys() == set(RunOutcome)
    failed = {outcome for outcome, status in STATUS_OF.items() if status is RunStatus.FAILED}
    assert failed == {
        *(R.ZONES_OPEN, R.IN_ALARM, R.PANEL_RELEASED, R.NOT_CONNECTED, R.REFUSED, R.NO_ANSWER, R.UNVERIFIED, R.MISSED)
    }


def test_pauses_grow_to_five_minutes() -> None:
    assert [pause_after(waits).seconds for waits in range(6)] == [20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize(
    ("target", "now", "minutes", "expected"),
    [
        (0, -10, 30, 30),
        (30, -10, 30, 60),
        (30, -10, 31, None),
        (0, 20, 40, 60),  # put off while it waits: from now
        (0, 20, 41, None),
    ],
)
def test_a_firing_is_put_off_up_to_the_limit(target: int, now: int, minutes: int, expected: int | None) -> None:
    found = put_off(
        fire_at=NOW,
        target_at=NOW + timedelta(minutes=target),
        now=NOW + timedelta(minutes=now),
        minutes=minutes,
        limit=timedelta(minutes=60),
    )
    assert found == (None if expected is None else NOW + timedelta(minutes=expected))


@pytest.mark.parametrize(("deadline", "late", "missed"), [(30, 30, False), (30, 31, True), (0, 10, False), (0, 11, True)])
def test_a_late_firing_is_run_inside_its_window(deadline: int, late: int, missed: bool) -> None:
    found = is_missed(fire_at=NOW, deadline=timedelta(minutes=deadline), now=NOW + timedelta(minutes=late))
    assert found is missed
