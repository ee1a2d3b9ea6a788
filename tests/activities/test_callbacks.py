"""Call-backs and the dispatcher's journal on a real PostgreSQL, with the rights that processes have."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from activities.callbacks import CallbackActivities
from activities.db.models.audit_log import AuditEntry
from activities.db.models.callbacks import CallbackRow
from activities.db.models.dispatch_log import DispatchEntry
from activities.db.models.outbox import OutboxRow
from activities.db.repositories import callbacks, dispatch
from activities.db.session import Database
from activities.relay_orchestration import Orchestration
from activities.relay_reconciliation import Reconciliation
from deploy.local.ports import free_port
from tests.support.bundles import Scene, seed_scene
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from workflows.contracts import names, policies
from workflows.contracts.callback import CallbackDecision, CallbackRef, DecisionRequest, RingRequest
from workflows.domain.callback import Callback, CallbackState, Decision, Refusal
from workflows.domain.dispatch import OLDEST, EntryKind

NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Promise:
    scene: Scene
    callback_id: UUID
    activities: CallbackActivities

    async def ring(self, version: int = 1, rings: int = 0) -> Callback:
        return await self.activities.ring_callback(RingRequest(callback_id=self.callback_id, version=version, rings=rings))

    def decision(self, decision: Decision, version: int, **more: Any) -> CallbackDecision:
        request = DecisionRequest(decision_id=uuid4(), actor_id=self.scene.anna, expected_version=version, **more)
        return CallbackDecision(callback_id=self.callback_id, decision=decision, request=request)


@pytest.fixture
async def promise(db: Database) -> Promise:
    scene = await seed_scene(db)
    row = CallbackRow(id=uuid4(), object_id=scene.object_id, text="ask the guard", due_at=NOW, created_by=scene.anna)
    async with db.write() as session:
        await callbacks.add_callback(session, row)
    return Promise(scene, row.id, CallbackActivities(db))


async def pushes(db: Database) -> list[OutboxRow]:
    """Those after it was set."""
    return [row for row in await all_rows(db, OutboxRow) if row.push and row.type != names.CALLBACK_SET]


async def test_a_ring_is_the_row_the_push_and_the_audit_row_in_one(promise: Promise, db: Database) -> None:
    rung = await promise.ring()
    assert (rung.state, rung.rings, rung.version) == (CallbackState.DUE, 1, 1)
    (push,) = await pushes(db)
    assert (push.type, push.object_id) == (names.CALLBACK_DUE, promise.scene.object_id)
    assert push.payload["callback"]["id"] == str(promise.callback_id)
    (entry,) = await all_rows(db, AuditEntry)
    assert (entry.action, entry.actor_id, entry.subject_id) == ("callback.due", None, promise.callback_id)
    assert "guard" not in f"{push.payload} {entry.detail}"


async def test_a_ring_that_was_committed_is_not_rung_again(promise: Promise, db: Database) -> None:
    """The answer was lost, and Temporal tries once more."""
    assert await promise.ring() == await promise.ring()
    assert len(await pushes(db)) == 1
    assert (await promise.ring(rings=1)).rings == 2


async def test_what_was_decided_meanwhile_is_not_rung(promise: Promise, db: Database) -> None:
    decided = await promise.activities.decide_callback(promise.decision(Decision.POSTPONE, 1, minutes=30))
    assert await promise.ring() == decided.row
    assert [push.payload["callback"]["rings"] for push in await pushes(db)] == [0]


async def test_a_decision_is_taken_once_and_answered_the_same(promise: Promise, db: Database) -> None:
    done = promise.decision(Decision.DONE, 1)
    first, second = await asyncio.gather(*(promise.activities.decide_callback(done) for _ in range(2)))
    assert first == second
    assert (first.row.state, first.row.version, first.refusal) == (CallbackState.DONE, 2, None)
    (entry,) = await all_rows(db, AuditEntry)
    assert (entry.action, entry.actor_id) == ("callback.done", promise.scene.anna)
    late = await promise.activities.decide_callback(promise.decision(Decision.CANCEL, 2))
    assert (late.row, late.refusal) == (first.row, Refusal.OVER)
    assert await promise.activities.read_callback(CallbackRef(callback_id=promise.callback_id)) == first.row


async def test_a_decision_due_or_not_is_told_to_every_screen(promise: Promise, db: Database) -> None:
    await promise.ring()
    await promise.activities.decide_callback(promise.decision(Decision.POSTPONE, 1, minutes=30))
    assert [push.payload["callback"]["state"] for push in await pushes(db)] == ["DUE", "PENDING"]
    await promise.activities.decide_callback(promise.decision(Decision.CANCEL, 2))
    assert [push.payload["callback"]["state"] for push in await pushes(db)] == ["DUE", "PENDING", "CANCELLED"]


async def test_the_end_of_its_alarm_leaves_it(promise: Promise, db: Database) -> None:
    async with db.write() as session:
        (await session.get_one(CallbackRow, promise.callback_id)).bundle_id = promise.scene.bundle_id
    bundle = "UPDATE bundle_alarms SET status = 'CLOSED', closed_at = now() WHERE id = $1"
    async with db.fast() as connection:
        await connection.execute(bundle, promise.scene.bundle_id)
    assert (await promise.ring()).state is CallbackState.DUE


async def test_a_call_back_that_is_not_there_is_missing(db: Database) -> None:
    with pytest.raises(ApplicationError) as error:
        await CallbackActivities(db).read_callback(CallbackRef(callback_id=uuid4()))
    assert error.value.type == policies.MISSING


async def test_a_database_that_is_away_fails_quietly() -> None:
    away = Database.connect(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(ApplicationError) as error:
        await CallbackActivities(away).read_callback(CallbackRef(callback_id=uuid4()))
    assert error.value.type == "DatabaseUnavailable"
    await away.dispose()


# -- how it starts


async def test_the_relay_starts_its_workflow_and_starts_it_anew_when_it_was_lost(
    promise: Promise, db: Database, temporal_client: Client
) -> None:
    await Orchestration(db, temporal_client, asyncio.Event()).round()
    handle = temporal_client.get_workflow_handle(names.callback_workflow_id(promise.callback_id))
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    assert b"guard" not in b"".join([event.SerializeToString() async for event in handle.fetch_history_events()])
    await handle.terminate()
    async with db.fast() as connection:
        await connection.execute("UPDATE callbacks SET created_at = now() - interval '1 hour'")

    async def runs_again() -> bool:
        await Reconciliation(db, temporal_client).once()
        return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING

    await eventually(runs_again)
    await handle.terminate()


# -- the journal


async def entry_at(db: Database, scene: Scene, kind: EntryKind, at: datetime, **more: Any) -> DispatchEntry:
    entry = DispatchEntry(id=uuid4(), kind=kind, object_id=scene.object_id, occurred_at=at, user_id=scene.anna, **more)
    async with db.write() as session:
        await dispatch.add_entry(session, entry)
    return entry


@pytest.mark.parametrize(
    "statement", ["UPDATE dispatch_log SET kind = 'NOTE'", "DELETE FROM dispatch_log", "TRUNCATE dispatch_log CASCADE"]
)
async def test_the_application_and_even_the_owner_can_only_add_to_the_journal(
    db: Database, database_url: str, owner_url: str, statement: str
) -> None:
    await entry_at(db, await seed_scene(db), EntryKind.PATROL_SENT, NOW)
    for url in (database_url, owner_url):
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
        await connection.close()
    assert [row.kind for row in await all_rows(db, DispatchEntry)] == [EntryKind.PATROL_SENT]


async def test_what_counts_before_a_line_is_of_its_object_of_its_day_and_not_corrected(db: Database) -> None:
    scene, other = await seed_scene(db), await seed_scene(db)
    await entry_at(db, scene, EntryKind.PATROL_SENT, NOW - OLDEST)
    await entry_at(db, other, EntryKind.PATROL_LEFT, NOW - timedelta(minutes=3))
    wrong = await entry_at(db, scene, EntryKind.PATROL_LEFT, NOW - timedelta(minutes=4))
    await entry_at(db, scene, EntryKind.PATROL_SENT, NOW - timedelta(minutes=4), corrects=wrong.id)
    await entry_at(db, scene, EntryKind.PATROL_ON_SITE, NOW - timedelta(minutes=2), bundle_id=scene.bundle_id)
    await entry_at(db, scene, EntryKind.PATROL_LEFT, NOW + timedelta(minutes=1))
    async with db.read() as session:
        assert await dispatch.kinds_before(session, scene.object_id, NOW) == [EntryKind.PATROL_SENT, EntryKind.PATROL_ON_SITE]


async def test_those_who_write_about_one_object_take_turns(db: Database) -> None:
    scene = await seed_scene(db)
    async with db.write() as session:
        await dispatch.take_turn(session, scene.object_id)
        waiting = asyncio.create_task(entry_after_turn(db, scene))
        await eventually(lambda: someone_waits(db))
        assert await all_rows(db, DispatchEntry) == []
    await waiting
    assert len(await all_rows(db, DispatchEntry)) == 1


async def entry_after_turn(db: Database, scene: Scene) -> None:
    async with db.write() as session:
        await dispatch.take_turn(session, scene.object_id)
        await dispatch.add_entry(
            session,
            DispatchEntry(
                id=uuid4(), kind=EntryKind.PATROL_SENT, object_id=scene.object_id, occurred_at=NOW, user_id=scene.anna
            ),
        )


async def someone_waits(db: Database) -> bool:
    async with db.fast() as connection:
        waiting = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                     WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"""
        return bool(await connection.fetchval(waiting))
