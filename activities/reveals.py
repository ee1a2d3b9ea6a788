"""The activities of SecretReveal: they project its state to the row, by compare-and-set (R-REVEAL, principle 3)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.away import quietly_away
from activities.db import audit
from activities.db.models.outbox import OutboxRow
from activities.db.models.secret_reveals import SecretReveal
from activities.db.outbox import wake_relay
from activities.db.session import Database, WriteSession
from workflows.contracts import names, policies
from workflows.contracts.reveal import EndRequest, RevealRef, RevealRow
from workflows.domain.reveal import VISIBLE_FOR, RevealState, may_open

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RevealActivities:
    db: Database

    @activity.defn(name="open_reveal")
    async def open_reveal(self, ref: RevealRef) -> RevealRow:
        """See `workflows.contracts.reveal.open_reveal`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, ref.reveal_id)
            if may_open(row.state, row.asked_at, now):
                row.state, row.opened_at, row.expires_at = RevealState.VISIBLE, now, now + VISIBLE_FOR
            elif row.state is RevealState.PENDING:
                row.state, row.ended_at = RevealState.EXPIRED, now
        return _told(row)

    @activity.defn(name="end_reveal")
    async def end_reveal(self, request: EndRequest) -> RevealRow:
        """See `workflows.contracts.reveal.end_reveal`."""
        async with quietly_away(), self.db.write() as session:
            row, now = await _locked(session, request.reveal_id)
            if row.state is RevealState.VISIBLE:
                row.state, row.ended_at, row.ended_by = request.state, now, request.actor_id
                await _leave_traces(session, row, request)
        return _told(row)


async def _locked(session: WriteSession, reveal_id: UUID) -> tuple[SecretReveal, datetime]:
    """The row, ours until the transaction ends, and the time by the database, which is the clock that counts."""
    query = select(SecretReveal, func.clock_timestamp()).where(SecretReveal.id == reveal_id).with_for_update()
    found = (await session.execute(query)).first()
    if found is None:
        raise ApplicationError("there is no such reveal", type=policies.MISSING, non_retryable=True)
    return found[0], found[1]


async def _leave_traces(session: WriteSession, row: SecretReveal, request: EndRequest) -> None:
    """The audit row, and the push to who asked."""
    audit.record(
        session,
        f"reveal.{row.state.lower()}",
        "reveal",
        row.id,
        actor_id=request.actor_id,
        request_id=request.request_id,
        detail={"secret_id": row.secret_id, "object_id": row.object_id, "revealed_to": row.user_id},
    )
    told = {"reveal_id": row.id, "secret_id": row.secret_id, "object_id": row.object_id, "user_id": row.user_id}
    payload = {name: str(value) for name, value in told.items()} | {"state": row.state.value}
    push = insert(OutboxRow).values(type=names.REVEAL_EXPIRED, object_id=row.object_id, payload=payload, push=True)
    await session.execute(push)
    await wake_relay(session)


def _told(row: SecretReveal) -> RevealRow:
    log.info("reveal.state", reveal_id=str(row.id), state=row.state.value)
    return RevealRow(state=row.state, expires_at=row.expires_at)
