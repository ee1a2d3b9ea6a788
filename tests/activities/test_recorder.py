"""`record_signals` against a real PostgreSQL: one transaction, whoever else records at the same time (R-RECORD, R-LEDGER)."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from activities.db import recorder
from activities.db.ledger import Balance, balance
from activities.db.recorder import Batch, CursorMove, PanelStateChange, record_signals
from activities.db.session import Database, DatabaseUnavailable
from activities.supervision.sources import ensure_centre
from tests.activities.recording import World
from tests.support.signals import NOON, edge, initial, later, record
from workflows.contracts import names
from workflows.domain.alarm import LINK_LOST, AlarmType, Family, Outcome, Signal, SignalSource, Source
from workflows.domain.supervision import MONITORING_CENTRE, SITE


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db)


async def whole_balance(db: Database) -> Balance:
    async with db.read() as session:
        return await balance(session, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


async def test_r_record_everything_of_a_signal_is_committed_together(world: World) -> None:
    cursor = CursorMove(panel_id=world.panel, cursor={"index": "abc"})
    recorded = await world.record(edge(world.panel, raw=b"\xfe\xfe\x02"), cursors=(cursor,), leases={world.panel: 1})
    assert recorded.outcomes == (Outcome.EVENT,)
    (ledger,) = await world.rows("SELECT * FROM signals")
    (event,) = await world.rows("SELECT * FROM events")
    (bundle,) = await world.rows("SELECT * FROM bundle_alarms")
    (told,) = await world.rows("SELECT * FROM outbox")
    assert (ledger["outcome"], ledger["event_id"], ledger["event_minute"]) == ("EVENT", event["id"], event["minute"])
    assert (bytes(ledger["raw"]), event["bundle_id"], event["object_id"]) == (b"\xfe\xfe\x02", bundle["id"], world.objects[0])
    assert (bundle["status"], bundle["joinable"], bundle["version"]) == ("NEW", True, 1)
    assert await world.value("SELECT cursor FROM panel_cursors") == {"index": "abc"}
    assert (told["type"], told["push"], told["orchestrate"], told["bundle_id"]) == (names.ALARM_NEW, True, True, bundle["id"])


async def test_r_push_the_payload_tells_ids_codes_and_times_and_each_event_once(world: World) -> None:
    await world.record(edge(world.panel, 1), edge(world.panel, 2))
    await world.record(record(world.panel, 1), edge(world.panel, 3))
    first, second = await world.rows("SELECT type, payload FROM outbox ORDER BY id")
    assert (first["type"], second["type"]) == (names.ALARM_NEW, names.ALARM_UPDATED)
    told = [event["source_number"] for row in (first, second) for event in row["payload"]["events"]]
    assert told == [1, 2, 3]
    alarm = second["payload"]["alarm"]
    (bundle,) = await world.rows("SELECT * FROM bundle_alarms")
    assert (alarm["version"], alarm["event_count"], alarm["id"]) == (2, 3, str(bundle["id"]))
    assert alarm["headline"]["code"] == bundle["headline"]["code"] == 134
    assert alarm["opened_at"] == bundle["opened_at"].isoformat().replace("+00:00", "Z")
    assert second["payload"]["stamps"]["received_at"] == "2026-11-24T12:00:20Z"


async def test_r_edge_a_record_in_a_later_transaction_confirms_the_edge(world: World) -> None:
    await world.record(edge(world.panel, 5))
    assert (await world.record(record(world.panel, 5, user=12))).outcomes == (Outcome.CONFIRMATION,)
    (event,) = await world.rows("SELECT code, user_number, confirmed_at FROM events")
    assert (event["code"], event["user_number"]) == (134, 12)
    assert event["confirmed_at"] is not None


async def test_r_bundle_the_same_alarm_in_the_same_minute_opens_a_new_bundle_when_its_own_was_closed(world: World) -> None:
    for second in range(3):
        recorded = await world.record(edge(world.panel, 5, later(seconds=second)))
        assert recorded.outcomes == (Outcome.EVENT,)
        await world.execute("UPDATE bundle_alarms SET status = 'CLOSED', joinable = false")
    events = await world.rows("SELECT dedup_key, minute FROM events ORDER BY occurred_at")
    assert [event["dedup_key"].partition("#")[2] for event in events] == ["", "2", "3"]
    assert len({event["minute"] for event in events}) == 1
    told = await world.rows("SELECT type FROM outbox ORDER BY id")
    assert [row["type"] for row in told if row["type"] == names.ALARM_NEW] == [names.ALARM_NEW] * 3
    assert (await whole_balance(world.db)).balanced


async def test_r_edge_an_event_of_last_month_that_lasts_is_what_an_initial_state_means(world: World) -> None:
    await world.record(edge(world.panel, at=later(days=-40)))
    assert (await world.record(initial(world.panel))).outcomes == (Outcome.CONFIRMATION,)


async def test_stale_leases_are_refused_and_others_of_the_batch_are_not(db: Database) -> None:
    world = await World.made(db, 2)
    old, fine = world.panels
    await world.execute("INSERT INTO panel_leases (panel_id, lease_number, holder) SELECT id, 7, 'b' FROM panels")
    state = PanelStateChange(panel_id=old, partition=None, state="CONNECTED", at=NOON)
    batch = Batch(
        signals=(edge(old), edge(fine), edge(old, 2)),
        cursors=(CursorMove(panel_id=old, cursor={}), CursorMove(panel_id=fine, cursor={})),
        states=(state,),
        leases={old: 6, fine: 7},
    )
    recorded = await record_signals(db, batch)
    assert (recorded.outcomes, recorded.stale) == ((None, Outcome.EVENT, None), frozenset({old}))
    assert [row["panel_id"] for row in await world.rows("SELECT panel_id FROM signals")] == [fine]
    assert [row["panel_id"] for row in await world.rows("SELECT panel_id FROM panel_cursors")] == [fine]
    assert await world.value("SELECT count(*) FROM panel_state_history") == 0


async def test_a_new_holder_waits_for_a_batch_of_the_former_that_is_under_way(world: World, database_url: str) -> None:
    """Otherwise he would read the log from a cursor that the former then moves."""
    await world.execute("INSERT INTO panel_leases (panel_id, lease_number, holder) SELECT id, 1, 'a' FROM panels")
    taking = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        async with world.db.fast() as connection:
            batch = Batch(signals=(edge(world.panel),), leases={world.panel: 1})
            await recorder._record(connection, batch)
            take = asyncio.create_task(taking.execute("UPDATE panel_leases SET lease_number = 2, holder = 'b'"))
            done, _ = await asyncio.wait([take], timeout=0.3)
            assert not done
        await take
    finally:
        await taking.close()
    assert await world.value("SELECT count(*) FROM signals") == 1


async def test_panel_states_are_history_and_a_push(world: World) -> None:
    state = PanelStateChange(panel_id=world.panel, partition=2, state="ARMED_FULL", at=NOON, detail={"by": 3})
    unknown = PanelStateChange(panel_id=uuid7(), partition=1, state="DISARMED", at=NOON)
    await record_signals(world.db, Batch(states=(state, unknown)))
    (history,) = await world.rows("SELECT * FROM panel_state_history")
    (told,) = await world.rows("SELECT * FROM outbox")
    assert (history["partition"], history["state"], history["detail"]) == (2, "ARMED_FULL", {"by": 3})
    assert (told["type"], told["orchestrate"]) == (names.PANEL_STATE_CHANGED, False)
    assert told["payload"] == {
        "panel_id": str(world.panel),
        "object_id": str(world.objects[0]),
        "partition": 2,
        "state": "ARMED_FULL",
        "at": "2026-11-24T12:00:20Z",
    }


async def test_configuration_of_object_and_zone_is_read_in_the_transaction(world: World) -> None:
    await world.execute(
        """INSERT INTO object_alarm_config (object_id, join_window_seconds, priorities, requires_note)
           SELECT id, 60, '{"INTRUSION": "LOW"}', '{"INTRUSION": true}' FROM objects"""
    )
    await world.execute("""UPDATE zones SET priority_override = '{"priority": "CRITICAL"}' WHERE number = 2""")
    await world.execute("UPDATE zones SET alarm_type = 'FIRE' WHERE number = 3")
    outcomes = await world.record(edge(world.panel, 1), edge(world.panel, 2, later(minutes=3)), edge(world.panel, 3))
    assert outcomes.outcomes == (Outcome.EVENT,) * 3
    found = await world.rows("SELECT alarm_type, priority, requires_note FROM bundle_alarms ORDER BY id")
    assert [(row["alarm_type"], row["priority"], row["requires_note"]) for row in found] == [
        ("INTRUSION", "LOW", True),
        ("INTRUSION", "CRITICAL", True),
        ("FIRE", "CRITICAL", False),
    ]


async def test_what_belongs_to_no_partition_is_kept_in_the_default_one(world: World) -> None:
    """A panel whose clock is years off must not lose its records."""
    await world.record(record(world.panel, at=datetime(2031, 5, 6, 7, 8, tzinfo=UTC)))
    assert await world.value("SELECT count(*) FROM events_default") == 1
    again = record(world.panel, at=datetime(2031, 5, 6, 7, 8, tzinfo=UTC))
    assert (await world.record(again)).outcomes == (Outcome.DUPLICATE,)


async def test_r_ledger_an_unknown_panel_is_quarantined_and_balances(world: World) -> None:
    await world.record(edge(uuid7()), edge(None), edge(world.panel, source=SignalSource.PROBE), edge(world.panel))
    result = await whole_balance(world.db)
    assert (result.received, result.accounted, result.balanced) == (4, 4, True)
    assert result.by_outcome == {"QUARANTINED": 2, "TEST": 1, "EVENT": 1}


async def test_r_ledger_a_row_without_its_event_does_not_balance(world: World) -> None:
    await world.record(edge(world.panel), edge(world.panel, 2))
    await world.execute("DELETE FROM events WHERE source_number = 2")
    assert not (await whole_balance(world.db)).balanced
    await world.execute("UPDATE signals SET outcome = NULL")
    assert (await whole_balance(world.db)).accounted <= 0


async def test_a_signal_without_a_panel_belongs_to_its_object(world: World) -> None:
    cold = edge(None, object_id=world.objects[0], source=SignalSource.SMS, alarm_type=AlarmType.TEMPERATURE)
    assert (await world.record(cold)).outcomes == (Outcome.EVENT,)
    assert await world.value("SELECT requires_note FROM bundle_alarms")


async def test_a_batch_tried_again_after_a_lost_answer_makes_nothing_new(world: World) -> None:
    signals = (edge(world.panel, 1), record(world.panel, 1), initial(world.panel, 2), record(world.panel, 3, recovered=True))
    await world.record(*signals)
    again = await world.record(*signals)
    assert Outcome.EVENT not in again.outcomes
    assert await world.value("SELECT count(*) FROM events") == 3
    assert await world.value("SELECT sum(event_count) FROM bundle_alarms") == 3


async def test_two_recorders_on_the_same_objects_neither_deadlock_nor_double(db: Database) -> None:
    """Each batch touches all objects, in another order each time; every zone is told of twice at the same time."""
    world = await World.made(db, 6)
    told = [edge(panel, zone, later(seconds=zone)) for panel in world.panels for zone in range(1, 17)]

    async def lane(seed: int) -> None:
        mine = told.copy()
        random.Random(seed).shuffle(mine)
        for start in range(0, len(mine), 12):
            await world.record(*mine[start : start + 12])

    await asyncio.gather(*(lane(seed) for seed in range(4)))
    assert await world.value("SELECT count(*) FROM events") == len(told)
    assert await world.value("SELECT sum(occurrences) FROM events") == 4 * len(told)
    rows = await world.rows("SELECT event_count, active_count, version FROM bundle_alarms")
    assert [(row["event_count"], row["active_count"]) for row in rows] == [(16, 16)] * 6
    assert await world.value("SELECT count(*) FROM signals WHERE outcome = 'EVENT'") == len(told)


async def test_what_other_transactions_caused_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = recorder._write, [asyncpg.UniqueViolationError("x"), asyncpg.DeadlockDetectedError("x")]

    async def write(*args: object) -> None:
        if failures:
            raise failures.pop()
        await real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder, "_write", write)
    assert (await world.record(edge(world.panel))).outcomes == (Outcome.EVENT,)
    assert await world.value("SELECT count(*) FROM signals") == 1


async def test_a_connection_cut_by_the_server_is_unavailability_and_the_next_try_works(world: World) -> None:
    await world.record(edge(world.panel, 1))
    await world.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"""
    )
    outcomes: list[object] = []
    while not outcomes:
        try:
            outcomes.append(await world.record(edge(world.panel, 2)))
        except DatabaseUnavailable:
            continue
    assert await world.value("SELECT count(*) FROM events") == 2


async def test_an_absent_server_is_unavailability() -> None:
    db = Database.connect("postgresql+asyncpg://stam@127.0.0.1:1/stam")
    with pytest.raises(DatabaseUnavailable):
        await record_signals(db, Batch(signals=(edge(uuid7()),)))
    await db.dispose()


# -- against the real constraints: any sequence, two recorders ------------------------------------------------------------

_ONE = st.tuples(
    st.sampled_from(["edge", "edge", "initial", "record", "restore", "record restore"]),
    st.integers(1, 3),
    st.integers(0, 900),
    st.booleans(),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(_ONE, min_size=1, max_size=20), split=st.integers(1, 5))
async def test_any_sequence_by_two_recorders_keeps_the_promises(
    world: World, sequence: list[tuple[str, int, int, bool]], split: int
) -> None:
    for table in ("signals", "events", "bundle_alarms", "outbox"):
        await world.execute(f"DELETE FROM {table}")
    makers = {"edge": edge, "initial": initial, "record": record}

    def signal(what: str, zone: int, seconds: int) -> object:
        way = what.split()[0]
        return makers.get(way, edge)(world.panel, zone, NOON + timedelta(seconds=seconds), restore="restore" in what)

    lanes: list[list[object]] = [[], []]
    for what, zone, seconds, which in sequence:
        lanes[which].append(signal(what, zone, seconds))

    async def recorded(lane: list[object]) -> None:
        for start in range(0, len(lane), split):
            await world.record(*lane[start : start + split])  # type: ignore[arg-type]

    await asyncio.gather(*map(recorded, lanes))
    result = await whole_balance(world.db)
    assert (result.received, result.balanced) == (len(sequence), True)
    assert await world.value("SELECT count(*) FROM events") == result.by_outcome.get("EVENT", 0)
    assert not await world.rows(
        "SELECT 1 FROM events WHERE active GROUP BY panel_id, family, source_kind, source_number HAVING count(*) > 1"
    )
    assert not await world.rows(
        """SELECT 1 FROM bundle_alarms b WHERE
             event_count <> (SELECT count(*) FROM events e WHERE e.bundle_id = b.id AND NOT restore)
             OR active_count <> (SELECT count(*) FROM events e WHERE e.bundle_id = b.id AND active)"""
    )


# -- lines lost together (ADR-0033)


def lost(panel_id: UUID, at: datetime = NOON, **more: Any) -> Signal:
    given: dict[str, Any] = {
        "source": SignalSource.SYSTEM,
        "family": Family.LINK,
        "code": LINK_LOST,
        "alarm_type": AlarmType.COMM_LOSS,
    }
    return edge(panel_id, at=at, **(given | {"source_kind": Source.SYSTEM, "source_number": 0, "partition": None} | more))


async def comm_losses(world: World) -> list[tuple[UUID, int, int, str]]:
    """Object, events, events that last, and priority of each bundle."""
    found = await world.rows("SELECT object_id, event_count, active_count, priority FROM bundle_alarms ORDER BY id")
    return [tuple(row.values()) for row in found]


@pytest.fixture
async def site(db: Database) -> World:
    """As many objects behind one address as make one loss, and a monitoring centre."""
    world = await World.made(db, SITE)
    async with db.fast() as connection:
        await ensure_centre(connection)
    return world


async def test_lines_of_many_objects_lost_together_are_one_bundle_with_an_event_for_each(site: World) -> None:
    recorded = await site.record(*(lost(panel) for panel in site.panels))
    assert recorded.outcomes == (Outcome.EVENT,) * SITE
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, SITE, "HIGH")]
    events = await site.rows("SELECT object_id, panel_id FROM events ORDER BY panel_id")
    assert {(row["object_id"], row["panel_id"]) for row in events} == set(zip(site.objects, site.panels, strict=True))
    assert (await whole_balance(site.db)).balanced


async def test_a_line_known_to_be_away_counts_before_it_is_told(site: World) -> None:
    """Each process tells of its own lines, one after the other; the first alarm knows of the others by their positions."""
    *others, first = site.panels
    outage = {"outage": {"since": later(seconds=-20).isoformat(), "address": "127.0.0.1:1", "told": None}}
    await site.record(cursors=tuple(CursorMove(panel_id=panel, cursor=outage) for panel in others))
    await site.record(lost(first))
    for panel in others:
        await site.record(lost(panel, later(seconds=9)))
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, SITE, "HIGH")]


async def test_members_that_return_leave_the_group_one_by_one(site: World) -> None:
    await site.record(*(lost(panel) for panel in site.panels))
    first, second, *_ = site.panels
    await site.record(lost(first, later(seconds=30), restore=True))
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, SITE - 1, "HIGH")]
    await site.record(lost(second, later(seconds=31), restore=True))
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, SITE - 2, "HIGH")]
    restores = await site.rows("SELECT DISTINCT bundle_id FROM events")
    assert len(restores) == 1, "restores are told where the losses were"
    told = await site.rows("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")
    assert [event["panel_id"] for event in told[0]["payload"]["events"]] == [str(second)]


async def test_returns_at_the_same_time_are_all_counted(site: World) -> None:
    await site.record(*(lost(panel) for panel in site.panels))
    await asyncio.gather(*(site.record(lost(panel, later(seconds=30), restore=True)) for panel in site.panels))
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, 0, "HIGH")]


async def test_losses_at_the_same_time_are_one_bundle_however_many_processes_tell_of_them(site: World) -> None:
    outage = {"outage": {"since": NOON.isoformat(), "address": "127.0.0.1:1", "told": None}}
    await site.record(cursors=tuple(CursorMove(panel_id=panel, cursor=outage) for panel in site.panels))
    await asyncio.gather(*(site.record(lost(panel)) for panel in site.panels))
    assert await comm_losses(site) == [(MONITORING_CENTRE, SITE, SITE, "HIGH")]


async def test_two_routers_lost_within_one_join_window_are_two_bundles_and_each_takes_its_own_returns(db: Database) -> None:
    world = await World.made(db, 2 * SITE)
    await world.execute("UPDATE panels SET host = '10.0.0.' || (port % 2)")
    async with db.fast() as connection:
        await ensure_centre(connection)
    one, other = world.panels[::2], world.panels[1::2]
    await world.record(*(lost(panel) for panel in one))
    await world.record(*(lost(panel, later(minutes=5)) for panel in other))
    assert await comm_losses(world) == [(MONITORING_CENTRE, SITE, SITE, "HIGH")] * 2
    assert [row["cause"] for row in await world.rows("SELECT cause FROM bundle_alarms ORDER BY id")] == ["10.0.0.0", "10.0.0.1"]
    await world.record(*(lost(panel, later(minutes=6), restore=True) for panel in one))
    assert await comm_losses(world) == [(MONITORING_CENTRE, SITE, 0, "HIGH"), (MONITORING_CENTRE, SITE, SITE, "HIGH")]
    await world.record(*(lost(panel, later(minutes=7)) for panel in one))
    assert await comm_losses(world) == [(MONITORING_CENTRE, 2 * SITE, SITE, "HIGH"), (MONITORING_CENTRE, SITE, SITE, "HIGH")]


async def test_a_few_lost_lines_stay_with_their_objects(site: World) -> None:
    await site.record(*(lost(panel) for panel in site.panels[1:]))
    assert await comm_losses(site) == [(object_id, 1, 1, "MEDIUM") for object_id in site.objects[1:]]


async def test_without_a_monitoring_centre_every_loss_is_its_objects_own(db: Database) -> None:
    world = await World.made(db, SITE)
    await world.record(*(lost(panel) for panel in world.panels))
    assert await comm_losses(world) == [(object_id, 1, 1, "MEDIUM") for object_id in world.objects]


async def test_what_is_written_along_with_a_batch_stands_or_falls_with_it(world: World) -> None:
    async def fail(connection: asyncpg.Connection) -> None:
        await connection.execute("UPDATE objects SET name = 'Other'")
        raise LookupError

    with pytest.raises(LookupError):
        await record_signals(world.db, Batch(signals=(edge(world.panel),)), along=fail)
    assert await world.value("SELECT count(*) FROM signals") == 0
    assert await world.value("SELECT name FROM objects") == "O0"
