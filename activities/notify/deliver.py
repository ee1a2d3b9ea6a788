"""One try to reach one target: looked up, sent, and logged whatever came of it."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.encrypted import CHANNEL_SECRET, DEVICE_TOKEN
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.notification_log import NotificationAttempt
from activities.db.models.objects import GuardedObject
from activities.db.models.push_devices import PushDevice
from activities.db.models.users import User
from activities.db.session import Database
from activities.infra.crypto import FieldCipher, Unreadable
from activities.infra.settings import Settings
from activities.notify import metrics
from activities.notify.email import Email
from activities.notify.fcm import Fcm
from activities.notify.message import TARGET_GONE, TIMEOUT, UNREADABLE, Answer, Message, Place, Sender
from activities.notify.pagerduty import PagerDuty
from activities.notify.sms import Sms
from activities.notify.webhook import Webhook
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose

log = structlog.get_logger(__name__)

_LONGEST_CODE: Final = 100
_ROW: Final = NotificationAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """`key` and `attempt` are its idempotency. Without a bundle it is a test."""

    channel: Channel
    target_id: UUID
    key: str
    purpose: Purpose
    attempt: int = 1
    round: int = 0
    level: int = 0
    user_id: UUID | None = None
    bundle_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Notifier:
    db: Database
    cipher: FieldCipher
    senders: dict[Channel, Sender]
    patience: float  # s, for one try

    @classmethod
    def make(cls, db: Database, cipher: FieldCipher, settings: Settings) -> "Notifier":
        senders: dict[Channel, Sender] = {
            Channel.EMAIL: Email(settings),
            Channel.SMS: Sms(),
            Channel.PUSH: Fcm(settings),
            Channel.PAGERDUTY: PagerDuty(settings),
            Channel.WEBHOOK: Webhook(settings),
        }
        return cls(db, cipher, senders, settings.notify_seconds)

    async def deliver(self, wanted: Try) -> NotificationAttempt:
        """The log's row. A try that is in the log is not made again, and a key that was sent is not sent once more.

        Raises DatabaseUnavailable.
        """
        async with self.db.read() as session:
            done = await _logged(session, wanted)
            if done is not None:
                return done
            found = await self._look_up(session, wanted)
        began = time.monotonic()
        answer = found if isinstance(found, Answer) else await self._send(wanted.channel, *found)
        return await self._log(wanted, answer, time.monotonic() - began)

    async def _send(self, channel: Channel, place: Place, message: Message) -> Answer:
        try:
            async with asyncio.timeout(self.patience):
                return await self.senders[channel].send(place, message)
        except TimeoutError:
            return Answer(DeliveryStatus.FAILED, TIMEOUT)

    async def _look_up(self, session: AsyncSession, wanted: Try) -> tuple[Place, Message] | Answer:
        try:
            place = await self._place(session, wanted)
        except Unreadable:
            return Answer(DeliveryStatus.REFUSED, UNREADABLE)
        if place is None:
            return Answer(DeliveryStatus.REFUSED, TARGET_GONE)
        return place, await _message(session, wanted)

    async def _place(self, session: AsyncSession, wanted: Try) -> Place | None:
        if wanted.channel is not Channel.PUSH:
            row = await session.get(NotificationChannel, wanted.target_id)
            return None if row is None else Place(address=row.address, secret=CHANNEL_SECRET.get(row, self.cipher))
        device = await session.get(PushDevice, wanted.target_id)
        token = None if device is None else DEVICE_TOKEN.get(device, self.cipher)
        if token is None:
            return None
        ours = select(NotificationChannel).where(NotificationChannel.kind == Channel.PUSH, NotificationChannel.enabled)
        sender = (await session.scalars(ours)).first()
        return Place(address=token, secret=None if sender is None else CHANNEL_SECRET.get(sender, self.cipher))

    async def _log(self, wanted: Try, answer: Answer, seconds: float) -> NotificationAttempt:
        async with self.db.write() as session:
            object_id = await session.scalar(select(BundleAlarm.object_id).where(BundleAlarm.id == wanted.bundle_id))
            row = _row(wanted, answer, object_id, round(seconds * 1000))
            written: NotificationAttempt | None = await session.scalar(
                insert(_ROW).values(row).on_conflict_do_nothing(index_elements=["key", "attempt"]).returning(_ROW)
            )
            if answer.gone:
                await session.execute(delete(PushDevice).where(PushDevice.id == wanted.target_id))
            if written is None:  # two workers made the same try
                same = select(_ROW).where(_ROW.key == wanted.key, _ROW.attempt == wanted.attempt)
                return (await session.scalars(same)).one()
        metrics.NOTIFICATIONS.labels(wanted.channel.value, answer.status.value).inc()
        metrics.NOTIFICATION_SECONDS.labels(wanted.channel.value).observe(seconds)
        log.info(
            "notification.tried",
            bundle_id=str(wanted.bundle_id or ""),
            channel=wanted.channel.value,
            target_id=str(wanted.target_id),
            attempt=wanted.attempt,
            status=answer.status.value,
            code=row["code"],
        )
        return written


def _row(wanted: Try, answer: Answer, object_id: UUID | None, latency_ms: int) -> dict[str, object]:
    return {
        "id": uuid7(),
        "bundle_id": wanted.bundle_id,
        "object_id": object_id,
        "purpose": wanted.purpose,
        "round": wanted.round,
        "level": wanted.level,
        "channel": wanted.channel,
        "target_id": wanted.target_id,
        "user_id": wanted.user_id,
        "attempt": wanted.attempt,
        "at": datetime.now(UTC),
        "status": answer.status,
        "code": answer.code[:_LONGEST_CODE],
        "latency_ms": latency_ms,
        "key": wanted.key,
    }


async def _logged(session: AsyncSession, wanted: Try) -> NotificationAttempt | None:
    """This try, or an earlier one of its key that was sent."""
    sent = (_ROW.attempt == wanted.attempt) | (_ROW.status == DeliveryStatus.SENT)
    return (await session.scalars(select(_ROW).where(_ROW.key == wanted.key, sent).order_by(_ROW.attempt))).first()


async def _message(session: AsyncSession, wanted: Try) -> Message:
    locale = await session.scalar(select(User.locale).where(User.id == wanted.user_id)) or "pl"
    common = {"key": wanted.key, "purpose": wanted.purpose, "round": wanted.round, "level": wanted.level, "locale": locale}
    if wanted.bundle_id is None:
        return Message(at=datetime.now(UTC), **common)  # type: ignore[arg-type]
    bundle = await session.get_one(BundleAlarm, wanted.bundle_id)
    number = await session.scalar(select(GuardedObject.external_number).where(GuardedObject.id == bundle.object_id))
    return Message(
        at=bundle.opened_at,
        bundle_id=bundle.id,
        object_id=bundle.object_id,
        object_number=number or "",
        alarm_type=bundle.alarm_type,
        priority=bundle.priority,
        **common,  # type: ignore[arg-type]
    )
