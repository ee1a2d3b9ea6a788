"""R-OFFLINE: how long an intent holds."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.intent import LONGEST, Life, Untimely, judge

NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("made", "lives", "judged"),
    [
        (-HOUR, 2 * HOUR, None),
        (timedelta(), SECOND, None),
        (60 * SECOND, HOUR, None),
        (61 * SECOND, HOUR, Untimely.IN_THE_FUTURE),
        (-HOUR, HOUR, Untimely.EXPIRED),
        (-2 * HOUR, HOUR, Untimely.EXPIRED),
        (-HOUR, LONGEST, None),
        (-HOUR, LONGEST + SECOND, Untimely.NO_LIFE),
        (-HOUR, timedelta(), Untimely.NO_LIFE),
        (-HOUR, -SECOND, Untimely.NO_LIFE),
    ],
)
def test_an_intent_is_tried_within_its_life_only(made: timedelta, lives: timedelta, judged: Untimely | None) -> None:
    assert judge(Life(made_at=NOW + made, expires_at=NOW + made + lives), NOW) is judged
