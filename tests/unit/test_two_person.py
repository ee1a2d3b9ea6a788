"""What needs a second person, and who may be it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from workflows.domain.command import GUARDED, CommandKind, CommandSource, priority_of
from workflows.domain.flags import ALL_OFF, Flag, Flags
from workflows.domain.two_person import Guarded, ReleaseRefusal, needs_second, refuse_release

ON = Flags(frozenset({Flag.TWO_PERSON}))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("what", "wants", "flags", "lasts", "expected"),
    [
        (Guarded.DISARM, True, ON, None, True),
        (Guarded.ISOLATE, True, ON, None, True),
        (Guarded.DISARM, False, ON, None, False),
        (Guarded.DISARM, True, ALL_OFF, None, False),
        (None, True, ON, None, False),
        (Guarded.SERVICE_MODE, True, ON, HOUR, False),
        (Guarded.SERVICE_MODE, True, ON, HOUR + timedelta(seconds=1), True),
        (Guarded.SERVICE_MODE, True, ON, None, True),
        (Guarded.SERVICE_MODE, False, ON, None, False),
    ],
)
def test_a_second_person_is_needed_where_flag_object_and_deed_say_so(
    what: Guarded | None, wants: bool, flags: Flags, lasts: timedelta | None, expected: bool
) -> None:
    assert needs_second(what, object_wants=wants, flags=flags, lasts=lasts) is expected


def test_nobody_releases_his_own_order_and_nothing_is_released_twice() -> None:
    anna, jan = uuid4(), uuid4()
    assert refuse_release(requested_by=anna, actor=jan, waiting=True) is None
    assert refuse_release(requested_by=anna, actor=anna, waiting=True) is ReleaseRefusal.SAME_PERSON
    assert refuse_release(requested_by=anna, actor=jan, waiting=False) is ReleaseRefusal.NOT_WAITING


def test_of_commands_disarming_and_isolating_are_guarded() -> None:
    assert set(GUARDED) == {CommandKind.DISARM, CommandKind.ISOLATE}


def test_disarming_is_the_most_urgent_and_the_system_itself_the_least() -> None:
    """D1."""
    assert priority_of(CommandKind.DISARM, CommandSource.AUTO_ARM) == 1
    assert priority_of(CommandKind.ARM, CommandSource.OPERATOR) == 2
    assert priority_of(CommandKind.ARM, CommandSource.AUTO_ARM) == 4
    assert priority_of(CommandKind.SET_CLOCK, CommandSource.SYSTEM) == 5
