"""The live picture in Redis, and what happens when Redis is not there (R-MODES)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from activities.infra.redis import connect_url
from activities.live_state import LivePanel, LiveState
from deploy.local.ports import free_port
from tests.support.eventually import eventually
from tests.support.log import plain_log
from workflows.contracts.names import panel_state_key


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect_url(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
async def nowhere() -> AsyncIterator[Redis]:
    client = connect_url(f"redis://127.0.0.1:{free_port()}/0", timeout=0.2)
    yield client
    await client.aclose()


async def test_what_was_written_is_read_and_the_rest_is_unknown(redis: Redis) -> None:
    live, panel = LiveState(redis), uuid4()
    await live.write(panel, "link", {"status": "CONNECTED"})
    await live.write_many({(panel, "zones"): {"violated": [5]}, (uuid4(), "zones"): {"violated": [6]}})
    assert await live.read(panel) == LivePanel(link={"status": "CONNECTED"}, zones={"violated": [5]})
    assert await live.read(uuid4()) == LivePanel()
    assert await live.read_many([]) == {}


async def test_r_modes_what_nobody_confirms_is_forgotten(redis: Redis) -> None:
    live, panel = LiveState(redis, ttl=1), uuid4()
    await live.write(panel, "link", {"status": "CONNECTED"})
    await eventually(lambda: forgotten(live, panel), within=5)


async def forgotten(live: LiveState, panel: object) -> bool:
    return await live.read(panel) == LivePanel()  # type: ignore[arg-type]


async def test_a_refresh_lengthens_the_life_of_every_part(redis: Redis) -> None:
    panel = uuid4()
    await LiveState(redis, ttl=5).write(panel, "outputs", {"on": [1]})
    await LiveState(redis, ttl=300).refresh(panel)
    assert await redis.ttl(panel_state_key(panel, "outputs")) > 250


async def test_r_modes_redis_away_is_said_once_and_never_raised(nowhere: Redis) -> None:
    live, panel = LiveState(nowhere), uuid4()
    plain_log()
    with capture_logs() as logs:
        await live.write(panel, "link", {"status": "CONNECTED"})
        await live.refresh(panel)
        assert await live.read(panel) == LivePanel(available=False)
    assert [entry["event"] for entry in logs] == ["live_state.redis_away"]
