"""The live stream in the API as it runs: login, ticket, stream, modes, metrics, stop (R-PUSH, R-MODES, R-METRICS)."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

import pytest
from websockets.asyncio.client import connect

from activities.infra.settings import Settings
from api.client import stream
from api.client.models import SystemMode, Ticket
from tests.api.conftest import Api, serving
from tests.api.realtime_support import Client, publishing
from tests.support.eventually import eventually

M = TypeVar("M")
Login = Callable[..., Any]


async def next_of(messages: AsyncGenerator[stream.Message], kind: type[M]) -> M:
    async with asyncio.timeout(20):
        async for message in messages:
            if isinstance(message, kind):
                return message
    raise AssertionError(f"the stream ended without {kind.__name__}")


async def test_the_sdk_follows_the_running_api(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    async with (
        publishing(api.settings.database_url.get_secret_value(), api.settings.redis_url.get_secret_value()) as publisher,
        contextlib.aclosing(client.stream()) as messages,
    ):
        assert (await next_of(messages, stream.Welcome)).seq == 0
        assert (await next_of(messages, stream.Live)).seq == 0
        await publisher.publish(3)
        assert [(await next_of(messages, stream.Event)).seq for _ in range(3)] == [1, 2, 3]


async def test_temporal_away_is_told_as_degraded_and_alarms_still_arrive(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    await eventually(lambda: api.services.hub.mode == "DEGRADED")
    async with (
        publishing(api.settings.database_url.get_secret_value(), api.settings.redis_url.get_secret_value()) as publisher,
        contextlib.aclosing(client.stream()) as messages,
    ):
        assert (await next_of(messages, stream.Welcome)).mode is SystemMode.DEGRADED
        await next_of(messages, stream.Live)
        await publisher.publish()
        assert (await next_of(messages, stream.Event)).seq == 1


async def test_a_ticket_bought_over_http_opens_one_socket(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    async with api.http() as http:
        assert (await http.post("/api/auth/ws-ticket")).status_code == 401
    ticket = await _ticket(client)
    url = f"{api.url.replace('http', 'ws', 1)}/ws?ticket={ticket}"
    async with connect(url, proxy=None) as socket:
        await Client(socket).say({"type": "hello", "last_seq": None})
        assert (await Client(socket).frame())["type"] == "welcome"
        async with connect(url, proxy=None) as again:
            assert await Client(again).closed() == 4401


async def _ticket(client: Any) -> str:
    return str((await client.session.send("POST", "/api/auth/ws-ticket", Ticket)).ticket)


async def test_prometheus_gets_the_names_it_was_promised(api: Api) -> None:
    async with api.http() as http:
        text = (await http.get("/metrics")).text
    for name in ("ws_replay_tier2_queries_total", "ws_replay_overflow_count", "ws_connections"):
        assert f"\n{name} " in text


@pytest.mark.usefixtures("people")
async def test_a_stopping_api_sends_its_sockets_away_with_1012(settings: Settings, login: Login) -> None:
    async with serving(settings) as api:
        client = await login(api, "operator")
        socket = await connect(f"{api.url.replace('http', 'ws', 1)}/ws?ticket={await _ticket(client)}", proxy=None)
        await Client(socket).say({"type": "hello", "last_seq": None})
        await Client(socket).until("live")
    assert await Client(socket).closed() == 1012
