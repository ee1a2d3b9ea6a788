"""Settling intents: each in a transaction of its own, together with what it does (R-OFFLINE)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from activities.db.models.intents import IntentRow
from activities.db.repositories import alarms, intents, objects
from activities.db.session import Database, WriteSession
from api import callbacks, journal
from api.audit import audit
from api.client.intents import IntentAnswer
from api.deps import Access
from api.journal import Line
from api.problems import Problem
from api.schemas import answers
from api.schemas.dispatch import NewCallback
from api.schemas.intents import Intent
from workflows.domain.errors import ErrorCode
from workflows.domain.intent import IntentOutcome, Life, Untimely, judge, key_of

REJECTED: Final = Counter("intent_sync_rejected", "Intents queued offline that were not applied", ["outcome"])
for _outcome in (IntentOutcome.EXPIRED, IntentOutcome.REJECTED):
    REJECTED.labels(_outcome)  # told from the start: a series that begins with its first event hides it from `increase`

_UNTIMELY: Final = {
    Untimely.EXPIRED: "it has expired",
    Untimely.IN_THE_FUTURE: "made_at: must not be in the future",
    Untimely.NO_LIFE: "expires_at: must be within 24 hours after made_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    outcome: IntentOutcome
    code: ErrorCode | None
    reason: str


async def settle(db: Database, access: Access, intent: Intent) -> IntentAnswer:
    """Apply it, or say why not; what was settled before is told again. Raises what says nothing about the intent itself, as
    that the database is away: then nothing is settled."""
    try:
        async with db.write() as session:
            now = await intents.take_turn(session, access.user_id)
            before = await intents.settled(session, access.user_id, intent.id)
            if before is not None:
                return _told(before)
            untimely = judge(Life(made_at=intent.made_at, expires_at=intent.expires_at), now)
            if untimely is not None:
                return await _refuse(session, access, intent, _late(untimely))
            result_id = await _apply(session, access, intent, now)
            return await _settle(session, access, intent, outcome=IntentOutcome.APPLIED, result_id=result_id)
    except Problem as problem:
        if problem.code in {ErrorCode.DATABASE_UNAVAILABLE, ErrorCode.INTERNAL}:
            raise
        refusal = _Refusal(outcome=IntentOutcome.REJECTED, code=problem.code, reason=_reason(problem))
    async with db.write() as session:
        await intents.take_turn(session, access.user_id)
        before = await intents.settled(session, access.user_id, intent.id)
        return _told(before) if before is not None else await _refuse(session, access, intent, refusal)


def _late(untimely: Untimely) -> _Refusal:
    if untimely is Untimely.EXPIRED:
        return _Refusal(outcome=IntentOutcome.EXPIRED, code=None, reason=_UNTIMELY[untimely])
    return _Refusal(outcome=IntentOutcome.REJECTED, code=ErrorCode.VALIDATION, reason=_UNTIMELY[untimely])


def _reason(problem: Problem) -> str:
    errors = "; ".join(f"{one['field']}: {one['reason']}" for one in problem.errors or ())
    return errors or problem.detail or problem.code.value


async def _apply(session: WriteSession, access: Access, intent: Intent, now: datetime) -> UUID:
    """The id of what it became. Raises Problem."""
    object_id = await _about(session, access, intent)
    key = key_of(intent.id)
    if intent.entry is not None:
        line = Line(
            **intent.entry.model_dump(),
            occurred_at=intent.made_at,
            object_id=object_id,
            bundle_id=intent.bundle_id,
            user_id=access.user_id,
            key=key,
        )
        return (await journal.add(session, access, line)).id
    assert intent.callback is not None, "the body has one of the two"
    due_at = max(intent.callback.due_at, now)  # what has become due meanwhile rings at once
    body = NewCallback(
        bundle_id=intent.bundle_id,
        object_id=intent.object_id,
        contact_id=intent.callback.contact_id,
        due_at=due_at,
        text=intent.callback.text,
    )
    return await callbacks.add(session, access, body, object_id, key)


async def _about(session: WriteSession, access: Access, intent: Intent) -> UUID:
    """The object it is about, with the alarm as the client saw it. Raises Problem."""
    if intent.bundle_id is None:
        assert intent.object_id is not None, "the body has one of the two"
        access.check(intent.object_id)
        if await objects.find_object(session, intent.object_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return intent.object_id
    alarm = await alarms.find_alarm(session, intent.bundle_id)
    if alarm is None:
        raise Problem(ErrorCode.NOT_FOUND)
    object_id = UUID(str(alarm["object_id"]))
    access.check(object_id)
    if intent.version is not None and intent.version != alarm["version"]:
        raise Problem(ErrorCode.STALE_VERSION, f"the alarm has version {alarm['version']} by now")
    return object_id


async def _refuse(session: WriteSession, access: Access, intent: Intent, refusal: _Refusal) -> IntentAnswer:
    REJECTED.labels(refusal.outcome).inc()
    detail = {"outcome": refusal.outcome, "code": refusal.code, "bundle_id": intent.bundle_id, "object_id": intent.object_id}
    audit(session, access, "intent.refused", "intent", intent.id, detail)
    return await _settle(session, access, intent, outcome=refusal.outcome, code=refusal.code, reason=refusal.reason)


async def _settle(
    session: WriteSession,
    access: Access,
    intent: Intent,
    *,
    outcome: IntentOutcome,
    result_id: UUID | None = None,
    code: ErrorCode | None = None,
    reason: str | None = None,
) -> IntentAnswer:
    row = IntentRow(
        user_id=access.user_id,
        id=intent.id,
        made_at=intent.made_at,
        expires_at=intent.expires_at,
        outcome=outcome,
        result_id=result_id,
        code=code,
        reason=reason,
    )
    await intents.settle(session, row)
    await session.refresh(row)
    return _told(row)


def _told(row: IntentRow) -> IntentAnswer:
    return answers.same_named(IntentAnswer, answers.columns_of(row))
