"""R-DLOAD: for how long a line may be given up, and what a request comes to, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.panel_release import BEGIN_WITHIN, AskState, Step, may_begin, step_of, until_of

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("minutes", [1, 30, 240])
def test_a_release_lasts_as_long_as_was_asked(minutes: int) -> None:
    assert until_of(minutes, NOW) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("minutes", [-1, 0, 241])
def test_a_release_is_no_longer_than_four_hours_and_no_shorter_than_a_minute(minutes: int) -> None:
    with pytest.raises(ValueError, match="1 to 240 minutes"):
        until_of(minutes, NOW)


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        (AskState.PENDING, 0 * SECOND, True),
        (AskState.PENDING, BEGIN_WITHIN, True),
        (AskState.PENDING, BEGIN_WITHIN + SECOND, False),
        (AskState.GRANTED, 0 * SECOND, False),
        (AskState.WITHDRAWN, 0 * SECOND, False),
    ],
)
def test_a_request_is_granted_once_and_only_while_somebody_waits(state: AskState, age: timedelta, expected: bool) -> None:
    assert may_begin(state, NOW - age, NOW) is expected


@pytest.mark.parametrize(
    ("open_until", "step"),
    [(None, Step.BEGIN), (NOW + SECOND, Step.EXTEND), (NOW, Step.REPLACE), (NOW - SECOND, Step.REPLACE)],
)
def test_an_open_release_is_extended_and_one_that_ran_out_is_replaced(open_until: datetime | None, step: Step) -> None:
    assert step_of(open_until, NOW) is step
