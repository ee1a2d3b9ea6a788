"""R-REVEAL: keys of encrypted fields are changed while everything runs, and nothing is lost on the way."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import update
from uuid_utils.compat import uuid7

from activities.db.encrypted import INTEGRATION_KEY, SECRET_VALUE
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.secrets import Secret
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher
from activities.rotation import rotate, status
from tests.support.rows import all_rows
from workflows.domain.reveal import SecretKind


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


OLD_KEY, NEW_KEY = key("old"), key("new")
OLD, BOTH, NEW = (FieldCipher.parse(keys) for keys in (OLD_KEY, f"{NEW_KEY} {OLD_KEY}", NEW_KEY))


@pytest.fixture
async def fields(db: Database) -> list[UUID]:
    """Seven secrets and a panel's key, all under the old key; the ids of the secrets."""
    place = GuardedObject(id=uuid7(), name="Shop", address="Street", kind="shop", external_number="1")
    secrets = [Secret(id=uuid7(), object_id=place.id, kind=SecretKind.OTHER, label="x") for _ in range(7)]
    for number, secret in enumerate(secrets):
        SECRET_VALUE.put(secret, OLD, f"value {number}")
    panel = Panel(id=uuid7(), object_id=place.id, name="Panel", host="10.0.0.1")
    INTEGRATION_KEY.put(panel, OLD, "klucz")
    plain = Panel(id=uuid7(), object_id=place.id, name="Plain", host="10.0.0.2")
    async with db.write() as session:
        session.add(place)
        await session.flush()
        session.add_all([*secrets, panel, plain])
    return [secret.id for secret in secrets]


async def uses(db: Database, cipher: FieldCipher) -> list[tuple[str, str, int, bool]]:
    return [(use.column, use.key_id, use.count, use.known) for use in await status(db, cipher)]


async def test_everything_comes_under_the_first_key_and_the_old_one_can_be_dropped(db: Database, fields: list[UUID]) -> None:
    assert await uses(db, NEW) == [("secrets.value", "old", 7, False), ("panels.integration_key", "old", 1, False)]
    stamps = {row.id: row.updated_at for row in await all_rows(db, Secret)}
    heard: list[tuple[str, int, int]] = []
    done = await rotate(db, BOTH, told=lambda *about: heard.append(about), batch=3)
    assert (done.sealed, done.overtaken, done.unreadable) == (8, 0, [])
    assert heard == [
        ("secrets.value", 3, 7),
        ("secrets.value", 6, 7),
        ("secrets.value", 7, 7),
        ("panels.integration_key", 1, 1),
    ]
    assert await uses(db, NEW) == [("secrets.value", "new", 7, True), ("panels.integration_key", "new", 1, True)]
    rows = {row.id: row for row in await all_rows(db, Secret)}
    assert [SECRET_VALUE.get(rows[each], NEW) for each in fields] == [f"value {number}" for number in range(7)]
    assert {row.id: row.updated_at for row in rows.values()} == stamps
    assert {INTEGRATION_KEY.get(panel, NEW) for panel in await all_rows(db, Panel)} == {"klucz", None}
    assert (await rotate(db, BOTH)).sealed == 0


async def test_a_rotation_that_was_stopped_goes_on_where_it_was(db: Database, fields: list[UUID]) -> None:
    class Stopped(Exception):  # noqa: N818 - what happens
        pass

    def stop(*_: Any) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await rotate(db, BOTH, told=stop, batch=3)
    assert (await rotate(db, BOTH, batch=3)).sealed == 8 - 3


async def test_what_somebody_changes_meanwhile_is_left_to_him(
    db: Database, fields: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API writes between the reading of a batch and its writing."""
    begun = Database.write
    changed = SECRET_VALUE.seal(BOTH, fields[1], "changed")

    @asynccontextmanager
    async def write_late(self: Database) -> AsyncIterator[WriteSession]:
        monkeypatch.setattr(Database, "write", begun)
        async with begun(self) as session:
            changes = update(Secret).where(Secret.id == fields[1])
            await session.execute(changes.values(ciphertext=changed.ciphertext, key_id=changed.key_id))
        async with begun(self) as session:
            yield session

    monkeypatch.setattr(Database, "write", write_late)
    done = await rotate(db, BOTH)
    assert (done.sealed, done.overtaken) == (7, 1)
    rows = {row.id: row for row in await all_rows(db, Secret)}
    assert SECRET_VALUE.get(rows[fields[1]], NEW) == "changed"


async def test_fields_that_do_not_open_are_named_and_left_alone(db: Database, fields: list[UUID], database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("UPDATE secrets SET key_id = 'lost' WHERE id = $1", fields[0])
    swapped = await connection.fetchval("SELECT ciphertext FROM secrets WHERE id = $1", fields[3])
    await connection.execute("UPDATE secrets SET ciphertext = $2 WHERE id = $1", fields[2], swapped)
    await connection.close()
    done = await rotate(db, BOTH, batch=2)
    assert done.unreadable == [("secrets.value", fields[0]), ("secrets.value", fields[2])]
    assert done.sealed == 6
    assert ("secrets.value", "lost", 1, False) in await uses(db, BOTH)
