"""The activities of ServiceMode: they bring its row through its states, by compare-and-set under the row's lock (R-SERVICE).

The recorder shares that lock while it records silently. So when an end has committed, everything that was silenced has, too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.away import quietly_away
from activities.db import audit
from activities.db.models.events import EventRow
from activities.db.models.object_alarm_config import ObjectAlarmConfig
from activities.db.models.service_modes import ServiceMode
from activities.db.outbox import announce_service
from activities.db.recorder import Batch, record_signals
from activities.db.session import Database, WriteSession
from workflows.contracts import policies
from workflows.contracts.service_mode import (
    BeginService,
    DecideService,
    ExtendService,
    ServiceChange,
    ServiceRef,
    ServiceRow,
    ServiceSettled,
    WarnService,
)
from workflows.domain.alarm import AlarmType, Signal, SignalSource, Source
from workflows.domain.service import Place, Scope, ServiceRefusal, ServiceState, Silenced, covers, summary, too_long
from workflows.domain.two_person import refuse_release

log = structlog.get_logger(__name__)

BATCH: Final = 100  # signals of one transaction (design §4.2)


@dataclass(frozen=True, slots=True)
class ServiceActivities:
    db: Database

    @activity.defn(name="begin_service")
    async def begin_service(self, request: BeginService) -> ServiceRow:
        """See `workflows.contracts.service_mode.begin_service`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            if request.alone and row.state is ServiceState.AWAITING_RELEASE:
                _enter(row, now)
                await announce_service(session, row)  # who asked for it is in the audit log already
        return _told(row)

    @activity.defn(name="release_service")
    async def release_service(self, request: DecideService) -> ServiceChange:
        """See `workflows.contracts.service_mode.release_service`."""
        assert request.actor_id is not None
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            waiting = row.state is ServiceState.AWAITING_RELEASE
            again = row.state is ServiceState.ACTIVE and row.released_by == request.actor_id
            refusal = refuse_release(requested_by=row.requested_by, actor=request.actor_id, waiting=waiting)
            if refusal is None:
                row.released_by = request.actor_id
                _enter(row, now)
                await _leave_traces(session, row, "released", request.actor_id, request.request_id)
        return ServiceChange(row=_told(row), release_refusal=None if again else refusal)

    @activity.defn(name="refuse_service")
    async def refuse_service(self, request: DecideService) -> ServiceRow:
        """See `workflows.contracts.service_mode.refuse_service`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            if row.state is ServiceState.AWAITING_RELEASE:
                _leave(row, ServiceState.REFUSED, now, request.actor_id)
                await _leave_traces(session, row, "refused", request.actor_id, request.request_id)
        return _told(row)

    @activity.defn(name="extend_service")
    async def extend_service(self, request: ExtendService) -> ServiceChange:
        """See `workflows.contracts.service_mode.extend_service`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            refusal = await _refuse_extension(session, row, request, now)
            if refusal is None and row.ends_at != request.ends_at:
                before = row.ends_at
                row.ends_at, row.version = request.ends_at, row.version + 1
                if request.second and row.released_by is None:
                    row.released_by = request.actor_id
                detail = {"from": before, "to": row.ends_at}
                await _leave_traces(session, row, "extended", request.actor_id, request.request_id, detail)
        return ServiceChange(row=_told(row), refusal=refusal)

    @activity.defn(name="warn_of_service_end")
    async def warn_of_service_end(self, request: WarnService) -> ServiceRow:
        """See `workflows.contracts.service_mode.warn_of_service_end`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            if row.state is ServiceState.ACTIVE and now < row.ends_at == request.ends_at:
                await announce_service(session, row, ends_soon=True)
        return _told(row)

    @activity.defn(name="end_service")
    async def end_service(self, request: DecideService) -> ServiceRow:
        """See `workflows.contracts.service_mode.end_service`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.service_id)
            due = request.actor_id is not None or now >= row.ends_at
            if row.state is ServiceState.ACTIVE and due:
                told = row.ended_by is not None  # with the audit row, by whoever cut it short
                _leave(row, ServiceState.ENDED, now, row.ended_by or request.actor_id)
                if told:
                    await announce_service(session, row)
                else:
                    await _leave_traces(session, row, "ended", row.ended_by, request.request_id)
        return _told(row)

    @activity.defn(name="settle_service")
    async def settle_service(self, ref: ServiceRef) -> ServiceSettled:
        """See `workflows.contracts.service_mode.settle_service`. The summary comes first: what rings again is not silent any
        more. That it is settled comes last: until then the reconciliation sees to it that somebody does this."""
        async with quietly_away():
            async with self.db.write() as session:
                row, now = await _locked(session, ref.service_id)
                if row.summary is None:
                    row.summary = await _summary(session, row)
                    row.version += 1
                    await _leave_traces(session, row, "settled", None, "", _counts(row))
                told = row.summary
                standing = await _standing(session, row, now)
            rung = 0
            for start in range(0, len(standing), BATCH):
                recorded = await record_signals(self.db, Batch(signals=tuple(standing[start : start + BATCH])))
                rung += sum(outcome is not None for outcome in recorded.outcomes)
            async with self.db.write() as session:
                row, now = await _locked(session, ref.service_id)
                row.settled_at = row.settled_at or now
        log.info("service.settled", service_id=str(ref.service_id), events=told["events"], active=told["active"], rung=rung)
        return ServiceSettled(events=told["events"], active=told["active"], rung=rung)


async def _locked(session: WriteSession, service_id: UUID) -> tuple[ServiceMode, datetime]:
    """The row, ours until the transaction ends, and the time by the database once we have it: it may have been waited for."""
    row = await session.get(ServiceMode, service_id, with_for_update=True)
    if row is None:
        raise ApplicationError("there is no such service mode", type=policies.MISSING, non_retryable=True)
    return row, (await session.execute(select(func.clock_timestamp()))).scalar_one()


def _enter(row: ServiceMode, now: datetime) -> None:
    """In force from now on, for as long as was asked for."""
    lasts = row.ends_at - row.begun_at
    row.state, row.begun_at, row.ends_at = ServiceState.ACTIVE, now, now + lasts
    row.version += 1


def _leave(row: ServiceMode, state: ServiceState, now: datetime, actor_id: UUID | None) -> None:
    row.state, row.ended_at, row.ended_by = state, now, actor_id
    row.version += 1


async def _refuse_extension(
    session: WriteSession, row: ServiceMode, request: ExtendService, now: datetime
) -> ServiceRefusal | None:
    if row.state is not ServiceState.ACTIVE or now >= row.ends_at:
        return ServiceRefusal.NOT_ACTIVE
    if row.ends_at == request.ends_at:
        return None  # done by an earlier try
    if row.ends_at != request.seen_ends_at:
        return ServiceRefusal.STALE_VERSION
    config = await session.get(ObjectAlarmConfig, row.object_id)
    if too_long(row.begun_at, request.ends_at, config.service_max_minutes if config is not None else None):
        return ServiceRefusal.TOO_LONG
    if request.second and row.released_by is None and request.actor_id == row.requested_by:
        return ServiceRefusal.NEEDS_SECOND
    return None


# -- what others are told -------------------------------------------------------------------------------------------------


async def _leave_traces(
    session: WriteSession,
    row: ServiceMode,
    what: str,
    actor_id: UUID | None,
    request_id: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """The audit row and the push."""
    content = {"object_id": row.object_id, "ends_at": row.ends_at} | (detail or {})
    audit.record(session, f"service.{what}", "service", row.id, actor_id=actor_id, request_id=request_id, detail=content)
    await announce_service(session, row, **(_counts(row) if row.summary is not None else {}))


def _counts(row: ServiceMode) -> dict[str, Any]:
    summed = row.summary or {}
    return {name: summed.get(name, 0) for name in ("events", "bundles", "active")}


def _told(row: ServiceMode) -> ServiceRow:
    log.info("service.state", service_id=str(row.id), state=row.state.value, version=row.version)
    return ServiceRow(state=row.state, version=row.version, begun_at=row.begun_at, ends_at=row.ends_at)


# -- what was silenced ----------------------------------------------------------------------------------------------------

_SILENCED: Final = text(
    """SELECT alarm_type, panel_id, source_kind, source_number, count(*) AS events,
              array_agg(DISTINCT bundle_id) FILTER (WHERE bundle_id IS NOT NULL) AS bundles,
              min(occurred_at) FILTER (WHERE active) AS active_since
       FROM events
       WHERE object_id = :object_id AND suppressed AND recorded_at BETWEEN :begun_at AND :ended_at
       GROUP BY alarm_type, panel_id, source_kind, source_number"""
)


async def _summary(session: WriteSession, row: ServiceMode) -> dict[str, Any]:
    values = {"object_id": row.object_id, "begun_at": row.begun_at, "ended_at": row.ended_at}
    found = (await session.execute(_SILENCED, values)).mappings()
    return summary(
        Scope.of_json(row.scope),
        [
            Silenced(
                alarm_type=AlarmType(one["alarm_type"]),
                place=Place(
                    panel_id=one["panel_id"],
                    source_kind=Source(one["source_kind"]),
                    source_number=one["source_number"],
                ),
                events=one["events"],
                bundles=frozenset(one["bundles"] or ()),
                active_since=one["active_since"],
            )
            for one in found
        ],
    )


async def _standing(session: WriteSession, row: ServiceMode, now: datetime) -> list[Signal]:
    """What the period silenced and still stands in alarm, as signals that ring; the recorder leaves out what ends meanwhile
    and what another period covers."""
    found = await session.scalars(
        select(EventRow).where(EventRow.object_id == row.object_id, EventRow.suppressed, EventRow.active).order_by(EventRow.id)
    )
    scope = Scope.of_json(row.scope)
    signals = [_again(event, now) for event in found]
    return [signal for signal in signals if signal.alarm_type is not None and covers(scope, signal.alarm_type, _place(signal))]


def _again(event: EventRow, now: datetime) -> Signal:
    return Signal(
        source=SignalSource.SYSTEM,
        family=event.family,
        code=event.code,
        received_at=now,
        panel_id=event.panel_id,
        object_id=event.object_id if event.panel_id is None else None,
        alarm_type=event.alarm_type,
        source_kind=event.source_kind,
        source_number=event.source_number,
        partition=event.partition,
        rings_again=True,
        detail={"after_service": True},
    )


def _place(signal: Signal) -> Place:
    return Place(panel_id=signal.panel_id, source_kind=signal.source_kind, source_number=signal.source_number)
