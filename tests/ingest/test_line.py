"""When a lost line becomes an alarm (principle 7, R-SATEL)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ingest.satel.line import Grace, LineWatch, Outage
from workflows.domain.alarm import LINK_LOST, PANEL_BUSY, AlarmType, Family, Signal, SignalSource, Source
from workflows.domain.panel import LinkStatus

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PANEL = uuid4()
HERE, ELSEWHERE = "10.0.0.1:7094", "10.0.0.2:7094"
GRACE = Grace(lost=timedelta(seconds=20), busy=timedelta(seconds=60))


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def watch(outage: Outage | None = None, *, address: str = HERE) -> LineWatch:
    """Somebody took the panel at AT."""
    return LineWatch(PANEL, address, outage, grace=GRACE, began_at=AT)


def connected() -> LineWatch:
    line = watch()
    line.answered()
    assert line.caught_up(AT) == []
    return line


def told(signals: list[Signal]) -> list[tuple[int, bool]]:
    return [(signal.code, signal.restore) for signal in signals]


@pytest.mark.parametrize(
    ("status", "seconds", "expected"),
    [
        (LinkStatus.DISCONNECTED, 19, []),
        (LinkStatus.DISCONNECTED, 20, [(LINK_LOST, False)]),
        (LinkStatus.NO_ANSWER, 20, [(LINK_LOST, False)]),
        (LinkStatus.BUSY, 59, []),
        (LinkStatus.BUSY, 60, [(PANEL_BUSY, False)]),
    ],
)
def test_a_line_away_for_longer_than_its_grace_is_an_alarm_once(
    status: LinkStatus, seconds: float, expected: list[tuple[int, bool]]
) -> None:
    line = connected()
    line.failed(status, AT)
    assert told(line.overdue(after(seconds))) == expected
    if expected:
        assert line.overdue(after(seconds + 1)) == []


def test_the_grace_begins_when_the_line_broke_not_with_each_try() -> None:
    line = connected()
    for second in range(20):
        line.failed(LinkStatus.DISCONNECTED, after(second))
    assert told(line.overdue(after(20))) == [(LINK_LOST, False)]


def test_a_panel_never_reached_is_an_alarm_after_a_try_that_failed() -> None:
    line = watch()
    assert line.overdue(after(100)) == [], "nothing was tried to its end yet"
    line.failed(LinkStatus.DISCONNECTED, after(100))
    assert told(line.overdue(after(100))) == [(LINK_LOST, False)]


def test_a_line_that_breaks_before_it_was_caught_up_with_was_not_back() -> None:
    line = connected()
    line.failed(LinkStatus.DISCONNECTED, AT)
    line.answered()
    assert line.overdue(after(100)) == [], "while the panel answers there is no alarm"
    line.failed(LinkStatus.DISCONNECTED, after(101))
    assert told(line.overdue(after(101))) == [(LINK_LOST, False)]


def test_the_alarm_ends_under_its_own_code_when_the_line_is_back() -> None:
    line = connected()
    line.failed(LinkStatus.BUSY, AT)
    assert told(line.overdue(after(60))) == [(PANEL_BUSY, False)]
    line.failed(LinkStatus.DISCONNECTED, after(61))
    assert line.overdue(after(100)) == [], "the same outage under another name"
    line.answered()
    assert told(line.caught_up(after(101))) == [(PANEL_BUSY, True)]
    assert line.outage is None


def test_a_short_loss_leaves_no_trace() -> None:
    line = connected()
    line.failed(LinkStatus.DISCONNECTED, AT)
    line.answered()
    assert line.caught_up(after(5)) == []
    line.failed(LinkStatus.DISCONNECTED, after(10))
    assert line.overdue(after(29)) == []


def test_the_next_holder_neither_repeats_the_alarm_nor_begins_its_grace_anew() -> None:
    waiting = watch(Outage(since=after(-15), address=HERE))
    waiting.failed(LinkStatus.DISCONNECTED, AT)
    assert told(waiting.overdue(after(5))) == [(LINK_LOST, False)]
    heir = watch(waiting.outage)
    heir.failed(LinkStatus.DISCONNECTED, after(6))
    assert heir.begin(after(6)) == heir.overdue(after(100)) == []
    heir.answered()
    assert told(heir.caught_up(after(101))) == [(LINK_LOST, True)]


def test_an_outage_of_a_former_address_is_over_and_the_new_one_has_its_own_grace() -> None:
    line = watch(Outage(since=after(-100), address=HERE, told=LINK_LOST), address=ELSEWHERE)
    assert told(line.begin(AT)) == [(LINK_LOST, True)]
    line.failed(LinkStatus.DISCONNECTED, after(1))
    assert line.overdue(after(19)) == []
    assert told(line.overdue(after(20))) == [(LINK_LOST, False)]


@pytest.mark.parametrize(("code", "expected"), [(None, []), (LINK_LOST, [(LINK_LOST, True)])])
def test_a_line_nobody_wants_any_more_is_no_alarm(code: int | None, expected: list[tuple[int, bool]]) -> None:
    line = watch(Outage(since=AT, address=HERE, told=code))
    assert told(line.let_go(after(1))) == expected
    assert line.outage is None


def test_the_alarm_says_what_was_seen_and_since_when() -> None:
    line = connected()
    line.failed(LinkStatus.NO_ANSWER, AT)
    [signal] = line.overdue(after(20))
    assert (signal.source, signal.family, signal.alarm_type) == (SignalSource.SYSTEM, Family.LINK, AlarmType.COMM_LOSS)
    assert (signal.source_kind, signal.source_number, signal.panel_id) == (Source.SYSTEM, 0, PANEL)
    assert signal.detail == {"status": "NO_ANSWER", "since": AT.isoformat()}


@pytest.mark.parametrize("told", [None, LINK_LOST])
def test_an_outage_survives_being_stored(told: int | None) -> None:
    outage = Outage(since=AT, address=HERE, told=told)
    assert Outage.from_json(outage.to_json()) == outage


@pytest.mark.parametrize(("released_after", "over"), [(1, True), (-1, False)])
def test_an_outage_from_before_the_line_was_given_up_is_over(released_after: float, over: bool) -> None:
    """Nobody held the line when it was: whoever takes it next begins with all of the grace."""
    outage = Outage(since=AT, address=HERE, told=LINK_LOST)
    began_at = after(600)
    line = LineWatch(PANEL, HERE, outage, grace=GRACE, began_at=began_at, released_at=after(released_after))
    assert told(line.begin(began_at)) == ([(LINK_LOST, True)] if over else [])
    line.failed(LinkStatus.DISCONNECTED, after(610))
    assert told(line.overdue(after(619))) == []
    assert told(line.overdue(after(620))) == ([(LINK_LOST, False)] if over else []), "once, or told long ago"
