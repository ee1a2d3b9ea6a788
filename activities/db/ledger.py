"""The balance of the ledger: everything received is accounted for (R-LEDGER)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from activities.db.models.events import EventRow
from activities.db.models.signals import SignalRow
from activities.db.session import ReadSession
from workflows.domain.alarm import Outcome

_OF_AN_EVENT = (Outcome.EVENT, Outcome.DUPLICATE, Outcome.CONFIRMATION, Outcome.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Signals recorded from `since` (inclusive) to `until` (exclusive). `accounted`: those with an outcome, which, where the
    outcome speaks of an event, is there."""

    since: datetime
    until: datetime
    received: int
    accounted: int
    by_outcome: dict[str, int]
    by_source: dict[str, int]

    @property
    def balanced(self) -> bool:
        return self.received == self.accounted


async def balance(session: ReadSession, since: datetime, until: datetime) -> Balance:
    """Count the ledger by source and outcome."""
    rows = select(SignalRow.source, SignalRow.outcome, func.count().label("signals"))
    rows = rows.where(SignalRow.recorded_at >= since, SignalRow.recorded_at < until)
    by_outcome: dict[str, int] = {}
    by_source: dict[str, int] = {}
    received = 0
    for source, outcome, signals in await session.execute(rows.group_by(SignalRow.source, SignalRow.outcome)):
        received += signals
        by_source[source.value] = by_source.get(source.value, 0) + signals
        if outcome is not None:
            by_outcome[outcome.value] = by_outcome.get(outcome.value, 0) + signals
    orphans = await _without_event(session, since, until)
    return Balance(
        since=since,
        until=until,
        received=received,
        accounted=sum(by_outcome.values()) - orphans,
        by_outcome=by_outcome,
        by_source=by_source,
    )


async def _without_event(session: ReadSession, since: datetime, until: datetime) -> int:
    """Ledger rows whose outcome speaks of an event that is not there: a broken promise, so they do not count."""
    missing = (
        select(func.count())
        .select_from(SignalRow)
        .outerjoin(EventRow, (EventRow.id == SignalRow.event_id) & (EventRow.minute == SignalRow.event_minute))
        .where(SignalRow.recorded_at >= since, SignalRow.recorded_at < until, EventRow.id.is_(None))
        .where(SignalRow.outcome.in_(_OF_AN_EVENT))
    )
    return (await session.execute(missing)).scalar_one()
