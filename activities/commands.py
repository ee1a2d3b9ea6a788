"""The core's activities of SatelCommand: its row, and the way to the panel (R-CMD)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Histogram
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.away import quietly_away
from activities.db.models.satel_commands import SatelCommand
from activities.db.repositories import commands
from activities.db.session import Database, WriteSession
from workflows.contracts import policies
from workflows.contracts.command import (
    CommandOrder,
    CommandOutcome,
    CommandRef,
    CommandRelease,
    CommandSettled,
    CommandStanding,
)
from workflows.domain.command import CommandStatus

log = structlog.get_logger(__name__)

COMMAND_SECONDS: Final = Histogram(
    "satel_command_seconds",
    "Command released (or asked for) to its outcome; confirmed: until the panel showed its effect",
    ["kind", "outcome"],
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 8, 15, 30, 60, 120, 300),
)
CONFIRMED: Final = "confirmed"


@dataclass(frozen=True, slots=True)
class CommandActivities:
    db: Database

    @activity.defn(name="begin_command")
    async def begin_command(self, order: CommandOrder) -> CommandStanding:
        """See `workflows.contracts.command.begin_command`."""
        async with quietly_away(), self.db.write() as session:
            return await _standing(session, await commands.begin(session, order))

    @activity.defn(name="release_command")
    async def release_command(self, release: CommandRelease) -> CommandStanding:
        """See `workflows.contracts.command.release_command`."""
        async with quietly_away(), self.db.write() as session:
            row = await _locked(session, release.command_id)
            await commands.release(session, row, by=release.released_by, request_id=release.request_id)
            return await _standing(session, row)

    @activity.defn(name="find_command_line")
    async def find_command_line(self, ref: CommandRef) -> CommandStanding:
        """See `workflows.contracts.command.find_command_line`."""
        async with quietly_away(), self.db.write() as session:
            return await _standing(session, await _locked(session, ref.command_id))

    @activity.defn(name="settle_command")
    async def settle_command(self, settled: CommandSettled) -> CommandOutcome:
        """See `workflows.contracts.command.settle_command`."""
        async with quietly_away(), self.db.write() as session:
            row = await _locked(session, settled.outcome.command_id)
            confirmed_before = row.confirmed_at
            changed = await commands.settle(session, row, settled.outcome, ended=settled.ended)
            now = await commands.clock(session)
        if changed:
            _measure(row, row.status.lower(), row.answered_at or now)
        if row.confirmed_at is not None and confirmed_before is None:
            _measure(row, CONFIRMED, row.confirmed_at)
        log.info("command.settled", command_id=str(row.id), status=row.status.value, reason=row.reason)
        return commands.outcome_of(row)


async def _locked(session: WriteSession, command_id: UUID) -> SatelCommand:
    row = await commands.lock(session, command_id)
    if row is None:
        raise ApplicationError("there is no such command", type=policies.MISSING, non_retryable=True)
    return row


async def _standing(session: WriteSession, row: SatelCommand) -> CommandStanding:
    outcome = commands.outcome_of(row)
    if row.status not in (CommandStatus.PENDING, CommandStatus.ACK):
        return CommandStanding(outcome=outcome)
    refusal, host = await commands.line_of(session, row.panel_id)
    return CommandStanding(outcome=outcome, refusal=refusal.value if refusal else "", host=host)


def _measure(row: SatelCommand, outcome: str, at: datetime) -> None:
    began_at = row.released_at or row.created_at
    COMMAND_SECONDS.labels(row.kind.lower(), outcome).observe(max(0.0, (at - began_at).total_seconds()))
