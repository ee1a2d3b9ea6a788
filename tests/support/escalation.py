"""Policies, rotas and addresses in a real database."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.encrypted import CHANNEL_SECRET, DEVICE_TOKEN
from activities.db.models.escalation_policies import EscalationPolicy
from activities.db.models.escalation_steps import EscalationStep
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.on_call_overrides import OnCallOverride
from activities.db.models.on_call_rotas import OnCallMember, OnCallRota
from activities.db.models.push_devices import PushDevice
from activities.db.session import Database
from activities.infra.crypto import FieldCipher
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, Platform, TargetKind


async def add_policy(db: Database, *steps: dict[str, Any], default: bool = True, **more: Any) -> UUID:
    """``steps``: one a level, ten minutes apart, unless they say otherwise."""
    policy_id = uuid7()
    async with db.write() as session:
        name = f"policy {policy_id}"
        session.add(EscalationPolicy(id=policy_id, name=name, priority=Priority.CRITICAL, is_default=default, **more))
        await session.flush()
        for number, step in enumerate(steps, 1):
            common = {"level": number, "position": number, "after_seconds": 600 * (number - 1)}
            session.add(EscalationStep(id=uuid7(), policy_id=policy_id, **(common | step)))
    return policy_id


def to_user(user_id: UUID, channel: Channel = Channel.EMAIL, **more: Any) -> dict[str, Any]:
    return {"channel": channel, "target": TargetKind.USER, "user_id": user_id, **more}


def to_rota(rota_id: UUID, channel: Channel = Channel.EMAIL, **more: Any) -> dict[str, Any]:
    return {"channel": channel, "target": TargetKind.ROTA, "rota_id": rota_id, **more}


def to_address(address_id: UUID, channel: Channel, **more: Any) -> dict[str, Any]:
    return {"channel": channel, "target": TargetKind.ADDRESS, "address_id": address_id, **more}


async def add_channel(
    db: Database, cipher: FieldCipher, kind: Channel, address: str, *, user_id: UUID | None = None, secret: str | None = None
) -> UUID:
    row = NotificationChannel(id=uuid7(), user_id=user_id, kind=kind, label=kind.value, address=address)
    CHANNEL_SECRET.put(row, cipher, secret)
    async with db.write() as session:
        session.add(row)
    return row.id


async def add_device(db: Database, cipher: FieldCipher, user_id: UUID, token: str, **more: Any) -> UUID:
    row = PushDevice(id=uuid7(), user_id=user_id, platform=Platform.ANDROID, label="phone", token_hash=token.encode(), **more)
    DEVICE_TOKEN.put(row, cipher, token)
    async with db.write() as session:
        session.add(row)
    return row.id


async def add_rota(db: Database, *members: UUID) -> UUID:
    """The first member's week is this one."""
    rota_id, today = uuid7(), datetime.now(UTC).date()
    async with db.write() as session:
        first_on: date = today - timedelta(days=1)
        session.add(OnCallRota(id=rota_id, name=f"rota {rota_id}", time_zone="UTC", first_on=first_on, handover_at=time(0)))
        await session.flush()
        session.add_all(OnCallMember(rota_id=rota_id, position=turn, user_id=one) for turn, one in enumerate(members))
    return rota_id


async def stand_in(db: Database, rota_id: UUID, user_id: UUID) -> None:
    """From an hour ago for two hours."""
    now = datetime.now(UTC)
    row = OnCallOverride(
        id=uuid7(), rota_id=rota_id, user_id=user_id, since=now - timedelta(hours=1), until=now + timedelta(hours=1)
    )
    async with db.write() as session:
        session.add(row)
