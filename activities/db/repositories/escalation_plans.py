"""Policies, rotas and addresses as administrators see and change them (R-ESCALATE)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.escalation_policies import EscalationPolicy, EscalationPolicyObject
from activities.db.models.escalation_steps import EscalationStep
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.on_call_overrides import OnCallOverride
from activities.db.models.on_call_rotas import OnCallMember, OnCallRota
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession

_P: Final = EscalationPolicy.__table__.c
_R: Final = OnCallRota.__table__.c
_C: Final = NotificationChannel.__table__.c

_POLICIES: Final = Order((Key(_P.name, str), Key(_P.id, UUID)))
_ROTAS: Final = Order((Key(_R.name, str), Key(_R.id, UUID)))
_CHANNELS: Final = Order((Key(_C.label, str), Key(_C.id, UUID)))


async def list_policies(session: AsyncSession, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By name. Raises BadCursor."""
    return await page(session, select(EscalationPolicy.__table__), _POLICIES, cursor=cursor, limit=limit)


async def objects_of(session: AsyncSession, policy_id: UUID) -> list[UUID]:
    own = select(EscalationPolicyObject.object_id).where(EscalationPolicyObject.policy_id == policy_id)
    return list(await session.scalars(own.order_by(EscalationPolicyObject.object_id)))


async def put_parts(
    session: WriteSession, policy: EscalationPolicy, steps: Sequence[Mapping[str, Any]], object_ids: Collection[UUID]
) -> None:
    """Replace steps and objects of the locked policy. Raises IntegrityError for what is not there, or has another policy."""
    await session.execute(delete(EscalationStep).where(EscalationStep.policy_id == policy.id))
    await session.execute(delete(EscalationPolicyObject).where(EscalationPolicyObject.policy_id == policy.id))
    session.add_all(EscalationStep(id=uuid7(), policy_id=policy.id, **step) for step in steps)
    session.add_all(EscalationPolicyObject(object_id=one, priority=policy.priority, policy_id=policy.id) for one in object_ids)
    await session.flush()


async def list_rotas(session: AsyncSession, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By name. Raises BadCursor."""
    return await page(session, select(OnCallRota.__table__), _ROTAS, cursor=cursor, limit=limit)


async def members_of(session: AsyncSession, rota_id: UUID) -> list[UUID]:
    members = select(OnCallMember.user_id).where(OnCallMember.rota_id == rota_id).order_by(OnCallMember.position)
    return list(await session.scalars(members))


async def overrides_of(session: AsyncSession, rota_id: UUID, *, since: datetime) -> Sequence[OnCallOverride]:
    """Those that are not over then, by their begin."""
    query = select(OnCallOverride).where(OnCallOverride.rota_id == rota_id, OnCallOverride.until > since)
    return (await session.scalars(query.order_by(OnCallOverride.since, OnCallOverride.id))).all()


async def put_members(session: WriteSession, rota_id: UUID, members: Sequence[UUID]) -> None:
    """Raises IntegrityError for somebody who is not there."""
    await session.execute(delete(OnCallMember).where(OnCallMember.rota_id == rota_id))
    session.add_all(OnCallMember(rota_id=rota_id, position=turn, user_id=one) for turn, one in enumerate(members))
    await session.flush()


async def list_channels(session: AsyncSession, *, user_id: UUID | None, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By label. Raises BadCursor."""
    query = select(NotificationChannel.__table__)
    if user_id is not None:
        query = query.where(_C.user_id == user_id)
    return await page(session, query, _CHANNELS, cursor=cursor, limit=limit)


async def names_of(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.display_name).where(User.id.in_(user_ids)))
    return {row.id: row.display_name for row in rows}


async def targets_of(session: AsyncSession, steps: Sequence[EscalationStep]) -> dict[UUID, str]:
    """What the people, rotas and addresses that steps ring are called."""
    rotas = {one.rota_id for one in steps if one.rota_id is not None}
    addresses = {one.address_id for one in steps if one.address_id is not None}
    found = await names_of(session, {one.user_id for one in steps if one.user_id is not None})
    if rotas:
        found |= {row.id: row.name for row in await session.execute(select(_R.id, _R.name).where(_R.id.in_(rotas)))}
    if addresses:
        found |= {row.id: row.label for row in await session.execute(select(_C.id, _C.label).where(_C.id.in_(addresses)))}
    return found


async def active_people(session: AsyncSession, user_ids: Collection[UUID]) -> set[UUID]:
    """Which of these there are, and may log in."""
    return set(await session.scalars(select(User.id).where(User.id.in_(user_ids), User.active)))


async def kinds_of(session: AsyncSession, channel_ids: Collection[UUID]) -> dict[UUID, Any]:
    rows = await session.execute(
        select(NotificationChannel.id, NotificationChannel.kind).where(NotificationChannel.id.in_(channel_ids))
    )
    return {row.id: row.kind for row in rows}


async def rotas_among(session: AsyncSession, rota_ids: Collection[UUID]) -> set[UUID]:
    return set(await session.scalars(select(OnCallRota.id).where(OnCallRota.id.in_(rota_ids))))
