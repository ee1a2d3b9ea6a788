"""R-OFFLINE over HTTP: a console's copy of its objects follows them, and nothing is skipped that commits late."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from activities.db.models.object_contacts import ObjectContact
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.object_sync import ObjectChanges, SyncedObject
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]


class Copy:
    """What a console keeps, and how it follows."""

    def __init__(self, client: StamClient) -> None:
        self.client = client
        self.cursor: str | None = None
        self.objects: dict[UUID, SyncedObject] = {}
        self.told: list[UUID] = []  # in the last look

    async def look(self, *, limit: int = 100) -> "Copy":
        more, self.told = True, []
        while more:
            answer: ObjectChanges = await self.client.object_sync.changes(self.cursor, limit=limit)
            if answer.from_the_start:
                self.objects.clear()
            for item in answer.items:
                self.objects[item.object.id] = item
                self.told.append(item.object.id)
            for id_ in answer.removed:
                self.objects.pop(id_, None)
                self.told.append(id_)
            self.cursor, more = answer.cursor, answer.more
        return self


@pytest.fixture
async def olga(api: Api, login: Login) -> Copy:
    return Copy(await login(api, "operator"))


async def rename(db: Database, object_id: UUID, name: str) -> None:
    async with db.write() as session:
        await session.execute(text("UPDATE objects SET name = :name WHERE id = :id"), {"name": name, "id": object_id})


async def test_the_first_look_tells_everything_and_the_next_only_what_has_changed(olga: Copy, db: Database) -> None:
    made = [await add_object(db) for _ in range(5)]
    await olga.look(limit=2)
    assert set(made) <= set(olga.objects)
    assert len(olga.told) == len(set(olga.told))
    await olga.look()
    await rename(db, made[3], "Nowa nazwa")
    await olga.look()
    assert olga.told == [made[3]]
    assert olga.objects[made[3]].object.name == "Nowa nazwa"


async def test_contacts_are_part_of_an_object_and_a_deleted_one_is_forgotten(olga: Copy, db: Database) -> None:
    object_id = await add_object(db)
    await olga.look()
    async with db.write() as session:
        session.add(ObjectContact(object_id=object_id, position=1, name="Jan Kowalski", phone="+48 600 100 200"))
    await olga.look()
    assert [contact.name for contact in olga.objects[object_id].plan.contacts] == ["Jan Kowalski"]
    async with db.write() as session:
        await session.execute(text("UPDATE objects SET deleted_at = now() WHERE id = :id"), {"id": object_id})
    await olga.look()
    assert (olga.told, object_id in olga.objects) == ([object_id], False)


async def test_a_change_that_commits_after_a_later_one_was_told_is_not_skipped(olga: Copy, db: Database) -> None:
    early, late = await add_object(db), await add_object(db)
    await olga.look()
    async with db.write() as slow:
        await slow.execute(text("UPDATE objects SET name = 'pierwsza' WHERE id = :id"), {"id": early})
        await rename(db, late, "druga")
        await olga.look()
        assert (olga.objects[late].object.name, olga.objects[early].object.name != "pierwsza") == ("druga", True)
        await olga.look()
    await olga.look()
    assert olga.objects[early].object.name == "pierwsza"
    await olga.look()
    assert olga.told == []


async def test_a_technician_follows_what_is_assigned_to_him(api: Api, login: Login, people: People, db: Database) -> None:
    mine, other = await add_object(db), await add_object(db)
    await assign(db, people.ids["technician"], mine)
    tom = await Copy(await login(api, "technician")).look()
    assert set(tom.objects) == {mine}
    await rename(db, other, "nic mu do tego")
    await tom.look()
    assert tom.told == []
    await assign(db, people.ids["technician"], other)
    await tom.look()
    assert set(tom.objects) == {mine, other}
    async with db.write() as session:
        await session.execute(text("DELETE FROM user_object_assignments WHERE object_id = :id"), {"id": mine})
    await tom.look()
    assert set(tom.objects) == {other}


async def test_a_cursor_of_another_database_begins_anew_and_nonsense_is_refused(olga: Copy, db: Database) -> None:
    object_id = await add_object(db)
    await olga.look()
    answer = await olga.client.object_sync.changes("1.7fffffffffff.0.0.0")
    assert answer.from_the_start
    assert object_id in {item.object.id for item in answer.items}
    for nonsense in ("x", "1.2.3", "1.-1.0.0.0", "1.ffffffffffffffffff.0.0.0"):
        with pytest.raises(ApiError) as error:
            await olga.client.object_sync.changes(nonsense)
        assert error.value.code is ErrorCode.VALIDATION
