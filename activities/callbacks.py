"""The activities of Callback: the only place that changes a call-back's row after it was written (principle 3)."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.away import quietly_away
from activities.db import audit
from activities.db.models.callbacks import CallbackRow
from activities.db.models.outbox import OutboxRow
from activities.db.outbox import wake_relay
from activities.db.push import plain
from activities.db.session import Database, WriteSession
from workflows.contracts import names, policies
from workflows.contracts.callback import CallbackDecision, CallbackRef, Decided, RingRequest
from workflows.domain.callback import OPEN, Callback, Refusal, decide, ring

log = structlog.get_logger(__name__)

_MEMBERS: Final = tuple(member.name for member in fields(Callback))
_PUSHED: Final = ("id", "object_id", "bundle_id", "state", "due_at", "rings", "version")


@dataclass(frozen=True, slots=True)
class CallbackActivities:
    db: Database

    @activity.defn(name="read_callback")
    async def read_callback(self, ref: CallbackRef) -> Callback:
        """See `workflows.contracts.callback.read_callback`."""
        async with quietly_away(), self.db.read() as session:
            row = await session.get(CallbackRow, ref.callback_id)
        return _told(_there(row))

    @activity.defn(name="ring_callback")
    async def ring_callback(self, request: RingRequest) -> Callback:
        """See `workflows.contracts.callback.ring_callback`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.callback_id)
            if row.state in OPEN and (row.version, row.rings) == (request.version, request.rings):
                _take(row, ring(_told(row), now))
                audit.record(session, "callback.due", "callback", row.id, actor_id=None, detail=_detail(row))
                await _push(session, row)
                log.info("callback.due", callback_id=str(row.id), rings=row.rings)
        return _told(row)

    @activity.defn(name="decide_callback")
    async def decide_callback(self, request: CallbackDecision) -> Decided:
        """See `workflows.contracts.callback.decide_callback`."""
        asked = request.request
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.callback_id)
            if row.decision_id == asked.decision_id:
                return Decided(row=_told(row))
            before = _told(row)
            after = decide(before, request.decision, expected_version=asked.expected_version, now=now, minutes=asked.minutes)
            if isinstance(after, Refusal):
                return Decided(row=before, refusal=after)
            _take(row, after)
            row.decision_id, row.decided_by, row.decided_at = asked.decision_id, asked.actor_id, now
            audit.record(
                session,
                f"callback.{request.decision}",
                "callback",
                row.id,
                actor_id=asked.actor_id,
                request_id=asked.request_id,
                detail=_detail(row),
            )
            await _push(session, row)
        log.info("callback.decided", callback_id=str(row.id), decision=request.decision.value)
        return Decided(row=_told(row))


async def _locked(session: WriteSession, callback_id: UUID) -> tuple[CallbackRow, datetime]:
    """The row, ours until the transaction ends, and the time by the database: one clock for all workers."""
    row = _there(await session.get(CallbackRow, callback_id, with_for_update=True))
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return row, now


def _there(row: CallbackRow | None) -> CallbackRow:
    if row is None:
        raise ApplicationError("there is no such call-back", type=policies.MISSING, non_retryable=True)
    return row


def _told(row: CallbackRow) -> Callback:
    return Callback(**{name: getattr(row, name) for name in _MEMBERS})


def _take(row: CallbackRow, after: Callback) -> None:
    for name in _MEMBERS:
        setattr(row, name, getattr(after, name))


def _detail(row: CallbackRow) -> dict[str, object]:
    return {
        "object_id": row.object_id,
        "bundle_id": row.bundle_id,
        "due_at": row.due_at,
        "rings": row.rings,
        "version": row.version,
    }


async def _push(session: WriteSession, row: CallbackRow) -> None:
    payload = {"callback": {name: plain(getattr(row, name)) for name in _PUSHED}}
    push = insert(OutboxRow).values(type=names.CALLBACK_DUE, object_id=row.object_id, payload=payload, push=True)
    await session.execute(push)
    await wake_relay(session)
