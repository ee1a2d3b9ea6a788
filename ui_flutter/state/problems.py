"""Errors in the operator's words: by code of the registry, with what changed where somebody was faster. Pure."""

from api.client.errors import ApiError
from api.client.models import AlarmSummary
from ui_flutter.i18n.words import Words
from ui_flutter.state.views import Mood
from workflows.domain.errors import ErrorCode

# Nothing is broken: the world moved on, or the operator must wait a moment.
_MILD = frozenset(
    {
        ErrorCode.STALE_VERSION,
        ErrorCode.WRONG_STATUS,
        ErrorCode.NOT_OWNER,
        ErrorCode.NOTE_REQUIRED,
        ErrorCode.REVEAL_SPENT,
        ErrorCode.REVEAL_OVER,
        ErrorCode.TEMPORAL_UNAVAILABLE,
        ErrorCode.DATABASE_UNAVAILABLE,
        ErrorCode.SHUTTING_DOWN,
        ErrorCode.GEOCODER_UNAVAILABLE,
        ErrorCode.RATE_LIMITED,
    }
)
# A login needs a code beside the password.
SECOND_FACTOR = frozenset({ErrorCode.SECOND_FACTOR_REQUIRED, ErrorCode.SECOND_FACTOR_WRONG})
# The session is over: only a new login helps.
SESSION_OVER = frozenset({ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REUSED})


def message(words: Words, code: str, *, title: str = "", detail: str = "") -> str:
    """The sentence for an error code; a code newer than this console shows the server's title."""
    known = words.get(f"error.{code}", "")
    return known.format(detail=detail or title) if known else words("error.other", title=title or code)


def reference(words: Words, error: ApiError) -> str:
    """The request's id, which finds the error in the server's log; empty where the log would tell nothing more."""
    is_ours = error.code == ErrorCode.INTERNAL and error.request_id
    return words("error.reference", request_id=error.request_id) if is_ours else ""


def mood(code: str) -> Mood:
    return Mood.WARN if code in _MILD else Mood.BAD


def changes(words: Words, before: AlarmSummary, after: AlarmSummary) -> str:
    """What differs between the alarm the operator saw and the alarm as it is, in words; empty: nothing of note."""
    found = []
    if before.status is not after.status:
        old, new = words(f"status.{before.status}"), words(f"status.{after.status}")
        found.append(words("changed.status", before=old, after=new))
    if before.claimed_by != after.claimed_by:
        owner = (after.claimed_by_name or words("row.someone")) if after.claimed_by else words("row.nobody")
        found.append(words("changed.owner", after=owner))
    if before.priority is not after.priority:
        found.append(words("changed.priority", before=f"P{before.priority.rank}", after=f"P{after.priority.rank}"))
    if after.event_count > before.event_count:
        found.append(words("changed.events", n=after.event_count - before.event_count))
    return ", ".join(found)
