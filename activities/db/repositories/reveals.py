"""Reveals of secrets: who asked, what became of it, and the one time it is told (R-REVEAL)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.objects import GuardedObject
from activities.db.models.secret_reveals import SecretReveal
from activities.db.models.secrets import Secret
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.reveal import OPEN_WITHIN, PERIOD, NotShown, RevealState, TooMany, decide, refuse_to_show

_R: Final = SecretReveal.__table__.c
_NEWEST: Final = Order((Key(_R.id, UUID),), descending=True)


async def ask(
    session: WriteSession, secret: Secret, *, user_id: UUID, family_id: UUID, reason: str, request_id: str
) -> SecretReveal | TooMany:
    """A new reveal, if the limit of the user's role leaves room. Whoever asks twice at once waits here for himself."""
    user = await session.get_one(User, user_id, with_for_update={"key_share": True})
    now = await _clock(session)
    refusal = decide(user.role, await _asked(session, user_id, now), now)
    if refusal is not None:
        return refusal
    reveal = SecretReveal(
        id=uuid7(),
        secret_id=secret.id,
        object_id=secret.object_id,
        user_id=user_id,
        family_id=family_id,
        role=user.role,
        reason=reason,
        state=RevealState.PENDING,
        asked_at=now,
        request_id=request_id or None,
    )
    session.add(reveal)
    await session.flush()
    return reveal


async def _asked(session: WriteSession, user_id: UUID, now: datetime) -> list[datetime]:
    """When, within the period, the user asked for what became visible or may yet: what failed costs him nothing."""
    counts = _R.opened_at.is_not(None) | ((_R.state == RevealState.PENDING) & (_R.asked_at > now - OPEN_WITHIN))
    query = select(_R.asked_at).where(_R.user_id == user_id, _R.asked_at > now - PERIOD, counts)
    return list((await session.scalars(query)).all())


async def settle(session: WriteSession, reveal_id: UUID) -> SecretReveal:
    """Nobody waits for the opening any more: if it has not come to it, it never will."""
    reveal = await session.get_one(SecretReveal, reveal_id, with_for_update=True)
    if reveal.state is RevealState.PENDING:
        reveal.state, reveal.ended_at = RevealState.EXPIRED, await _clock(session)
    return reveal


async def spend(session: WriteSession, reveal_id: UUID, *, user_id: UUID, family_id: UUID) -> SecretReveal | NotShown | None:
    """Take the one time the secret is told. None: there is no such reveal, or it is another session's."""
    reveal = await session.get(SecretReveal, reveal_id, with_for_update=True)
    if reveal is None or (reveal.user_id, reveal.family_id) != (user_id, family_id):
        return None
    now = await _clock(session)
    spent = reveal.spent_at is not None
    refusal = refuse_to_show(reveal.state, expires_at=reveal.expires_at, spent=spent, now=now)
    if refusal is not None:
        return refusal
    reveal.spent_at = now
    return reveal


async def revoke(session: WriteSession, reveal_id: UUID) -> SecretReveal | None:
    """It is not told from now on, before its workflow has heard of it. None: there is no such reveal."""
    reveal = await session.get(SecretReveal, reveal_id, with_for_update=True)
    if reveal is not None and reveal.spent_at is None:
        reveal.spent_at = await _clock(session)
    return reveal


async def find_reveal(session: AsyncSession, reveal_id: UUID) -> RowMapping | None:
    """With the names that people read."""
    one = select(SecretReveal.__table__).where(_R.id == reveal_id).subquery("page")
    return (await session.execute(_named(one))).mappings().first()


async def list_reveals(
    session: AsyncSession,
    *,
    user_id: UUID | None,
    object_id: UUID | None,
    secret_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(SecretReveal.__table__)
    wanted = {_R.user_id: user_id, _R.object_id: object_id, _R.secret_id: secret_id}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    if since is not None:
        query = query.where(_R.asked_at >= since)
    if until is not None:
        query = query.where(_R.asked_at < until)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_named)


def _named(rows: Subquery) -> Select[tuple[object, ...]]:
    return (
        select(rows, Secret.label, Secret.kind, User.username, GuardedObject.name.label("object_name"))
        .join(Secret, Secret.id == rows.c.secret_id)
        .join(User, User.id == rows.c.user_id)
        .join(GuardedObject, GuardedObject.id == rows.c.object_id)
    )


async def _clock(session: WriteSession) -> datetime:
    """Of the database, asked after what was waited for: one clock for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
