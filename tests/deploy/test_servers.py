"""The embedded servers (R-UP): real processes, kept data, and messages that tell what to do."""

import asyncpg
import pytest
import redis.asyncio as redis
from temporalio.client import Client

from tests.support.stack import Stack


async def test_database_url_gives_a_utf8_database_with_polish_upper_and_lower_case(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("select upper('zażółć gęślą jaźń')") == "ZAŻÓŁĆ GĘŚLĄ JAŹŃ"
        assert await connection.fetchval("show server_encoding") == "UTF8"
        assert not await connection.fetchval("select usesuper from pg_user where usename = current_user")
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", [1, 2])
async def test_valkey_url_is_empty_for_each_test(valkey_url: str, turn: int) -> None:
    async with redis.Redis.from_url(valkey_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", turn)


async def test_temporal_client_reaches_the_default_namespace(temporal_client: Client) -> None:
    assert temporal_client.namespace == "default"
    assert await temporal_client.count_workflows("ObjectId = 'nobody'")


async def test_a_killed_server_comes_back_on_the_same_port_with_its_data(stack: Stack) -> None:
    url = stack.postgres.url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept (n int); insert into kept values (7)")
    await stack.postgres.kill()
    await connection.close(timeout=1)
    await stack.postgres.restart()
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("select n from kept") == 7
    await connection.close()
