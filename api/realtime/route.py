"""The WebSocket: ticket, hello, what was missed, then live (R-PUSH). The only place that touches the socket.

What a client sends is text of at most `LONGEST` characters: `hello` first, then pongs. Anything else ends the socket.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Annotated, Any, Final, NoReturn

import orjson
import structlog
from fastapi import APIRouter, Depends, Query
from starlette.websockets import WebSocket, WebSocketDisconnect

from activities.db.session import DatabaseUnavailable
from api.callers import Caller
from api.deps import Served
from api.realtime import frames, metrics
from api.realtime.catch_up import CatchUp, retry_after_ms
from api.realtime.hub import Hub
from api.realtime.subscriber import (
    BINARY,
    BUG,
    NO_HELLO,
    NO_LONGER_ALLOWED,
    POLICY,
    TICKET_BAD,
    TRY_LATER,
    Ending,
    Subscriber,
)
from api.realtime.tickets import TicketClaims
from api.services import Services

log = structlog.get_logger(__name__)

router = APIRouter()

LONGEST: Final = 1_024  # characters of a client's message
AGAIN_AFTER: Final = 0.5  # s; while the database is away
_CLOSE_WITHIN: Final = 10.0  # s; who does not read does not read the close frame either


class Ended(Exception):  # noqa: N818 - the end of a conversation, not a fault
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.ending = Ending(code, reason)


async def ticket_holder(served: Served, ticket: Annotated[str, Query()] = "") -> TicketClaims | Ending:
    """Whoever bought the ticket, or why to close. The route's permission check: messages are checked one by one."""
    try:
        return await served.tickets.redeem(ticket) or Ending(TICKET_BAD, "get a new ticket")
    except DatabaseUnavailable:
        return Ending(TRY_LATER, "the database is away")


@router.websocket("/ws")
async def live(websocket: WebSocket, served: Served, holder: Annotated[TicketClaims | Ending, Depends(ticket_holder)]) -> None:
    """The whole life of a socket. It is accepted first, because a refused handshake shows a browser no close code."""
    try:
        await websocket.accept()
        ending = holder if isinstance(holder, Ending) else await _ending_of(websocket, holder, served)
        metrics.CLOSED.labels(str(ending.code)).inc()
        with _gone_is_gone():
            async with asyncio.timeout(_CLOSE_WITHIN):
                await websocket.close(ending.code, ending.reason)
    except (WebSocketDisconnect, TimeoutError):
        return


async def _ending_of(socket: WebSocket, claims: TicketClaims, served: Services) -> Ending:
    """Talk until there is a reason not to. Raises WebSocketDisconnect when the client goes first."""
    try:
        with _first_of_group():
            await _converse(socket, claims, served)
    except Ended as ended:
        log.info("ws.ended", code=ended.ending.code, reason=ended.ending.reason)
        return ended.ending
    except DatabaseUnavailable:
        return Ending(TRY_LATER, "the database is away")
    except WebSocketDisconnect:
        raise
    except Exception:
        log.exception("ws.bug")
        return Ending(BUG, "our fault")


@contextlib.contextmanager
def _first_of_group() -> Iterator[None]:
    """Of tasks that failed together, what the first one says. A client that has gone comes before all reasons of ours."""
    try:
        yield
    except BaseExceptionGroup as group:
        gone = group.subgroup(WebSocketDisconnect)
        raise (gone or group).exceptions[0] from None


async def _converse(socket: WebSocket, claims: TicketClaims, served: Services) -> NoReturn:
    last_seq = await _hello(socket, served.hub.pace.hello_within)
    caller = await served.callers.caller(claims.user_id, claims.family_id, claims.expires_at)
    if caller is None or caller.person.must_change_password:
        raise Ended(NO_LONGER_ALLOWED, "the session has ended")
    if not served.hub.started.is_set():
        raise Ended(TRY_LATER, "starting")
    await _follow(socket, caller, last_seq, served.hub, served.catch_up)


async def _follow(socket: WebSocket, caller: Caller, last_seq: int | None, hub: Hub, catch_up: CatchUp) -> NoReturn:
    subscriber = Subscriber(caller, heard=hub.seq if last_seq is None else last_seq)
    subscriber.tell(frames.welcome(hub.seq, hub.mode))
    async with hub.connected(subscriber), asyncio.TaskGroup() as tasks:
        tasks.create_task(_send_to(socket, subscriber))
        tasks.create_task(_listen_to(socket, subscriber))
        tasks.create_task(_tell_missed(subscriber, hub, catch_up))
        ending = await subscriber.ended
        raise Ended(ending.code, ending.reason)


async def _send_to(socket: WebSocket, subscriber: Subscriber) -> NoReturn:
    with _gone_is_gone():
        await subscriber.send_to(socket.send_text)


@contextlib.contextmanager
def _gone_is_gone() -> Iterator[None]:
    """The server may have closed a socket (a frame too large, no sign of life) without our having been told yet."""
    try:
        yield
    except RuntimeError as error:
        raise WebSocketDisconnect(reason=str(error)) from None


async def _tell_missed(subscriber: Subscriber, hub: Hub, catch_up: CatchUp) -> None:
    """Bring the subscriber to where the hub is, and go live in the same turn of the loop: nothing is lost or told twice."""
    era = hub.era
    if subscriber.heard > hub.seq:
        await _find_out_who_is_ahead(subscriber, hub, catch_up)
    while not subscriber.is_gone and (subscriber.heard < hub.seq or era != hub.era):
        messages = await _after(subscriber.heard, hub.seq, catch_up) if era == hub.era else None
        if messages is None or era != hub.era:
            era = hub.era
            metrics.OVERFLOWS.inc()
            subscriber.skip_to(hub.seq, retry_after_ms(hub.sockets))
        else:
            subscriber.offer(messages)
            await subscriber.drained()
    hub.go_live(subscriber)


async def _after(seq: int, up_to: int, catch_up: CatchUp) -> Any:
    while True:
        try:
            return await catch_up.after(seq, up_to)
        except DatabaseUnavailable:
            await asyncio.sleep(AGAIN_AFTER)


async def _find_out_who_is_ahead(subscriber: Subscriber, hub: Hub, catch_up: CatchUp) -> None:
    """The client knows more than this process: another process told it first, or the database is not the one it knew."""
    while True:
        try:
            newest = await catch_up.newest()
        except DatabaseUnavailable:
            await asyncio.sleep(AGAIN_AFTER)
            continue
        if subscriber.heard > max(newest, hub.seq):
            metrics.OVERFLOWS.inc()
            subscriber.skip_to(hub.seq, retry_after_ms(hub.sockets))
        return


# -- what the client says


async def _hello(socket: WebSocket, within: float) -> int | None:
    """What the client has seen last; None: it starts now. Raises Ended."""
    try:
        async with asyncio.timeout(within):
            message = await _receive(socket)
    except TimeoutError:
        raise Ended(NO_HELLO, "no hello") from None
    return _last_seq(message)


async def _listen_to(socket: WebSocket, subscriber: Subscriber) -> NoReturn:
    """Pongs. A hello again is one who has loaded everything: he is told everything already. Raises Ended."""
    while True:
        message = await _receive(socket)
        subscriber.count_message()
        if message["type"] == "pong":
            subscriber.pong()
        else:
            _last_seq(message)


async def _receive(socket: WebSocket) -> dict[str, Any]:
    """The next message, an object with a type. Raises Ended."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received["code"], received.get("reason"))
    text = received.get("text")
    if text is None:
        raise Ended(BINARY, "text frames only")
    if len(text) > LONGEST:
        raise Ended(POLICY, "too long")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict) or message.get("type") not in ("hello", "pong"):
        raise Ended(POLICY, "hello or pong expected")
    return message


def _last_seq(hello: dict[str, Any]) -> int | None:
    last_seq = hello.get("last_seq")
    if hello["type"] != "hello" or not (last_seq is None or (type(last_seq) is int and last_seq >= 0)):
        raise Ended(POLICY, 'say {"type":"hello","last_seq":n|null}')
    return last_seq
