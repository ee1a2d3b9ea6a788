"""Silence is an alarm: who is overdue, what is excused, and what is lost together (principle 7)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from workflows.domain.supervision import (
    ANYWHERE,
    BLIND_AFTER,
    GRACE,
    LET_GO_WITHIN,
    LINE_MARGIN,
    MANY,
    SITE,
    TOGETHER,
    ClockLimits,
    Finding,
    Loss,
    PanelWatch,
    Sight,
    SourceState,
    SupervisionClass,
    judge_panel,
    judge_source,
    lost_together,
)

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=30)
PANEL = UUID(int=1)
NOTHING, LOST, BACK = Finding.NOTHING, Finding.LOST, Finding.BACK


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def seeing(seconds: float, *, since: datetime = LONG_AGO) -> Sight:
    return Sight(since=since, looked_at=after(seconds))


def panel(**members: Any) -> PanelWatch:
    """Held and heard at AT, wanted for a month."""
    usual: dict[str, Any] = {
        "panel_id": PANEL,
        "promised": SupervisionClass.SP5.promised,
        "wanted": True,
        "changed_at": LONG_AGO,
        "held_since": LONG_AGO,
        "renewed_at": AT,
        "heard_at": AT,
    }
    return PanelWatch(**(usual | members))


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("SP6", 20), ("SP5", 90), ("SP4", 180), ("SP3", 1800), ("SP2", 90_000)],
)
def test_a_silent_holder_is_an_alarm_when_the_class_of_the_panel_says_so(kind: str, seconds: float) -> None:
    watched = panel(promised=SupervisionClass(kind).promised)
    assert judge_panel(watched, seeing(seconds - 1)) is NOTHING
    assert judge_panel(watched, seeing(seconds)) is LOST


@pytest.mark.parametrize("kind", SupervisionClass)
def test_two_signs_of_life_may_be_lost(kind: SupervisionClass) -> None:
    assert kind.renewed_every * 3 <= kind.promised


@pytest.mark.parametrize("kind", SupervisionClass)
def test_a_holder_is_in_doubt_before_the_first_of_its_panels_is_an_alarm(kind: SupervisionClass) -> None:
    """Its newest sign of life is a round of them younger than its oldest."""
    assert kind.in_doubt_after <= kind.promised - kind.renewed_every


def test_what_was_told_is_not_told_again() -> None:
    assert judge_panel(panel(lost_at=after(20)), seeing(1000)) is NOTHING


def test_a_line_is_back_when_it_is_heard_not_when_somebody_holds_it() -> None:
    assert judge_panel(panel(lost_at=after(90), renewed_at=after(100)), seeing(101)) is NOTHING
    assert judge_panel(panel(lost_at=after(90), renewed_at=after(100), heard_at=after(100)), seeing(101)) is BACK


def test_a_holder_that_lives_and_tells_nothing_of_its_line_is_not_believed_for_ever() -> None:
    margin = LINE_MARGIN.total_seconds() + 90
    assert judge_panel(panel(renewed_at=after(margin - 1)), seeing(margin - 1)) is NOTHING
    assert judge_panel(panel(renewed_at=after(margin)), seeing(margin)) is LOST
    assert judge_panel(panel(renewed_at=after(margin), held_since=after(30)), seeing(margin)) is NOTHING, "it has just begun"


@pytest.mark.parametrize(("seconds", "expected"), [(GRACE.total_seconds() - 1, NOTHING), (GRACE.total_seconds(), LOST)])
def test_after_its_own_blindness_the_watcher_gives_everybody_time(seconds: float, expected: Finding) -> None:
    silent = panel(renewed_at=after(-1000), heard_at=after(-1000))
    assert judge_panel(silent, seeing(seconds, since=AT)) is expected


def test_blindness_does_not_lengthen_a_long_promise() -> None:
    silent = panel(promised=SupervisionClass.SP2.promised, renewed_at=after(-89_900), heard_at=after(-89_900))
    assert judge_panel(silent, seeing(99, since=AT)) is NOTHING
    assert judge_panel(silent, seeing(100, since=AT)) is LOST


def test_a_panel_just_enabled_has_time_and_then_its_promise() -> None:
    never_held = panel(changed_at=AT, held_since=None, renewed_at=None, heard_at=None)
    assert judge_panel(never_held, seeing(89)) is NOTHING
    assert judge_panel(never_held, seeing(90)) is LOST
    long_disabled = panel(changed_at=AT, renewed_at=after(-9999), heard_at=after(-9999))
    assert judge_panel(long_disabled, seeing(59)) is NOTHING
    assert judge_panel(long_disabled, seeing(60)) is LOST


def test_nobody_misses_a_panel_nobody_wants_and_its_alarm_ends() -> None:
    assert judge_panel(panel(wanted=False), seeing(99_999)) is NOTHING
    told = panel(wanted=False, changed_at=AT, lost_at=after(-50))
    assert judge_panel(told, seeing(LET_GO_WITHIN.total_seconds() - 1)) is NOTHING, "its holder may end it himself"
    assert judge_panel(told, seeing(LET_GO_WITHIN.total_seconds())) is BACK


@pytest.mark.parametrize(
    ("seen", "gap", "since"),
    [
        (0, timedelta(seconds=2), AT),
        (0, BLIND_AFTER, AT),
        (99, BLIND_AFTER, AT),
        (0, BLIND_AFTER + timedelta(seconds=1), AT + BLIND_AFTER + timedelta(seconds=1)),
        (99, BLIND_AFTER + timedelta(seconds=1), after(100) + BLIND_AFTER),
        (99, timedelta(seconds=-1), after(98)),
        (10, timedelta(seconds=-1), after(9)),
    ],
)
def test_who_has_not_looked_was_blind(seen: float, gap: timedelta, since: datetime) -> None:
    looked_at = after(seen) + gap
    sight = Sight(since=AT, looked_at=after(seen)).looking(looked_at)
    assert sight == Sight(since=since, looked_at=looked_at)


def test_a_watcher_restarted_again_and_again_sees_the_grace_over_in_what_it_could_see() -> None:
    """Ten seconds awake, half a minute down: it would never tell of a loss, were each start the first."""
    silent = panel(renewed_at=after(-100), heard_at=after(-100), held_since=after(-9999))
    sight, told = Sight(since=LONG_AGO, looked_at=AT), []
    for second in range(300):
        if second % 40 >= 30:
            sight = sight.looking(after(second))
            told.append(judge_panel(silent, sight))
    assert told == [NOTHING] * told.index(LOST) + [LOST] * (len(told) - told.index(LOST))
    assert told.index(LOST) == 66, "six times nine seconds between two looks, and six more"


@pytest.mark.parametrize(
    ("seconds", "state", "since", "expected"),
    [
        (59, SourceState.HEARD, LONG_AGO, NOTHING),
        (60, SourceState.HEARD, LONG_AGO, LOST),
        (60, SourceState.HEARD, AT, LOST),
        (60, SourceState.HEARD, after(1), NOTHING),
        (60, SourceState.SILENT, LONG_AGO, NOTHING),
        (59, SourceState.SILENT, LONG_AGO, BACK),
        (59, SourceState.SILENT, after(59), BACK),
    ],
)
def test_another_source_is_silent_when_its_promise_is_over(
    seconds: float, state: SourceState, since: datetime, expected: Finding
) -> None:
    assert judge_source(AT, timedelta(seconds=60), state, seeing(seconds, since=since)) is expected


# -- what is lost together


def losses(count: int, *, hosts: int = 1, objects: int | None = None, apart: float = 0.0, first: int = 1) -> list[Loss]:
    return [
        Loss(
            panel_id=UUID(int=first + n),
            object_id=UUID(int=1000 + first + n % (objects or count)),
            host=f"10.0.0.{n % hosts}",
            since=after(n * apart),
        )
        for n in range(count)
    ]


def ids(these: list[Loss]) -> frozenset[UUID]:
    return frozenset(loss.panel_id for loss in these)


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        (losses(SITE), "10.0.0.0"),
        (losses(SITE - 1), None),
        (losses(SITE, hosts=SITE), None),
        (losses(MANY, hosts=MANY), ANYWHERE),
        (losses(MANY - 1, hosts=MANY), None),
        (losses(50, objects=1), None),  # they share the object's own bundle
        (losses(50), "10.0.0.0"),  # however many: it is their router
        (losses(SITE, apart=TOGETHER.total_seconds() + 1), None),
        (losses(SITE, apart=TOGETHER.total_seconds() / SITE), "10.0.0.0"),
        (losses(300, hosts=300), ANYWHERE),
        (losses(60, hosts=3), ANYWHERE),  # three routers at once are more than their owners' bad luck
    ],
)
def test_many_objects_that_lose_their_lines_together_are_one_loss(lost: list[Loss], cause: str | None) -> None:
    assert lost_together(ids(lost), lost) == (dict.fromkeys(ids(lost), cause) if cause else {})


def test_two_routers_lost_in_the_same_minute_are_two_losses() -> None:
    lost = losses(2 * 6, hosts=2)
    causes = lost_together(ids(lost), lost)
    assert causes == {loss.panel_id: loss.host for loss in lost}
    assert set(causes.values()) == {"10.0.0.0", "10.0.0.1"}


def test_the_one_that_is_told_last_belongs_to_those_told_before() -> None:
    lost = losses(SITE)
    assert lost_together({lost[-1].panel_id}, lost) == {lost[-1].panel_id: "10.0.0.0"}


def test_a_loss_elsewhere_stays_its_own() -> None:
    router, other = losses(SITE), losses(1, first=500)
    elsewhere = [Loss(panel_id=each.panel_id, object_id=each.object_id, host="10.9.9.9", since=each.since) for each in other]
    assert lost_together(ids(router + elsewhere), router + elsewhere).keys() == ids(router)


def test_a_panel_known_twice_counts_once() -> None:
    lost = losses(SITE - 1)
    assert lost_together(ids(lost), lost * 3) == {}


# -- clocks


@pytest.mark.parametrize(
    ("minutes", "before", "expected"),
    [
        (0, False, False),
        (4.9, False, False),
        (5, False, True),
        (-5, False, True),
        (4, True, True),
        (-2.5, True, True),
        (2.4, True, False),
    ],
)
def test_a_clock_is_wrong_from_a_limit_and_right_again_only_well_within(minutes: float, before: bool, expected: bool) -> None:
    assert ClockLimits().is_wrong(timedelta(minutes=minutes), before=before) is expected
