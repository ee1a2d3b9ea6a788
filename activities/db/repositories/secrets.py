"""Secrets of objects: what is told of them in lists, and how they are kept. Values go in and out sealed."""

from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.panels import Panel
from activities.db.models.secrets import Secret
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession

_S: Final = Secret.__table__.c
_BY_LABEL: Final = Order((Key(_S.label, str), Key(_S.id, UUID)))
_KEEP: Final[dict[str, bool]] = {"read": True, "key_share": True}
_TOLD: Final = [column for column in _S if column.key not in {SECRET_VALUE.ciphertext, SECRET_VALUE.key_id}]


async def list_secrets(session: AsyncSession, object_id: UUID, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By label, without what they hold. Raises BadCursor."""
    query = select(*_TOLD).where(_S.object_id == object_id, _S.deleted_at.is_(None))
    return await page(session, query, _BY_LABEL, cursor=cursor, limit=limit)


async def find_secret(session: AsyncSession, secret_id: UUID) -> Secret | None:
    found = await session.get(Secret, secret_id)
    return None if found is None or found.deleted_at is not None else found


async def has_contact(session: WriteSession, object_id: UUID, contact_id: UUID) -> bool:
    """Whether that contact is the object's; it stays so until the transaction ends."""
    found = await session.get(ObjectContact, contact_id, with_for_update=_KEEP)
    return found is not None and found.object_id == object_id


async def has_panel(session: WriteSession, object_id: UUID, panel_id: UUID) -> bool:
    """Whether that panel is the object's; it stays so until the transaction ends."""
    found = await session.get(Panel, panel_id, with_for_update=_KEEP)
    return found is not None and found.deleted_at is None and found.object_id == object_id


async def lock_secret(session: WriteSession, secret_id: UUID) -> Secret | None:
    """The row until the transaction ends; None: there is none, or it is deleted."""
    found = await session.get(Secret, secret_id, with_for_update=True)
    return None if found is None or found.deleted_at is not None else found


async def wipe(session: WriteSession, secret: Secret) -> None:
    """Delete the locked secret: the row stays for who asks what there was; what it held does not."""
    now = await session.scalar(select(func.now()))
    secret.ciphertext, secret.key_id, secret.deleted_at = None, None, now
    secret.version += 1
    await session.flush()
