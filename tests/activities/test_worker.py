"""The worker as a process: it waits for its servers, serves, and finishes what it has begun (R-MODES)."""

import asyncio
import os
import signal
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import text
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from activities import worker
from activities.db.session import Database
from activities.housekeeping import measure_alarms, measure_backlog
from activities.infra.settings import Settings
from deploy.local.ports import free_port
from tests.support.bundles import add_note, seed_scene
from tests.support.eventually import eventually
from workflows.bundle_alarm import BundleAlarm
from workflows.contracts import names
from workflows.contracts.bundle import ActionRequest, BundleInput, start_options
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus


def settings(temporal_address: str, database_url: str) -> Settings:
    return Settings(temporal_address=temporal_address, database_url=SecretStr(database_url), shutdown_seconds=10)


async def test_the_worker_serves_until_sigterm(
    temporal_client: Client, temporal_address: str, database_url: str, db: Database
) -> None:
    scene = await seed_scene(db)
    note_id = await add_note(db, scene)
    running = asyncio.create_task(worker.run(settings(temporal_address, database_url)))
    given = BundleInput(bundle_id=scene.bundle_id, object_id=scene.object_id, alarm_type=AlarmType.INTRUSION)
    options = start_options(given, status=BundleStatus.NEW, priority=Priority.HIGH)
    handle = await temporal_client.start_workflow(BundleAlarm.run, given, **options)
    request = ActionRequest(action_id=uuid4(), actor_id=scene.anna, expected_version=1, note_id=note_id)
    noted = await handle.execute_update(BundleAlarm.add_note, request)

    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, timeout=20)
    await handle.terminate()

    assert noted.version == 2


async def test_the_worker_makes_the_partitions_ahead(
    temporal_address: str, database_url: str, owner_url: str, db: Database
) -> None:
    query = text("SELECT max(relname) FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'events_y%'")

    async def newest() -> str:
        async with db.read() as session:
            return str(await session.scalar(query))

    table = await newest()
    owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await owner.execute(f"DROP TABLE {table}")
    await owner.close()
    assert await newest() < table

    running = asyncio.create_task(worker.run(settings(temporal_address, database_url)))
    await eventually(lambda: _is(newest(), table), what="the partition")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, timeout=20)


async def _is(found: Awaitable[str], wanted: str) -> bool:
    return await found == wanted


async def test_a_worker_that_waits_for_temporal_can_be_stopped(database_url: str) -> None:
    running = asyncio.create_task(worker.run(settings(f"127.0.0.1:{free_port()}", database_url)))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(running), timeout=0.3)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, timeout=10)


async def test_search_attributes_are_registered_once_and_for_all(temporal_client: Client) -> None:
    for _ in range(2):
        await worker.ensure_search_attributes(temporal_client)
    request = ListSearchAttributesRequest(namespace=temporal_client.namespace)
    present = await temporal_client.operator_service.list_search_attributes(request)
    assert names.SEARCH_ATTRIBUTES.keys() <= present.custom_attributes.keys()


async def test_the_gauges_count_open_and_stale_alarms(db: Database) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    await seed_scene(db, priority=Priority.CRITICAL, opened_at=long_ago)  # and no workflow has marked it
    await seed_scene(db, priority=Priority.CRITICAL)
    await seed_scene(db, priority=Priority.LOW, opened_at=long_ago)
    await seed_scene(db, priority=Priority.LOW, status=BundleStatus.CLOSED)

    await measure_alarms(db)

    active = {priority: REGISTRY.get_sample_value("alarms_active", {"priority": priority}) for priority in Priority}
    assert active == {Priority.CRITICAL: 2, Priority.HIGH: 0, Priority.MEDIUM: 0, Priority.LOW: 1}
    assert REGISTRY.get_sample_value("stale_alarm_report_bundles") == 1


async def test_the_backlog_of_a_queue_without_workers_is_seen(temporal_client: Client) -> None:
    await measure_backlog(temporal_client)
    labels = {"queue": names.CORE_QUEUE, "kind": "workflow"}
    assert REGISTRY.get_sample_value("temporal_task_queue_backlog", labels) is not None
