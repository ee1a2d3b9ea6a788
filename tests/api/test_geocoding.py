"""Coordinates proposed for an address: only on request, only where a service is configured, and nothing is stored (R-OBJ)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.object_admin import Place
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.api.test_object_admin import add, refused
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]

# As nominatim.org answers format=jsonv2: numbers that matter are texts.
_ANSWER = [
    {
        "place_id": 188_021_561,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "node",
        "osm_id": 2_633_404_441,
        "lat": "50.0616411",
        "lon": "19.9373301",
        "category": "place",
        "type": "house",
        "place_rank": 30,
        "importance": 0.0000999,
        "addresstype": "place",
        "name": "",
        "display_name": "1, Rynek Główny, Stare Miasto, Kraków, województwo małopolskie, 31-042, Polska",
        "boundingbox": ["50.0615911", "50.0616911", "19.9372801", "19.9373801"],
    }
]


@dataclass(slots=True)
class Nominatim:
    """A server that speaks its HTTP, and remembers what it was asked."""

    answer: bytes = json.dumps(_ANSWER).encode()
    status: str = "200 OK"
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *headers = head.split("\r\n")
        target = urlsplit(line.split()[1])
        assert target.path == "/search"
        self.asked.append(parse_qs(target.query))
        self.agents += [header.split(": ", 1)[1] for header in headers if header.lower().startswith("user-agent:")]
        said = f"HTTP/1.1 {self.status}\r\nContent-Type: application/json\r\nContent-Length: {len(self.answer)}\r\n"
        writer.write(said.encode() + b"Connection: close\r\n\r\n" + self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def nominatim() -> AsyncIterator[Nominatim]:
    server = Nominatim()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


async def test_places_are_proposed_and_nothing_is_changed(settings: Settings, people: People, login: Login) -> None:
    async with nominatim() as server, serving(settings.model_copy(update={"geocoder_url": server.url})) as api:
        admin: StamClient = await login(api, "admin")
        guarded = await add(admin, address="Rynek Główny 1, Kraków")
        assert server.asked == [], "never by itself"
        found = await admin.object_admin.geocode(guarded.id)
        label = "1, Rynek Główny, Stare Miasto, Kraków, województwo małopolskie, 31-042, Polska"
        assert found.places == (Place(lat=50.0616411, lon=19.9373301, label=label),)
        assert server.asked == [
            {
                "q": ["Rynek Główny 1, Kraków"],
                "format": ["jsonv2"],
                "limit": ["5"],
                "countrycodes": ["pl"],
                "accept-language": ["pl"],
            }
        ]
        assert server.agents == ["stam-replacer"]
        assert await admin.object(guarded.id) == guarded
        placed = await admin.object_admin.change(guarded.id, version=1, lat=found.places[0].lat, lon=found.places[0].lon)
        assert (placed.lat, placed.lon) == (50.0616411, 19.9373301)


async def test_a_service_that_is_away_or_speaks_nonsense_is_told_as_such(
    settings: Settings, people: People, login: Login
) -> None:
    async with nominatim() as server, serving(settings.model_copy(update={"geocoder_url": server.url})) as api:
        admin: StamClient = await login(api, "admin")
        guarded = await add(admin)
        server.answer = b"[]"
        assert (await admin.object_admin.geocode(guarded.id)).places == ()
        for server.status, server.answer in (
            ("503 Service Unavailable", b"{}"),
            ("200 OK", b"<html>"),
            ("200 OK", b'[{"lat": "x"}]'),
            ("200 OK", b'["Rynek"]'),
        ):
            assert (await refused(admin.object_admin.geocode(guarded.id))).code is ErrorCode.GEOCODER_UNAVAILABLE


async def test_without_a_service_it_is_refused_and_coordinates_go_in_by_hand(api: Api, login: Login) -> None:
    admin: StamClient = await login(api, "admin")
    guarded = await add(admin)
    assert (await refused(admin.object_admin.geocode(guarded.id))).code is ErrorCode.CONFLICT
    assert (await admin.object_admin.change(guarded.id, version=1, lat=50.0, lon=19.9)).lat == 50.0
    assert (await refused((await login(api, "operator")).object_admin.geocode(guarded.id))).code is ErrorCode.FORBIDDEN
