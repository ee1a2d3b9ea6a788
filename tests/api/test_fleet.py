"""All objects at a glance: the points of a map and the kinds of objects (R-OBJ)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from activities.db.session import Database
from activities.live_state import LiveState
from api.client.fleet import MapPlace
from api.client.models import ObjectStatus
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign

Login = Callable[..., Any]
KRAKOW = {"lat": 50.06, "lon": 19.94}


async def _object(admin: Any, number: str, **more: Any) -> UUID:
    created = await admin.create_object(name=number, address="Rynek 1, Kraków", kind="shop", external_number=number, **more)
    return created.id  # type: ignore[no-any-return]


async def _panel(admin: Any, object_id: UUID, host: str, **more: Any) -> UUID:
    return (await admin.create_panel(object_id=object_id, name="Main", host=host, **more)).id  # type: ignore[no-any-return]


async def test_the_map_tells_of_each_place_how_many_of_its_panels_are_heard(
    api: Api, login: Login, db: Database, valkey_url: str
) -> None:
    admin = await login(api, "admin")
    shop = await _object(admin, "A", **KRAKOW)
    await add_object(db, "without coordinates")
    heard = await _panel(admin, shop, "10.0.0.1")
    await _panel(admin, shop, "10.0.0.2")
    await _panel(admin, shop, "10.0.0.3", enabled=False)
    async with Redis.from_url(valkey_url) as redis:
        at = datetime.now(UTC).isoformat()
        await LiveState(redis).write(heard, "link", {"status": "CONNECTED", "since": at, "last_frame_at": at})
    (place,) = (await admin.fleet.places()).items
    assert place == MapPlace(
        id=shop,
        name="A",
        address="Rynek 1, Kraków",
        kind="shop",
        status=ObjectStatus.ACTIVE,
        **KRAKOW,
        panels=2,
        released=0,
        connected=1,
    )


async def test_the_map_comes_in_pages_and_shows_field_workers_what_is_assigned(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin, worker = await login(api, "admin"), await login(api, "field_worker")
    ids = [await _object(admin, number, **KRAKOW) for number in ("A", "B")]
    first = await admin.fleet.places(limit=1)
    assert [one.id for one in (await admin.fleet.places(limit=1, cursor=first.next_cursor)).items] == ids[1:]
    bank = await admin.create_object(name="C", address="Rynek 2", kind="bank", external_number="C", **KRAKOW)
    assert (await admin.fleet.kinds()).kinds == (bank.kind, "shop")
    await assign(db, people["field_worker"], ids[0])
    assert [one.id for one in (await worker.fleet.places()).items] == ids[:1]
    assert (await worker.fleet.kinds()).kinds == ("shop",)


@pytest.mark.parametrize(
    ("address", "city"),
    [
        ("ul. Morska 12, 81-225 Gdynia", "Gdynia"),
        ("81-225 Gdynia, ul. Morska 12", "Gdynia"),
        ("ul. Długa 3/5, 90-001  Łódź , woj. łódzkie", "Łódź"),
        ("Rynek Główny 1, Kraków", "Kraków"),
        ("Bielsko-Biała, Rynek 4", ""),
        ("Main Street 1", ""),
    ],
)
async def test_objects_are_found_by_the_city_of_their_address(
    api: Api, login: Login, people: People, address: str, city: str
) -> None:
    admin = await login(api, "admin")
    made = await admin.create_object(name="A", address=address, kind="shop", external_number="A")
    await admin.create_object(name="B", address="Rynek 1, 50-101 Wrocław", kind="shop", external_number="B")
    assert (await admin.fleet.cities()).cities == tuple(filter(None, (city, "Wrocław"))), "Łódź is not last"
    assert [one.name for one in (await admin.object_admin.find(city="Wrocław")).items] == ["B"]
    assert [one.id for one in (await admin.object_admin.find(city=city, kind="shop")).items] == [made.id]
    moved = await admin.object_admin.change(made.id, version=made.version, address="Prosta 2, 00-838 Warszawa")
    assert [one.id for one in (await admin.object_admin.find(city="Warszawa")).items] == [moved.id]


async def test_cities_are_those_of_objects_one_may_see(api: Api, login: Login, db: Database, people: People) -> None:
    admin, worker = await login(api, "admin"), await login(api, "field_worker")
    for name, town in (("A", "Gdynia"), ("B", "Sopot")):
        made = await admin.create_object(name=name, address=f"Morska 1, 81-225 {town}", kind="shop", external_number=name)
        if town == "Gdynia":
            await assign(db, people["field_worker"], made.id)
    assert (await worker.fleet.cities()).cities == ("Gdynia",)
    assert (await admin.fleet.cities()).cities == ("Gdynia", "Sopot")


async def test_nobody_is_said_to_be_heard_while_redis_is_away(settings: Any, people: People, login: Login) -> None:
    async with serving(settings.model_copy(update={"redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")})) as running:
        admin = await login(running, "admin")
        shop = await _object(admin, "A", **KRAKOW)
        await _panel(admin, shop, "10.0.0.1")
        (place,) = (await admin.fleet.places()).items
        assert (place.panels, place.connected) == (1, None)
