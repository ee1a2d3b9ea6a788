"""Whom an escalation rings: the policy of an object, whoever is on call, and what reaches them (R-ESCALATE)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.escalation_policies import EscalationPolicy, EscalationPolicyObject
from activities.db.models.escalation_steps import EscalationStep
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.on_call_overrides import OnCallOverride
from activities.db.models.on_call_rotas import OnCallMember, OnCallRota
from activities.db.models.push_devices import PushDevice
from activities.db.models.users import User
from workflows.contracts.escalation import Target
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, Ladder, TargetKind, wants_push
from workflows.domain.on_call import Override, Rota, on_call

_OWN: Final = EscalationPolicyObject


async def policy_for(session: AsyncSession, object_id: UUID, priority: Priority) -> EscalationPolicy | None:
    """The object's own, else the default one."""
    own = select(_OWN.policy_id).where(_OWN.object_id == object_id, _OWN.priority == priority)
    policy_id = await session.scalar(own)
    if policy_id is not None:
        return await session.get(EscalationPolicy, policy_id)
    default = select(EscalationPolicy).where(EscalationPolicy.is_default, EscalationPolicy.priority == priority)
    return (await session.scalars(default)).first()


async def steps_of(session: AsyncSession, policy_id: UUID) -> Sequence[EscalationStep]:
    """By level, and within one in their order."""
    steps = select(EscalationStep).where(EscalationStep.policy_id == policy_id)
    return (await session.scalars(steps.order_by(EscalationStep.level, EscalationStep.position))).all()


def ladder_of(policy: EscalationPolicy, steps: Sequence[EscalationStep]) -> Ladder:
    after = {step.level: timedelta(seconds=step.after_seconds) for step in steps}
    return Ladder(
        rungs=tuple(after[level] for level in sorted(after)),
        left_after=_seconds(policy.left_after_seconds),
        repeat_after=_seconds(policy.repeat_after_seconds),
        attempts=policy.attempts,
        retry_after=timedelta(seconds=policy.retry_after_seconds),
    )


def _seconds(given: int | None) -> timedelta | None:
    return None if given is None else timedelta(seconds=given)


async def targets_of(session: AsyncSession, policy_id: UUID, level: int) -> tuple[Target, ...]:
    """Whom the level reaches now, each target once. Who was deactivated, and what was switched off, is left out."""
    now = await clock(session)
    found: dict[tuple[Channel, UUID], Target] = {}
    for step in await steps_of(session, policy_id):
        if step.level == level:
            found |= {(target.channel, target.target_id): target for target in await _targets(session, step, now)}
    return tuple(found.values())


async def _targets(session: AsyncSession, step: EscalationStep, now: datetime) -> list[Target]:
    if step.target is TargetKind.ADDRESS:
        address = await session.get_one(NotificationChannel, step.address_id)
        return [Target(channel=address.kind, target_id=address.id, user_id=address.user_id)] if address.enabled else []
    user_id = step.user_id
    if step.rota_id is not None:
        rota, overrides = await read_rota(session, step.rota_id, since=now)
        user_id = on_call(rota, overrides, now)
    if user_id is None or not await session.scalar(select(User.active).where(User.id == user_id)):
        return []
    return await _reaching(session, user_id, step.channel, now)


async def _reaching(session: AsyncSession, user_id: UUID, channel: Channel, now: datetime) -> list[Target]:
    if channel is Channel.PUSH:
        devices = await session.scalars(select(PushDevice).where(PushDevice.user_id == user_id).order_by(PushDevice.id))
        ids = [one.id for one in devices if wants_push(in_background=one.in_background, last_seen_at=one.last_seen_at, now=now)]
    else:
        own = (NotificationChannel.user_id == user_id, NotificationChannel.kind == channel, NotificationChannel.enabled)
        ids = list(await session.scalars(select(NotificationChannel.id).where(*own).order_by(NotificationChannel.id)))
    return [Target(channel=channel, target_id=one, user_id=user_id) for one in ids]


async def read_rota(session: AsyncSession, rota_id: UUID, *, since: datetime) -> tuple[Rota, list[Override]]:
    """With the overrides that are not over at ``since``, the one made last at the end. Raises NoResultFound."""
    row = await session.get_one(OnCallRota, rota_id)
    members = select(OnCallMember.user_id).where(OnCallMember.rota_id == rota_id).order_by(OnCallMember.position)
    overrides = select(OnCallOverride).where(OnCallOverride.rota_id == rota_id, OnCallOverride.until > since)
    rota = Rota(
        members=tuple(await session.scalars(members)),
        first_on=row.first_on,
        handover_at=row.handover_at,
        time_zone=row.time_zone,
    )
    rows = await session.scalars(overrides.order_by(OnCallOverride.created_at, OnCallOverride.id))
    return rota, [Override(user_id=one.user_id, since=one.since, until=one.until) for one in rows]


async def clock(session: AsyncSession) -> datetime:
    """Of the database: one for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
