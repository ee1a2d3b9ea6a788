"""Keeping secrets of objects (R-REVEAL): sealed, listed without values, changed by version, wiped when deleted."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.audit_log import AuditEntry
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.panels import Panel
from activities.db.models.secrets import Secret
from activities.db.session import Database
from api.client.errors import ApiError
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.api.secret_data import add_secret
from tests.support.rows import all_rows
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role
from workflows.domain.reveal import SecretKind

Login = Callable[..., Any]
VALUE = "zielona furtka 4711"


async def refused(call: Coroutine[Any, Any, Any]) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


async def test_a_secret_is_kept_sealed_and_listed_without_its_value(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    object_id = await add_object(db)
    made = await admin.secrets.create(object_id, kind=SecretKind.ACCESS_CODE, label="Gate", value=VALUE, user_number=7)
    assert (made.kind, made.label, made.user_number, made.version) == (SecretKind.ACCESS_CODE, "Gate", 7, 1)
    assert set(made.revealable_by) == set(Role) - {Role.SYSTEM}
    (row,) = await all_rows(db, Secret)
    assert VALUE.encode() not in row.ciphertext
    assert SECRET_VALUE.get(row, api.services.cipher) == VALUE
    assert (await admin.secrets.of_object(object_id)).items == (made,)
    async with api.http(admin.session.access_token) as http:
        told = (await http.get(f"/api/objects/{object_id}/secrets")).text
    assert not {"value", "ciphertext", "key_id"} & set(told.split('"'))


async def test_who_created_changed_and_deleted_is_audited_and_the_value_is_not(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    object_id = await add_object(db)
    made = await admin.secrets.create(object_id, kind=SecretKind.OTHER, label="Gate", value=VALUE)
    changed = await admin.secrets.change(made, label="Side gate", value="another")
    await admin.secrets.delete(changed)
    async with db.read() as session:
        entries = (
            await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == made.id).order_by(AuditEntry.id))
        ).all()
    assert [entry.action for entry in entries] == ["secret.created", "secret.changed", "secret.deleted"]
    assert entries[1].detail is not None
    assert (entries[1].detail["before"], entries[1].detail["after"]) == ({"label": "Gate"}, {"label": "Side gate"})
    assert entries[1].detail["new_value"] is True
    assert VALUE not in str([entry.detail for entry in entries])
    assert "another" not in str([entry.detail for entry in entries])


async def test_a_change_goes_by_version_and_a_stale_one_brings_the_present(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    object_id = await add_object(db)
    made = await admin.secrets.create(object_id, kind=SecretKind.OTHER, label="Gate", value=VALUE)
    changed = await admin.secrets.change(made, value="another")
    assert (changed.label, changed.version) == ("Gate", 2)
    assert SECRET_VALUE.get((await all_rows(db, Secret))[0], api.services.cipher) == "another"
    for late in (admin.secrets.change(made, label="Late"), admin.secrets.delete(made)):
        error = await refused(late)
        assert error.code is ErrorCode.STALE_VERSION
        assert error.current is not None
        assert error.current["version"] == 2
    nothing = await refused(admin.secrets.change(changed))
    assert (nothing.status, nothing.code) == (422, ErrorCode.VALIDATION)


async def test_a_deleted_secret_leaves_nothing_of_its_value(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    object_id = await add_object(db)
    made = await admin.secrets.create(object_id, kind=SecretKind.OTHER, label="Gate", value=VALUE)
    await admin.secrets.delete(made)
    (row,) = await all_rows(db, Secret)
    assert (row.ciphertext, row.key_id, row.deleted_at is not None) == (None, None, True)
    assert (await admin.secrets.of_object(object_id)).items == ()
    assert (await refused(admin.secrets.change(made, label="Again"))).code is ErrorCode.NOT_FOUND
    assert (await refused(admin.secrets.delete(made))).code is ErrorCode.NOT_FOUND


async def test_a_secret_belongs_to_its_object_and_so_do_its_contact_and_panel(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    ours, other = await add_object(db), await add_object(db)
    contact = ObjectContact(id=uuid7(), object_id=ours, position=1, name="Jan", phone="+48600100200")
    panel = Panel(id=uuid7(), object_id=ours, name="Panel", host="10.0.0.1")
    async with db.write() as session:
        session.add_all([contact, panel])
    about = {"contact_id": contact.id, "panel_id": panel.id, "user_number": 3}
    made = await admin.secrets.create(ours, kind=SecretKind.PANEL_USER_CODE, label="Jan", value=VALUE, **about)
    assert (made.contact_id, made.panel_id) == (contact.id, panel.id)
    wrong = await refused(admin.secrets.create(other, kind=SecretKind.PANEL_USER_CODE, label="Jan", value=VALUE, **about))
    assert [error.field for error in wrong.errors] == ["contact_id", "panel_id"]
    elsewhere = replace(made, object_id=other)
    assert (await refused(admin.secrets.change(elsewhere, label="Mine"))).code is ErrorCode.NOT_FOUND
    assert (await refused(admin.secrets.delete(elsewhere))).code is ErrorCode.NOT_FOUND
    nowhere = admin.secrets.create(uuid4(), kind=SecretKind.OTHER, label="x", value=VALUE)
    assert (await refused(nowhere)).code is ErrorCode.NOT_FOUND


async def test_assigned_people_list_the_secrets_of_their_objects_alone(
    api: Api, login: Login, db: Database, people: People
) -> None:
    ours, other = await add_object(db), await add_object(db)
    secret_id = await add_secret(db, ours)
    await add_secret(db, other)
    await assign(db, people["technician"], ours)
    worker = await login(api, "technician")
    assert [found.id for found in (await worker.secrets.of_object(ours)).items] == [secret_id]
    assert (await refused(worker.secrets.of_object(other))).code is ErrorCode.NOT_FOUND
    made = worker.secrets.create(ours, kind=SecretKind.OTHER, label="x", value=VALUE)
    assert (await refused(made)).code is ErrorCode.FORBIDDEN


async def test_bad_input_names_the_field_and_repeats_no_value(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    url = f"/api/objects/{await add_object(db)}/secrets"
    async with api.http(admin.session.access_token) as http:
        answer = await http.post(url, json={"kind": "SPELL", "label": " ", "value": VALUE * 100, "user_number": 0})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["kind", "label", "value", "user_number"]
    assert VALUE not in answer.text


async def test_lists_come_in_pages_by_label(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    object_id = await add_object(db)
    for label in ("b", "c", "a"):
        await add_secret(db, object_id, label=label)
    first = await admin.secrets.of_object(object_id, limit=2)
    rest = await admin.secrets.of_object(object_id, limit=2, cursor=first.next_cursor)
    assert [found.label for found in (*first.items, *rest.items)] == ["a", "b", "c"]
    assert rest.next_cursor is None
