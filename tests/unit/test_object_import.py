"""What an import does next (R-IMPORT), as a table: every status, whatever was decided."""

import pytest

from workflows.domain.object_import import FINAL, ImportStatus, ImportStep, Standing, next_step

S, T = ImportStatus, ImportStep
WAIT, BEGIN, APPLY, END = T.WAIT, T.BEGIN, T.APPLY, T.END
NOBODY, APPLY_IT, CANCEL_IT, BOTH = (False, False), (True, False), (False, True), (True, True)  # wanted, cancelled
DECISIONS = (NOBODY, APPLY_IT, CANCEL_IT, BOTH)

# Decisions in the order of DECISIONS. Who cancels wins over who applies, in every status that is not final.
TABLE = {
    S.CHECKING: ((WAIT, S.CHECKING), (WAIT, S.CHECKING), (END, S.CANCELLED), (END, S.CANCELLED)),
    S.READY: ((WAIT, S.READY), (BEGIN, S.APPLYING), (END, S.CANCELLED), (END, S.CANCELLED)),
    S.APPLYING: ((APPLY, S.APPLYING), (APPLY, S.APPLYING), (END, S.CANCELLED), (END, S.CANCELLED)),
    **{final: ((WAIT, final),) * 4 for final in (S.REFUSED, S.APPLIED, S.CANCELLED, S.EXPIRED, S.FAILED)},
}


def _next(status: ImportStatus, decision: tuple[bool, bool], *, done: int, total: int) -> tuple[ImportStep, ImportStatus]:
    wanted, cancelled = decision
    return next_step(Standing(status=status, done=done, total=total, wanted=wanted, cancelled=cancelled))


def test_the_table_knows_every_status_and_which_are_final() -> None:
    assert TABLE.keys() == set(ImportStatus)
    assert {status for status, row in TABLE.items() if row == ((WAIT, status),) * 4} == FINAL


@pytest.mark.parametrize("done", [0, 3, 9])
@pytest.mark.parametrize("place", range(len(DECISIONS)))
@pytest.mark.parametrize("status", ImportStatus)
def test_an_import_in_the_middle_does_what_its_row_says(status: ImportStatus, place: int, done: int) -> None:
    assert _next(status, DECISIONS[place], done=done, total=10) == TABLE[status][place]


@pytest.mark.parametrize(("done", "total"), [(10, 10), (0, 0)])
@pytest.mark.parametrize("place", range(len(DECISIONS)))
@pytest.mark.parametrize("status", ImportStatus)
def test_with_every_object_done_applying_is_over_unless_it_was_cancelled(
    status: ImportStatus, place: int, done: int, total: int
) -> None:
    expected = TABLE[status][place]
    if expected == (APPLY, S.APPLYING):
        expected = (END, S.APPLIED)
    assert _next(status, DECISIONS[place], done=done, total=total) == expected
