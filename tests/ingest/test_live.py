"""The live picture on its way to Redis (R-MODES: refreshed, so that it does not expire)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from uuid import UUID, uuid4

import pytest

from ingest.satel.live import AT_ONCE, LivePublisher
from tests.support.eventually import eventually

PANEL = uuid4()


class Redis:
    def __init__(self) -> None:
        self.writes: list[dict[tuple[UUID, str], dict[str, object]]] = []

    async def write_many(self, parts: Mapping[tuple[UUID, str], dict[str, object]]) -> None:
        self.writes.append(dict(parts))


@pytest.fixture
def redis() -> Redis:
    return Redis()


@contextlib.asynccontextmanager
async def running(redis: Redis, *, refresh_every: float) -> AsyncIterator[LivePublisher]:
    live = LivePublisher(redis.write_many, refresh_every=refresh_every)
    task = asyncio.create_task(live.run())
    try:
        yield live
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_only_the_newest_of_a_part_is_written_and_all_panels_at_once(redis: Redis) -> None:
    other = uuid4()
    async with running(redis, refresh_every=60) as live:
        live.publish(PANEL, "zones", {"n": 1})
        live.publish(PANEL, "zones", {"n": 2})
        live.publish(other, "link", {"n": 3})
        await eventually(lambda: redis.writes)
    assert redis.writes == [{(PANEL, "zones"): {"n": 2}, (other, "link"): {"n": 3}}]


async def test_everything_is_written_again_before_it_expires(redis: Redis) -> None:
    async with running(redis, refresh_every=0.1) as live:
        live.publish(PANEL, "zones", {"n": 1})
        await eventually(lambda: len(redis.writes) >= 3)
    assert all(write == {(PANEL, "zones"): {"n": 1}} for write in redis.writes)


async def test_a_panel_that_is_not_ours_any_more_is_not_refreshed(redis: Redis) -> None:
    async with running(redis, refresh_every=0.1) as live:
        live.publish(PANEL, "link", {"status": "DISABLED"})
        live.forget(PANEL)
        live.publish(other := uuid4(), "link", {"status": "CONNECTED"})
        await eventually(lambda: len(redis.writes) >= 3)
    assert (PANEL, "link") in redis.writes[0]
    assert all(set(write) == {(other, "link")} for write in redis.writes[1:])


async def test_a_refresh_of_many_panels_is_cut_into_pieces(redis: Redis) -> None:
    live = LivePublisher(redis.write_many)
    for _ in range(AT_ONCE + 1):
        live.publish(uuid4(), "link", {})
    await live.flush()
    assert [len(write) for write in redis.writes] == [AT_ONCE, 1]
