"""The embedded servers (R-UP): real processes that keep their data, one by one."""

import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from temporalio.client import Client, WorkflowExecutionStatus

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.server import Server
from deploy.local.temporal import RETENTION, Temporal
from deploy.local.valkey import Valkey
from tests.support.stack import Stack
from workflows.contracts.names import SEARCH_ATTRIBUTES


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def _leave_row(url: str) -> None:
    await query(url, "create table kept as select 7 as n")


async def _find_row(url: str) -> bool:
    return await query(url, "select n from kept") == 7


async def _leave_key(url: str) -> None:
    async with redis.Redis.from_url(url) as client:
        await client.set("kept", "7")


async def _find_key(url: str) -> bool:
    async with redis.Redis.from_url(url) as client:
        return bool(await client.get("kept") == b"7")


async def _leave_workflow(address: str) -> None:
    client = await Client.connect(address)
    await client.start_workflow("Nobody", id="kept", task_queue="nobody-serves-this")


async def _find_workflow(address: str) -> bool:
    client = await Client.connect(address)
    return (await client.get_workflow_handle("kept").describe()).status is WorkflowExecutionStatus.RUNNING


Deed = Callable[[str], Awaitable[object]]


def _url(server: Server) -> str:
    """Of whoever may make a table there."""
    return server.owner_url if isinstance(server, Postgres) else server.url


DEEDS: dict[type[Server], tuple[Deed, Deed]] = {
    Postgres: (_leave_row, _find_row),
    Valkey: (_leave_key, _find_key),
    Temporal: (_leave_workflow, _find_workflow),
}


async def test_data_is_kept_across_a_stop_and_a_start_on_the_same_port(server: Server) -> None:
    leave, find = DEEDS[type(server)]
    await server.start()
    await leave(_url(server))
    await server.stop()
    await server.start()
    assert await find(_url(server))


@pytest.mark.parametrize("kind", [Postgres, Temporal])
async def test_what_was_confirmed_survives_kill_9(kind: type[Server], stack: Stack) -> None:
    server = stack.postgres if kind is Postgres else stack.temporal
    leave, find = DEEDS[kind]
    await leave(_url(server))
    await server.kill()
    await server.start()
    assert await find(_url(server))


async def test_stop_ends_the_process_and_all_it_started(server: Server) -> None:
    await server.start()
    assert server.process is not None
    family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    await server.stop()
    assert not [member for member in family if member.is_running()]


async def test_passwords_are_readable_by_their_owner_alone_and_show_in_no_argument(server: Server, root: Path) -> None:
    await server.start()
    assert server.process is not None
    for secret in (root / "secrets").glob("*.password"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() not in " ".join(psutil.Process(server.process.pid).cmdline())


async def test_postgres_refuses_a_wrong_password(root: Path) -> None:
    server = Postgres(root, port=free_port())
    await server.start()
    try:
        for url, word in ((server.url, server.app_password), (server.owner_url, server.password)):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await query(url.replace(word, "wrong"), "select 1")
        with pytest.raises(asyncpg.InvalidPasswordError):  # whoever knows the application's password is not the owner
            await query(server.owner_url.replace(server.password, server.app_password), "select 1")
    finally:
        await server.kill()


async def test_valkey_refuses_to_work_without_the_password(valkey: Valkey) -> None:
    async with redis.Redis(host="127.0.0.1", port=valkey.port, retry=Retry(NoBackoff(), 0)) as client:
        with pytest.raises(redis.AuthenticationError):
            await client.ping()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up root")
async def test_postgres_started_by_root_runs_as_another_even_below_a_closed_folder(tmp_path: Path) -> None:
    assert os.stat(tmp_path).st_mode & 0o077 == 0  # noqa: PTH116 - as pytest makes it
    server = Postgres(tmp_path, port=free_port(), durable=False)
    await server.start()
    try:
        assert server.process is not None
        assert psutil.Process(server.process.pid).uids().effective != 0
    finally:
        await server.kill()


async def test_the_database_is_utf8_with_polish_upper_and_lower_case_and_no_superuser(database_url: str) -> None:
    assert await query(database_url, "select upper('zażółć gęślą jaźń')") == "ZAŻÓŁĆ GĘŚLĄ JAŹŃ"
    assert await query(database_url, "show server_encoding") == "UTF8"
    assert not await query(database_url, "select usesuper from pg_user where usename = current_user")


async def test_postgres_of_stam_up_waits_for_the_disk_and_logs_no_values(stack: Stack) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await query(stack.postgres.url, f"show {setting}") == "on"
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await query(stack.postgres.url, "select 'Jan Kowalski'::int")
    assert "Kowalski" not in stack.postgres.log.read_text()


@pytest.mark.parametrize("turn", [1, 2])
async def test_valkey_url_is_empty_for_each_test(valkey_url: str, turn: int) -> None:
    async with redis.Redis.from_url(valkey_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", turn)


async def test_temporal_has_the_search_attributes_and_keeps_closed_workflows(temporal_client: Client) -> None:
    for name in SEARCH_ATTRIBUTES:
        assert (await temporal_client.count_workflows(f"{name} = 'nobody'")).count == 0
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

    described = await temporal_client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION


async def test_temporal_writes_ahead_so_that_readers_never_block_writers(stack: Stack) -> None:
    """The dev server once took `journal_mode` and ignored it (temporalio/cli#681)."""
    assert (stack.temporal.folder / "temporal.db-wal").exists()
