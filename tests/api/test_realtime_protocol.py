"""Tickets, hellos, pings and ends of the WebSocket, and what is done to clients that do not keep to it (R-PUSH, R-AUTH)."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7
from websockets.exceptions import ConnectionClosed

from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from api import callers
from api.realtime.frames import EventFrame
from api.realtime.hub import Pace
from api.realtime.tickets import Tickets
from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.valkey import Valkey
from tests.api.realtime_support import Client, Publisher, Station, publishing
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.permissions import Role

PACE = Pace(ping_every=0.3, check_every=0.1, hello_within=0.5)


@pytest.fixture
async def station(database_url: str, valkey_url: str) -> AsyncIterator[Station]:
    async with Station(database_url, valkey_url, PACE).running() as running:
        yield running


@pytest.fixture
async def publisher(database_url: str, valkey_url: str) -> AsyncIterator[Publisher]:
    async with publishing(database_url, valkey_url) as running:
        yield running


# -- tickets


async def test_a_ticket_is_good_for_one_connection(station: Station) -> None:
    caller = await station.login()
    ticket = await station.tickets.issue(caller)
    claims = await asyncio.gather(*(station.tickets.redeem(ticket) for _ in range(20)))
    (won,) = [each for each in claims if each is not None]
    assert (won.user_id, won.family_id) == (caller.person.id, caller.family_id)
    assert abs(won.expires_at - caller.expires_at) < timedelta(seconds=1)
    assert await Client(await station.with_ticket(ticket)).closed() == 4401


async def test_a_ticket_lives_thirty_seconds(station: Station) -> None:
    await station.tickets.issue(await station.login())
    (key,) = await station.redis.keys("ws:ticket:*")
    assert 28_000 < await station.redis.pttl(key) <= 30_000


async def test_the_ticket_itself_is_stored_nowhere(station: Station) -> None:
    ticket = await station.tickets.issue(await station.login())
    keys: Any = await station.redis.keys("*")
    value: Any = await station.redis.get(keys[0])
    assert ticket.split(".")[1].encode() not in keys[0] + value


async def test_what_is_no_ticket_is_closed_with_4401(station: Station) -> None:
    for ticket in ("", "r", "x.y", "r.a.b.c", "d.a.b.c", "r" * 5_000, "r.%C4%85.b.c", "d.%00.b.c"):
        assert await Client(await station.with_ticket(ticket)).closed() == 4401, ticket[:20]


async def test_a_ticket_cannot_be_given_to_another_session(station: Station) -> None:
    ticket = await station.tickets.issue(await station.login())
    place, secret, _, end = ticket.split(".")
    assert await station.tickets.redeem(f"{place}.{secret}.{uuid7().hex}.{end}") is None
    assert await station.tickets.redeem(f"{place}.{secret}.{ticket.split('.')[2]}.ffffffff") is None
    assert await station.tickets.redeem(ticket) is not None


async def test_a_ticket_works_once_across_an_outage_of_redis(database_url: str) -> None:
    with scratch_folder() as folder:
        valkey = Valkey(folder, port=free_port(), durable=True)
        await valkey.start()
        station = Station(database_url, valkey.url, PACE)
        try:
            async with station.running():
                await _check_tickets_across_an_outage(station, valkey)
        finally:
            await valkey.kill()


async def _check_tickets_across_an_outage(station: Station, valkey: Valkey) -> None:
    caller, tickets = await station.login(), station.tickets
    before, used = await tickets.issue(caller), await tickets.issue(caller)
    assert await tickets.redeem(used) is not None
    await valkey.kill()
    assert await tickets.redeem(before) is None  # it is where nobody can look: the client asks for another
    during, late = await tickets.issue(caller), await tickets.issue(caller)
    taken = await asyncio.gather(*(tickets.redeem(during) for _ in range(8)))
    assert sum(claims is not None for claims in taken) == 1
    await valkey.restart()
    await eventually(lambda: station.redis.ping())
    assert await tickets.redeem(during) is None
    assert await tickets.redeem(late) is not None
    assert await tickets.redeem(late) is None


async def test_a_redis_that_forgot_that_a_ticket_was_taken_does_not_revive_it(station: Station) -> None:
    """A crash loses up to a second of its log: the ticket is there again, although it was taken."""
    ticket = await station.tickets.issue(await station.login())
    (key,) = await station.redis.keys("ws:ticket:*")
    kept: Any = await station.redis.dump(key)
    assert await station.tickets.redeem(ticket) is not None
    await station.redis.restore(key, 30_000, kept)
    assert await station.tickets.redeem(ticket) is None


async def test_a_ticket_kept_in_the_database_expires_too(station: Station) -> None:
    tickets = Tickets(_NobodyThere(), station.db)  # type: ignore[arg-type]
    old = await tickets.issue(await station.login())
    await station.execute("UPDATE ws_tickets SET expires_at = now() - interval '1 second'")
    assert await tickets.redeem(old) is None
    await tickets.issue(await station.login())
    async with station.db.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM ws_tickets"))).scalar() == 1, "old ones are swept away"


class _NobodyThere:
    async def set(self, *_: object, **__: object) -> None:
        raise ConnectionRefusedError


# -- hello


async def test_without_a_hello_in_time_it_is_closed_with_4408(station: Station) -> None:
    assert await Client(await station.socket(await station.login())).closed() == 4408


HOSTILE: list[tuple[str | bytes, int]] = [
    (b"\x00\x01", 1003),
    (b'{"type":"hello","last_seq":null}', 1003),
    ("", 1008),
    ("hello", 1008),
    ("[]", 1008),
    ("null", 1008),
    ('"hello"', 1008),
    ("{}", 1008),
    ('{"type":["hello"]}', 1008),
    ('{"type":{"a":1}}', 1008),
    ('{"type":"goodbye"}', 1008),
    ('{"type":"hello","last_seq":-1}', 1008),
    ('{"type":"hello","last_seq":"1"}', 1008),
    ('{"type":"hello","last_seq":true}', 1008),
    ('{"type":"hello","last_seq":1.5}', 1008),
    ('{"type":"hello","last_seq":[]}', 1008),
    ('{"type":"hello","last_seq":NaN}', 1008),
    ("[" * 1_000, 1008),
    ('{"type":"pong","x":"' + "x" * 5_000 + '"}', 1008),
    ("x" * 100_000, 1009),
]


@contextlib.asynccontextmanager
async def nothing_to_report(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        yield
    assert not [line for line in logs if line["log_level"] in {"warning", "error", "critical"}]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_hostile_hello_closes_the_socket_and_is_no_bug_of_ours(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await station.login()
    async with nothing_to_report(caplog):
        for message, code in [*HOSTILE, ('{"type":"pong"}', 1008)]:
            connection = await station.socket(caller)
            await connection.send(message)
            assert await Client(connection).closed() == code, message[:80]
        await eventually(lambda: not station.server.server_state.tasks)


async def test_a_hostile_message_later_on_closes_only_its_own_socket(
    station: Station, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await station.login()
    async with station.client(caller) as good, nothing_to_report(caplog):
        for message, code in HOSTILE:
            async with station.client(caller) as bad:
                await bad.connection.send(message)
                assert await bad.closed() == code, message[:80]
            seq = await publisher.publish()
            assert (await good.events(1))[0]["seq"] == seq


async def test_one_who_talks_without_end_is_closed(station: Station) -> None:
    async with station.client() as client:
        await client.until("live")
        with pytest.raises(ConnectionClosed):
            await _chatter(client)
        assert client.connection.close_code == 1008


async def _chatter(client: Client) -> None:
    while True:
        await client.say({"type": "pong"})
        await asyncio.sleep(0)  # the server lives in the same loop


async def test_a_second_hello_of_one_who_has_loaded_everything_is_fine(station: Station, publisher: Publisher) -> None:
    async with station.client() as client:
        await client.until("live")
        await client.say({"type": "hello", "last_seq": None})
        await publisher.publish()
        assert (await client.events(1))[0]["seq"] == 1


# -- pings


async def test_who_answers_pings_stays_and_who_does_not_is_closed(station: Station) -> None:
    caller = await station.login()
    async with station.client(caller) as answering, station.client(caller) as silent:
        answered = asyncio.create_task(_pings(answering, 6))
        heard = [frame["type"] async for frame in _frames(silent)]
        assert (heard.count("ping"), silent.connection.close_code) == (3, 1008)
        assert len(await answered) == 6


async def _frames(client: Client) -> AsyncIterator[dict[str, Any]]:
    """Until it is closed, without ever answering."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            yield await client.frame()


async def _pings(client: Client, count: int) -> list[dict[str, Any]]:
    return [(await client.until("ping"))[-1] for _ in range(count)]


# -- the end of a session


@pytest.fixture
def fresh_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is remembered: the test would wait for it."""
    monkeypatch.setattr(callers, "TRUSTED_FOR", 0.0)


async def change_user(station: Station, user_id: UUID, **values: Any) -> None:
    async with station.db.write() as session:
        await session.execute(update(User).where(User.id == user_id).values(**values))


@pytest.mark.usefixtures("fresh_callers")
async def test_a_deactivated_user_is_shown_out(station: Station) -> None:
    caller = await station.login()
    async with station.client(caller) as client:
        await client.until("live")
        await change_user(station, caller.person.id, active=False)
        assert await client.closed() == 4403


@pytest.mark.usefixtures("fresh_callers")
async def test_an_ended_session_ends_its_sockets_and_no_others(station: Station) -> None:
    ended, other = await station.login(), await station.login()
    async with station.client(ended) as client, station.client(other) as staying:
        await client.until("live")
        async with station.db.write() as session:
            revoked = update(RefreshToken).where(RefreshToken.family_id == ended.family_id)
            await session.execute(revoked.values(revoked_at=datetime.now(UTC)))
        assert await client.closed() == 4403
        assert await _pings(staying, 2)


@pytest.mark.usefixtures("fresh_callers")
async def test_whose_session_ended_before_the_hello_is_not_let_in(station: Station) -> None:
    caller = await station.login()
    connection = await station.socket(caller)
    await change_user(station, caller.person.id, active=False)
    await Client(connection).say({"type": "hello", "last_seq": None})
    assert await Client(connection).closed() == 4403


async def test_an_access_token_that_runs_out_asks_for_a_new_ticket(station: Station) -> None:
    async with station.client(await station.login(lasts=1.0)) as client:
        assert await client.closed() == 4401


@pytest.mark.usefixtures("fresh_callers")
async def test_a_changed_role_or_assignment_counts_at_once(station: Station, publisher: Publisher) -> None:
    object_id = uuid7()
    caller = await station.login(Role.FIELD_WORKER)
    async with station.client(caller) as client:
        await client.until("live")
        await publisher.publish(object_id=object_id)
        await eventually(lambda: station.hub.seq == 1)
        await change_user(station, caller.person.id, role=Role.OPERATOR)
        await eventually(lambda: _role_of(station) is Role.OPERATOR)
        await publisher.publish(object_id=object_id)
        assert (await client.events(1))[0]["seq"] == 2


def _role_of(station: Station) -> Role:
    (subscriber,) = station.hub._sockets  # what it goes by now shows nowhere else
    return subscriber.caller.person.role


# -- the end of the server


async def test_a_server_that_stops_says_1012(database_url: str, valkey_url: str) -> None:
    async with Station(database_url, valkey_url, PACE).running() as station:
        caller = await station.login()
        connection = await station.socket(caller)
        await Client(connection).say({"type": "hello", "last_seq": None})
        await Client(connection).until("live")
    assert await Client(connection).closed() == 1012


async def test_no_trace_of_a_socket_is_left_when_its_client_goes(station: Station, publisher: Publisher) -> None:
    caller = await station.login()
    for _ in range(5):
        async with station.client(caller, last_seq=0) as client:
            await client.until("live")
    lost = await station.socket(caller)
    await Client(lost).say({"type": "hello", "last_seq": 0})
    await eventually(lambda: station.hub.sockets == 1)
    lost.transport.abort()
    await publisher.publish(50)
    await eventually(lambda: station.hub.sockets == 0 and not station.server.server_state.tasks)
    assert await station.redis.keys(f"{names.ws_ticket_key('')}*") == []


@dataclass(slots=True)
class Deaf:
    """A catch-up in whose libraries a cancellation gets lost, as can happen in `asyncio.wait_for` before Python 3.12."""

    found: Sequence[EventFrame]
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def after(self, _: int, __: int) -> Sequence[EventFrame]:
        self.asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return self.found


async def test_a_socket_that_goes_while_it_is_told_what_it_missed_holds_nobody_up(station: Station) -> None:
    """R-MODES: the server waits for every socket's task when it stops."""
    station.hub.seq = 2
    deaf = Deaf([EventFrame(seq, names.ALARM_NEW, None, "{}", None) for seq in (1, 2)])
    app: Any = station.server.config.app
    app.state.services.catch_up = deaf
    async with station.client(last_seq=0):
        await deaf.asked.wait()
    await eventually(lambda: not station.server.server_state.tasks, what="its task has ended")
