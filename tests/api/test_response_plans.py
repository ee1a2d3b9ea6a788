"""Contacts, procedure and alarm configuration of an object (R-OBJ)."""

from collections.abc import Callable
from datetime import time
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from activities.db.session import Database
from api.client.client import StamClient
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.test_object_admin import fields, refused
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.errors import ErrorCode
from workflows.domain.response import StepKind

Login = Callable[..., Any]
ANNA = {"name": "Anna Wiśniewska", "phone": "+48 600 100 200"}
JAN = {"name": "Jan Kowalski", "phone": "600 100 300", "call_from": "22:00", "call_until": "06:00", "note": "Po 22 sąsiad"}


@pytest.fixture
async def admin(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "admin")
    return client


@pytest.fixture
async def object_id(db: Database) -> UUID:
    return await add_object(db)


async def test_contacts_and_steps_are_one_document_and_keep_their_ids(admin: StamClient, object_id: UUID) -> None:
    anna, put = uuid7(), admin.object_admin.put_plan
    steps = [
        {"kind": "CALL", "text": "Zadzwoń", "contact_id": str(anna)},
        {"kind": "DISPATCH", "text": "Wyślij patrol", "alarm_type": "FIRE"},
    ]
    first = await put(object_id, version=1, contacts=[{"id": str(anna), **ANNA}, JAN], steps=steps)
    assert (first.version, first.contacts[0].id, first.steps[0].contact_id) == (2, anna, anna)
    assert [step.alarm_type for step in first.steps] == [None, AlarmType.FIRE]
    assert (first.contacts[1].call_from, first.contacts[1].call_until) == (time(22), time(6))
    assert await admin.object_admin.plan(object_id) == first
    jan = first.contacts[1].id
    turned = await put(
        object_id,
        version=2,
        contacts=[{"id": str(jan), **JAN}, {"name": "Nowy", "phone": "112"}, {"id": str(anna), **ANNA, "note": "Klucze"}],
        steps=[{"id": str(first.steps[1].id), "kind": "CHECK", "text": "Sprawdź kamery"}],
    )
    assert [contact.id for contact in turned.contacts][::2] == [jan, anna]
    assert (turned.contacts[2].note, len(turned.contacts)) == ("Klucze", 3)
    assert [(step.id, step.kind, step.alarm_type) for step in turned.steps] == [(first.steps[1].id, StepKind.CHECK, None)]
    assert (await admin.object_admin.detail(object_id)).plan == turned
    assert (await admin.object(object_id)).version == 1, "the object itself did not change"


async def test_two_who_edit_the_same_plan_do_not_undo_each_other(admin: StamClient, object_id: UUID) -> None:
    await admin.object_admin.put_plan(object_id, version=1, contacts=[ANNA], steps=[])
    error = await refused(admin.object_admin.put_plan(object_id, version=1, contacts=[JAN], steps=[]))
    assert error.code is ErrorCode.STALE_VERSION
    assert error.current is not None
    assert [contact["name"] for contact in error.current["contacts"]] == ["Anna Wiśniewska"]
    assert [contact.name for contact in (await admin.object_admin.plan(object_id)).contacts] == ["Anna Wiśniewska"]


@pytest.mark.parametrize(
    ("contacts", "steps", "field"),
    [
        ([ANNA, {**ANNA, "phone": "call me"}], [], "contacts.1.phone"),
        ([{**ANNA, "call_from": "08:00"}], [], "contacts.0"),
        ([{**ANNA, "call_from": "08:00", "call_until": "08:00"}], [], "contacts.0"),
        ([{**ANNA, "call_from": "25:00", "call_until": "08:00"}], [], "contacts.0.call_from"),
        ([{**ANNA, "code_word": "Reksio"}], [], "contacts.0.code_word"),
        ([ANNA], [{"kind": "SHOUT", "text": "!"}], "steps.0.kind"),
        ([ANNA], [{"kind": "TEXT", "text": "!", "alarm_type": "BURGLARY"}], "steps.0.alarm_type"),
        ([ANNA], [{"kind": "CALL", "text": "x", "contact_id": str(UUID(int=7))}], "steps.0.contact_id"),
        ([{"id": str(UUID(int=7)), **ANNA}], [{"kind": "TEXT", "text": "x", "contact_id": str(UUID(int=7))}], "steps.0"),
        ([{"id": str(UUID(int=7)), **ANNA}, {"id": str(UUID(int=7)), **JAN}], [], "contacts.1.id"),
    ],
)
async def test_a_bad_plan_names_the_place(
    admin: StamClient, object_id: UUID, contacts: list[Any], steps: list[Any], field: str
) -> None:
    assert await fields(admin.object_admin.put_plan(object_id, version=1, contacts=contacts, steps=steps)) == [field]
    assert (await admin.object_admin.plan(object_id)).version == 1


async def test_a_contact_of_another_object_cannot_be_taken_over(admin: StamClient, object_id: UUID, db: Database) -> None:
    other = await add_object(db)
    theirs = (await admin.object_admin.put_plan(other, version=1, contacts=[ANNA], steps=[])).contacts[0]
    stolen = [ANNA, {"id": str(theirs.id), **JAN}]
    assert await fields(admin.object_admin.put_plan(object_id, version=1, contacts=stolen, steps=[])) == ["contacts.1.id"]
    assert (await admin.object_admin.plan(other)).contacts == (theirs,)
    assert (await admin.object_admin.plan(object_id)).contacts == ()


async def test_the_alarm_configuration_is_replaced_as_a_whole(admin: StamClient, object_id: UUID) -> None:
    before = await admin.object_admin.alarm_config(object_id)
    assert (before.version, before.priorities, before.join_window_seconds) == (1, {}, None)
    first = await admin.object_admin.put_alarm_config(
        object_id,
        version=1,
        join_window_seconds=600,
        priorities={"INTRUSION": "LOW", "HOLDUP": "CRITICAL"},
        requires_note={"INTRUSION": True},
        never_silenced=["FIRE"],
        service_max_minutes=120,
    )
    assert first.priorities == {AlarmType.INTRUSION: Priority.LOW, AlarmType.HOLDUP: Priority.CRITICAL}
    assert (first.never_silenced, first.service_max_minutes) == ((AlarmType.FIRE,), 120)
    assert await admin.object_admin.alarm_config(object_id) == first
    error = await refused(admin.object_admin.put_alarm_config(object_id, version=1))
    assert error.code is ErrorCode.STALE_VERSION
    assert error.current is not None
    assert error.current["join_window_seconds"] == 600
    emptied = await admin.object_admin.put_alarm_config(object_id, version=2)
    assert (emptied.version, emptied.priorities, emptied.never_silenced) == (3, {}, ())


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"priorities": {"HOLDUP": "HIGH"}}, "priorities"),
        ({"priorities": {"INTRUSION": "URGENT"}}, "priorities.INTRUSION"),
        ({"priorities": {"BURGLARY": "HIGH"}}, "priorities.BURGLARY.[key]"),
        ({"requires_note": {"TEMPERATURE": False}}, "requires_note"),
        ({"join_window_seconds": 0}, "join_window_seconds"),
        ({"never_silenced": ["NOISE"]}, "never_silenced.0"),
        ({"service_max_minutes": 0}, "service_max_minutes"),
    ],
)
async def test_a_bad_configuration_names_the_field(
    admin: StamClient, object_id: UUID, members: dict[str, Any], field: str
) -> None:
    assert await fields(admin.object_admin.put_alarm_config(object_id, version=1, **members)) == [field]
