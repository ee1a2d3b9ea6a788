"""Commands to panels: the order's row and everything that goes with each of its changes (R-CMD).

Whoever changes a row here also tells it (`command.updated`), in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, Subquery, and_, case, func, insert, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from activities.db import audit
from activities.db.models.objects import GuardedObject
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel
from activities.db.models.satel_commands import SatelCommand
from activities.db.models.users import User
from activities.db.outbox import wake_relay
from activities.db.push import plain
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.contracts import names
from workflows.contracts.command import CommandOrder, CommandOutcome
from workflows.domain.command import (
    BEGIN_WITHIN,
    ENDED,
    FORGOTTEN_AFTER,
    VALID_FOR,
    ArmMode,
    CommandKind,
    CommandReason,
    CommandSource,
    CommandStatus,
    never_began,
    priority_of,
    transition_of,
)

_C: Final = SatelCommand.__table__.c
_NEWEST: Final = Order((Key(_C.id, UUID),), descending=True)

TOLD: Final = (
    *("id", "object_id", "panel_id", "kind", "source", "numbers", "arm_mode", "forced", "status", "result_code", "reason"),
    *("blocking", "requested_by", "schedule_id", "two_person", "released_by", "created_at", "sent_at", "answered_at"),
    *("confirmed_at", "ended_at"),
)

# A lease that was not renewed for so long is a dead process's (holders renew every 30 s).
_LINE: Final = text(
    """
    SELECT p.deleted_at IS NOT NULL OR NOT p.enabled AS disabled, o.deleted_at IS NOT NULL OR o.status = 'CLOSED' AS closed,
           p.command_code_sealed IS NULL AS codeless, l.holder,
           coalesce(l.renewed_at > now() - interval '2 minutes', false) AS alive,
           EXISTS (SELECT FROM panel_releases r WHERE r.panel_id = p.id AND r.ended_at IS NULL AND r.until > now()) AS released
    FROM panels p JOIN objects o ON o.id = p.object_id LEFT JOIN panel_leases l ON l.panel_id = p.id
    WHERE p.id = :panel_id
    """
)
_PARTITION_STATES: Final = text(
    """
    SELECT n.number, coalesce((SELECT h.state FROM panel_state_history h WHERE h.panel_id = :panel_id AND h.partition = n.number
                               ORDER BY h.at DESC, h.id DESC LIMIT 1), 'UNKNOWN') AS state
    FROM unnest(CAST(:numbers AS int[])) AS n(number)
    """
)


async def clock(session: AsyncSession) -> datetime:
    """Of the database: one clock for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def add(
    session: WriteSession, order: CommandOrder, *, key: str | None = None, body_hash: bytes | None = None
) -> SatelCommand:
    """The row of a new order, told and in the audit log. Raises IntegrityError when the requester has used ``key``."""
    row = SatelCommand(
        id=order.command_id,
        object_id=order.object_id,
        panel_id=order.panel_id,
        kind=order.kind,
        source=order.source,
        numbers=list(order.numbers),
        arm_mode=order.arm_mode.value if order.kind is CommandKind.ARM else None,
        forced=order.forced,
        priority=priority_of(order.kind, order.source),
        two_person=order.two_person,
        requested_by=order.requested_by,
        schedule_id=order.schedule_id,
        idempotency_key=key,
        body_hash=body_hash,
        request_id=order.request_id or None,
        status=CommandStatus.AWAITING_RELEASE if order.two_person else CommandStatus.PENDING,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    detail = {"object_id": row.object_id, "kind": row.kind, "numbers": row.numbers, "arm_mode": row.arm_mode}
    more = {"panel_id": row.panel_id, "forced": row.forced, "source": row.source, "two_person": row.two_person}
    await note(session, row, "command.ordered", actor_id=row.requested_by, detail=detail | more)
    return row


async def lock(session: WriteSession, command_id: UUID) -> SatelCommand | None:
    """The row until the transaction ends."""
    return await session.get(SatelCommand, command_id, with_for_update=True)


async def find_by_key(session: AsyncSession, requested_by: UUID, key: str) -> SatelCommand | None:
    query = select(SatelCommand).where(SatelCommand.requested_by == requested_by, SatelCommand.idempotency_key == key)
    return (await session.scalars(query)).one_or_none()


async def begin(session: WriteSession, order: CommandOrder) -> SatelCommand:
    """The workflow takes the order up: made if it is not there, ended if nobody can be waiting for it."""
    row = await lock(session, order.command_id) or await add(session, order)
    now = await clock(session)
    if never_began(row.status, begun=row.begun_at is not None, asked_at=row.created_at, now=now):
        await end(session, row, now, status=CommandStatus.TIMEOUT, reason=CommandReason.NOT_STARTED)
    elif row.status not in ENDED and row.begun_at is None:
        row.begun_at = now
        row.valid_until = now + VALID_FOR if row.status is CommandStatus.PENDING else None
    return row


async def give_up(session: WriteSession, command_id: UUID) -> SatelCommand:
    """Its workflow could not be started: if it has not begun by now, it never will."""
    row = await session.get_one(SatelCommand, command_id, with_for_update=True)
    if row.status not in ENDED and row.begun_at is None:
        await end(session, row, await clock(session), status=CommandStatus.TIMEOUT, reason=CommandReason.NOT_STARTED)
    return row


async def end_forgotten(session: WriteSession) -> int:
    """End what nobody will: orders that no workflow took up, and those whose workflow was ended from outside. How many."""
    now = await clock(session)
    forgotten = or_(
        and_(SatelCommand.begun_at.is_(None), SatelCommand.created_at < now - BEGIN_WITHIN),
        SatelCommand.created_at < now - FORGOTTEN_AFTER,
    )
    query = select(SatelCommand).where(SatelCommand.ended_at.is_(None), forgotten).with_for_update(skip_locked=True)
    rows = (await session.scalars(query)).all()
    for row in rows:
        await _end_forgotten(session, row, now)
    return len(rows)


async def _end_forgotten(session: WriteSession, row: SatelCommand, now: datetime) -> None:
    if row.status in ENDED:
        row.ended_at = now
        await note(session, row, "command.unseen")
        return
    late = CommandReason.UNKNOWN_OUTCOME if row.sent_at is not None else CommandReason.TOO_LATE
    reason = CommandReason.NOT_STARTED if row.begun_at is None else late
    await end(session, row, now, status=CommandStatus.TIMEOUT, reason=reason)


async def release(session: WriteSession, row: SatelCommand, *, by: UUID, request_id: str) -> None:
    """The second person agreed; the time in which it may be sent begins."""
    if row.status is CommandStatus.AWAITING_RELEASE:
        now = await clock(session)
        row.status, row.released_by, row.released_at, row.valid_until = CommandStatus.PENDING, by, now, now + VALID_FOR
        await note(session, row, "command.released", actor_id=by, request_id=request_id)


async def take_to_send(session: WriteSession, command_id: UUID, attempt: int, *, repeat: bool) -> SatelCommand | None:
    """Note, before it is done, that ``attempt`` sends the command; None: it is not to be sent (any more), or not again.

    ``repeat``: the effect of an earlier sending was looked for and is not there.
    """
    row = await lock(session, command_id)
    if row is None or row.status is not CommandStatus.PENDING or row.attempts >= attempt:
        return None
    now = await clock(session)
    if row.valid_until is None or now > row.valid_until or (row.sent_at is not None and not repeat):
        return None
    row.attempts, row.sent_at = attempt, row.sent_at or now
    await note(session, row, None)
    transition = transition_of(row.kind, ArmMode(row.arm_mode or 0))
    if transition is not None:
        await _tell_partitions(session, row, dict.fromkeys(row.numbers, transition.value), now)
    return row


async def settle(session: WriteSession, row: SatelCommand, outcome: CommandOutcome, *, ended: bool) -> bool:
    """Project how it came out; whether the row has a new status."""
    now = await clock(session)
    changed, went_on = row.status not in ENDED, row.ended_at is None
    if changed:
        reason = CommandReason(outcome.reason) if outcome.reason else None
        row.result_code, row.blocking = outcome.result_code, list(outcome.blocking)
        await end(session, row, now, status=outcome.status, reason=reason, ended=ended)
    elif went_on and ended:
        row.confirmed_at, row.ended_at = outcome.confirmed_at, now
        await note(session, row, "command.confirmed" if row.confirmed_at else "command.unseen")
    if went_on and row.ended_at is not None and row.confirmed_at is None and row.sent_at is not None:
        await _revert(session, row, now)
    return changed


async def end(
    session: WriteSession,
    row: SatelCommand,
    now: datetime,
    *,
    status: CommandStatus,
    reason: CommandReason | None,
    ended: bool = True,
) -> None:
    row.status, row.reason = status, reason.value if reason else None
    row.answered_at = now if status in (CommandStatus.ACK, CommandStatus.NACK) and row.sent_at is not None else None
    row.ended_at = now if ended else None
    detail = {"reason": row.reason, "result_code": row.result_code, "blocking": list(row.blocking or ()) or None}
    told = {name: value for name, value in detail.items() if value is not None}
    await note(session, row, f"command.{status.lower()}", detail=told)


async def note(
    session: WriteSession,
    row: SatelCommand,
    action: str | None,
    *,
    actor_id: UUID | None = None,
    request_id: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """The push, and the audit row if there is an ``action``."""
    if action is not None:
        asked = request_id or row.request_id or ""
        audit.record(session, action, "command", row.id, actor_id=actor_id, request_id=asked, detail=detail)
    payload = {name: plain(getattr(row, name)) for name in TOLD}
    await _push(session, row, names.COMMAND_UPDATED, [payload])


async def _revert(session: WriteSession, row: SatelCommand, now: datetime) -> None:
    """What was shown as under way is not: say what the partitions are."""
    if transition_of(row.kind, ArmMode(row.arm_mode or 0)) is not None:
        values = {"panel_id": row.panel_id, "numbers": row.numbers}
        found = (await session.execute(_PARTITION_STATES, values)).mappings()
        await _tell_partitions(session, row, {one["number"]: one["state"] for one in found}, now)


async def _tell_partitions(session: WriteSession, row: SatelCommand, states: dict[int, str], now: datetime) -> None:
    where = {"panel_id": str(row.panel_id), "object_id": str(row.object_id), "at": plain(now)}
    told = [{**where, "partition": number, "state": state} for number, state in sorted(states.items())]
    await _push(session, row, names.PANEL_STATE_CHANGED, told)


async def _push(session: WriteSession, row: SatelCommand, kind: str, payloads: Iterable[dict[str, Any]]) -> None:
    shared = {"type": kind, "object_id": row.object_id, "panel_id": row.panel_id, "push": True}
    await session.execute(insert(OutboxRow), [{**shared, "payload": payload} for payload in payloads])
    await wake_relay(session)


async def line_of(session: AsyncSession, panel_id: UUID) -> tuple[CommandReason | None, str]:
    """Why no command can reach the panel, or None and who holds its line."""
    row = (await session.execute(_LINE, {"panel_id": panel_id})).mappings().one_or_none()
    if row is None or row["disabled"]:
        return CommandReason.PANEL_DISABLED, ""
    checks = (
        (row["closed"], CommandReason.OBJECT_CLOSED),
        (row["released"], CommandReason.PANEL_RELEASED),
        (row["codeless"], CommandReason.NO_CODE),
        (not row["alive"], CommandReason.NO_HOLDER),
    )
    refusal = next((reason for stands, reason in checks if stands), None)
    return (refusal, "") if refusal is not None else (None, row["holder"])


def order_of(row: SatelCommand) -> CommandOrder:
    """What its workflow is started with."""
    return CommandOrder(
        command_id=row.id,
        object_id=row.object_id,
        panel_id=row.panel_id,
        kind=row.kind,
        source=row.source,
        numbers=tuple(row.numbers),
        arm_mode=ArmMode(row.arm_mode or 0),
        forced=row.forced,
        requested_by=row.requested_by,
        schedule_id=row.schedule_id,
        two_person=row.two_person,
        request_id=row.request_id or "",
    )


def outcome_of(row: SatelCommand) -> CommandOutcome:
    outcome = CommandOutcome(command_id=row.id, status=row.status, result_code=row.result_code, reason=row.reason or "")
    return replace(outcome, blocking=tuple(row.blocking or ()), confirmed_at=row.confirmed_at)


# -- reading


async def find(session: AsyncSession, command_id: UUID) -> RowMapping | None:
    """With the names that people read."""
    one = _named(_as_it_is().where(_C.id == command_id).subquery("page"))
    found: RowMapping | None = (await session.execute(one)).mappings().first()
    return found


async def list_commands(
    session: AsyncSession,
    *,
    only_objects: frozenset[UUID] | None,
    object_id: UUID | None,
    panel_id: UUID | None,
    requested_by: UUID | None,
    statuses: list[CommandStatus] | None,
    kinds: list[CommandKind] | None,
    sources: list[CommandSource] | None,
    since: datetime | None,
    until: datetime | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    wanted = {_C.object_id: object_id, _C.panel_id: panel_id, _C.requested_by: requested_by}
    query = _as_it_is().where(*(column == value for column, value in wanted.items() if value is not None))
    if only_objects is not None:
        query = query.where(_C.object_id.in_(list(only_objects)))
    if statuses is not None:
        query = query.where(_status().in_(statuses))
    if kinds is not None:
        query = query.where(_C.kind.in_(kinds))
    if sources is not None:
        query = query.where(_C.source.in_(sources))
    if since is not None:
        query = query.where(_C.created_at >= since)
    if until is not None:
        query = query.where(_C.created_at < until)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_named)


def _never_began() -> Any:
    """As `domain.command.never_began`: nobody begins such a row any more."""
    late = and_(_C.begun_at.is_(None), _C.created_at < func.now() - literal(BEGIN_WITHIN))
    return and_(late, or_(_C.status == CommandStatus.PENDING, _C.status == CommandStatus.AWAITING_RELEASE))


def _status() -> Any:
    return case((_never_began(), literal(CommandStatus.TIMEOUT, _C.status.type)), else_=_C.status)


def _as_it_is() -> Select[Any]:
    """The columns, an order that its workflow never took up as what it is."""
    shown = {
        "status": _status(),
        "reason": case((_never_began(), literal(CommandReason.NOT_STARTED.value)), else_=_C.reason),
        "ended_at": case((_never_began(), _C.created_at + literal(BEGIN_WITHIN)), else_=_C.ended_at),
    }
    others = [column for column in SatelCommand.__table__.columns if column.key not in {*shown, "body_hash"}]
    return select(*others, *(column.label(name) for name, column in shown.items()))


def _named(rows: Subquery) -> Select[Any]:
    asked, released = aliased(User), aliased(User)
    return (
        select(
            rows,
            Panel.name.label("panel_name"),
            GuardedObject.name.label("object_name"),
            asked.username.label("requested_by_name"),
            released.username.label("released_by_name"),
        )
        .join(Panel, Panel.id == rows.c.panel_id)
        .join(GuardedObject, GuardedObject.id == rows.c.object_id)
        .outerjoin(asked, asked.id == rows.c.requested_by)
        .outerjoin(released, released.id == rows.c.released_by)
    )
