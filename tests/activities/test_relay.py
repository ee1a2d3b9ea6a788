"""The relay against real servers: one order, nothing lost, nobody held up by anybody else (R-PUSH, design §4.3)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import update
from structlog.testing import capture_logs
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from uuid_utils.compat import uuid7

from activities import relay
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.outbox import announce_panel_change, list_parked, replay_parked
from activities.db.repositories import panel_releases
from activities.db.session import Database
from activities.infra.log import bound
from activities.infra.redis import connect_url
from activities.infra.settings import Settings
from activities.infra.temporal import connect_lazily
from activities.panel_releases import ReleaseActivities
from activities.relay_orchestration import ATTEMPTS, Orchestration, TemporalAway
from activities.relay_push import Push
from activities.relay_reconciliation import Reconciliation
from activities.relay_stream import Message, Stream
from activities.worker import ensure_search_attributes
from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.valkey import Valkey
from tests.activities.recording import World
from tests.support.eventually import eventually
from tests.support.service import add_period, add_user
from tests.support.signals import edge, later
from workflows.contracts import names
from workflows.contracts.panel_release import ReleaseAsk
from workflows.domain.service import ServiceState


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db)


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect_url(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
async def client(temporal_client: Client) -> Client:
    await ensure_search_attributes(temporal_client)
    return temporal_client


@contextlib.asynccontextmanager
async def leader(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@contextlib.asynccontextmanager
async def running(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results), results


def settings_for(database_url: str, redis_url: str, temporal_address: str) -> Settings:
    return Settings(database_url=SecretStr(database_url), redis_url=SecretStr(redis_url), temporal_address=temporal_address)


async def entries(redis: Redis) -> list[int]:
    return [int(key.split(b"-")[0]) for key, _ in await everything(redis)]


async def everything(redis: Redis) -> Any:
    """redis-py's annotations say that it could be anything."""
    return await redis.xrange(names.PUSH_STREAM)


async def filled(world: World, count: int, *, since: int = 0) -> None:
    """``count`` rows to push: each another bundle's."""
    for n in range(since, since + count):
        await world.record(edge(world.panel, n % 16 + 1, later(minutes=20 * n)))


# -- push -----------------------------------------------------------------------------------------------------------------


class Told:
    """Stands in for the stream."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, messages: list[Message]) -> None:
        self.messages += messages


async def test_r_push_the_sequence_is_gapless_in_the_order_of_publication(world: World, database_url: str) -> None:
    stream = Told()
    async with leader(database_url) as connection:
        push = Push(connection, stream, asyncio.Event())  # type: ignore[arg-type]
        await filled(world, 3)
        await world.execute("UPDATE outbox SET push = false WHERE id = 2")
        assert await push.round() == 2
        await filled(world, 2, since=3)
        assert (await push.round(), await push.round()) == (2, 0)
    assert [message.sequence_id for message in stream.messages] == [1, 2, 3, 4]
    rows = await world.rows("SELECT sequence_id, pushed_at FROM outbox WHERE push ORDER BY id")
    assert [row["sequence_id"] for row in rows] == [1, 2, 3, 4]
    assert all(row["pushed_at"] for row in rows)


async def test_r_push_a_row_committed_late_comes_after_what_was_published(world: World, database_url: str) -> None:
    """The reason why writers do not draw the number: theirs commit out of order."""
    stream = Told()
    async with leader(database_url) as connection:
        push = Push(connection, stream, asyncio.Event())  # type: ignore[arg-type]
        async with world.db.fast() as slow:
            await slow.execute("INSERT INTO outbox (type, payload, push) VALUES ('slow', '{}', true)")
            await filled(world, 1)
            await push.round()
        await push.round()
    assert [(message.sequence_id, message.type) for message in stream.messages] == [(1, names.ALARM_NEW), (2, "slow")]


async def test_r_push_each_bundles_versions_come_in_order_while_many_write(db: Database, database_url: str) -> None:
    world, stream, news = await World.made(db, 5), Told(), asyncio.Event()

    async def writer(first: int) -> None:
        for step in range(8):
            batch = [edge(panel, first + step % 4, later(minutes=step)) for panel in world.panels]
            await world.record(*batch[step % 5 :], *batch[: step % 5])

    async with leader(database_url) as connection, running(Push(connection, stream, news).run()):  # type: ignore[arg-type]
        await asyncio.gather(*(writer(1 + 4 * lane) for lane in range(3)))
        count = await world.value("SELECT count(*) FROM outbox")
        await eventually(lambda: len(stream.messages) == count)
    assert [message.sequence_id for message in stream.messages] == list(range(1, count + 1))
    versions: dict[str, list[int]] = {}
    for message in stream.messages:
        alarm = orjson.loads(message.data)["alarm"]
        versions.setdefault(alarm["id"], []).append(alarm["version"])
    assert len(versions) == 5
    assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values())


async def test_r_push_the_stamp_of_publication_is_in_the_row_and_in_the_message(world: World, database_url: str) -> None:
    stream, before = Told(), datetime.now(UTC)
    async with leader(database_url) as connection:
        await filled(world, 1)
        await Push(connection, stream, asyncio.Event()).round()  # type: ignore[arg-type]
    told = orjson.loads(stream.messages[0].data)
    assert told == await world.value("SELECT payload FROM outbox")
    assert datetime.fromisoformat(told["stamps"]["published_at"]) >= before


async def test_a_push_is_notified_with_the_newest_number(world: World, database_url: str) -> None:
    heard: list[str] = []
    async with leader(database_url) as connection, leader(database_url) as listener:
        await listener.add_listener(names.PUSHED_CHANNEL, lambda *args: heard.append(args[-1]))
        await filled(world, 3)
        await Push(connection, Told(), asyncio.Event()).round()  # type: ignore[arg-type]
        await eventually(lambda: heard == ["3"])


# -- the stream -----------------------------------------------------------------------------------------------------------


async def published(world: World, database_url: str, stream: Any, count: int, *, since: int = 0) -> None:
    async with leader(database_url) as connection:
        await filled(world, count, since=since)
        await Push(connection, stream, asyncio.Event()).round()


async def test_the_stream_has_each_message_once_under_its_number(world: World, database_url: str, redis: Redis) -> None:
    stream = Stream(redis, world.db)
    async with running(stream.run()):
        await published(world, database_url, stream, 3)
        await eventually(lambda: entries_are(redis, [1, 2, 3]))
    ((_, fields), *_rest) = await everything(redis)
    assert fields[b"type"] == b"alarm.new"
    assert fields[b"object_id"] == str(world.objects[0]).encode()
    assert orjson.loads(fields[b"data"])["alarm"]["object_id"] == str(world.objects[0])


async def entries_are(redis: Redis, expected: list[int]) -> bool:
    assert await entries(redis) == expected
    return True


async def test_what_was_committed_and_not_streamed_by_a_dead_relay_is_streamed_by_the_next(
    world: World, database_url: str, redis: Redis
) -> None:
    first = Stream(redis, world.db)
    async with running(first.run()):
        await published(world, database_url, first, 2)
        await eventually(lambda: entries_are(redis, [1, 2]))
    await published(world, database_url, Told(), 2, since=2)  # committed, then killed
    async with running(Stream(redis, world.db).run()):
        await eventually(lambda: entries_are(redis, [1, 2, 3, 4]))


async def test_a_flushed_stream_is_made_again(world: World, database_url: str, redis: Redis) -> None:
    stream = Stream(redis, world.db)
    async with running(stream.run()):
        await published(world, database_url, stream, 3)
        await eventually(lambda: entries_are(redis, [1, 2, 3]))
        await redis.flushall()
        await eventually(lambda: entries_are(redis, [1, 2, 3]))
        await redis.flushall()
        await published(world, database_url, stream, 1, since=3)
        await eventually(lambda: entries_are(redis, [1, 2, 3, 4]))


async def test_a_stream_of_another_database_is_replaced(world: World, database_url: str, redis: Redis) -> None:
    await redis.xadd(names.PUSH_STREAM, {"type": "x"}, id="900-0")
    stream = Stream(redis, world.db)
    async with running(stream.run()):
        await published(world, database_url, stream, 2)
        await eventually(lambda: entries_are(redis, [1, 2]))


async def test_the_stream_is_filled_from_its_length_back_only(world: World, database_url: str, redis: Redis) -> None:
    await published(world, database_url, Told(), 8)
    async with running(Stream(redis, world.db, maxlen=3).run()):
        await eventually(lambda: entries_are(redis, [6, 7, 8]))


async def test_r_modes_redis_away_holds_nobody_up_and_is_filled_when_it_is_back(world: World, database_url: str) -> None:
    with scratch_folder() as folder:
        server = Valkey(folder, port=free_port(), durable=False)
        await server.start()
        redis = connect_url(server.url, timeout=0.3)
        try:
            stream = Stream(redis, world.db)
            async with running(stream.run()):
                await published(world, database_url, stream, 2)
                await eventually(lambda: entries_are(redis, [1, 2]))
                await server.kill()
                await published(world, database_url, stream, 3, since=2)
                assert await world.value("SELECT max(sequence_id) FROM outbox") == 5
                await server.restart()
                await eventually(lambda: entries_are_or_away(redis, [1, 2, 3, 4, 5]))
        finally:
            await redis.aclose()
            await server.kill()


async def entries_are_or_away(redis: Redis, expected: list[int]) -> bool:
    with contextlib.suppress(Exception):
        return await entries(redis) == expected
    return False


# -- orchestration --------------------------------------------------------------------------------------------------------


async def bundle_workflows(world: World) -> list[str]:
    return [names.bundle_workflow_id(row["id"]) for row in await world.rows("SELECT id FROM bundle_alarms ORDER BY id")]


async def signals_of(client: Client, workflow_id: str) -> list[dict[str, Any]]:
    found = []
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
        if event.HasField("workflow_execution_signaled_event_attributes"):
            found.append(orjson.loads(event.workflow_execution_signaled_event_attributes.input.payloads[0].data))
    return found


async def test_a_new_bundle_starts_its_workflow_with_state_and_signal(world: World, client: Client) -> None:
    await filled(world, 1)
    assert await Orchestration(world.db, client, asyncio.Event()).round() == 1
    (workflow_id,) = await bundle_workflows(world)
    description = await client.get_workflow_handle(workflow_id).describe()
    assert description.status is WorkflowExecutionStatus.RUNNING
    (signal,) = await signals_of(client, workflow_id)
    assert (signal["version"], signal["priority"]) == (1, "HIGH")
    assert await world.value("SELECT orchestrated_at IS NOT NULL FROM outbox")


async def test_the_newest_row_of_a_bundle_speaks_for_those_before(world: World, client: Client) -> None:
    for zone in (1, 2, 3):
        await world.record(edge(world.panel, zone))
    await Orchestration(world.db, client, asyncio.Event()).round()
    (workflow_id,) = await bundle_workflows(world)
    assert [signal["version"] for signal in await signals_of(client, workflow_id)] == [3]
    assert await world.value("SELECT count(*) FROM outbox WHERE orchestrated_at IS NULL") == 0


async def test_a_late_row_of_a_closed_bundle_starts_nothing(world: World, client: Client) -> None:
    await filled(world, 1)
    await world.execute("UPDATE bundle_alarms SET status = 'CLOSED', joinable = false")
    await Orchestration(world.db, client, asyncio.Event()).round()
    (workflow_id,) = await bundle_workflows(world)
    with pytest.raises(RPCError):
        await client.get_workflow_handle(workflow_id).describe()
    assert await world.value("SELECT orchestrated_at IS NOT NULL FROM outbox")


async def test_a_workflow_that_has_ended_is_not_started_again_by_a_late_row(world: World, client: Client) -> None:
    orchestration = Orchestration(world.db, client, asyncio.Event())
    await filled(world, 1)
    await orchestration.round()
    (workflow_id,) = await bundle_workflows(world)
    ended = client.get_workflow_handle(workflow_id)
    await ended.terminate()
    run_id = (await ended.describe()).run_id
    await world.record(edge(world.panel, 2))
    await orchestration.round()
    assert (await ended.describe()).run_id == run_id
    assert await world.value("SELECT count(*) FROM outbox WHERE orchestrated_at IS NULL") == 0


async def test_a_poisoned_row_is_parked_with_its_reason_and_blocks_nobody(world: World, client: Client) -> None:
    insert = "INSERT INTO outbox (type, bundle_id, object_id, payload, orchestrate) VALUES ('alarm.new', :b, :o, '{}', true)"
    await world.execute(insert, b=uuid7(), o=world.objects[0])
    await filled(world, 1)
    await Orchestration(world.db, client, asyncio.Event()).round()
    poisoned, good = await world.rows("SELECT parked_at, parked_reason, orchestrated_at FROM outbox ORDER BY id")
    assert poisoned["parked_at"] is not None
    assert "KeyError" in poisoned["parked_reason"]
    assert (good["parked_at"], good["orchestrated_at"] is not None) == (None, True)
    (parked,) = await list_parked(world.db)
    assert await replay_parked(world.db, [parked.id + 1]) == []
    assert await replay_parked(world.db, [parked.id]) == [parked.id]
    assert await list_parked(world.db) == []
    assert await replay_parked(world.db) == []
    assert await world.value("SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL") == 0


async def test_a_relay_that_does_not_lead_tells_nothing_of_the_outbox(
    world: World, database_url: str, valkey_url: str, temporal_address: str, redis: Redis, client: Client
) -> None:
    def told() -> list[float | None]:
        return [REGISTRY.get_sample_value(*sample) for sample in samples]

    samples: list[tuple[str, dict[str, str]]] = [
        ("outbox_pending_count", {"consumer": "push"}),
        ("outbox_pending_count", {"consumer": "orchestration"}),
        ("outbox_parked_count", {}),
        ("ledger_unaccounted_signals", {}),
        ("default_partition_rows", {"table": "events"}),
    ]
    assert told() == [None] * len(samples)
    settings = settings_for(database_url, valkey_url, temporal_address)
    async with running(relay.serve(settings, world.db, redis, client)):
        await eventually(lambda: None not in told(), what="the leader has measured")
        assert REGISTRY.get_sample_value("outbox_relay_active_instances") == 1
    assert told() == [None] * len(samples)
    assert REGISTRY.get_sample_value("outbox_relay_active_instances") == 0


class Refusing:
    """A Temporal that finds something wrong with one workflow id."""

    def __init__(self, refused: str) -> None:
        self.refused, self.told = refused, list[str]()

    async def start_workflow(self, _name: str, _start: object, *, id: str, **_: object) -> None:  # noqa: A002
        if id == self.refused:
            raise RPCError("an attribute is not registered", RPCStatusCode.INVALID_ARGUMENT, b"")
        self.told.append(id)


async def test_what_temporal_refuses_is_tried_again_then_parked_and_others_are_told_meanwhile(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.relay_orchestration.REFUSED_FIRST", 0.001)
    world = await World.made(db, 2)
    await world.record(edge(world.panels[0]))
    refusing = Refusing((await bundle_workflows(world))[0])
    orchestration = Orchestration(db, refusing, asyncio.Event())  # type: ignore[arg-type]
    await world.record(edge(world.panels[1]))
    await orchestration.round()
    assert len(refusing.told) == 1
    first = await world.rows("SELECT attempts, parked_at, orchestrated_at FROM outbox ORDER BY id LIMIT 1")
    assert [tuple(row.values()) for row in first] == [(1, None, None)]
    await eventually(lambda: parked_after_a_round(world, orchestration))
    (row,) = await world.rows("SELECT attempts, parked_reason FROM outbox WHERE parked_at IS NOT NULL")
    assert row["attempts"] == ATTEMPTS
    assert "not registered" in row["parked_reason"]


async def parked_after_a_round(world: World, orchestration: Orchestration) -> bool:
    await orchestration.round()
    return bool(await world.value("SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL"))


async def test_r_modes_temporal_away_leaves_rows_pending_and_unblamed(world: World, database_url: str) -> None:
    nowhere = await connect_lazily(settings_for(database_url, "redis://127.0.0.1:1", f"127.0.0.1:{free_port()}"))
    await filled(world, 1)
    with pytest.raises(TemporalAway):
        await Orchestration(world.db, nowhere, asyncio.Event()).round()
    (row,) = await world.rows("SELECT orchestrated_at, parked_at, attempts FROM outbox")
    assert (row["orchestrated_at"], row["parked_at"], row["attempts"]) == (None, None, 0)


async def test_a_changed_panel_is_told_to_its_workflow(world: World, client: Client) -> None:
    with bound(request_id="from-the-console-1"):
        async with world.db.write() as session:
            await announce_panel_change(session, panel_id=world.panel, object_id=world.objects[0], config_version=4)
    await Orchestration(world.db, client, asyncio.Event()).round()
    told = {"config_version": 4, "request_id": "from-the-console-1"}
    assert await signals_of(client, names.panel_workflow_id(world.panel)) == [told]


async def test_reconciliation_starts_what_is_missing_and_nothing_twice(world: World, client: Client) -> None:
    reconciliation = Reconciliation(world.db, client)
    await filled(world, 2)
    await world.execute("UPDATE bundle_alarms SET opened_at = now() - interval '1 hour'")
    await world.execute("UPDATE bundle_alarms SET status = 'CLOSED', joinable = false WHERE NOT joinable")
    assert await reconciliation.once() == 2  # a panel and the open bundle
    open_bundle = await world.value("SELECT id FROM bundle_alarms WHERE status <> 'CLOSED'")
    for workflow_id in (names.panel_workflow_id(world.panel), names.bundle_workflow_id(open_bundle)):
        await client.get_workflow_handle(workflow_id).describe()
    await eventually(lambda: nothing_left_to_start(reconciliation))
    await client.get_workflow_handle(names.bundle_workflow_id(open_bundle)).terminate()
    await eventually(lambda: started_again(reconciliation, client, open_bundle))


async def test_service_mode_whose_workflow_was_lost_is_ended_and_summed_up_by_a_new_one(world: World, client: Client) -> None:
    """What it silenced and still stands in alarm would otherwise never ring."""
    reconciliation, place, hour = Reconciliation(world.db, client), world.objects[0], timedelta(hours=1)
    in_force = await add_period(world.db, place, begun=-hour, ends=hour)
    over: dict[str, Any] = {"begun": -hour, "ends": -hour / 2, "state": ServiceState.ENDED}
    unsettled = await add_period(world.db, place, **over)
    summed_up = await add_period(world.db, place, **over, summary={"events": 0})  # and then it was lost
    settled = await add_period(world.db, place, **over, summary={"events": 0}, settled_at=datetime.now(UTC))
    young = await add_period(world.db, place, begun=timedelta(), state=ServiceState.AWAITING_RELEASE)
    await world.execute("UPDATE panels SET enabled = false")
    assert await reconciliation.once() == 3
    handles = [client.get_workflow_handle(names.service_workflow_id(each)) for each in (in_force, unsettled, summed_up)]
    for handle in handles:
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    for left_alone in (settled, young):
        with pytest.raises(RPCError):
            await client.get_workflow_handle(names.service_workflow_id(left_alone)).describe()
    await eventually(lambda: nothing_left_to_start(reconciliation))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({}, True),
        ({"status": "IN_PROGRESS"}, True),
        ({"status": "ACK"}, False),
        ({"priority": "HIGH"}, False),
        ({"suppressed": True}, False),
    ],
    ids=str,
)
async def test_r_escalate_a_critical_alarm_is_told_that_its_escalation_is_gone(
    world: World, client: Client, columns: dict[str, Any], told: bool
) -> None:
    await filled(world, 1)
    given = {"priority": "CRITICAL", "opened_at": datetime.now(UTC) - timedelta(hours=1)} | columns
    async with world.db.write() as session:
        await session.execute(update(BundleAlarm).values(given))
    await world.execute("UPDATE panels SET enabled = false")
    reconciliation = Reconciliation(world.db, client, escalates=True)
    await reconciliation.once()  # its own workflow, which asks by itself
    bundle_id = await world.value("SELECT id FROM bundle_alarms")
    workflow_id = names.bundle_workflow_id(bundle_id)
    await eventually(lambda: _runs(client, workflow_id), what="it is listed")
    assert await reconciliation.once() == told
    assert await signals_of(client, workflow_id) == ([{"bundle_id": str(bundle_id)}] if told else [])
    assert await replace(reconciliation, escalates=False).once() == 0


async def test_a_release_that_ran_out_and_lost_its_workflow_is_ended_by_the_reconciliation(
    world: World, client: Client
) -> None:
    """The panel's new workflow takes the line, and knows of no release: the row would say for ever that it is open."""
    reconciliation, releases = Reconciliation(world.db, client), ReleaseActivities(world.db)
    async with world.db.write() as session:
        asked = await panel_releases.ask(
            session, world.panel, user_id=await add_user(world.db), minutes=30, reason="New users", request_id="r1"
        )
    await releases.begin_release(ReleaseAsk(ask_id=asked.id))
    await world.execute("UPDATE panel_releases SET begun_at = begun_at - interval '2 h', until = until - interval '2 h'")
    assert await reconciliation.once() == 2, "the panel's workflow, and the release"
    assert await world.value("SELECT ended_at = until FROM panel_releases")
    await eventually(lambda: nothing_left_to_start(reconciliation))


async def test_what_cannot_be_started_holds_up_nothing_else_that_is_to_be_mended(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(world, 1)
    await world.execute("UPDATE bundle_alarms SET opened_at = now() - interval '1 hour'")

    async def refuse(*_: object) -> None:
        raise RPCError("not this one", RPCStatusCode.INVALID_ARGUMENT, b"")

    monkeypatch.setattr(Reconciliation, "_start_panel", refuse)
    auto_arm = Compared()
    with pytest.raises(RPCError, match="not this one"):
        await Reconciliation(world.db, client, auto_arm).once()  # type: ignore[arg-type]
    assert auto_arm.times == 1
    (workflow_id,) = await bundle_workflows(world)
    assert (await client.get_workflow_handle(workflow_id).describe()).status is WorkflowExecutionStatus.RUNNING


class Compared:
    """Stands in for auto-arm's schedules."""

    times = 0

    async def reconcile(self) -> int:
        self.times += 1
        return 0


async def test_a_bug_in_the_reconciliation_ends_neither_it_nor_the_relay(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    async def fails(*_: object) -> int:
        rounds.append(len(rounds))
        raise KeyError("a time zone that nobody knows")

    monkeypatch.setattr(Reconciliation, "once", fails)
    monkeypatch.setattr("activities.relay_reconciliation.RECONCILE_EVERY", 0.0)
    running = asyncio.create_task(Reconciliation(world.db, client).run())
    await eventually(lambda: len(rounds) >= 2, what="it tries again")
    assert not running.done()
    running.cancel()


async def _runs(client: Client, workflow_id: str) -> bool:
    """As the listing says, which follows a moment later."""
    return [one.id async for one in client.list_workflows(f"WorkflowId = '{workflow_id}'")] == [workflow_id]


async def nothing_left_to_start(reconciliation: Reconciliation) -> bool:
    """Visibility follows a moment later."""
    return await reconciliation.once() == 0


async def started_again(reconciliation: Reconciliation, client: Client, bundle_id: UUID) -> bool:
    await reconciliation.once()
    description = await client.get_workflow_handle(names.bundle_workflow_id(bundle_id)).describe()
    return description.status is WorkflowExecutionStatus.RUNNING


# -- the whole relay ------------------------------------------------------------------------------------------------------


async def serving(settings: Settings, redis: Redis, client: Client) -> None:
    db = Database.connect(settings.database_url.get_secret_value(), pool=3)
    try:
        await relay.serve(settings, db, redis, client)
    finally:
        await db.dispose()


async def test_one_relay_is_active_and_another_takes_over_when_its_connection_dies(
    world: World, database_url: str, valkey_url: str, redis: Redis, temporal_address: str, client: Client
) -> None:
    settings = settings_for(database_url, valkey_url, temporal_address)
    holders = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                 WHERE application_name = 'stam-relay' AND datname = current_database()
                   AND locktype = 'advisory' AND granted = :granted"""
    first = asyncio.create_task(serving(settings, redis, client))
    await eventually(lambda: world.value(holders, granted=True))
    async with running(serving(settings, redis, client)):
        await eventually(lambda: world.value(holders, granted=False))
        await filled(world, 2)
        await eventually(lambda: entries_are(redis, [1, 2]))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await filled(world, 2, since=2)
        await eventually(lambda: entries_are(redis, [1, 2, 3, 4]), within=5)


async def test_exactly_one_relay_watches(
    world: World, database_url: str, valkey_url: str, redis: Redis, temporal_address: str, client: Client
) -> None:
    """Principle 7, and R-MODES: nothing but PostgreSQL is needed for it."""

    def watchers() -> int:
        return sum(1 for each in logs if each["event"] == "supervision.sees")

    settings = settings_for(database_url, valkey_url, temporal_address)
    waiting = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                 WHERE application_name = 'stam-relay' AND datname = current_database() AND NOT granted"""
    with capture_logs() as logs:
        first = asyncio.create_task(serving(settings, redis, client))
        await eventually(lambda: watchers() == 1)
        async with running(serving(settings, redis, client)):
            await eventually(lambda: world.value(waiting))
            last = "SELECT last_seen_at FROM supervised_sources WHERE key = 'watch'"
            seen = await eventually(lambda: world.value(last), what="the first sign of life")
            newer = "SELECT last_seen_at > :seen FROM supervised_sources WHERE key = 'watch'"
            await eventually(lambda: world.value(newer, seen=seen), within=30, what="the next sign of life")
            assert watchers() == 1
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await eventually(lambda: watchers() == 2)


async def test_a_relay_whose_connection_is_cut_comes_back(
    world: World, database_url: str, valkey_url: str, redis: Redis, temporal_address: str, client: Client
) -> None:
    async with running(serving(settings_for(database_url, valkey_url, temporal_address), redis, client)):
        await filled(world, 1)
        await eventually(lambda: entries_are(redis, [1]))
        cut = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE application_name = 'stam-relay' AND datname = current_database()"""
        assert await world.value(cut) == 1
        await filled(world, 1, since=1)
        await eventually(lambda: entries_are(redis, [1, 2]))


async def test_r_modes_alarms_are_pushed_while_temporal_is_away(
    world: World, database_url: str, valkey_url: str, redis: Redis
) -> None:
    settings = settings_for(database_url, valkey_url, f"127.0.0.1:{free_port()}")
    nowhere = await connect_lazily(settings)
    async with running(serving(settings, redis, nowhere)):
        await filled(world, 3)
        await eventually(lambda: entries_are(redis, [1, 2, 3]))
    assert await world.value("SELECT count(*) FROM outbox WHERE orchestrated_at IS NULL AND parked_at IS NULL") == 3
