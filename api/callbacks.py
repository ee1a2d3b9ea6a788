"""Setting a call-back, from whichever route (R-HISTORY)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.callbacks import CallbackRow
from activities.db.repositories import callbacks, dispatch
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.audit import audit
from api.deps import Access
from api.journal import contact_of, key_spent
from api.problems import invalid
from api.schemas.dispatch import NewCallback
from workflows.domain.callback import LATEST
from workflows.domain.dispatch import CLOCKS_DIFFER


async def add(session: WriteSession, access: Access, body: NewCallback, object_id: UUID, key: str | None) -> UUID:
    """The id of the new one, or of what the same key has set before. Raises Problem."""
    now = await dispatch.take_turn(session, object_id)
    known = await callbacks.set_with(session, access.user_id, key) if key else None
    return known or await _set(session, access, body, object_id, now, key)


async def _set(
    session: WriteSession, access: Access, body: NewCallback, object_id: UUID, now: datetime, key: str | None
) -> UUID:
    if not now - CLOCKS_DIFFER <= body.due_at <= now + LATEST:
        raise invalid("due_at", "must be within the next 30 days")
    contact = await contact_of(session, object_id, body.contact_id)
    row = CallbackRow(
        id=uuid7(),
        object_id=object_id,
        bundle_id=body.bundle_id,
        contact_id=body.contact_id,
        contact_name=contact.name if contact else None,
        text=body.text,
        due_at=body.due_at,
        created_by=access.user_id,
        idempotency_key=key,
        request_id=current_request_id() or None,
    )
    try:
        await callbacks.add_callback(session, row)
    except IntegrityError:  # sent at the same time about another object, which has a turn of its own
        raise key_spent() from None
    detail = {"object_id": object_id, "bundle_id": body.bundle_id, "contact_id": body.contact_id, "due_at": body.due_at}
    audit(session, access, "callback.set", "callback", row.id, detail)
    return row.id
