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

from activities.auth import totp
from activities.db import audit_chain
from activities.db.models.audit_log import AuditEntry as Row
from activities.db.models.object_procedures import ObjectProcedure
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
from workflows.domain.response import StepKind

Login = Callable[..., Any]
DAY: Final = timedelta(days=1)

# Routes that change nothing anybody is asked about later: a session that goes on, its ticket for the WebSocket, a proposal,
# what a draft would do.
_NOT_AUDITED: Final = {
    ("POST", "/api/auto-arm/preview"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/ws-ticket"),
    ("POST", "/api/objects/{object_id}/geocode"),
}
# What needs more than an API and a worker leaves its rows in tests of its own.
_AUDITED_ELSEWHERE: Final = {
    ("POST", "/api/auto-arm/runs/{run_id}/postpone"): "test_auto_arm.py",
    ("POST", "/api/auto-arm/runs/{run_id}/cancel"): "test_auto_arm.py",
    ("POST", "/api/intents/sync"): "test_intents.py",
    ("POST", "/api/admin/import/objects"): "test_imports.py",
    ("POST", "/api/admin/import/objects/{import_id}/apply"): "test_imports.py",
    ("POST", "/api/admin/import/objects/{import_id}/cancel"): "test_imports.py",
    ("POST", "/api/commands/satel"): "test_commands.py",
    ("POST", "/api/satel/command"): "test_commands.py",
    ("POST", "/api/commands/{command_id}/release"): "test_commands.py",
    ("POST", "/api/panels/{panel_id}/names/read"): "test_panel_admin.py",
    ("POST", "/api/panels/{panel_id}/names/merge"): "test_panel_admin.py",
    ("POST", "/api/service-modes/{service_id}/release"): "test_service_modes.py",
}


@dataclass(slots=True)
class Caller:
    """Calls routes, each with a request id of its own, and remembers which."""

    api: Api
    called: dict[tuple[str, str], str] = field(default_factory=dict)

    async def __call__(
        self, client: StamClient | None, method: str, route: str, body: Any = None, *, query: str = "", **path: Any
    ) -> Any:
        """``body``: bytes are a file, anything else is JSON."""
        request_id = str(uuid7())
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        async with self.api.http(client.session.access_token if client else None) as http:
            url = route.format(**path) + query
            answer = await http.request(method, url, headers={"X-Request-ID": request_id}, **sent)
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


async def _work_an_alarm(call: Caller, operator: StamClient, second: StamClient, db: Database) -> None:
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
            taking = {"version": version, "note": "her shift is over"}
            answer = await call(second, "POST", "/api/alarms/{alarm_id}/take-over", taking, alarm_id=scene.bundle_id)
            taking["version"] = answer["version"]
            answer = await call(operator, "POST", "/api/alarms/{alarm_id}/take-over", taking, alarm_id=scene.bundle_id)
            version = answer["version"]


async def _dispatch(call: Caller, operator: StamClient, db: Database) -> None:
    """The journal, a procedure and call-backs of an alarm."""
    scene = await seed_scene(db)
    async with db.write() as session:
        session.add(ObjectProcedure(object_id=scene.object_id, position=1, kind=StepKind.TEXT, text="Look."))
    alarm: dict[str, Any] = {"alarm_id": scene.bundle_id}
    guarded: dict[str, Any] = {"object_id": scene.object_id}
    await call(operator, "POST", "/api/alarms/{alarm_id}/dispatch", {"kind": "NOTE", "text": "whispered"}, **alarm)
    await call(operator, "POST", "/api/account/mute", {"seconds": 60})
    await call(operator, "POST", "/api/objects/{object_id}/dispatch", {"kind": "NOTE", "text": "whispered"}, **guarded)
    await call(operator, "POST", "/api/alarms/{alarm_id}/procedure", **alarm)
    step = {"version": 1, "state": "SKIPPED", "text": "whispered"}
    await call(operator, "POST", "/api/alarms/{alarm_id}/procedure/steps/{number}", step, number=1, **alarm)
    due_at = (datetime.now(UTC) + DAY).isoformat()
    route = "/api/callbacks/{callback_id}"
    for decision in ("done", "cancel"):
        wanted = {"bundle_id": str(scene.bundle_id), "due_at": due_at, "text": "whispered"}
        made = await call(operator, "POST", "/api/callbacks", wanted)
        one = {"callback_id": made["id"]}
        await call(operator, "POST", f"{route}/postpone", {"version": 1, "minutes": 5}, **one)
        await call(operator, "POST", f"{route}/{decision}", {"version": 2}, **one)


async def _edit_an_object(call: Caller, admin: StamClient, people: People) -> dict[str, Any]:
    shop = {"name": "Shop", "address": "Main Street 1", "kind": "shop", "external_number": "77"}
    made: dict[str, Any] = await call(admin, "POST", "/api/objects", shop)
    one = {"object_id": made["id"]}
    await call(admin, "PATCH", f"{_OBJECT}", {"version": 1, "name": "Corner shop"}, **one)
    plan = {"version": 1, "contacts": [{"name": "Jan", "phone": "+48 600"}], "steps": [{"kind": "TEXT", "text": "Look."}]}
    await call(admin, "PUT", f"{_OBJECT}/response-plan", plan, **one)
    await call(admin, "PUT", f"{_OBJECT}/alarm-config", {"version": 1, "join_window_seconds": 60}, **one)
    technician = str(people["technician"])
    await call(admin, "PUT", f"{_OBJECT}/assignments", {"before": [], "users": [technician]}, **one)
    taken = {"before": [made["id"]], "objects": []}
    await call(admin, "PUT", f"{_USER}/assignments", taken, user_id=technician)
    return made


async def _edit_its_documents(call: Caller, admin: StamClient, object_id: str) -> None:
    route = f"{_OBJECT}/documents"
    made = await call(
        admin, "POST", route, b"%PDF-1.7 plan", query="?file_name=a.pdf&title=Plan&kind=PLAN", object_id=object_id
    )
    one = {"document_id": made["id"]}
    document = "/api/documents/{document_id}"
    await call(admin, "POST", f"{document}/versions", b"%PDF-1.7 new plan", query="?file_name=a.pdf", **one)
    await call(admin, "PATCH", document, {"version": 2, "title": "Cellar"}, **one)
    await call(admin, "DELETE", document, query="?version=3", **one)


async def _edit_its_secrets(call: Caller, admin: StamClient, object_id: str) -> None:
    route = f"{_OBJECT}/secrets"
    made = await call(admin, "POST", route, {"kind": "OTHER", "label": "Gate", "value": "gate-0815"}, object_id=object_id)
    revealed = await call(admin, "POST", "/api/reveals", {"secret_id": made["id"], "reason": "patrol at the gate"})
    await call(admin, "POST", "/api/reveals/{reveal_id}/hide", reveal_id=revealed["id"])
    one = {"object_id": object_id, "secret_id": made["id"]}
    await call(admin, "PATCH", f"{route}/{{secret_id}}", {"version": 1, "value": "gate-4711"}, **one)
    await call(admin, "DELETE", f"{route}/{{secret_id}}", query="?version=2", **one)


async def _silence_it(call: Caller, admin: StamClient, object_id: str) -> None:
    begin, one = f"{_OBJECT}/service-mode", "/api/service-modes/{service_id}"
    body = {"minutes": 30, "reason": "detectors are replaced"}
    begun = await call(admin, "POST", begin, body, object_id=object_id)
    more = {"minutes": 10, "version": begun["version"]}
    await call(admin, "POST", f"{one}/extend", more, service_id=begun["id"])
    await call(admin, "POST", f"{one}/end", service_id=begun["id"])


async def _edit_its_panel(call: Caller, admin: StamClient, object_id: str) -> None:
    line = {"object_id": object_id, "name": "Panel", "host": "10.0.0.7", "integration_key": "s3cret"}
    made = await call(admin, "POST", "/api/panels", line)
    one, route = {"panel_id": made["id"]}, "/api/panels/{panel_id}"
    await call(admin, "PATCH", route, {"version": 1, "name": "Backup"}, **one)
    zone = await call(admin, "POST", "/api/zones", {"panel_id": made["id"], "number": 3, "name": "Door"})
    await call(admin, "PATCH", "/api/zones/{zone_id}", {"version": 1, "name": "Back door"}, zone_id=zone["id"])
    await call(admin, "DELETE", "/api/zones/{zone_id}", query="?version=2", zone_id=zone["id"])
    version = (await admin.panel_admin.partitions(UUID(made["id"]))).version
    await _keep_auto_arm(call, admin, made["id"])
    await call(admin, "PUT", f"{route}/partitions", {"version": version, "partitions": [{"number": 1, "name": "Shop"}]}, **one)
    await call(admin, "POST", f"{route}/release", {"minutes": 5, "reason": "new users"}, **one)
    await call(admin, "POST", f"{route}/resume", **one)
    await call(admin, "DELETE", route, query=f"?version={(await admin.panel(UUID(made['id']))).version}", **one)


async def _keep_auto_arm(call: Caller, admin: StamClient, panel_id: str) -> None:
    night = {"panel_id": panel_id, "name": "Night", "partitions": [1], "weekdays": [1], "at": "20:00"}
    made = await call(admin, "POST", "/api/auto-arm/schedules", night)
    one, route = {"schedule_id": made["id"]}, "/api/auto-arm/schedules/{schedule_id}"
    await call(admin, "PATCH", route, {"version": 1, "at": "21:00"}, **one)
    days = {"version": 2, "exceptions": [{"day": "2026-12-24", "at": "14:00"}]}
    await call(admin, "PUT", f"{route}/exceptions", days, **one)
    await call(admin, "DELETE", route, query="?version=3", **one)
    holiday = "/api/auto-arm/holidays/{day}"
    await call(admin, "PUT", holiday, {"name": "Stock-taking"}, day="2026-12-28")
    await call(admin, "DELETE", holiday, day="2026-12-28")


async def _manage_users(call: Caller, admin: StamClient, api: Api, people: People) -> None:
    made = await call(admin, "POST", "/api/users", {"username": "nowy", "display_name": "Nowy", "role": "OPERATOR"})
    one = {"user_id": made["user"]["id"]}
    await call(admin, "PATCH", _USER, {"version": 1, "display_name": "Nowszy"}, **one)
    await call(admin, "POST", f"{_USER}/password", {"version": 2}, **one)
    await call(admin, "POST", f"{_USER}/unlock", {"version": 3}, **one)
    await call(admin, "POST", f"{_USER}/second-factor/reset", {"version": 4}, **one)
    other = StamClient(api.url)
    await other.login("operator2", PASSWORD)
    (session,) = await admin.users.sessions(people["operator2"])
    of_other: dict[str, Any] = {"user_id": people["operator2"]}
    await call(admin, "DELETE", f"{_USER}/sessions/{{session_id}}", session_id=session.id, **of_other)
    await other.login("operator2", PASSWORD)
    await call(admin, "DELETE", f"{_USER}/sessions", **of_other)
    await other.aclose()
    await call(admin, "DELETE", _USER, query="?version=5", **one)
    token = {"user_id": str(people["system"]), "name": "probe", "service_role": "WORKER"}
    issued = await call(admin, "POST", "/api/service-tokens", token)
    await call(admin, "DELETE", "/api/service-tokens/{token_id}", token_id=issued["issued"]["id"])


async def _arrange_escalation(call: Caller, admin: StamClient, people: People) -> None:
    policies, rotas, channels = "/api/escalation-policies", "/api/on-call-rotas", "/api/notification-channels"
    master = str(people["master"])
    turns = {
        "name": "Duty",
        "time_zone": "Europe/Warsaw",
        "first_on": "2026-11-02",
        "handover_at": "08:00",
        "members": [master],
    }
    rota = (await call(admin, "POST", rotas, turns))["id"]
    await call(admin, "PUT", f"{rotas}/{{rota_id}}", {**turns, "version": 1, "name": "On duty"}, rota_id=rota)
    times = {"since": "2030-01-01T08:00:00Z", "until": "2030-01-02T08:00:00Z"}
    made = await call(admin, "POST", f"{rotas}/{{rota_id}}/overrides", {"user_id": master, **times}, rota_id=rota)
    override = made["overrides"][0]["id"]
    await call(admin, "DELETE", f"{rotas}/{{rota_id}}/overrides/{{override_id}}", rota_id=rota, override_id=override)
    hook = {"kind": "WEBHOOK", "label": "Hook", "address": "http://127.0.0.1/hook", "secret": "hook-s1gn"}
    channel = (await call(admin, "POST", channels, hook))["id"]
    change = {"version": 1, "secret": "hook-an0ther"}
    await call(admin, "PATCH", f"{channels}/{{channel_id}}", change, channel_id=channel)
    await call(admin, "POST", f"{channels}/{{channel_id}}/test", channel_id=channel)
    await call(admin, "DELETE", f"{channels}/{{channel_id}}", query="?version=2", channel_id=channel)
    steps = [{"channel": "EMAIL", "target": "ROTA", "rota_id": rota}]
    policy = {"name": "All", "is_default": True, "levels": [{"after_seconds": 0, "steps": steps}]}
    one = {"policy_id": (await call(admin, "POST", policies, policy))["id"]}
    await call(admin, "PUT", f"{policies}/{{policy_id}}", {**policy, "version": 1, "attempts": 2}, **one)
    await call(admin, "DELETE", f"{policies}/{{policy_id}}", query="?version=2", **one)
    await call(admin, "DELETE", f"{rotas}/{{rota_id}}", query="?version=2", rota_id=rota)
    app = {"platform": "ANDROID", "token": "push-t0ken-of-the-app", "label": "Pixel"}
    device = (await call(admin, "POST", "/api/push-devices", app))["id"]
    await call(admin, "POST", "/api/push-devices/{device_id}/test", device_id=device)
    await call(admin, "DELETE", "/api/push-devices/{device_id}", device_id=device)


async def _keep_ones_account(call: Caller, api: Api) -> None:
    """The technician's: everything about sessions and the second factor, and at last another password."""
    await call(None, "POST", "/api/auth/login", {"username": "technician", "password": PASSWORD})
    one, another = StamClient(api.url), StamClient(api.url)
    await one.login("technician", PASSWORD)
    await another.login("technician", PASSWORD)
    old = next(session for session in await one.account.sessions() if not session.current)
    await call(one, "DELETE", "/api/auth/sessions/{session_id}", session_id=old.id)
    await call(one, "DELETE", "/api/auth/sessions")
    await call(one, "POST", "/api/account/mute", {"seconds": 120})
    factor = "/api/auth/second-factor"
    secret = (await call(one, "POST", factor, {"password": PASSWORD}))["secret"]
    now = totp.step_at(datetime.now(UTC))
    await call(one, "POST", f"{factor}/confirm", {"code": totp.code_at(secret, now - 1)})
    codes = await call(one, "POST", f"{factor}/recovery-codes", {"password": PASSWORD, "code": totp.code_at(secret, now)})
    await call(one, "POST", f"{factor}/disable", {"password": PASSWORD, "code": codes["codes"][0]})
    words = {"current_password": PASSWORD, "new_password": _NEW_PASSWORD}
    await call(one, "POST", "/api/auth/password", words)
    for client in (one, another):
        await client.aclose()


_OBJECT, _USER = "/api/objects/{object_id}", "/api/users/{user_id}"
_NEW_PASSWORD: Final = "another horse battery staple"


async def test_every_changing_route_leaves_one_row_with_its_actor_and_request(
    whole_api: Api, login: Login, db: Database, people: People, changing: set[tuple[str, str]]
) -> None:
    call = Caller(whole_api)
    admin, operator = await login(whole_api, "admin"), await login(whole_api, "operator")
    guarded = await _edit_an_object(call, admin, people)
    await _edit_its_documents(call, admin, guarded["id"])
    await _edit_its_secrets(call, admin, guarded["id"])
    await _edit_its_panel(call, admin, guarded["id"])
    await _silence_it(call, admin, guarded["id"])
    version = (await admin.object(UUID(guarded["id"]))).version
    await call(admin, "DELETE", _OBJECT, query=f"?version={version}", object_id=guarded["id"])
    await call(admin, "POST", f"{_OBJECT}/restore", {"version": version + 1}, object_id=guarded["id"])
    await _manage_users(call, admin, whole_api, people)
    await _arrange_escalation(call, admin, people)
    await _work_an_alarm(call, operator, await login(whole_api, "master"), db)
    await _dispatch(call, operator, db)
    await _keep_ones_account(call, whole_api)
    await call(await login(whole_api, "auditor"), "POST", "/api/auth/logout")
    met = call.called.keys() | _NOT_AUDITED | _AUDITED_ELSEWHERE.keys()
    assert changing == met, "a new route that changes something is called here, too"
    for (method, route), request_id in call.called.items():
        row = await _row_of(db, request_id)
        assert row.actor_id == people[_actor(route)], (method, route)
    async with db.read() as session:
        told = str([row.detail for row in await session.scalars(select(Row))])
    for secret in (
        "s3cret",
        PASSWORD,
        "another horse",
        "$argon2",
        "rang",
        "called",
        "gate-0815",
        "gate-4711",
        "whispered",
        "s1gn",
        "push-t0",
    ):
        assert secret not in told


def _actor(route: str) -> str:
    if route.startswith(("/api/auth/", "/api/account/")):
        return "auditor" if route.endswith("logout") else "technician"
    by_operators = route.startswith(("/api/alarms", "/api/callbacks", "/api/account/mute")) or route.endswith("/dispatch")
    return "operator" if by_operators else "admin"


async def test_an_edit_says_what_was_and_what_is_with_secrets_masked(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.7", integration_key="s3cret")
    await admin.change_panel(panel.id, version=1, name="Backup", integration_key="0ther", enabled=True)
    (entry,) = (await (await login(api, "auditor")).audit.entries(action="panel.changed")).items
    assert entry.detail == {
        "before": {"name": "Main", "integration_key_sealed": "***", "version": 1, "config_version": 1},
        "after": {"name": "Backup", "integration_key_sealed": "***", "version": 2, "config_version": 2},
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
    assert await found(actor="ADM") == [first]
    assert await found(actor="nobody") == []
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
