"""R-AUDIT over HTTP: every change leaves exactly one row, and auditors find, check and take away what was done."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from activities.db import audit_chain
from activities.db.models.audit_log import AuditEntry as Row
from activities.db.session import Database
from activities.infra.settings import Settings
from api.app import create_app
from api.client.audit import AuditBreak, AuditFault
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import PASSWORD, People
from tests.api.test_permissions import _routes
from tests.support.bundles import seed_scene
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]
DAY: Final = timedelta(days=1)

# Routes that change nothing anybody is asked about later: a session that goes on, and its ticket for the WebSocket.
_NOT_AUDITED: Final = {("POST", "/api/auth/refresh"), ("POST", "/api/auth/ws-ticket")}


@dataclass(slots=True)
class Caller:
    """Calls routes, each with a request id of its own, and remembers which."""

    api: Api
    called: dict[tuple[str, str], str] = field(default_factory=dict)

    async def __call__(self, client: StamClient | None, method: str, route: str, body: Any = None, **path: Any) -> Any:
        request_id = str(uuid7())
        async with self.api.http(client.session.access_token if client else None) as http:
            answer = await http.request(method, route.format(**path), json=body, headers={"X-Request-ID": request_id})
        assert answer.status_code < 300, answer.text
        self.called[method, route] = request_id
        return answer.json() if answer.content else None


@pytest.fixture
def changing() -> set[tuple[str, str]]:
    """Every route that is not a GET."""
    routes = [route for route in _routes(create_app(Settings()).routes) if isinstance(route, APIRoute)]
    return {(method, route.path) for route in routes for method in route.methods or () if method not in {"GET", "HEAD"}}


async def _row_of(db: Database, request_id: str) -> Row:
    async with db.read() as session:
        return (await session.scalars(select(Row).where(Row.request_id == request_id))).one()


async def _work_an_alarm(call: Caller, operator: StamClient, db: Database) -> None:
    scene = await seed_scene(db, requires_note=True)
    steps: dict[str, dict[str, Any]] = {"claim": {}, "release": {}, "start": {}, "ack": {"note": "rang"}}
    version = 1
    for action in ("claim", "release", "claim", "start", "ack", "resolve", "close"):
        body = {"version": version, **steps.get(action, {})}
        route = f"/api/alarms/{{alarm_id}}/{action}"
        version = (await call(operator, "POST", route, body, alarm_id=scene.bundle_id))["version"]
        if action == "start":
            noted = {"version": version, "text": "called"}
            answer = await call(operator, "POST", "/api/alarms/{alarm_id}/notes", noted, alarm_id=scene.bundle_id)
            version = answer["version"]


async def test_every_changing_route_leaves_one_row_with_its_actor_and_request(
    whole_api: Api, login: Login, db: Database, people: People, changing: set[tuple[str, str]]
) -> None:
    call = Caller(whole_api)
    admin, operator = await login(whole_api, "admin"), await login(whole_api, "operator")
    shop = {"name": "Shop", "address": "Main Street 1", "kind": "shop", "external_number": "77"}
    guarded = await call(admin, "POST", "/api/objects", shop)
    line = {"object_id": guarded["id"], "name": "Panel", "host": "10.0.0.7", "integration_key": "s3cret"}
    panel = await call(admin, "POST", "/api/panels", line)
    await call(admin, "PATCH", "/api/panels/{panel_id}", {"version": 1, "name": "Backup"}, panel_id=panel["id"])
    await call(admin, "POST", "/api/zones", {"panel_id": panel["id"], "number": 3, "name": "Door"})
    await _work_an_alarm(call, operator, db)
    await call(None, "POST", "/api/auth/login", {"username": "technician", "password": PASSWORD})
    words = {"current_password": PASSWORD, "new_password": "another horse battery staple"}
    await call(await login(whole_api, "technician"), "POST", "/api/auth/password", words)
    await call(await login(whole_api, "auditor"), "POST", "/api/auth/logout")
    assert changing == call.called.keys() | _NOT_AUDITED, "a new route that changes something is called here, too"
    actors = {"/api/objects": "admin", "/api/panels": "admin", "/api/zones": "admin", "/api/alarms": "operator"}
    for (method, route), request_id in call.called.items():
        row = await _row_of(db, request_id)
        by = next((who for prefix, who in actors.items() if route.startswith(prefix)), None)
        assert row.actor_id == people[by or ("auditor" if route.endswith("logout") else "technician")], (method, route)
    async with db.read() as session:
        told = str([row.detail for row in await session.scalars(select(Row))])
    for secret in ("s3cret", PASSWORD, "another horse", "$argon2", "rang", "called"):
        assert secret not in told


async def test_an_edit_says_what_was_and_what_is_with_secrets_masked(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.7", integration_key="s3cret")
    await admin.change_panel(panel.id, version=1, name="Backup", integration_key="0ther", enabled=True)
    (entry,) = (await (await login(api, "auditor")).audit.entries(action="panel.changed")).items
    assert entry.detail == {
        "before": {"name": "Main", "integration_key": "***", "version": 1, "config_version": 1},
        "after": {"name": "Backup", "integration_key": "***", "version": 2, "config_version": 2},
    }


async def test_a_refused_change_leaves_no_row(api: Api, login: Login, db: Database) -> None:
    admin, master = await login(api, "admin"), await login(api, "master")
    panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.7")
    for refused in (admin.change_panel(panel.id, version=9, name="Late"), admin.change_panel(uuid7(), version=1, name="x")):
        with pytest.raises(ApiError):
            await refused
    assert (await master.audit.entries(action="panel.changed")).items == ()


# -- reading


async def _fill(db: Database, *rows: Mapping[str, Any]) -> list[UUID]:
    """Entries a minute apart, the first one ten days ago."""
    began = datetime.now(UTC) - 10 * DAY
    common = {"action": "thing.done", "subject_kind": "thing", "subject_id": None, "actor_id": None, "detail": None}
    filled = [
        {**common, "request_id": None, "id": uuid7(), "at": began + number * timedelta(minutes=1), **row}
        for number, row in enumerate(rows)
    ]
    async with db.write() as session:
        await session.execute(insert(Row), filled)
    return [row["id"] for row in filled]


async def test_entries_are_found_by_each_filter_newest_first_with_the_actors_name(
    api: Api, login: Login, db: Database, people: People
) -> None:
    subject = uuid7()
    first, second, third, fourth = await _fill(
        db,
        {"actor_id": people["admin"], "action": "panel.changed", "subject_kind": "panel"},
        {"subject_id": subject, "request_id": "request-1"},
        {"action": "panelXchanged"},
        {"action": "panel.created"},
    )
    audit = (await login(api, "auditor")).audit
    began = datetime.now(UTC) - 10 * DAY

    async def found(**filters: Any) -> list[UUID]:
        return [entry.id for entry in (await audit.entries(**{"to": began + DAY, **filters})).items]

    assert await found() == [fourth, third, second, first]
    assert await found(actor_id=people["admin"]) == [first]
    assert await found(action="panel.") == [fourth, first]
    assert await found(action="panel_") == [], "a prefix is no pattern"
    assert await found(subject_kind="panel") == [first]
    assert await found(subject_id=subject) == [second]
    assert await found(request_id="request-1") == [second]
    assert await found(from_=began + timedelta(seconds=90)) == [fourth, third]
    assert await found(to=began + timedelta(seconds=90)) == [second, first]
    (named,) = (await audit.entries(actor_id=people["admin"], to=began + DAY)).items
    assert (named.actor_name, named.actor_username, named.seq) == ("Admin", "admin", 1)


async def test_pages_have_every_entry_once_while_new_ones_come(api: Api, login: Login, db: Database) -> None:
    ids = await _fill(db, *({"action": "filled"} for _ in range(25)))
    audit = (await login(api, "master")).audit
    seen, cursor = list[UUID](), None
    while True:
        page = await audit.entries(action="filled", cursor=cursor, limit=10)
        seen += [entry.id for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        async with db.write() as session:
            await session.execute(insert(Row), [{"id": uuid7(), "action": "filled", "subject_kind": "thing"}])
    assert seen == ids[::-1]


async def test_times_that_are_turned_round_are_refused(api: Api, login: Login) -> None:
    audit = (await login(api, "auditor")).audit
    now = datetime.now(UTC)
    for call in (audit.entries(from_=now, to=now - DAY), audit.export(from_=now - DAY, to=now - 2 * DAY)):
        with pytest.raises(ApiError) as refused:
            await call
        assert [error.field for error in refused.value.errors] == ["from"]


# -- taking away


def _parsed(content: bytes) -> list[dict[str, str]]:
    assert content.startswith("\ufeff".encode())
    text = content.decode("utf-8-sig")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_the_export_has_every_entry_of_the_time_and_is_audited(
    api: Api, login: Login, db: Database, people: People
) -> None:
    ids = await _fill(db, *({"action": "filled", "detail": {"text": 'zażółć, "so"'}} for _ in range(2_500)))
    audit = (await login(api, "auditor")).audit
    now = datetime.now(UTC)
    rows = _parsed(await audit.export(from_=now - 11 * DAY, to=now + 365 * DAY, action="filled"))
    assert [row["id"] for row in rows] == [str(id_) for id_ in ids[::-1]]
    assert rows[0]["detail"] == '{"text":"zażółć, \\"so\\""}'
    (entry,) = (await audit.entries(action="audit.exported")).items
    assert (entry.actor_id, (entry.detail or {})["action"]) == (people["auditor"], "filled")
    assert (entry.detail or {})["until"] < (now + DAY).isoformat(), "nothing that is yet to come"


@pytest.mark.parametrize("word", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_a_spreadsheet_takes_nothing_for_a_formula(api: Api, login: Login, db: Database, word: str) -> None:
    await _fill(db, {"subject_kind": word, "request_id": word})
    now = datetime.now(UTC)
    content = await (await login(api, "auditor")).audit.export(from_=now - 11 * DAY, to=now - DAY)
    assert content.decode().count(f"'{word}") == 2


async def test_the_export_needs_both_times(api: Api, login: Login) -> None:
    client = await login(api, "auditor")
    async with api.http(client.session.access_token) as http:
        answer = await http.get("/api/audit/export")
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"from", "to"}


# -- checking


async def test_the_console_checks_the_chain_step_by_step(api: Api, login: Login, db: Database, owner_url: str) -> None:
    audit = (await login(api, "auditor")).audit
    ids = await _fill(db, *({} for _ in range(7)))
    steps = [await audit.verify()]
    while steps[-1].next is not None:
        steps.append(await audit.verify(position=steps[-1].next, anchor=steps[0].head))
    assert steps[-1].broken is None
    assert sum(step.checked for step in steps) == 2 * (await _links(db))
    owner = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await owner.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
    await owner.execute("UPDATE audit_log SET action = 'x' WHERE id = $1", ids[2])
    seq = await owner.fetchval("SELECT seq FROM audit_chain WHERE entry_id = $1", ids[2])
    await owner.close()
    found = await audit.verify()
    assert found.broken == AuditBreak(fault=AuditFault.ENTRY_CHANGED, seq=seq, entry_id=ids[2])
    assert found.next is None


async def _links(db: Database) -> int:
    async with db.read() as session:
        return (await audit_chain.length(session))[0]


def test_the_sdk_knows_every_fault() -> None:
    assert {fault.value for fault in AuditFault} == {fault.value for fault in audit_chain.Fault}


@pytest.mark.parametrize(("name", "value"), [("position", "x"), ("position", "-1"), ("anchor", "7"), ("anchor", "1:zz")])
async def test_a_position_or_anchor_of_nobodys_is_named(api: Api, login: Login, name: str, value: str) -> None:
    audit = (await login(api, "auditor")).audit
    with pytest.raises(ApiError) as refused:
        await audit.verify(**{name: value})
    assert (refused.value.code, [error.field for error in refused.value.errors]) == (ErrorCode.VALIDATION, [name])
