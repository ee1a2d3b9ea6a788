"""Writing a line into the dispatcher's journal, from whichever route (R-HISTORY)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.dispatch_log import DispatchEntry
from activities.db.models.object_contacts import ObjectContact
from activities.db.repositories import dispatch
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.audit import audit
from api.deps import Access
from api.problems import Problem, invalid
from workflows.domain.dispatch import CallOutcome, EntryKind, NewEntry, Oddity, Refused, judge
from workflows.domain.errors import ErrorCode

# The field that is at fault and why; a patrol that cannot have left contradicts what is there.
_FAULTS: Final = {
    Refused.IN_THE_FUTURE: ("occurred_at", "must not be in the future"),
    Refused.TOO_OLD: ("occurred_at", "must be within the last 24 hours"),
    Refused.CALL_WITHOUT_OUTCOME: ("outcome", "a CALL has an outcome"),
    Refused.NO_CALL: ("kind", "only a CALL has a contact and an outcome"),
    Refused.NOTE_WITHOUT_TEXT: ("text", "a NOTE has a text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is to be written. `occurred_at` None: now; `key`: the request's Idempotency-Key."""

    kind: EntryKind
    object_id: UUID
    user_id: UUID
    bundle_id: UUID | None = None
    contact_id: UUID | None = None
    contact_name: str | None = None
    outcome: CallOutcome | None = None
    text: str | None = None
    occurred_at: datetime | None = None
    corrects: UUID | None = None
    key: str | None = None


async def write(session: WriteSession, line: Line) -> tuple[DispatchEntry, bool]:
    """The line, with its push; and whether it is new, or what the same key has written before. A contact without its name is
    looked up, and must be one of the object's. Raises Problem."""
    now = await dispatch.take_turn(session, line.object_id)
    if line.key is not None and (before := await dispatch.written_with(session, line.user_id, line.key)) is not None:
        return _same(before, line), False
    contact_name = line.contact_name
    if contact_name is None and (contact := await contact_of(session, line.object_id, line.contact_id)) is not None:
        contact_name = contact.name
    if line.corrects is not None:
        await _check_correction(session, line, line.corrects)
    occurred_at = line.occurred_at or now
    entry = DispatchEntry(
        id=uuid7(),
        kind=line.kind,
        object_id=line.object_id,
        bundle_id=line.bundle_id,
        contact_id=line.contact_id,
        contact_name=contact_name,
        outcome=line.outcome,
        text=line.text,
        oddity=await _judged(session, line, occurred_at, now),
        occurred_at=occurred_at,
        user_id=line.user_id,
        corrects=line.corrects,
        idempotency_key=line.key,
        request_id=current_request_id() or None,
    )
    try:
        await dispatch.add_entry(session, entry)
    except IntegrityError:  # sent at the same time about another object, which has a turn of its own
        raise key_spent() from None
    return entry, True


async def add(session: WriteSession, access: Access, line: Line) -> DispatchEntry:
    """`write`, with its line in the audit log."""
    entry, is_new = await write(session, line)
    if is_new:
        audit(session, access, "dispatch.added", "dispatch", entry.id, audited(entry))
    return entry


def key_spent() -> Problem:
    return Problem(ErrorCode.CONFLICT, "This Idempotency-Key was sent with something else before.")


def audited(entry: DispatchEntry) -> dict[str, object]:
    """What the audit log tells of a line: ids and codes."""
    members = ("object_id", "bundle_id", "kind", "outcome", "contact_id", "oddity", "occurred_at", "corrects")
    return {name: value for name in members if (value := getattr(entry, name)) is not None}


async def contact_of(session: AsyncSession, object_id: UUID, contact_id: UUID | None) -> ObjectContact | None:
    """Raises VALIDATION for a contact of another object."""
    if contact_id is None:
        return None
    contact = await session.get(ObjectContact, contact_id)
    if contact is None or contact.object_id != object_id:
        raise invalid("contact_id", "is no contact of this object")
    return contact


def _same(before: DispatchEntry, line: Line) -> DispatchEntry:
    if (before.object_id, before.bundle_id, before.kind) != (line.object_id, line.bundle_id, line.kind):
        raise key_spent()
    return before


async def _check_correction(session: AsyncSession, line: Line, entry_id: UUID) -> None:
    wrong = await session.get(DispatchEntry, entry_id)
    if wrong is None or (wrong.object_id, wrong.bundle_id) != (line.object_id, line.bundle_id):
        raise invalid("corrects", "is no line of this journal")
    if await dispatch.is_corrected(session, entry_id):
        raise Problem(ErrorCode.CONFLICT, "This line has been corrected already; correct the correction.")


async def _judged(session: AsyncSession, line: Line, occurred_at: datetime, now: datetime) -> Oddity | None:
    before = await dispatch.kinds_before(session, line.object_id, occurred_at, without=line.corrects)
    wanted = NewEntry(
        kind=line.kind,
        occurred_at=occurred_at,
        has_contact=line.contact_id is not None,
        outcome=line.outcome,
        has_text=line.text is not None,
    )
    judged = judge(wanted, before, now)
    if isinstance(judged, Refused):
        if judged not in _FAULTS:
            raise Problem(ErrorCode.CONFLICT, "No patrol is under way or on site.")
        raise invalid(*_FAULTS[judged])
    return judged
