"""The activities of Escalation: whom a level rings, one try to reach somebody, and what a level came to (R-ESCALATE)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities.away import quietly_away
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.notification_log import NotificationAttempt
from activities.db.models.outbox import OutboxRow
from activities.db.outbox import wake_relay
from activities.db.repositories import escalation
from activities.db.session import Database, WriteSession
from activities.notify.deliver import Notifier, Try
from activities.notify.metrics import NOBODY_REACHED
from workflows.contracts import names, policies
from workflows.contracts.bundle import BundleRef
from workflows.contracts.escalation import (
    BundleNews,
    Delivery,
    LadderRequest,
    LevelOutcome,
    LevelRequest,
    LevelTargets,
    MayEscalate,
    Notification,
    OutcomeTold,
    PolicyLadder,
)
from workflows.domain.escalation import Decline, DeliveryStatus, Purpose
from workflows.domain.flags import Flag, Flags

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EscalationActivities:
    db: Database
    notifier: Notifier
    flags: Flags

    @activity.defn(name="may_escalate")
    async def may_escalate(self, ref: BundleRef) -> MayEscalate:
        """See `workflows.contracts.escalation.may_escalate`."""
        if Flag.ESCALATION not in self.flags:
            return MayEscalate(declined=Decline.SWITCHED_OFF)
        async with quietly_away(), self.db.read() as session:
            bundle = await _bundle(session, ref.bundle_id)
        return MayEscalate(declined=Decline.SUPPRESSED if bundle.suppressed else None)

    @activity.defn(name="read_ladder")
    async def read_ladder(self, request: LadderRequest) -> PolicyLadder:
        """See `workflows.contracts.escalation.read_ladder`."""
        async with quietly_away(), self.db.read() as session:
            policy = await escalation.policy_for(session, request.object_id, request.priority)
            if policy is None:
                return PolicyLadder()
            steps = await escalation.steps_of(session, policy.id)
        return PolicyLadder(policy_id=policy.id, ladder=escalation.ladder_of(policy, steps))

    @activity.defn(name="resolve_level")
    async def resolve_level(self, request: LevelRequest) -> LevelTargets:
        """See `workflows.contracts.escalation.resolve_level`."""
        async with quietly_away(), self.db.read() as session:
            bundle = await _bundle(session, request.bundle_id)
            targets = await escalation.targets_of(session, request.policy_id, request.level)
        news = BundleNews(version=bundle.version, status=bundle.status, at=bundle.status_changed_at)
        return LevelTargets(news=news, targets=targets)

    @activity.defn(name="send_notification")
    async def send_notification(self, notification: Notification) -> Delivery:
        """See `workflows.contracts.escalation.send_notification`."""
        target = notification.target
        wanted = Try(
            channel=target.channel,
            target_id=target.target_id,
            user_id=target.user_id,
            key=notification.key,
            attempt=notification.attempt,
            purpose=notification.purpose,
            round=notification.round,
            level=notification.level,
            bundle_id=notification.bundle_id,
        )
        async with quietly_away():
            row = await self.notifier.deliver(wanted)
        return Delivery(status=row.status, code=row.code)

    @activity.defn(name="tell_level")
    async def tell_level(self, outcome: LevelOutcome) -> OutcomeTold:
        """See `workflows.contracts.escalation.tell_level`."""
        async with quietly_away(), self.db.write() as session:
            if outcome.nobody is not None and not await _log_nobody(session, outcome):
                return OutcomeTold(again=True)
            push = insert(OutboxRow).values(
                type=names.ESCALATION_UPDATED, object_id=outcome.object_id, payload=_data(outcome), push=True
            )
            await session.execute(push)
            await wake_relay(session)
        log.info("escalation.level", **_data(outcome))
        if outcome.nobody is not None:
            NOBODY_REACHED.labels(outcome.nobody.value).inc()
        return OutcomeTold()


async def _bundle(session: AsyncSession, bundle_id: UUID) -> BundleAlarm:
    found = await session.get(BundleAlarm, bundle_id)
    if found is None:
        raise ApplicationError("there is no such bundle", type=policies.MISSING, non_retryable=True)
    return found


async def _log_nobody(session: WriteSession, outcome: LevelOutcome) -> bool:
    """Whether it is new."""
    row = {
        "id": uuid7(),
        "bundle_id": outcome.bundle_id,
        "object_id": outcome.object_id,
        "purpose": Purpose.RING,
        "round": outcome.round,
        "level": outcome.level,
        "attempt": 1,
        "at": datetime.now(UTC),
        "status": DeliveryStatus.NOBODY,
        "code": outcome.nobody,
        "key": outcome.key,
    }
    written = upsert(NotificationAttempt).values(row).on_conflict_do_nothing(index_elements=["key", "attempt"])
    return await session.scalar(written.returning(NotificationAttempt.id)) is not None


def _data(outcome: LevelOutcome) -> dict[str, Any]:
    return {
        "bundle_id": str(outcome.bundle_id),
        "object_id": str(outcome.object_id),
        "round": outcome.round,
        "level": outcome.level,
        "tried": outcome.tried,
        "reached": outcome.reached,
        "nobody": outcome.nobody.value if outcome.nobody else None,
    }
