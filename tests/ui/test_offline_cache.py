"""What is kept on a device: nobody can read it who has not its key, and nothing is left of it in the end."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ui_flutter.offline.cache import FILE, Cache
from ui_flutter.offline.device import NativeDevice
from ui_flutter.state.offline import KEPT_FOR, may_be_shown

NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)


@pytest.fixture
def device() -> Iterator[NativeDevice]:
    made = NativeDevice()
    yield made
    made.erase()


@pytest.fixture
async def cache(device: NativeDevice) -> Cache:
    made = Cache(device)
    assert await made.open("jan", create=True)
    return made


def file_of(device: NativeDevice) -> Path:
    return device.folder / FILE


async def test_what_was_put_is_there_after_the_cache_was_closed(cache: Cache) -> None:
    for id_, content in (("2", {"name": "Żółw"}), ("1", [1, None]), ("2", "anew")):
        await cache.put("object", id_, content)
    await cache.commit()
    cache.close()
    assert await cache.all("object") == []
    assert await cache.open("jan", create=False)
    assert await cache.all("object") == [("2", "anew"), ("1", [1, None])]
    assert await cache.one("object", "1") == [1, None]
    assert await cache.one("object", "3") is None


async def test_contents_are_never_in_the_clear(cache: Cache, device: NativeDevice) -> None:
    await cache.put("object", "1", {"phone": "+48 600 700 800", "name": "Zieliński"})
    await cache.commit()
    written = file_of(device).read_bytes()
    assert len(written) > 1000
    assert b"600 700" not in written
    assert b"Zieli" not in written


async def test_of_another_user_nothing_is_shown_and_nothing_is_left(cache: Cache, device: NativeDevice) -> None:
    await cache.put("object", "1", "of Jan's")
    await cache.commit()
    assert not await cache.open("anna", create=False)
    assert await cache.open("anna", create=True)
    assert await cache.all("object") == []
    assert not await cache.open("jan", create=False)


async def test_a_row_that_was_moved_or_changed_is_left_out(cache: Cache, device: NativeDevice) -> None:
    for id_ in ("1", "2", "3"):
        await cache.put("object", id_, f"content of {id_}")
    await cache.commit()
    with sqlite3.connect(file_of(device)) as db:
        db.execute("UPDATE kept SET sealed = (SELECT sealed FROM kept WHERE id = '3') WHERE id = '1'")
        db.execute("UPDATE kept SET sealed = zeroblob(40) WHERE id = '2'")
    db.close()
    assert await cache.all("object") == [("3", "content of 3")]


async def test_a_file_that_is_no_database_or_of_another_format_is_made_anew(cache: Cache, device: NativeDevice) -> None:
    cache.close()
    file_of(device).write_bytes(b"nonsense" * 1000)
    assert await cache.open("jan", create=False)
    cache.close()
    with sqlite3.connect(file_of(device)) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    assert await cache.open("jan", create=False)
    assert await cache.all("object") == []


async def test_after_the_end_there_is_no_file_and_no_key(cache: Cache, device: NativeDevice) -> None:
    await cache.put("object", "1", "secret")
    await cache.commit()
    await cache.destroy()
    assert not file_of(device).exists()
    assert not await cache.open("jan", create=False)
    await cache.put("object", "1", "into nothing")
    await cache.commit()
    assert await cache.all("object") == []


async def test_rows_go_one_by_one_and_by_kind(cache: Cache) -> None:
    for kind in ("object", "alarm"):
        for id_ in ("1", "2"):
            await cache.put(kind, id_, kind)
    cache.remove("object", ["1"])
    cache.clear("alarm")
    assert (await cache.all("object"), await cache.all("alarm")) == ([("2", "object")], [])


@pytest.mark.parametrize(
    ("age", "shown"), [(timedelta(), True), (KEPT_FOR - timedelta(1), True), (KEPT_FOR, False), (-timedelta(hours=1), False)]
)
def test_a_picture_is_shown_as_long_as_a_session_could_be_taken_up(age: timedelta, shown: bool) -> None:
    assert may_be_shown(NOW - age, NOW) is shown
