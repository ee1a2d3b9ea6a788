"""The live stream and its three tiers against real servers: complete, in order, once (R-PUSH)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from activities.db.repositories.pushed import PushedRow
from api.realtime import catch_up, sources, subscriber
from api.realtime.frames import EventFrame
from api.realtime.hub import Pace
from tests.api.realtime_support import Client, Publisher, Station, commit, publishing
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.permissions import Role

PACE = Pace(ping_every=0.5, check_every=0.2, hello_within=0.5)


@pytest.fixture
async def station(database_url: str, valkey_url: str) -> AsyncIterator[Station]:
    async with Station(database_url, valkey_url, PACE).running() as running:
        yield running


@pytest.fixture
async def publisher(database_url: str, valkey_url: str) -> AsyncIterator[Publisher]:
    async with publishing(database_url, valkey_url) as running:
        yield running


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# -- live


async def test_a_burst_reaches_every_socket_whole_and_in_order(station: Station, publisher: Publisher) -> None:
    caller = await station.login()
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(station.client(caller)) for _ in range(10)]
        assert [(await client.until("live"))[-1]["seq"] for client in clients] == [0] * 10
        readers = [asyncio.create_task(client.up_to(500)) for client in clients]
        await publisher.publish(500)
        assert await asyncio.gather(*readers) == [list(range(1, 501))] * 10


async def test_an_event_carries_its_data_as_published(station: Station, publisher: Publisher) -> None:
    sent = metric("stage_seconds_count", stage="sent")
    async with station.client() as client:
        await client.until("live")
        await publisher.publish(kind=names.ALARM_UPDATED, size=3)
        (event,) = await client.events(1)
    assert (event["type"], event["seq"], event["event"]) == ("event", 1, "alarm.updated")
    assert event["data"]["ballast"] == "xxx"
    assert datetime.fromisoformat(event["data"]["stamps"]["published_at"]).tzinfo is not None
    assert metric("stage_seconds_count", stage="sent") == sent + 1


async def test_hello_null_starts_now(station: Station, publisher: Publisher) -> None:
    await publisher.publish(5)
    await eventually(lambda: station.hub.seq == 5)
    async with station.client() as client:
        assert (client.welcome["seq"], client.welcome["mode"]) == (5, "NORMAL")
        assert [frame["type"] for frame in await client.until("live")] == ["live"]
        await publisher.publish()
        assert (await client.events(1))[0]["seq"] == 6


async def test_a_change_of_mode_is_told_to_all(station: Station) -> None:
    async with station.client() as client:
        await client.until("live")
        station.hub.change_mode("DEGRADED")
        station.hub.change_mode("DEGRADED")
        station.hub.change_mode("NORMAL")
        assert [(await client.until("mode"))[-1]["mode"] for _ in range(2)] == ["DEGRADED", "NORMAL"]


# -- catching up


async def caught_up(client: Client) -> list[int]:
    return [frame["seq"] for frame in await client.until("live") if frame["type"] == "event"]


async def test_tier_1_what_was_missed_comes_from_the_stream(station: Station, publisher: Publisher) -> None:
    await publisher.in_step(station.redis, await publisher.publish(600))
    await eventually(lambda: station.hub.seq == 600)
    tier1, tier2 = metric("ws_replay_tier1_queries_total"), metric("ws_replay_tier2_queries_total")
    async with station.client(last_seq=17) as client:
        assert await caught_up(client) == list(range(18, 601))
        await publisher.publish()
        assert (await client.events(1))[0]["seq"] == 601
    assert metric("ws_replay_tier1_queries_total") > tier1
    assert metric("ws_replay_tier2_queries_total") == tier2


async def test_tier_2_what_the_stream_no_longer_holds_comes_from_postgresql(station: Station, publisher: Publisher) -> None:
    await publisher.in_step(station.redis, await publisher.publish(300))
    publisher.stream.cancel()  # or it would mend the stream at once
    await station.redis.xtrim(names.PUSH_STREAM, minid="290-0")
    await eventually(lambda: station.hub.seq == 300)
    tier2, overflows = metric("ws_replay_tier2_queries_total"), metric("ws_replay_overflow_count")
    async with station.client(last_seq=10) as client:
        assert await caught_up(client) == list(range(11, 301))
    assert metric("ws_replay_tier2_queries_total") > tier2
    assert metric("ws_replay_overflow_count") == overflows


async def test_tier_3_what_is_older_than_two_hours_is_to_be_loaded_again(station: Station, publisher: Publisher) -> None:
    publisher.stream.cancel()
    await publisher.publish(20)
    await station.execute("UPDATE outbox SET pushed_at = pushed_at - interval '3 hours' WHERE sequence_id <= 10")
    await eventually(lambda: station.hub.seq == 20)
    overflows = metric("ws_replay_overflow_count")
    async with station.client(last_seq=5) as client:
        overflow, live = await client.until("live")
        assert (overflow["type"], overflow["seq"], live["seq"]) == ("replay_overflow", 20, 20)
        assert 200 <= overflow["retry_after_ms"] <= 1_020
        await publisher.publish()
        assert (await client.events(1))[0]["seq"] == 21
    assert metric("ws_replay_overflow_count") == overflows + 1
    async with station.client(last_seq=10) as client:
        assert await caught_up(client) == list(range(11, 22))


async def test_what_retention_deleted_is_to_be_loaded_again(station: Station, publisher: Publisher) -> None:
    publisher.stream.cancel()
    await publisher.publish(20)
    await eventually(lambda: station.hub.seq == 20)
    await station.execute("DELETE FROM outbox WHERE sequence_id <= 8")
    async with station.client(last_seq=7) as client:
        assert [frame["type"] for frame in await client.until("live")] == ["replay_overflow", "live"]
    async with station.client(last_seq=8) as client:
        assert await caught_up(client) == list(range(9, 21))


async def test_more_than_is_quicker_loaded_anew_is_not_replayed(
    station: Station, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "MOST", 50)
    await publisher.publish(60)
    await eventually(lambda: station.hub.seq == 60)
    async with station.client(last_seq=9) as client:
        assert [frame["type"] for frame in await client.until("live")] == ["replay_overflow", "live"]
    async with station.client(last_seq=10) as client:
        assert await caught_up(client) == list(range(11, 61))


def test_the_more_sockets_the_longer_they_are_spread() -> None:
    few, many = ([catch_up.retry_after_ms(sockets) for _ in range(300)] for sockets in (1, 500))
    assert max(few) <= 1_020
    assert 5_000 < max(many) <= 11_000
    assert len(set(many)) > 100


async def test_a_client_of_another_database_loads_everything_again(station: Station, publisher: Publisher) -> None:
    await publisher.publish(3)
    await eventually(lambda: station.hub.seq == 3)
    async with station.client(last_seq=2**62) as client:
        overflow, live = await client.until("live")
        assert (overflow["type"], overflow["seq"], live["seq"]) == ("replay_overflow", 3, 3)
        await publisher.publish()
        assert (await client.events(1))[0]["seq"] == 4


async def test_a_client_who_heard_it_first_elsewhere_is_told_it_neither_again_nor_to_reload(
    station: Station, publisher: Publisher
) -> None:
    await publisher.publish(3)
    await eventually(lambda: station.hub.seq == 3)
    publisher.stream.cancel()
    caller = await station.login()
    connection = await station.socket(caller)
    client = Client(connection)
    # another process has told 4 and 5; ours learns of them only by looking
    await commit(publisher.db, 2)
    await station.execute("UPDATE outbox SET sequence_id = id, pushed_at = now() WHERE sequence_id IS NULL")
    await client.say({"type": "hello", "last_seq": 4})
    first = await client.until("live")
    assert [frame["type"] for frame in first] in (["welcome", "live"], ["welcome", "event", "live"])
    await publisher.publish()
    events = [frame["seq"] for frame in first if frame["type"] == "event"]
    assert events + await client.up_to(6) == [5, 6]
    await connection.close()


async def test_a_database_that_was_put_back_makes_everybody_load_again(
    station: Station, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BLOCK", 0.1)
    await publisher.in_step(station.redis, await publisher.publish(9))
    publisher.stream.cancel()  # so that the stream keeps what never happened
    async with station.client(last_seq=9) as client:
        await client.until("live")
        await station.execute("DELETE FROM outbox WHERE sequence_id > 4")
        assert (await client.until("replay_overflow"))[-1]["seq"] == 4
        for _ in range(3):
            assert [frame["type"] for frame in await client.until("ping")] == ["ping"]
        await publisher.publish(2)
        events = await client.events(2)
    assert [event["seq"] for event in events] == [5, 6]
    told = [event["data"]["stamps"]["published_at"] for event in events]
    async with station.db.fast() as connection:
        rows = await connection.fetch("SELECT payload->'stamps'->>'published_at' FROM outbox WHERE sequence_id > 4 ORDER BY 1")
    assert told == [row[0] for row in rows]


# -- a stream that is not what it should be


async def test_what_the_stream_does_not_bring_comes_from_the_outbox(station: Station, publisher: Publisher) -> None:
    publisher.stream.cancel()
    async with station.client() as client:
        await client.until("live")
        for seq in range(1, 6):
            await publisher.publish()
            assert (await client.events(1))[0]["seq"] == seq
    assert station.hub.follows_stream


async def test_a_hole_in_the_stream_is_filled_from_the_outbox(station: Station, publisher: Publisher) -> None:
    publisher.stream.cancel()
    async with station.client() as client:
        await client.until("live")
        await commit(publisher.db, 6)
        await station.execute("UPDATE outbox SET sequence_id = id, pushed_at = now()")
        entry: dict[Any, Any] = {"type": names.ALARM_NEW, "object_id": "", "data": "{}"}
        await station.redis.xadd(names.PUSH_STREAM, entry, id="5-0")
        assert await client.up_to(6) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "entry",
    [{"data": "{}"}, {"type": "alarm.new", "object_id": "?", "data": "{}"}, {"type": "a", "object_id": "", "data": "{"}],
)
async def test_an_entry_nobody_can_read_stops_nothing(station: Station, publisher: Publisher, entry: dict[Any, Any]) -> None:
    publisher.stream.cancel()
    async with station.client() as client:
        await client.until("live")
        await commit(publisher.db, 2)
        await station.execute("UPDATE outbox SET sequence_id = id, pushed_at = now()")
        await station.redis.xadd(names.PUSH_STREAM, entry, id="1-0")
        assert await client.up_to(2) == [1, 2]


# -- who may see what


async def test_everybody_sees_what_his_role_and_assignment_allow(station: Station, publisher: Publisher) -> None:
    async with station.db.fast() as connection:
        mine, other = uuid7(), uuid7()
        for each in (mine, other):
            await connection.execute(
                "INSERT INTO objects (id, name, address, kind, external_number) VALUES ($1, 'O', 'S', 'shop', $2)",
                each,
                str(each),
            )
    seen: dict[Role, list[int]] = {}
    async with contextlib.AsyncExitStack() as stack:
        clients: dict[Role, Client] = {}
        for role in (Role.OPERATOR, Role.TECHNICIAN, Role.FIELD_WORKER, Role.AUDITOR):
            caller = await station.login(role, objects=[mine])
            clients[role] = await stack.enter_async_context(station.client(caller))
            await clients[role].until("live")
        for kind in (names.ALARM_NEW, names.PANEL_STATE_CHANGED):
            for each in (mine, other):
                await publisher.publish(kind=kind, object_id=each)
        await publisher.publish(kind="reveal.secret", object_id=mine)
        await publisher.publish(kind=names.SYSTEM_MODE)
        for role, client in clients.items():
            seen[role] = await client.up_to(6)
    everything = [1, 2, 3, 4, 6]
    assert seen == {
        Role.OPERATOR: everything,
        Role.TECHNICIAN: [1, 3, 6],
        Role.FIELD_WORKER: [3, 6],
        Role.AUDITOR: everything,
    }


async def test_catching_up_is_filtered_as_well(station: Station, publisher: Publisher) -> None:
    await publisher.publish(3, object_id=uuid7())
    await publisher.publish(kind=names.SYSTEM_MODE)
    async with station.client(await station.login(Role.TECHNICIAN), last_seq=0) as client:
        assert await caught_up(client) == [4]


async def test_a_ping_tells_one_who_sees_nothing_how_far_he_is(station: Station, publisher: Publisher) -> None:
    async with station.client(await station.login(Role.FIELD_WORKER)) as client:
        await client.until("live")
        await publisher.publish(7)
        await eventually(lambda: station.hub.seq == 7)
        pings = [(await client.until("ping"))[-1]["seq"] for _ in range(2)]
    assert pings[-1] == 7


# -- slow ones


async def test_a_slow_client_is_let_go_and_holds_nobody_up(
    station: Station, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "MOST_FRAMES", 60)
    caller = await station.login()
    slow = await station.socket(caller, max_queue=1)
    await Client(slow).say({"type": "hello", "last_seq": None})
    await eventually(lambda: station.hub.sockets == 1)
    async with station.client(caller) as quick:
        await quick.until("live")
        reading = asyncio.create_task(quick.up_to(240))
        for _ in range(24):
            await publisher.publish(10, size=100_000)
        assert await reading == list(range(1, 241))
    assert await Client(slow).closed() == subscriber.SLOW_CLIENT


# -- for one alone


async def _tell_of_reveal(station: Station, publisher: Publisher, user_id: UUID | None) -> None:
    payload = orjson.dumps({"user_id": str(user_id)} if user_id else {}).decode()
    insert = "INSERT INTO outbox (type, object_id, payload, push) VALUES (:kind, :object_id, CAST(:payload AS jsonb), true)"
    await station.execute(insert, kind=names.REVEAL_EXPIRED, object_id=uuid7(), payload=payload)
    while await publisher.push.round():
        pass


async def test_the_end_of_a_reveal_is_told_to_who_asked_alone_live_and_caught_up(
    station: Station, publisher: Publisher
) -> None:
    anna, bartek = await station.login(), await station.login(Role.MASTER)
    async with station.client(anna) as hers, station.client(bartek) as his:
        await hers.until("live")
        await his.until("live")
        await _tell_of_reveal(station, publisher, anna.person.id)
        await _tell_of_reveal(station, publisher, None)  # for nobody, and it holds up nothing
        await publisher.publish(kind=names.ALARM_NEW)
        assert [event["event"] for event in await hers.events(2)] == [names.REVEAL_EXPIRED, names.ALARM_NEW]
        assert [event["event"] for event in await his.events(1)] == [names.ALARM_NEW]
    async with station.client(bartek, last_seq=0) as his, station.client(anna, last_seq=0) as hers:
        assert [event["seq"] for event in await his.events(1)] == [3]
        assert [event["seq"] for event in await hers.events(2)] == [1, 3]


def test_a_row_of_the_outbox_says_for_whom_it_is() -> None:
    told = ((names.REVEAL_EXPIRED, f'{{"user_id":"{UUID(int=7)}"}}'), (names.REVEAL_EXPIRED, "[]"), (names.ALARM_NEW, "{}"))
    rows = [PushedRow(sequence_id=1, type=kind, object_id=None, data=data, pushed_at=None) for kind, data in told]
    assert [EventFrame.of_row(row).user_id for row in rows] == [UUID(int=7), UUID(int=0), None]
