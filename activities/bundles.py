"""The activities of BundleAlarm: the only place that changes a bundle's status after it was opened (principle 3)."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, Table, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import bundle_metrics
from activities.away import quietly_away
from activities.db.audit import record
from activities.db.models.base import Base
from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.outbox import OutboxRow
from activities.db.push import alarm_data
from activities.db.session import Database, WriteSession
from workflows.contracts import names, policies
from workflows.contracts.bundle import BundleRef, RowState, Transition, TransitionRequest
from workflows.domain.bundle import JOINABLE, TIMER_ACTIONS, Action, Attempt, BundleState, BundleStatus, Refusal, apply, decide

log = structlog.get_logger(__name__)


_BUNDLES: Final[Table] = BundleAlarm.metadata.tables[BundleAlarm.__tablename__]
_STATE_FIELDS: Final = tuple(field.name for field in fields(BundleState))
_TIME_OF: Final = {
    BundleStatus.ACK: "acked_at",
    BundleStatus.RESOLVED: "resolved_at",
    BundleStatus.CLOSED: "closed_at",
}


@dataclass(frozen=True, slots=True)
class BundleActivities:
    db: Database

    @activity.defn(name="transition_bundle")
    async def transition_bundle(self, request: TransitionRequest) -> Transition:
        """See `workflows.contracts.bundle.transition_bundle`."""
        async with quietly_away(), self.db.write() as session:
            before, now = await _locked(session, request.bundle_id)
            transition = await _transition(session, request, before, now)
        _count(request, transition, before, now)
        return transition

    @activity.defn(name="read_bundle")
    async def read_bundle(self, ref: BundleRef) -> RowState:
        """See `workflows.contracts.bundle.read_bundle`."""
        async with quietly_away(), self.db.read() as session:
            row = (await session.execute(select(_BUNDLES).where(_BUNDLES.c.id == ref.bundle_id))).mappings().first()
        return RowState(state=_state(row), alarm_type=row["alarm_type"]) if row else RowState()


async def _locked(session: AsyncSession, bundle_id: UUID) -> tuple[RowMapping, datetime]:
    """The row, ours until the transaction ends, and the time by the database: one clock for all workers."""
    query = select(_BUNDLES, func.clock_timestamp().label("now")).where(_BUNDLES.c.id == bundle_id).with_for_update()
    row = (await session.execute(query)).mappings().first()
    if row is None:
        raise ApplicationError("there is no such bundle", type=policies.MISSING, non_retryable=True)
    return row, row["now"]


async def _transition(session: WriteSession, request: TransitionRequest, row: RowMapping, now: datetime) -> Transition:
    state = _state(row)
    attempt = Attempt(
        action=request.action,
        now=now,
        actor=request.actor_id,
        may_override=request.may_override,
        expected_version=request.expected_version,
        has_note=await _has_note(session, request),
    )
    step = decide(state, attempt)
    # What an operator's action did refuses its repetition (the version); a timer's could be due again.
    repeatable = isinstance(step, Refusal) or request.action in TIMER_ACTIONS
    if repeatable and (answer := await _answered_before(session, request, state)) is not None:
        return answer
    if isinstance(step, Refusal):
        return Transition(state=state, refusal=step)
    after = apply(state, attempt, step)
    written = await _write(session, request, after, row, now)
    session.add_all(_traces(request, state, after, written, now))
    _record(session, request, state, after, now)
    await session.flush()
    await session.execute(select(func.pg_notify(names.OUTBOX_CHANNEL, "")))
    return Transition(state=after)


async def _has_note(session: AsyncSession, request: TransitionRequest) -> bool:
    """Whether the request names a note that is really there, on this bundle."""
    if request.note_id is None:
        return False
    note = exists().where(BundleNote.id == request.note_id, BundleNote.bundle_id == request.bundle_id)
    return bool(await session.scalar(select(note)))


async def _answered_before(session: AsyncSession, request: TransitionRequest, state: BundleState) -> Transition | None:
    """The first answer to this `action_id`; None when it was never accepted."""
    done = await session.get(BundleAction, request.action_id)
    if done is None or (done.bundle_id, done.action) != (request.bundle_id, request.action):
        return None
    return Transition(state=state if done.version == state.version else _as_after(done, state))


def _as_after(done: BundleAction, state: BundleState) -> BundleState:
    """The state as it was when ``done`` was accepted, as far as its answer told."""
    owner = state.claimed_by if done.action in {Action.ADD_NOTE, Action.MARK_STALE} else done.actor_id
    return replace(
        state,
        status=done.to_status,
        version=done.version,
        claimed_by=None if done.to_status is BundleStatus.NEW else owner,
        status_changed_at=min(done.at, state.status_changed_at),
        last_activity_at=done.at,
    )


async def _write(
    session: AsyncSession, request: TransitionRequest, after: BundleState, row: RowMapping, now: datetime
) -> RowMapping:
    """The row as it is now. A bundle that stopped being joinable never becomes so again, whatever its status."""
    changes: dict[str, Any] = {name: getattr(after, name) for name in _STATE_FIELDS}
    changes["joinable"] = row["joinable"] and after.status in JOINABLE
    if after.claimed_by is not None and after.claimed_by != row["claimed_by"]:
        changes["claimed_at"] = now
    if after.status is not row["status"] and after.status in _TIME_OF:
        changes[_TIME_OF[after.status]] = now
    if request.result_code is not None:
        changes["result_code"] = request.result_code
    query = update(_BUNDLES).where(_BUNDLES.c.id == request.bundle_id).values(changes).returning(_BUNDLES)
    written: RowMapping = (await session.execute(query)).mappings().one()
    return written


def _traces(request: TransitionRequest, before: BundleState, after: BundleState, row: RowMapping, now: datetime) -> list[Base]:
    """What the transaction leaves beside the row: the timeline's entry and the push."""
    action = BundleAction(
        id=request.action_id,
        bundle_id=request.bundle_id,
        action=request.action,
        actor_id=request.actor_id,
        at=now,
        from_status=before.status,
        to_status=after.status,
        version=after.version,
        note_id=request.note_id,
        request_id=request.request_id or None,
    )
    push = OutboxRow(
        type=names.ALARM_UPDATED,
        object_id=row["object_id"],
        bundle_id=request.bundle_id,
        payload=alarm_data(row, stamps={"recorded_at": now}),
        push=True,
    )
    return [action, push]


def _record(session: WriteSession, request: TransitionRequest, before: BundleState, after: BundleState, now: datetime) -> None:
    record(
        session,
        f"alarm.{request.action}",
        "bundle",
        request.bundle_id,
        actor_id=request.actor_id,
        request_id=request.request_id,
        at=now,
        detail={
            "from": before.status,
            "to": after.status,
            "version": after.version,
            "owner": before.claimed_by,
            "result_code": request.result_code,
        },
    )


def _state(row: RowMapping) -> BundleState:
    return BundleState(**{name: row[name] for name in _STATE_FIELDS})


def _count(request: TransitionRequest, transition: Transition, before: RowMapping, now: datetime) -> None:
    """After the commit, so that what was rolled back does not count."""
    result = transition.refusal or "ok"
    bundle_metrics.TRANSITIONS.labels(request.action.value, result).inc()
    log.info(
        "bundle.transition",
        bundle_id=str(request.bundle_id),
        action=request.action.value,
        result=result,
        version=transition.state.version,
    )
    if transition.refusal is not None or transition.state.version == before["version"]:
        return
    if request.action is Action.EXPIRE_CLAIM:
        bundle_metrics.CLAIMING_TIMEOUT_REVERTS.inc()
    if request.action is Action.CLAIM and before["claimed_at"] is None:
        waited = now - before["opened_at"]
        bundle_metrics.RESPONSE_SECONDS.labels(transition.state.priority.value).observe(waited.total_seconds())
