"""Sending commands over the line that is held here, and reading back what they did (R-CMD, `workflows.contracts.command`)."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from temporalio import activity

from activities.db.session import DatabaseUnavailable
from activities.infra.crypto import Unreadable
from ingest.satel import effects, requests
from ingest.satel.bits import numbers_of
from ingest.satel.effects import View
from ingest.satel.errors import LinkLost, RemoteProtocolError
from ingest.satel.holder import PanelHolder
from ingest.satel.messages import Command, PanelStatus, Result, decode
from ingest.satel.requests import UserCode
from ingest.satel.runtime import PanelRuntime
from ingest.satel.session import Session, Urgency
from ingest.satel.store import Withdrawn
from workflows.contracts import policies
from workflows.contracts.command import CommandOrder, ConfirmEnd, ConfirmRequest, ConfirmResult, SendRequest, SendResult
from workflows.domain.command import (
    EXIT_TIME_MOST,
    SEEN_WITHIN,
    CommandKind,
    SendEnd,
    answered,
    may_repeat,
    priority_of,
    transition_of,
)
from workflows.domain.command import CommandStatus as Status

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 1.0  # s, where the panel does not push
_PERHAPS_UNKNOWN: Final = frozenset(range(0x28, 0x32))  # blocks that not every module answers (reference §2.2)
_REFUSED_ARMING: Final = (0x11, 0x12)
_ARMING: Final = frozenset({CommandKind.ARM, CommandKind.DISARM})
_RECORDED_WITHIN: Final = 2.0  # s; a database that takes longer is away


@dataclass(frozen=True, slots=True)
class CommandLineActivities:
    holder: PanelHolder

    @activity.defn(name="send_panel_command")
    async def send_panel_command(self, request: SendRequest) -> SendResult:
        """See `workflows.contracts.command.send_panel_command`."""
        order = request.order
        runtime = self.holder.runtime(order.panel_id)
        if runtime is None:
            return SendResult(end=SendEnd.NOT_HELD)
        async with AsyncExitStack() as stack:
            urgency = priority_of(order.kind, order.source)
            try:
                turn = runtime.turns.turn(urgency, within=policies.COMMAND_TURN.total_seconds())
                await stack.enter_async_context(turn)
            except TimeoutError:
                return SendResult(end=SendEnd.LINE_OCCUPIED)
            result = await self._send(runtime, request)
        told = {"command_id": str(order.command_id), "panel_id": str(order.panel_id), "attempt": request.attempt}
        log.info("command.tried", **told, kind=order.kind, end=result.end, code=result.result_code)
        return result

    async def _send(self, runtime: PanelRuntime, request: SendRequest) -> SendResult:
        """In our turn: look whether it can and must be sent, note that it will be, send it."""
        order = request.order
        if (line := runtime.line) is None:
            return SendResult(end=SendEnd.NOT_CONNECTED)
        session, version = line
        wide = runtime.wide(Command.ZONES_BYPASSED)
        if not effects.is_possible(order, version.capacity, wide=wide):
            return SendResult(end=SendEnd.OUT_OF_RANGE)
        try:
            sent_before = request.attempt > 1 and await self.holder.store.was_sent(order.command_id)
            if sent_before and (end := await self._what_became_of_it(runtime, session, order)) is not None:
                return SendResult(end=end)
            before = await _outputs_on(runtime, session, order)
            code = await self.holder.store.take_to_send(order.command_id, order.panel_id, request.attempt, repeat=sent_before)
        except LinkLost:
            return SendResult(end=SendEnd.NOT_CONNECTED)
        except DatabaseUnavailable:
            return SendResult(end=SendEnd.UNRECORDED)
        except Unreadable:
            return SendResult(end=SendEnd.CODE_UNREADABLE)
        if not isinstance(code, UserCode):
            return SendResult(end=SendEnd.WITHDRAWN if isinstance(code, Withdrawn) else SendEnd.NO_CODE)
        return await _ask(runtime, session, order, code, before=before, wide=wide)

    async def _what_became_of_it(self, runtime: PanelRuntime, session: Session, order: CommandOrder) -> SendEnd | None:
        """Of a command that was sent and never answered; None: nothing, and it may be sent again."""
        if order.kind is CommandKind.OUTPUTS_TOGGLE:
            return SendEnd.UNSEEN  # nobody knows how it was before
        view = await _view(runtime, session, effects.blocks_of(order))
        if effects.is_seen(order, view) or effects.is_under_way(order, view):
            return SendEnd.SEEN
        if not may_repeat(order.kind):
            return SendEnd.UNSEEN
        return await self._undone_since(runtime, order) if order.kind in _ARMING else None

    async def _undone_since(self, runtime: PanelRuntime, order: CommandOrder) -> SendEnd | None:
        """An arming that had its effect may have been undone by people at the keypad, a disarming by those who left: sent again
        it would be against them. Their doing is in the panel's log, which is read first."""
        if not runtime.ready:
            return SendEnd.NOT_CONNECTED  # not caught up: the next try will know
        try:
            async with asyncio.timeout(_RECORDED_WITHIN):
                await runtime.recorded()
        except TimeoutError:
            return SendEnd.UNRECORDED
        return SendEnd.UNSEEN if await self.holder.store.arming_moved(order.command_id) else None

    @activity.defn(name="confirm_panel_command")
    async def confirm_panel_command(self, request: ConfirmRequest) -> ConfirmResult:
        """See `workflows.contracts.command.confirm_panel_command`."""
        order = request.order
        runtime = self.holder.runtime(order.panel_id)
        if runtime is None or (line := runtime.line) is None:
            return ConfirmResult(end=ConfirmEnd.NO_LINE)
        try:
            confirmed_at = await _watch(runtime, line[0], request)
        except (LinkLost, RemoteProtocolError):
            return ConfirmResult(end=ConfirmEnd.NO_LINE)
        _expect_no_more(runtime, order)
        return ConfirmResult(end=ConfirmEnd.UNSEEN if confirmed_at is None else ConfirmEnd.CONFIRMED, confirmed_at=confirmed_at)


async def _outputs_on(runtime: PanelRuntime, session: Session, order: CommandOrder) -> tuple[int, ...]:
    """Those of a toggle that are on."""
    if order.kind is not CommandKind.OUTPUTS_TOGGLE:
        return ()
    view = await _view(runtime, session, (Command.OUTPUTS_ON,))
    return tuple(sorted(view.any_of(Command.OUTPUTS_ON) & set(order.numbers)))


async def _ask(
    runtime: PanelRuntime, session: Session, order: CommandOrder, code: UserCode, *, before: tuple[int, ...], wide: bool
) -> SendResult:
    """The bytes go out. Without an answer nobody knows whether the panel has them."""
    clock = datetime.now(ZoneInfo(runtime.setup.time_zone)).replace(tzinfo=None)
    frame = effects.frame_of(order, code, wide=wide, panel_local_time=clock)
    _expect(runtime, order)
    patience = policies.COMMAND_ANSWER.total_seconds()
    try:
        message = decode(await session.ask(frame, urgency=Urgency.COMMAND, timeout=patience))
    except (LinkLost, RemoteProtocolError):
        _expect_no_more(runtime, order)
        return SendResult(end=SendEnd.UNANSWERED)
    assert isinstance(message, Result), "a control command is answered by a result alone"
    stands_against: tuple[int, ...] = ()
    if answered(message.raw).status is not Status.ACK:
        _expect_no_more(runtime, order)
        stands_against = await _blocking(runtime, session, order, message.raw)
    return SendResult(end=SendEnd.ANSWERED, result_code=message.raw, blocking=stands_against, before=before)


async def _blocking(runtime: PanelRuntime, session: Session, order: CommandOrder, code: int) -> tuple[int, ...]:
    """Which zones stand against the arming; that they cannot be read changes nothing about the refusal."""
    if order.kind is not CommandKind.ARM or code not in _REFUSED_ARMING:
        return ()
    try:
        view = await _view(runtime, session, effects.STANDING_AGAINST_ARMING)
    except (LinkLost, RemoteProtocolError):
        return ()
    return effects.blocking(order, view, runtime.setup.zones)


async def _watch(runtime: PanelRuntime, session: Session, request: ConfirmRequest) -> datetime | None:
    """Until the panel shows the effect: when that was seen, None when it was not in its time. Raises LinkLost."""
    order, loop = request.order, asyncio.get_running_loop()
    began_at = loop.time()
    until = began_at + SEEN_WITHIN.total_seconds()
    blocks = effects.blocks_of(order)
    while True:
        activity.heartbeat()
        view = await _view(runtime, session, blocks)
        if effects.is_seen(order, view, before=request.before):
            return datetime.now(UTC)
        now = loop.time()
        if effects.is_under_way(order, view) and now - began_at < EXIT_TIME_MOST.total_seconds():
            until = now + SEEN_WITHIN.total_seconds()
        if now >= until:
            return None
        await runtime.told(within=LOOK_EVERY)
        if session.lost is not None:
            raise LinkLost(str(session.lost))


async def _view(runtime: PanelRuntime, session: Session, blocks: tuple[Command, ...]) -> View:
    """The blocks as the panel has them now: asked for, not remembered. Raises LinkLost."""
    numbers: dict[int, frozenset[int]] = {}
    ahead: timedelta | None = None
    for block in blocks:
        request = requests.read(block, wide=runtime.wide(block))
        if block in _PERHAPS_UNKNOWN:
            answer = await session.ask_maybe(request, urgency=Urgency.COMMAND)
        else:
            answer = await session.ask(request, urgency=Urgency.COMMAND)
        if answer is None or answer.command != block:
            continue
        if block is Command.STATUS:
            ahead = _ahead(decode(answer), runtime.setup.time_zone)
        else:
            numbers[block] = numbers_of(answer.data)
    return View(numbers=numbers, clock_ahead=ahead)


def _ahead(status: object, time_zone: str) -> timedelta | None:
    if not isinstance(status, PanelStatus) or status.panel_local_time is None:
        return None
    return status.panel_local_time - datetime.now(ZoneInfo(time_zone)).replace(tzinfo=None)


def _expect(runtime: PanelRuntime, order: CommandOrder) -> None:
    if (shown := transition_of(order.kind, order.arm_mode)) is not None:
        runtime.expect(order.numbers, shown)


def _expect_no_more(runtime: PanelRuntime, order: CommandOrder) -> None:
    if (shown := transition_of(order.kind, order.arm_mode)) is not None:
        runtime.expect_no_more(order.numbers, shown)
