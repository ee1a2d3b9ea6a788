"""The back-off of a panel's line (R-SATEL: 1→2→4→8→16→30 s with jitter)."""

import pytest

from ingest.satel.reconnect import BUSY_WAIT, JITTER, SLOT_FREED_AFTER, STABLE_AFTER, Backoff, Ended


def waits(ended: Ended, count: int, *, lived: float = 0.0) -> list[float]:
    backoff, found = Backoff(), []
    for _ in range(count):
        backoff, wait = backoff.after(ended, lived=lived, chance=0.5)
        found.append(wait)
    return found


@pytest.mark.parametrize("ended", [Ended.LOST, Ended.NO_ANSWER])
def test_the_steps_of_r_satel(ended: Ended) -> None:
    assert waits(ended, 8) == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_line_that_lived_starts_from_the_first_step() -> None:
    assert waits(Ended.LOST, 3, lived=STABLE_AFTER) == [1, 1, 1]


def test_a_line_that_only_just_answered_does_not() -> None:
    assert waits(Ended.LOST, 3, lived=STABLE_AFTER / 2) == [1, 2, 4]


def test_busy_is_our_own_old_slot_first_and_then_somebody_else() -> None:
    assert waits(Ended.BUSY, 3) == [SLOT_FREED_AFTER, BUSY_WAIT, BUSY_WAIT]


def test_busy_right_after_a_lost_line_of_ours_is_still_our_own_old_slot() -> None:
    lost, _ = Backoff().after(Ended.LOST, lived=STABLE_AFTER / 2, chance=0.5)
    first, wait = lost.after(Ended.BUSY, lived=0.0, chance=0.5)
    assert wait == SLOT_FREED_AFTER
    assert first.after(Ended.BUSY, lived=0.0, chance=0.5)[1] == BUSY_WAIT


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
def test_jitter_spreads_both_ways_and_stays_small(chance: float) -> None:
    _, wait = Backoff(failures=3).after(Ended.LOST, lived=0, chance=chance)
    assert 8 * (1 - JITTER) <= wait <= 8 * (1 + JITTER)
