"""The watchers against a real database: silence is told once, whoever watches, and nobody is accused of our own blindness."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from activities.db.session import Database, DatabaseUnavailable
from activities.supervision import sources
from activities.supervision.panels import look_at_panels
from activities.supervision.sources import ORCHESTRATION, PUSH, WATCH, beat, ensure_centre, look_at_sources
from activities.supervision.watch import watch, watch_all, watch_the_relay
from tests.activities.recording import World
from tests.support.eventually import eventually
from tests.support.signals import edge
from workflows.domain import supervision
from workflows.domain.alarm import LINK_LOST, SOURCE_SILENT, AlarmType, Family, SignalSource, Source
from workflows.domain.supervision import MANY, MONITORING_CENTRE, SITE, Sight, SourceKind, SourceState

NO_GRACE = timedelta()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(database_url, pool=6)
    yield database
    await database.dispose()


@pytest.fixture
async def world(db: Database) -> World:
    """Panels of the quickest class, held and heard now."""
    return await held(await World.made(db, 2))


async def held(world: World) -> World:
    await world.execute("UPDATE panels SET supervision_class = 'SP6', updated_at = now() - interval '1 day'")
    await world.execute(
        """INSERT INTO panel_leases (panel_id, lease_number, holder, acquired_at, renewed_at, heard_at)
           SELECT id, 1, 'a', now() - interval '1 day', now(), now() FROM panels"""
    )
    async with world.db.fast() as connection:
        await ensure_centre(connection)
    return world


async def silent_for(world: World, seconds: float, *panels: UUID) -> None:
    """The holder of these panels (of all) has given no sign of life."""
    chosen = list(panels or world.panels)
    await world.execute(
        """UPDATE panel_leases SET renewed_at = now() - make_interval(secs => :s), heard_at = now() - make_interval(secs => :s)
           WHERE panel_id = ANY(:panels)""",
        s=seconds,
        panels=chosen,
    )


async def heard(world: World, *panels: UUID) -> None:
    await silent_for(world, 0, *panels)


async def look(world: World, *, since: datetime = LONG_AGO, grace: timedelta = NO_GRACE) -> int:
    now = await world.value("SELECT now()")
    return await look_at_panels(world.db, Sight(since=since, looked_at=now), grace=grace)


async def losses(world: World) -> list[Any]:
    """(panel, code, still lost), in the order they were told."""
    found = await world.rows(
        "SELECT panel_id, code, active FROM events WHERE family = 'LINK' AND NOT restore ORDER BY recorded_at, panel_id"
    )
    return [tuple(row.values()) for row in found]


async def signals(world: World) -> list[str]:
    """What became of each signal."""
    return [row["outcome"] for row in await world.rows("SELECT outcome FROM signals ORDER BY recorded_at, id")]


# -- panels


async def test_a_panel_whose_holder_is_silent_for_longer_than_its_class_allows_is_lost_once_and_back_when_heard(
    world: World,
) -> None:
    await silent_for(world, 19)
    assert (await look(world), await losses(world)) == (0, [])
    quiet, _ = world.panels
    await silent_for(world, 20, quiet)
    assert await look(world) == 1
    assert await losses(world) == [(quiet, LINK_LOST, True)]
    assert await look(world) == 1
    assert await signals(world) == ["EVENT"], "told once"
    await heard(world)
    assert await look(world) == 0
    assert await losses(world) == [(quiet, LINK_LOST, False)]
    assert await look(world) == 0
    assert await signals(world) == ["EVENT", "EVENT"]
    assert await world.value("SELECT active_count FROM bundle_alarms") == 0


async def test_a_panel_held_again_is_not_yet_heard(world: World) -> None:
    await silent_for(world, 30)
    await look(world)
    await world.execute("UPDATE panel_leases SET renewed_at = now(), lease_number = 2, holder = 'b'")
    assert await look(world) == 2


async def test_a_loss_its_holder_has_told_is_not_told_again_and_neither_is_its_end(world: World) -> None:
    told: dict[str, Any] = {"family": Family.LINK, "code": LINK_LOST, "alarm_type": AlarmType.COMM_LOSS}
    told |= {"source": SignalSource.SYSTEM, "source_kind": Source.SYSTEM, "source_number": 0, "partition": None}
    panel, _ = world.panels
    await world.record(edge(panel, at=await world.value("SELECT now()"), **told))
    await silent_for(world, 60)
    await look(world)
    assert len(await losses(world)) == 2
    await world.record(edge(panel, at=await world.value("SELECT now()"), restore=True, **told))
    await heard(world)
    await look(world)
    restores = await world.rows("SELECT panel_id FROM events WHERE restore ORDER BY recorded_at")
    assert [row["panel_id"] for row in restores] == list(world.panels)


async def test_two_watchers_tell_once(world: World) -> None:
    """One has lost the lock and does not know it yet."""
    await silent_for(world, 30)
    await asyncio.gather(*(look(world) for _ in range(4)))
    assert len(await losses(world)) == 2


async def test_whoever_takes_a_panel_while_it_is_being_told_lost_is_believed(world: World) -> None:
    await silent_for(world, 30)
    async with world.db.fast() as taking:
        await taking.execute("UPDATE panel_leases SET lease_number = lease_number + 1, renewed_at = now()")
        looking = asyncio.create_task(look(world))
        await eventually(lambda: blocked(world), what="the recorder waits for the lease")
    await looking
    assert await losses(world) == []


async def blocked(world: World) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await world.value(waiting))


@pytest.mark.parametrize(
    "unwanted",
    [
        "UPDATE panels SET enabled = false",
        "UPDATE panels SET deleted_at = now()",
        """INSERT INTO panel_releases (id, panel_id, requested_by, reason, begun_at, until)
           SELECT gen_random_uuid(), p.id, u.id, 'new zones', now() - interval '10 minutes', now() + interval '10 minutes'
           FROM panels p, users u""",
    ],
)
async def test_nobody_misses_a_panel_that_is_not_wanted(world: World, unwanted: str) -> None:
    await add_user(world)
    await world.execute(unwanted)
    await silent_for(world, 3600)
    assert (await look(world), await losses(world)) == (0, [])


async def test_a_release_that_is_over_is_followed_by_time_to_come_back(world: World) -> None:
    await add_user(world)
    await world.execute(
        """INSERT INTO panel_releases (id, panel_id, requested_by, reason, begun_at, until)
           SELECT gen_random_uuid(), p.id, u.id, 'new zones', now() - interval '10 minutes', now() - interval '30 seconds'
           FROM panels p, users u"""
    )
    await silent_for(world, 600)
    assert await look(world, grace=timedelta(seconds=60)) == 0
    assert await look(world, grace=timedelta(seconds=30)) == 2


async def add_user(world: World) -> None:
    await world.execute(
        """INSERT INTO users (id, username, display_name, password_hash, role)
           VALUES (gen_random_uuid(), 'anna', 'Anna', 'x', 'ADMIN')"""
    )


async def test_an_alarm_for_a_panel_disabled_while_nobody_holds_it_ends(world: World) -> None:
    await silent_for(world, 30)
    await look(world)
    await world.execute("UPDATE panels SET enabled = false, updated_at = now()")
    await look(world)
    assert [each[2] for each in await losses(world)] == [True, True], "a holder may end it himself"
    await world.execute("UPDATE panels SET updated_at = now() - interval '1 minute'")
    assert await look(world) == 0
    assert [each[2] for each in await losses(world)] == [False, False]


async def test_all_panels_lost_with_their_processes_are_one_bundle_and_every_one_an_event(db: Database) -> None:
    world = await held(await World.made(db, 120))
    await world.execute("UPDATE panels SET host = '10.0.0.' || port")
    await silent_for(world, 30)
    assert await look(world) == 120
    bundles = await world.rows("SELECT object_id, event_count, active_count, priority FROM bundle_alarms")
    assert [tuple(row.values()) for row in bundles] == [(MONITORING_CENTRE, 120, 120, "HIGH")]
    assert len(await losses(world)) == 120 > MANY
    await heard(world, *world.panels[:50])
    assert await look(world) == 70
    assert await world.value("SELECT active_count FROM bundle_alarms") == 70


async def test_the_first_panel_of_a_silent_holder_knows_of_the_others(db: Database) -> None:
    """Their signs of life come one after the other, so their promises end one after the other."""
    world = await held(await World.made(db, SITE))
    for n, panel in enumerate(world.panels):
        await silent_for(world, 20 - n, panel)
    assert await look(world) == 1
    for n, panel in enumerate(world.panels):
        await silent_for(world, 24 - n, panel)
    assert await look(world) == SITE
    bundles = await world.rows("SELECT object_id, event_count FROM bundle_alarms")
    assert [tuple(row.values()) for row in bundles] == [(MONITORING_CENTRE, SITE)]


async def test_a_panel_lost_alone_is_not_counted_with_those_its_holder_still_speaks_for(db: Database) -> None:
    world = await held(await World.made(db, SITE))
    await silent_for(world, 20, world.panel)
    assert await look(world) == 1
    assert await world.value("SELECT object_id FROM bundle_alarms") == world.objects[0]


# -- other sources


async def rows_of(world: World) -> dict[tuple[str, str], str]:
    found = await world.rows("SELECT kind, key, state FROM supervised_sources")
    return {(row["kind"], row["key"]): row["state"] for row in found}


async def look_around(world: World) -> dict[SourceKind, int]:
    now = await world.value("SELECT now()")
    sight = Sight(since=LONG_AGO, looked_at=now)
    return dict(await look_at_sources(world.db, sight, grace=NO_GRACE, ours=lambda _: True))


async def test_another_source_that_breaks_its_promise_is_an_alarm_of_the_monitoring_centre(world: World) -> None:
    await beat(world.db, SourceKind.MODEM, "modem-1", timedelta(hours=1))
    assert (await look_around(world))[SourceKind.MODEM] == 0
    await world.execute("UPDATE supervised_sources SET last_seen_at = now() - interval '1 hour' WHERE kind = 'MODEM'")
    assert [(await look_around(world))[SourceKind.MODEM] for _ in range(2)] == [1, 1]
    (event,) = await world.rows("SELECT object_id, code, source_number, detail, active FROM events")
    assert event["active"]
    assert await world.value("SELECT active_count FROM bundle_alarms") == 1
    number = await world.value("SELECT number FROM supervised_sources WHERE kind = 'MODEM'")
    assert (event["object_id"], event["code"], event["source_number"]) == (MONITORING_CENTRE, SOURCE_SILENT, number)
    assert (event["detail"]["kind"], event["detail"]["key"]) == ("MODEM", "modem-1")
    await beat(world.db, SourceKind.MODEM, "modem-1", timedelta(hours=1))
    assert (await look_around(world))[SourceKind.MODEM] == 0
    assert await world.value("SELECT count(*) FROM events WHERE restore") == 1
    assert await world.value("SELECT count(*) FROM events WHERE active") == 0
    assert await world.value("SELECT active_count FROM bundle_alarms") == 0
    assert await world.value("SELECT restored_at IS NOT NULL FROM events WHERE NOT restore")
    assert (await rows_of(world))["MODEM", "modem-1"] == SourceState.HEARD


async def test_sources_silent_in_the_same_minute_are_events_of_their_own(world: World) -> None:
    await world.execute("UPDATE supervised_sources SET last_seen_at = now() - interval '1 hour'")
    await asyncio.gather(look_around(world), look_around(world))
    assert await world.value("SELECT count(*) FROM events") == len(sources.PROMISES)
    assert await world.value("SELECT count(*) FROM bundle_alarms") == 1
    assert set((await rows_of(world)).values()) == {SourceState.SILENT}
    count = len(sources.PROMISES)
    assert await world.value("SELECT active_count FROM bundle_alarms") == count
    await beat(world.db, SourceKind.WORKER, sources.CORE, timedelta(minutes=1))
    await look_around(world)
    assert await world.value("SELECT active_count FROM bundle_alarms") == count - 1, "each ends by itself"


async def test_a_part_that_falls_silent_again_after_its_alarm_was_closed_is_a_new_alarm(world: World) -> None:
    silent = "UPDATE supervised_sources SET last_seen_at = now() - interval '2 hours' WHERE kind = 'MODEM'"
    await beat(world.db, SourceKind.MODEM, "modem-1", timedelta(hours=1))
    await world.execute(silent)
    await look_around(world)
    await world.execute("UPDATE bundle_alarms SET status = 'CLOSED', joinable = false")
    await beat(world.db, SourceKind.MODEM, "modem-1", timedelta(hours=1))
    await look_around(world)
    assert await world.value("SELECT count(*) FROM events WHERE active") == 0
    await world.execute(silent)
    await look_around(world)
    counts = await world.rows("SELECT status, active_count FROM bundle_alarms ORDER BY id")
    assert [tuple(row.values()) for row in counts] == [("CLOSED", 0), ("NEW", 1)]


# -- the watchers


@contextlib.asynccontextmanager
async def running(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


QUICKLY = timedelta(seconds=0.05)


async def test_the_watching_relay_shows_what_it_sees_and_how_far_its_consumers_are(world: World) -> None:
    def overdue(kind: str) -> float | None:
        return REGISTRY.get_sample_value("supervised_sources_overdue", {"kind": kind})

    await silent_for(world, 30)
    await world.record(edge(world.panel))
    await world.execute("UPDATE outbox SET created_at = now() - interval '2 minutes'")
    async with running(watch_all(world.db, grace=NO_GRACE, every=QUICKLY)):
        await eventually(lambda: (overdue("PANEL"), overdue("RELAY")) == (2, 1), what="two panels, and the push")
    assert overdue("PANEL") is None
    states = await rows_of(world)
    assert states["RELAY", PUSH] == SourceState.SILENT
    assert states["RELAY", ORCHESTRATION] == states["RELAY", WATCH] == SourceState.HEARD


async def test_a_relay_restarted_again_and_again_tells_of_a_loss_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run of it is as long as the grace; together they are. Each comes longer after the last than one may not look."""
    monkeypatch.setattr(supervision, "BLIND_AFTER", timedelta(seconds=0.5))
    await silent_for(world, 30)
    runs = 0
    while not await losses(world):
        runs += 1
        seen = await seconds_seen(world) + 1
        async with running(watch_all(world.db, grace=timedelta(seconds=4), every=QUICKLY)):
            await eventually(partial(longer_than, world, seen), what="a second of it")
        await world.execute(
            "UPDATE watcher_sights SET since = since - interval '1 second', looked_at = looked_at - interval '1 second'"
        )
    assert runs in {4, 5}
    assert len(await losses(world)) == 2


async def seconds_seen(world: World) -> float:
    return float(await world.value("SELECT extract(epoch FROM looked_at - since) FROM watcher_sights") or 0)


async def longer_than(world: World, seconds: float) -> bool:
    return await seconds_seen(world) >= seconds


async def test_a_database_that_was_started_since_leaves_nothing_to_go_on_with(world: World) -> None:
    started = await world.value("SELECT pg_postmaster_start_time()")
    await world.execute("INSERT INTO watcher_sights VALUES ('watch', :since, :at)", since=LONG_AGO, at=started - QUICKLY)
    await silent_for(world, 30)
    async with running(watch_all(world.db, every=QUICKLY)):
        fresh = "SELECT count(*) FROM watcher_sights WHERE since > :started"
        await eventually(lambda: world.value(fresh, started=started), what="it begins anew")
    assert await losses(world) == []


async def test_a_relay_that_nobody_sees_watching_is_told_by_the_workers_once(world: World) -> None:
    await world.execute("UPDATE supervised_sources SET last_seen_at = now() - interval '10 minutes'")
    async with running(*(watch_the_relay(world.db, grace=NO_GRACE, every=QUICKLY) for _ in range(3))):
        await eventually(lambda: world.value("SELECT state = 'SILENT' FROM supervised_sources WHERE key = 'watch'"))
        fresh = "SELECT last_seen_at > now() - interval '1 minute' FROM supervised_sources WHERE kind = 'WORKER'"
        await eventually(lambda: world.value(fresh), what="a worker is there")
        await world.execute("UPDATE supervised_sources SET last_seen_at = now() WHERE key = 'watch'")
        await eventually(lambda: world.value("SELECT state = 'HEARD' FROM supervised_sources WHERE key = 'watch'"))
    assert await signals(world) == ["EVENT", "EVENT"]


async def test_whatever_a_look_fails_with_the_watcher_was_blind_and_looks_again(db: Database) -> None:
    seen: list[Sight] = []
    failures: list[Exception] = [DatabaseUnavailable("away"), LookupError("a bug")]

    async def look(sight: Sight) -> None:
        seen.append(sight)
        if len(seen) % 2 == 0 and failures:
            raise failures.pop(0)

    with capture_logs() as logs:
        async with running(watch(db, look, every=timedelta(seconds=0.01))):
            await eventually(lambda: len(seen) >= 6)
    first, second, third, fourth, fifth, sixth = seen[:6]
    assert first.since == second.since < third.since == fourth.since < fifth.since == sixth.since
    assert [each["event"] for each in logs if each["event"] != "supervision.sees"] == [
        "supervision.blind",
        "supervision.failed",
    ]
