"""Counting tries to log in (R-AUTH)."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from activities.auth.attempts import TRIES, Attempts
from activities.infra.redis import connect_url

ADDRESS = "192.0.2.7"


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect_url(valkey_url)
    yield client
    await client.aclose()


async def test_a_try_taken_back_after_its_window_leaves_nothing_behind(redis: Redis) -> None:
    attempts = Attempts(redis)
    await attempts.begin(ADDRESS)
    await redis.flushdb()  # as the end of the window does
    await attempts.take_back(ADDRESS)
    assert await redis.dbsize() == 0


async def test_a_try_taken_back_within_its_window_counts_no_more(redis: Redis) -> None:
    attempts = Attempts(redis)
    for _ in range(2 * TRIES):
        assert await attempts.begin(ADDRESS) == 0
        await attempts.take_back(ADDRESS)
    (key,) = await redis.keys()
    assert await redis.ttl(key) > 0
