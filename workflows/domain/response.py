"""What a dispatcher does about an alarm of an object: the steps of its procedure (R-OBJ)."""

from collections.abc import Collection
from enum import StrEnum

from workflows.domain.alarm import AlarmType


class StepKind(StrEnum):
    CALL = "CALL"  # a contact, or whoever the text names
    CHECK = "CHECK"  # look, ask, compare
    DISPATCH = "DISPATCH"  # send somebody
    TEXT = "TEXT"  # something to know


def procedure_of(alarm_type: AlarmType, written: Collection[AlarmType | None]) -> AlarmType | None:
    """Whose steps an alarm is worked off by, of those an object has (``written``: the type of each step, None: of every type):
    those written for its type when there are any, and then these alone, else the general ones."""
    return alarm_type if alarm_type in written else None
