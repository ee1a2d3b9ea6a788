"""What a dispatcher does about an alarm of an object: the steps of its procedure (R-OBJ)."""

from enum import StrEnum


class StepKind(StrEnum):
    CALL = "CALL"  # a contact, or whoever the text names
    CHECK = "CHECK"  # look, ask, compare
    DISPATCH = "DISPATCH"  # send somebody
    TEXT = "TEXT"  # something to know
