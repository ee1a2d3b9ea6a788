"""Assignments of objects to users, and how soon they count (R-RBAC)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.session import Database
from api.client.client import StamClient
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People
from tests.api.test_object_admin import fields, refused
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]


async def test_an_assignment_counts_at_once_and_so_does_its_end(api: Api, login: Login, db: Database, people: People) -> None:
    admin, technician = await login(api, "admin"), await login(api, "technician")
    first, second = await add_object(db, "A"), await add_object(db, "B")
    assert (await technician.objects()).items == ()
    given = await admin.object_admin.assign(first, [people["technician"]], before=[])
    assert [(user.id, user.username) for user in given.users] == [(people["technician"], "technician")]
    assert [found.id for found in (await technician.objects()).items] == [first]
    mine = await admin.object_admin.assign_objects(people["technician"], [second], before=[first])
    assert [found.id for found in mine.objects] == [second]
    assert [found.id for found in (await technician.objects()).items] == [second]
    assert (await admin.object_admin.assignees(first)).users == ()
    assert (await admin.object_admin.assigned_objects(people["technician"])) == mine


async def test_a_set_that_changed_meanwhile_is_not_overwritten(api: Api, login: Login, db: Database, people: People) -> None:
    admin: StamClient = await login(api, "admin")
    guarded = await add_object(db)
    await admin.object_admin.assign_objects(people["technician"], [guarded], before=[])
    error = await refused(admin.object_admin.assign(guarded, [people["field_worker"]], before=[]))
    assert error.code is ErrorCode.STALE_VERSION
    assert error.current is not None
    assert [UUID(user["id"]) for user in error.current["users"]] == [people["technician"]]
    error = await refused(admin.object_admin.assign_objects(people["technician"], [], before=[]))
    assert error.code is ErrorCode.STALE_VERSION


async def test_who_or_what_is_not_there_is_named(api: Api, login: Login, db: Database, people: People) -> None:
    admin: StamClient = await login(api, "admin")
    guarded = await add_object(db)
    users = [people["technician"], uuid7()]
    assert await fields(admin.object_admin.assign(guarded, users, before=[])) == ["users.1"]
    assert await fields(admin.object_admin.assign_objects(users[0], [uuid7()], before=[])) == ["objects.0"]
    assert (await admin.object_admin.assignees(guarded)).users == ()
    for look in (admin.object_admin.assignees(uuid7()), admin.object_admin.assigned_objects(uuid7())):
        assert (await refused(look)).code is ErrorCode.NOT_FOUND


async def test_an_assignment_of_a_deleted_object_comes_back_with_it(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin: StamClient = await login(api, "admin")
    guarded = await add_object(db)
    await admin.object_admin.assign(guarded, [people["technician"]], before=[])
    await admin.object_admin.delete(guarded, version=1)
    assert (await admin.object_admin.assign_objects(people["technician"], [], before=[])).objects == ()
    await admin.object_admin.restore(guarded, version=2)
    assert [found.id for found in (await admin.object_admin.assigned_objects(people["technician"])).objects] == [guarded]


async def test_only_who_manages_users_assigns(api: Api, login: Login, db: Database, people: People) -> None:
    operator: StamClient = await login(api, "operator")
    guarded = await add_object(db)
    for act in (
        operator.object_admin.assignees(guarded),
        operator.object_admin.assign(guarded, [people["operator"]], before=[]),
        operator.object_admin.assigned_objects(people["operator"]),
    ):
        assert (await refused(act)).code is ErrorCode.FORBIDDEN
