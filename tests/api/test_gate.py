"""What is asked before any route: rates, hosts, origins, sizes, speed, the browser's headers (docs/security.md)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
import websockets
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from activities.infra.settings import Settings
from api.client.models import Ticket
from api.http_protocol import LARGEST_HEAD
from api.rates import BURST, Buckets, address_of
from api.realtime.subscriber import TOO_MANY
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.support.eventually import eventually

Login = Callable[..., Any]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_grants_its_burst_then_its_rate_and_says_how_long_to_wait() -> None:
    clock = Clock()
    buckets = Buckets(2.0, clock=clock)
    assert [buckets.take("a") for _ in range(2 * BURST)] == [0] * (2 * BURST)
    assert buckets.take("a") == 1
    assert buckets.take("b") == 0, "every caller has a bucket of his own"
    clock.now += 1.0
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    clock.now += 3600
    assert [buckets.take("a") for _ in range(2 * BURST + 1)].count(0) == 2 * BURST, "no more than the burst is saved up"


def test_a_slow_bucket_tells_the_seconds_until_the_next_token() -> None:
    buckets = Buckets(0.01, clock=Clock())
    assert (buckets.take("a"), buckets.take("a")) == (0, 100)


def test_rate_zero_is_no_limit() -> None:
    assert {Buckets(0).take("a") for _ in range(1_000)} == {0}


@pytest.mark.parametrize(
    ("host", "one"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::1:2", "2001:db8::/64"), ("", ""), ("a-socket", "a-socket")]
)
def test_one_ipv6_customer_is_one_caller(host: str, one: str) -> None:
    assert address_of({"client": (host, 1)} if host else {}) == one


async def test_who_asks_too_often_without_a_token_waits_and_the_probes_never_do(settings: Settings, people: People) -> None:
    strict = settings.model_copy(update={"rate_anonymous": 0.1})
    async with serving(strict) as api, api.http() as http:
        answers = [await http.get("/api/alarms") for _ in range(int(0.1 * BURST) + 1)]
        assert [one.status_code for one in answers] == [401, 401, 429]
        assert answers[-1].json()["code"] == "RATE_LIMITED"
        assert int(answers[-1].headers["retry-after"]) in range(1, 11)
        assert answers[-1].headers["content-security-policy"]
        assert {(await http.get("/livez")).status_code for _ in range(5)} == {200}
        assert 'requests_refused_total{why="RATE_LIMITED"}' in (await http.get("/metrics")).text


async def test_a_session_that_asks_too_often_waits_and_another_does_not(
    settings: Settings, people: People, login: Login
) -> None:
    async with serving(settings.model_copy(update={"rate_session": 0.1})) as api:
        hasty, calm = await login(api, "operator"), await login(api, "operator2")
        async with api.http(hasty.session.access_token) as http:
            codes = [(await http.get("/api/auth/me")).status_code for _ in range(3)]
        assert (codes[0], codes[-1]) == (200, 429)
        async with api.http(calm.session.access_token) as http:
            assert (await http.get("/api/auth/me")).status_code == 200


async def test_rates_hold_while_redis_is_away(settings: Settings, people: People) -> None:
    away = settings.model_copy(
        update={"rate_anonymous": 0.1, "redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")},
    )
    async with serving(away) as api, api.http() as http:
        assert [(await http.get("/api/alarms")).status_code for _ in range(3)] == [401, 401, 429]


async def test_another_host_is_told_so(settings: Settings, people: People) -> None:
    async with serving(settings.model_copy(update={"allowed_hosts": ("stam.example", "127.0.0.1")})) as api, api.http() as http:
        assert (await http.get("/api/alarms")).status_code == 401
        assert (await http.get("/api/alarms", headers={"Host": "STAM.example:8443"})).status_code == 401
        for host in ("evil.example", "stam.example/", "stam.example.evil.example", "stam.example@evil", "[::1", ""):
            wrong = await http.get("/api/alarms", headers={"Host": host})
            assert (wrong.status_code, wrong.json()["code"]) == (421, "MISDIRECTED"), host
        assert (await http.get("/livez", headers={"Host": "10.0.0.9"})).status_code == 200, "a monitor knows no name"


async def test_a_host_that_is_none_is_refused_even_where_any_is_taken(api: Api) -> None:
    async with api.http() as http:
        for host in ("[::1", "a b", "a@b", "a/b"):
            answer = await http.get("/api/alarms", headers={"Host": host})
            assert (answer.status_code, answer.json()["code"]) == (421, "MISDIRECTED"), host


async def test_other_origins_are_allowed_only_by_name(settings: Settings, api: Api, people: People) -> None:
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    async with api.http() as http:
        assert not [name for name in (await http.options("/api/alarms", headers=asks)).headers if "allow-origin" in name]
    async with (
        serving(settings.model_copy(update={"cors_origins": ("https://a.example",)})) as open_api,
        open_api.http() as http,
    ):
        allowed = await http.options("/api/alarms", headers=asks)
        assert allowed.headers["access-control-allow-origin"] == "https://a.example"
        assert "access-control-allow-credentials" not in allowed.headers
        refused = await http.options("/api/alarms", headers=asks | {"Origin": "https://b.example"})
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("origins", ["*", "https://*.example", "https://a.example/path", "a.example"])
def test_an_origin_in_the_settings_is_exact(origins: str) -> None:
    with pytest.raises(ValueError, match="an origin is"):
        Settings.model_validate({"cors_origins": origins})


async def test_every_answer_carries_a_policy(api: Api) -> None:
    async with api.http() as http:
        for path in ("/api/auth/me", "/api/nothing", "/livez", "/api/docs", "/", "/alarms/1", "/metrics"):
            policy = (await http.get(path)).headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy, path
        plain = await http.get("/livez")
    assert "strict-transport-security" not in plain.headers, "only over TLS"
    assert plain.headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(api: Api) -> None:
    async with api.http() as http:
        for method, path, allowed in [
            ("PUT", "/api/panels", "GET, POST"),
            ("GET", "/api/auth/login", "POST"),
            ("HEAD", "/api/alarms", "GET"),
            ("TRACE", f"/api/panels/{uuid4()}", "DELETE, GET, PATCH"),
            ("POST", "/", "GET, HEAD"),
        ]:
            answer = await http.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)
        assert (await http.post("/api/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"username": "a"', "application/json", 422, "VALIDATION"),
        (b"\xff\xfe", "application/json", 422, "VALIDATION"),
        (b"[" * 100_000, "application/json", 422, "VALIDATION"),
        (b'{"username": ' + b"9" * 5_000 + b"}", "application/json", 422, "VALIDATION"),
        (b"username=a&password=b", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"username": "a", "password": "b"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"<a/>", "application/xml", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"\\ud800": 1}', "application/json", 422, "VALIDATION"),
    ],
)
async def test_a_body_that_is_none_gets_a_problem(api: Api, content: bytes, kind: str, status: int, code: str) -> None:
    async with api.http() as http:
        answer = await http.post("/api/auth/login", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 422:
        assert answer.json()["errors"][0]["field"]
        assert answer.json()["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("q=%00", "q"), ("q=a%E2%80%AEb", "q"), ("%00=1", "\x00"), ("&".join(f"a{n}=1" for n in range(200)), "query")],
)
async def test_a_bad_text_in_a_query_is_named(api: Api, login: Login, query: str, field: str) -> None:
    client = await login(api, "operator")
    async with api.http(client.session.access_token) as http:
        answer = await http.get(f"/api/alarms?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


# -- slow and large


async def _raw(api: Api, *parts: bytes) -> bytes:
    """What comes back for these bytes until the server closes."""
    port = int(api.url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.fixture
async def impatient(settings: Settings, people: People) -> AsyncIterator[Api]:
    async with serving(settings.model_copy(update={"head_seconds": 0.3, "body_seconds": 0.3})) as api:
        yield api


async def test_a_connection_that_says_nothing_or_never_ends_its_headers_is_closed(impatient: Api) -> None:
    assert await _raw(impatient) == b""
    assert await _raw(impatient, b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ") == b""


async def test_a_body_that_does_not_come_is_given_up_with_a_problem(impatient: Api) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
    answer = await _raw(impatient, head + b'Content-Length: 50\r\n\r\n{"username":')
    status, _, rest = answer.partition(b"\r\n")
    assert status.split()[1] == b"408"
    assert json.loads(rest.rpartition(b"\r\n\r\n")[2])["code"] == "REQUEST_TIMEOUT"


@pytest.mark.parametrize("parts", [1, 64])
async def test_a_head_that_is_too_large_is_refused_however_it_comes(
    api: Api, caplog: pytest.LogCaptureFixture, parts: int
) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")
    size = 2 * LARGEST_HEAD // parts
    answer = await _raw(api, b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Large: ", *[b"x" * size] * parts, b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""


async def test_many_requests_of_one_connection_are_no_slow_one(impatient: Api) -> None:
    async with impatient.http() as http:
        for _ in range(3):
            assert (await http.get("/livez")).status_code == 200
            await asyncio.wait_for(eventually(lambda: True), 1)


# -- sockets


async def _ticket(client: Any) -> str:
    return (await client.session.send("POST", "/api/auth/ws-ticket", Ticket)).ticket  # type: ignore[no-any-return]


def _ws(api: Api, ticket: str) -> str:
    return f"{api.url.replace('http', 'ws')}/ws?ticket={ticket}"


async def test_a_socket_of_another_origin_is_refused_and_one_of_ours_is_not(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    with pytest.raises(InvalidStatus) as refused:
        await websockets.connect(_ws(api, await _ticket(client)), origin=Origin("https://evil.example"), proxy=None)
    assert refused.value.response.status_code == 403
    async with websockets.connect(_ws(api, await _ticket(client)), origin=Origin(api.url), proxy=None) as socket:
        await socket.send('{"type":"hello","last_seq":null}')
        assert json.loads(await socket.recv())["type"] == "welcome"


async def test_an_address_has_so_many_sockets_and_no_more(settings: Settings, people: People, login: Login) -> None:
    async with serving(settings.model_copy(update={"sockets_per_address": 1})) as api:
        client = await login(api, "operator")
        async with websockets.connect(_ws(api, await _ticket(client)), proxy=None):
            with pytest.raises(InvalidStatus):
                await websockets.connect(_ws(api, await _ticket(client)), proxy=None)

        async def again() -> bool:
            try:
                async with websockets.connect(_ws(api, await _ticket(client)), proxy=None):
                    return True
            except InvalidStatus:
                return False

        await eventually(again, what="a place is free again")


async def test_of_a_users_sockets_the_oldest_gives_way(settings: Settings, people: People, login: Login) -> None:
    async with serving(settings.model_copy(update={"sockets_per_user": 1})) as api:
        client, other = await login(api, "operator"), await login(api, "operator2")
        sockets = []
        for who in (client, other, client):
            socket = await websockets.connect(_ws(api, await _ticket(who)), proxy=None)
            await socket.send('{"type":"hello","last_seq":null}')
            assert json.loads(await socket.recv())["type"] == "welcome"
            sockets.append(socket)
        await asyncio.wait_for(sockets[0].wait_closed(), 10)
        assert sockets[0].close_code == TOO_MANY
        for one in sockets[1:]:
            await one.close()
