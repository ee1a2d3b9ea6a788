"""The dispatcher's journal (R-HISTORY): what may be written into it, and the order in which a patrol comes and goes. Pure.

The journal takes what people say, even when it sounds odd: an entry out of the usual order is kept with a warning. Refused is
only what cannot have been.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class EntryKind(StrEnum):
    PATROL_SENT = "PATROL_SENT"
    PATROL_ON_SITE = "PATROL_ON_SITE"
    PATROL_LEFT = "PATROL_LEFT"
    CALL = "CALL"  # made to a contact, or to whom the text names
    NOTE = "NOTE"


class CallOutcome(StrEnum):
    ANSWERED_OK = "ANSWERED_OK"  # with the right code word
    ANSWERED_WRONG_CODE_WORD = "ANSWERED_WRONG_CODE_WORD"
    ANSWERED_NO_CODE_WORD = "ANSWERED_NO_CODE_WORD"  # somebody talked, none was asked for or given
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    UNREACHABLE = "UNREACHABLE"  # switched off, no such number


class Oddity(StrEnum):
    """Why an entry was taken with a warning."""

    SENT_ANOTHER = "SENT_ANOTHER"  # one is under way or on site already
    NOT_SENT = "NOT_SENT"  # on site, though none was sent
    NOT_ON_SITE = "NOT_ON_SITE"  # left, though none had arrived


class Refused(StrEnum):
    """Why an entry was not taken."""

    NO_PATROL = "NO_PATROL"  # none is under way or on site that could leave
    IN_THE_FUTURE = "IN_THE_FUTURE"
    TOO_OLD = "TOO_OLD"
    CALL_WITHOUT_OUTCOME = "CALL_WITHOUT_OUTCOME"
    NO_CALL = "NO_CALL"  # an outcome or a contact, and no call
    NOTE_WITHOUT_TEXT = "NOTE_WITHOUT_TEXT"


PATROL: Final = frozenset({EntryKind.PATROL_SENT, EntryKind.PATROL_ON_SITE, EntryKind.PATROL_LEFT})
OLDEST: Final = timedelta(hours=24)  # what is written down later than that is a note about it
CLOCKS_DIFFER: Final = timedelta(seconds=60)  # a screen's and ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Patrols:
    """How many are under way and on site."""

    under_way: int = 0
    on_site: int = 0

    def after(self, kind: EntryKind) -> "tuple[Patrols, Oddity | None] | Refused":
        """What there is after an entry of ``kind``, and what is odd about it."""
        match kind:
            case EntryKind.PATROL_SENT:
                odd = Oddity.SENT_ANOTHER if self.under_way or self.on_site else None
                return replace(self, under_way=self.under_way + 1), odd
            case EntryKind.PATROL_ON_SITE if self.under_way:
                return Patrols(under_way=self.under_way - 1, on_site=self.on_site + 1), None
            case EntryKind.PATROL_ON_SITE:
                return replace(self, on_site=self.on_site + 1), Oddity.NOT_SENT
            case EntryKind.PATROL_LEFT if self.on_site:
                return replace(self, on_site=self.on_site - 1), None
            case EntryKind.PATROL_LEFT if self.under_way:
                return replace(self, under_way=self.under_way - 1), Oddity.NOT_ON_SITE
            case EntryKind.PATROL_LEFT:
                return Refused.NO_PATROL
            case _:
                return self, None


def patrols(kinds: Iterable[EntryKind]) -> Patrols:
    """What there is after these entries, in the order of their time; those that were corrected left out. One that would be
    refused now, since what was before it has been corrected, changes nothing."""
    there = Patrols()
    for kind in kinds:
        step = there.after(kind)
        if not isinstance(step, Refused):
            there = step[0]
    return there


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What somebody wants to write down."""

    kind: EntryKind
    occurred_at: datetime
    has_contact: bool = False
    outcome: CallOutcome | None = None
    has_text: bool = False


def judge(entry: NewEntry, before: Iterable[EntryKind], now: datetime) -> Oddity | Refused | None:
    """Whether ``entry`` may be written, after those ``before`` it in time; None: nothing odd about it."""
    refused = _incomplete(entry) or _out_of_time(entry.occurred_at, now)
    if refused is not None:
        return refused
    step = patrols(before).after(entry.kind)
    return step if isinstance(step, Refused) else step[1]


def _incomplete(entry: NewEntry) -> Refused | None:
    if entry.kind is EntryKind.CALL:
        return Refused.CALL_WITHOUT_OUTCOME if entry.outcome is None else None
    if entry.outcome is not None or entry.has_contact:
        return Refused.NO_CALL
    return Refused.NOTE_WITHOUT_TEXT if entry.kind is EntryKind.NOTE and not entry.has_text else None


def _out_of_time(occurred_at: datetime, now: datetime) -> Refused | None:
    if occurred_at > now + CLOCKS_DIFFER:
        return Refused.IN_THE_FUTURE
    return Refused.TOO_OLD if occurred_at < now - OLDEST else None
