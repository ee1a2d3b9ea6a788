"""Principle 5: a secret that was revealed, hidden and left to expire is found nowhere but in its ciphertext (R-REVEAL)."""

import asyncio
import base64
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from activities import relay, worker
from activities.db.session import Database
from activities.infra.log import setup
from activities.infra.redis import connect_url
from activities.infra.settings import Settings
from api.client import stream
from api.client.client import StamClient
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain import reveal as rules
from workflows.domain.reveal import RevealState, SecretKind

Login = Callable[..., Any]
PLANTED = "Żółw&wydra 4711/ogród"
REASON = "Patrol at the gate, Kowalska"


def spellings(text: str) -> set[bytes]:
    """How it could hide: as it is, in JSON, base64 (at any offset), hexadecimal, quoted for a URL."""
    raw = text.encode()
    based = {base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)}
    escaped = text.encode("ascii", "backslashreplace")
    return {raw, escaped, raw.hex().encode(), raw.hex().upper().encode(), quote(text, safe="").encode(), *based}


def test_the_search_would_find_it() -> None:
    haystacks = (f"a{PLANTED}", base64.b64encode(f"ab{PLANTED}z".encode()).decode(), quote(f"x={PLANTED}", safe=""))
    for haystack in (*haystacks, PLANTED.encode().hex(), f'{{"a": "{PLANTED}"}}'):
        assert found_in(haystack.encode(), PLANTED), haystack
    assert not found_in(b"something else", PLANTED)


def found_in(haystack: bytes, text: str) -> bool:
    return any(spelling in haystack for spelling in spellings(text))


class Lines(logging.Handler):
    """What the processes print."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest.fixture
def lines(settings: Settings) -> Any:
    """As the processes log: to the handler that `setup` makes."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    setup(settings.model_copy(update={"log_level": "DEBUG"}))
    caught = Lines()
    caught.setFormatter(root.handlers[0].formatter)
    root.handlers[:] = [caught]
    yield caught
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
async def system(
    settings: Settings,
    people: People,
    db: Database,
    temporal_client: Client,
    temporal_address: str,
    monkeypatch: pytest.MonkeyPatch,
    lines: Lines,
) -> AsyncIterator[Api]:
    """API, worker and relay; a minute lasts three seconds."""
    for where in ("workflows.domain.reveal.VISIBLE_FOR", "activities.reveals.VISIBLE_FOR"):
        monkeypatch.setattr(where, timedelta(seconds=3))
    assert timedelta(seconds=3) == rules.VISIBLE_FOR
    whole = settings.model_copy(update={"temporal_address": temporal_address})
    redis = connect_url(settings.redis_url.get_secret_value())
    relaying = asyncio.create_task(relay.serve(whole, db, redis, temporal_client))
    async with worker.build(temporal_client, db, whole), serving(whole) as api:
        yield api
    relaying.cancel()
    await asyncio.wait([relaying])
    await redis.aclose()


@contextlib.asynccontextmanager
async def listening(client: StamClient, frames: list[stream.Event]) -> AsyncIterator[None]:
    """Everything the socket of ``client`` is told goes to ``frames``."""
    live = asyncio.Event()

    async def listen() -> None:
        async with contextlib.aclosing(client.stream()) as messages:
            async for message in messages:
                if isinstance(message, stream.Live):
                    live.set()
                if isinstance(message, stream.Event):
                    frames.append(message)

    task = asyncio.create_task(listen())
    try:
        await asyncio.wait_for(live.wait(), 20)
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_planted_secret_is_found_nowhere(
    system: Api, login: Login, db: Database, temporal_client: Client, lines: Lines
) -> None:
    admin, operator, second = [await login(system, name) for name in ("admin", "operator", "operator2")]
    object_id = await add_object(db)
    secret = await admin.secrets.create(object_id, kind=SecretKind.CODE_WORD, label="Word", value=PLANTED)
    told: list[stream.Event] = []
    overheard: list[stream.Event] = []
    async with listening(operator, told), listening(second, overheard):
        hidden = await operator.secrets.reveal(secret.id, REASON)
        assert (await operator.secrets.value(hidden.id)).value == PLANTED
        await operator.secrets.hide(hidden.id)
        expired = await operator.secrets.reveal(secret.id, REASON)
        assert (await operator.secrets.value(expired.id)).value == PLANTED
        await eventually(lambda: len(_ends(told)) == 2, within=40, what="both ends were told to who asked")
    assert _ends(told) == [(str(hidden.id), RevealState.HIDDEN), (str(expired.id), RevealState.EXPIRED)]
    assert _ends(overheard) == [], "only who asked is told"

    async with system.http(operator.session.access_token) as http:
        metrics = (await http.get("/metrics")).text
    places = {
        "frames": repr((told, overheard)).encode(),
        "log": "\n".join(lines.text).encode(),
        "metrics": metrics.encode(),
        "redis": await content_of_redis(system.settings),
        "postgres": await content_of_postgres(system.settings),
        "temporal": await _temporal(temporal_client, (hidden.id, expired.id)),
    }
    assert {where for where, content in places.items() if found_in(content, PLANTED)} == set()
    people_may_not_read = {"frames", "log", "metrics", "redis", "temporal"}
    assert {where for where in people_may_not_read if found_in(places[where], REASON)} == set()
    seen = {
        "log": b"reveal.state",
        "redis": b"reveal.expired",
        "postgres": REASON.encode(),
        "temporal": str(secret.id).encode(),
    }
    assert {where for where, mark in seen.items() if mark not in places[where]} == set(), "looked at the wrong place"


def _ends(events: list[stream.Event]) -> list[tuple[str, str]]:
    return [(event.data["reveal_id"], event.data["state"]) for event in events if event.event == names.REVEAL_EXPIRED]


async def _temporal(client: Client, reveals: tuple[UUID, ...]) -> bytes:
    """Every history of the server as JSON and with its payloads decoded; memos, search attributes and summaries with it."""
    found: list[bytes] = []
    seen: set[str] = set()
    async for execution in client.list_workflows():
        seen.add(execution.id)
        found.append(execution.raw_info.SerializeToString())
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        found.append(history.to_json().encode())
        found += [event.SerializeToString() for event in history.events]
    assert seen >= {names.reveal_workflow_id(each) for each in reveals}
    return b"\n".join(found)


async def content_of_redis(settings: Settings) -> bytes:
    """Every key with its value, of whatever kind."""
    redis: Redis = connect_url(settings.redis_url.get_secret_value())
    found: list[bytes] = []
    async for key in redis.scan_iter():
        found += [key, await redis.dump(key) or b""]
        if await redis.type(key) == b"stream":
            found.append(repr(await redis.xrange(key)).encode())
    await redis.aclose()
    return b"\n".join(found)


async def content_of_postgres(settings: Settings) -> bytes:
    """Every row of every table, bytes as hexadecimal."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value().replace("+asyncpg", ""))
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found: list[str] = []
    for table in tables:
        rows = await connection.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t')
        found += [row["row"] for row in rows]
    await connection.close()
    return "\n".join(found).encode()
