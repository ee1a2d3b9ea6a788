"""R-RBAC walked: every route and every kind of WebSocket message, for every role, for an assigned object and for another.

The tables are written by hand, from requirements §3, and know nothing of how the API decides. A route or a message that is not
in them fails the build.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from uuid_utils.compat import uuid7

from activities.db.models.panels import Panel
from activities.db.models.zones import Zone
from activities.db.repositories import commands
from activities.db.session import Database
from activities.infra.settings import Settings
from api.app import create_app
from api.client.client import StamClient
from api.realtime.frames import PERMISSION_FOR
from api.realtime.hub import Pace
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.api.realtime_support import Publisher, Station, publishing
from tests.api.test_permissions import _routes
from workflows.contracts import names
from workflows.contracts.command import CommandOrder
from workflows.domain.alarm import Priority
from workflows.domain.command import CommandKind, CommandSource
from workflows.domain.dispatch import EntryKind
from workflows.domain.document import DocumentKind
from workflows.domain.permissions import Role
from workflows.domain.reveal import SecretKind

Login = Callable[..., Any]
Route = tuple[str, str]

# One letter a role, in this order. A: for every object; a: for assigned objects only; -: never.
ROLES: Final = (Role.OPERATOR, Role.TECHNICIAN, Role.FIELD_WORKER, Role.ADMIN, Role.MASTER, Role.AUDITOR)
OPEN, SESSION = "open", "session"  # for everybody; for whoever is logged in

_VIEW_OBJECT, _EDIT, _HANDLE, _USERS, _REVEAL = "AaaAAA", "---AA-", "A---A-", "---AA-", "AaaAAA"
_OBJECT, _PANEL, _ALARM = "/api/objects/{object_id}", "/api/panels/{panel_id}", "/api/alarms/{alarm_id}"
_SCHEDULE = "/api/auto-arm/schedules/{schedule_id}"
_POLICY, _ROTA, _ESCALATION = "/api/escalation-policies/{policy_id}", "/api/on-call-rotas/{rota_id}", "A--AAA"
_IMPORT, _USER = "/api/admin/import/objects", "/api/users/{user_id}"
_SERVICE = "/api/service-modes/{service_id}"

TABLE: Final[Mapping[Route, str]] = {
    # logging in, and one's own account
    ("POST", "/api/auth/login"): OPEN,
    ("POST", "/api/auth/refresh"): OPEN,
    ("POST", "/api/auth/logout"): OPEN,
    ("GET", "/.well-known/jwks.json"): OPEN,
    ("POST", "/api/auth/password"): SESSION,
    ("GET", "/api/auth/me"): SESSION,
    ("POST", "/api/auth/ws-ticket"): SESSION,
    ("GET", "/api/auth/sessions"): SESSION,
    ("DELETE", "/api/auth/sessions"): SESSION,
    ("DELETE", "/api/auth/sessions/{session_id}"): SESSION,
    ("GET", "/api/auth/second-factor"): SESSION,
    ("POST", "/api/auth/second-factor"): SESSION,
    ("POST", "/api/auth/second-factor/confirm"): SESSION,
    ("POST", "/api/auth/second-factor/recovery-codes"): SESSION,
    ("POST", "/api/auth/second-factor/disable"): SESSION,
    ("POST", "/api/account/mute"): "Aa-AAA",  # who is shown alarms hears them
    # alarms: view all, technicians those of assigned objects, field workers none; claim and ack by operators and masters
    ("GET", "/api/alarms"): "Aa-AAA",
    ("GET", _ALARM): "Aa-AAA",
    ("GET", f"{_ALARM}/timeline"): "Aa-AAA",
    ("POST", f"{_ALARM}/claim"): _HANDLE,
    ("POST", f"{_ALARM}/start"): _HANDLE,
    ("POST", f"{_ALARM}/release"): _HANDLE,
    ("POST", f"{_ALARM}/take-over"): _HANDLE,
    ("POST", f"{_ALARM}/ack"): _HANDLE,
    ("POST", f"{_ALARM}/resolve"): _HANDLE,
    ("POST", f"{_ALARM}/close"): _HANDLE,
    ("POST", f"{_ALARM}/notes"): _HANDLE,
    # the dispatcher's journal, procedures and call-backs: read with the alarms, written by who handles them
    ("GET", "/api/dispatch"): "Aa-AAA",
    ("GET", f"{_ALARM}/procedure"): "Aa-AAA",
    ("GET", "/api/callbacks"): "Aa-AAA",
    ("GET", "/api/callbacks/{callback_id}"): "Aa-AAA",
    ("POST", f"{_ALARM}/dispatch"): _HANDLE,
    ("POST", f"{_OBJECT}/dispatch"): _HANDLE,
    ("POST", f"{_ALARM}/procedure"): _HANDLE,
    ("POST", f"{_ALARM}/procedure/steps/{{number}}"): _HANDLE,
    ("POST", "/api/callbacks"): _HANDLE,
    ("POST", "/api/callbacks/{callback_id}/done"): _HANDLE,
    ("POST", "/api/callbacks/{callback_id}/cancel"): _HANDLE,
    ("POST", "/api/callbacks/{callback_id}/postpone"): _HANDLE,
    ("GET", "/api/events"): "Aa-AAA",
    # objects: view all, technicians and field workers the assigned ones; edit by administrators and masters
    ("GET", "/api/object-changes"): _VIEW_OBJECT,
    ("POST", "/api/intents/sync"): _HANDLE,
    ("GET", "/api/objects"): _VIEW_OBJECT,
    ("GET", _OBJECT): _VIEW_OBJECT,
    ("GET", "/api/object-map"): _VIEW_OBJECT,
    ("GET", "/api/object-kinds"): _VIEW_OBJECT,
    ("GET", "/api/object-cities"): _VIEW_OBJECT,
    ("GET", f"{_OBJECT}/response-plan"): _VIEW_OBJECT,
    ("GET", f"{_OBJECT}/alarm-config"): _VIEW_OBJECT,
    ("GET", f"{_OBJECT}/documents"): _VIEW_OBJECT,
    ("GET", "/api/documents/{document_id}"): _VIEW_OBJECT,
    ("GET", "/api/documents/{document_id}/versions"): _VIEW_OBJECT,
    ("GET", "/api/documents/{document_id}/content"): _VIEW_OBJECT,
    # service mode: seen by who sees the object, managed by administrators and masters
    ("GET", "/api/service-modes"): _VIEW_OBJECT,
    ("POST", f"{_OBJECT}/service-mode"): _EDIT,
    ("POST", f"{_SERVICE}/extend"): _EDIT,
    ("POST", f"{_SERVICE}/end"): _EDIT,
    ("POST", f"{_SERVICE}/release"): _EDIT,
    ("POST", "/api/objects"): _EDIT,
    ("PATCH", _OBJECT): _EDIT,
    ("DELETE", _OBJECT): _EDIT,
    ("POST", f"{_OBJECT}/restore"): _EDIT,
    ("PUT", f"{_OBJECT}/response-plan"): _EDIT,
    ("PUT", f"{_OBJECT}/alarm-config"): _EDIT,
    ("POST", f"{_OBJECT}/geocode"): _EDIT,
    ("POST", f"{_OBJECT}/documents"): _EDIT,
    ("PATCH", "/api/documents/{document_id}"): _EDIT,
    ("DELETE", "/api/documents/{document_id}"): _EDIT,
    ("POST", "/api/documents/{document_id}/versions"): _EDIT,
    ("GET", f"{_IMPORT}/template"): _EDIT,
    ("POST", _IMPORT): _EDIT,
    ("GET", _IMPORT): _EDIT,
    ("GET", f"{_IMPORT}/{{import_id}}"): _EDIT,
    ("GET", f"{_IMPORT}/{{import_id}}/objects"): _EDIT,
    ("GET", f"{_IMPORT}/{{import_id}}/errors.csv"): _EDIT,
    ("POST", f"{_IMPORT}/{{import_id}}/apply"): _EDIT,
    ("POST", f"{_IMPORT}/{{import_id}}/cancel"): _EDIT,
    # secrets
    ("GET", f"{_OBJECT}/secrets"): _REVEAL,
    ("POST", f"{_OBJECT}/secrets"): _EDIT,
    ("PATCH", f"{_OBJECT}/secrets/{{secret_id}}"): _EDIT,
    ("DELETE", f"{_OBJECT}/secrets/{{secret_id}}"): _EDIT,
    ("POST", "/api/reveals"): _REVEAL,
    ("GET", "/api/reveals"): _REVEAL,
    ("GET", "/api/reveals/{reveal_id}/secret"): _REVEAL,
    ("POST", "/api/reveals/{reveal_id}/hide"): _REVEAL,
    # panels
    ("GET", "/api/panels"): _VIEW_OBJECT,
    ("GET", _PANEL): _VIEW_OBJECT,
    ("GET", f"{_PANEL}/state"): _VIEW_OBJECT,
    ("GET", "/api/supervision"): _VIEW_OBJECT,
    ("GET", f"{_PANEL}/history"): _VIEW_OBJECT,
    ("GET", f"{_PANEL}/partitions"): _VIEW_OBJECT,
    ("GET", "/api/zones"): _VIEW_OBJECT,
    ("POST", "/api/panels"): _EDIT,
    ("PATCH", _PANEL): _EDIT,
    ("DELETE", _PANEL): _EDIT,
    ("POST", f"{_PANEL}/names/read"): _EDIT,
    ("GET", f"{_PANEL}/names"): _EDIT,
    ("POST", f"{_PANEL}/names/merge"): _EDIT,
    ("PUT", f"{_PANEL}/partitions"): _EDIT,
    ("POST", f"{_PANEL}/release"): _EDIT,
    ("POST", f"{_PANEL}/resume"): _EDIT,
    ("GET", f"{_PANEL}/releases"): _VIEW_OBJECT,
    ("POST", "/api/zones"): _EDIT,
    ("PATCH", "/api/zones/{zone_id}"): _EDIT,
    ("DELETE", "/api/zones/{zone_id}"): _EDIT,
    # commands: administrators and masters (D5); seen with the panel
    ("POST", "/api/commands/satel"): _EDIT,
    ("POST", "/api/satel/command"): _EDIT,
    ("POST", "/api/commands/{command_id}/release"): _EDIT,
    ("GET", "/api/commands"): _VIEW_OBJECT,
    ("GET", "/api/commands/{command_id}"): _VIEW_OBJECT,
    # users
    ("GET", "/api/users"): _USERS,
    ("POST", "/api/users"): _USERS,
    ("GET", _USER): _USERS,
    ("PATCH", _USER): _USERS,
    ("DELETE", _USER): _USERS,
    ("POST", f"{_USER}/password"): _USERS,
    ("POST", f"{_USER}/unlock"): _USERS,
    ("POST", f"{_USER}/second-factor/reset"): _USERS,
    ("GET", f"{_USER}/sessions"): _USERS,
    ("DELETE", f"{_USER}/sessions"): _USERS,
    ("DELETE", f"{_USER}/sessions/{{session_id}}"): _USERS,
    ("GET", f"{_USER}/assignments"): _USERS,
    ("PUT", f"{_USER}/assignments"): _USERS,
    ("GET", f"{_OBJECT}/assignments"): _USERS,
    ("PUT", f"{_OBJECT}/assignments"): _USERS,
    ("GET", "/api/service-tokens"): _USERS,
    ("POST", "/api/service-tokens"): _USERS,
    ("DELETE", "/api/service-tokens/{token_id}"): _USERS,
    # escalation: seen by whoever may see alarms of all objects, changed by administrators and masters; one's own apps
    ("GET", "/api/escalation-policies"): _ESCALATION,
    ("GET", _POLICY): _ESCALATION,
    ("POST", "/api/escalation-policies"): _EDIT,
    ("PUT", _POLICY): _EDIT,
    ("DELETE", _POLICY): _EDIT,
    ("GET", "/api/on-call"): _ESCALATION,
    ("GET", "/api/on-call-rotas"): _ESCALATION,
    ("GET", _ROTA): _ESCALATION,
    ("GET", f"{_ROTA}/shifts"): _ESCALATION,
    ("POST", "/api/on-call-rotas"): _EDIT,
    ("PUT", _ROTA): _EDIT,
    ("DELETE", _ROTA): _EDIT,
    ("POST", f"{_ROTA}/overrides"): _EDIT,
    ("DELETE", f"{_ROTA}/overrides/{{override_id}}"): _EDIT,
    ("GET", "/api/notification-channels"): _EDIT,
    ("POST", "/api/notification-channels"): _EDIT,
    ("PATCH", "/api/notification-channels/{channel_id}"): _EDIT,
    ("DELETE", "/api/notification-channels/{channel_id}"): _EDIT,
    ("POST", "/api/notification-channels/{channel_id}/test"): _EDIT,
    ("GET", "/api/notifications"): _ESCALATION,
    ("GET", "/api/push-devices"): SESSION,
    ("POST", "/api/push-devices"): SESSION,
    ("DELETE", "/api/push-devices/{device_id}"): SESSION,
    ("POST", "/api/push-devices/{device_id}/test"): SESSION,
    # auto-arm
    ("GET", "/api/auto-arm/schedules"): _VIEW_OBJECT,
    ("POST", "/api/auto-arm/schedules"): _EDIT,
    ("GET", _SCHEDULE): _VIEW_OBJECT,
    ("PATCH", _SCHEDULE): _EDIT,
    ("DELETE", _SCHEDULE): _EDIT,
    ("GET", f"{_SCHEDULE}/exceptions"): _VIEW_OBJECT,
    ("PUT", f"{_SCHEDULE}/exceptions"): _EDIT,
    ("GET", f"{_SCHEDULE}/preview"): _VIEW_OBJECT,
    ("GET", "/api/auto-arm/holidays"): "AAAAAA",
    ("PUT", "/api/auto-arm/holidays/{day}"): _EDIT,
    ("DELETE", "/api/auto-arm/holidays/{day}"): _EDIT,
    ("GET", "/api/auto-arm/runs"): _VIEW_OBJECT,
    ("POST", "/api/auto-arm/runs/{run_id}/postpone"): "A--AA-",
    ("POST", "/api/auto-arm/runs/{run_id}/cancel"): "A--AA-",
    ("GET", "/api/auto-arm/timetable"): _VIEW_OBJECT,
    ("POST", "/api/auto-arm/preview"): _EDIT,
    ("GET", "/api/auto-arm/sweep"): _VIEW_OBJECT,
    ("GET", "/api/auto-arm/report"): _VIEW_OBJECT,
    # audit, ledger, system
    ("GET", "/api/audit"): "----AA",
    ("GET", "/api/audit/export"): "----AA",
    ("GET", "/api/audit/verify"): "----AA",
    ("GET", "/api/ledger/balance"): "---AAA",
    ("GET", "/api/system/status"): "AAAAAA",
    ("GET", "/api/system/details"): "---AAA",
    ("GET", "/api/system/flags"): "---AAA",
    ("GET", "/api/flags"): SESSION,
    ("GET", "/livez"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
}

MESSAGES: Final[Mapping[str, str]] = {
    names.ALARM_NEW: "Aa-AAA",
    names.ALARM_UPDATED: "Aa-AAA",
    names.PANEL_STATE_CHANGED: _VIEW_OBJECT,
    names.PANEL_RELEASE_CHANGED: _VIEW_OBJECT,
    names.PANEL_DESCRIBED: _VIEW_OBJECT,
    names.COMMAND_UPDATED: _VIEW_OBJECT,
    names.SERVICE_CHANGED: _VIEW_OBJECT,
    names.SYSTEM_MODE: "AAAAAA",
    names.DISPATCH_ADDED: "Aa-AAA",
    names.CALLBACK_SET: _HANDLE,
    names.CALLBACK_DUE: _HANDLE,
    names.ESCALATION_UPDATED: _ESCALATION,
    names.SCHEDULE_FIRING: _VIEW_OBJECT,
    names.REVEAL_EXPIRED: "------",  # to nobody but the one it names: tests/api/test_reveals.py
}

_SCHEDULES: Final = ("GET", "/api/auto-arm/schedules")

_SHOW_OBJECTS: Final = {
    *(("GET", "/api/objects"), ("GET", "/api/panels"), ("GET", "/api/alarms")),
    *(("GET", "/api/dispatch"), ("GET", "/api/callbacks"), ("GET", "/api/auto-arm/schedules")),
}
_ENDS_THE_SESSION: Final = {("POST", "/api/auth/password"), ("DELETE", "/api/auth/sessions"), ("POST", "/api/auth/logout")}
_PDF: Final = b"%PDF-1.7\n" + b"plan " * 10
# Elsewhere bodies are empty: what is allowed then ends as 422, and nothing is done.
_NEEDS_A_BODY_TO_JUDGE: Final = {("POST", "/api/reveals")}


def test_the_table_has_every_route() -> None:
    routes = _routes(create_app(Settings()).routes)
    assert {(method, r.path) for r in routes if isinstance(r, APIRoute) for method in r.methods or ()} == TABLE.keys()


def test_the_table_has_every_message() -> None:
    assert PERMISSION_FOR.keys() == MESSAGES.keys()


@dataclass(frozen=True, slots=True)
class Place:
    """An object with one of everything that belongs to it; ids by the names of path parameters."""

    ids: Mapping[str, Any]

    def url(self, path: str) -> str:
        return path.format_map({"day": "2026-12-24", **{name: str(value) for name, value in self.ids.items()}})


_NOBODY: Final = UUID("00000000-0000-7000-8000-000000000000")
_ELSEWHERE: Final = dict.fromkeys(
    (
        *("user_id", "session_id", "token_id", "import_id", "reveal_id", "service_id", "run_id"),
        *("policy_id", "rota_id", "override_id", "channel_id", "device_id"),
    ),
    _NOBODY,
)


@pytest.fixture
async def places(api: Api, login: Login, db: Database, people: People) -> tuple[Place, Place]:
    """One that is assigned to the technician and to the field worker, and one that is not."""
    master = await login(api, "master")
    mine, other = await _place(master, db, 1001), await _place(master, db, 1002)
    for username in ("technician", "field_worker"):
        await assign(db, people[username], mine.ids["object_id"])
    return mine, other


async def _place(master: StamClient, db: Database, port: int) -> Place:
    object_id, panel_id, zone_id = await add_object(db, f"Place {port}"), uuid7(), uuid7()
    async with db.write() as session:
        session.add(Panel(id=panel_id, object_id=object_id, name="Panel", host="127.0.0.1", port=port, enabled=False))
        await session.flush()
        session.add(Zone(id=zone_id, panel_id=panel_id, number=1, name="Door"))
    (alarm_id,) = await add_alarms(db, object_id, Priority.HIGH)
    document = await master.documents.add(object_id, _PDF, file_name="plan.pdf", title="Plan", kind=DocumentKind.PLAN)
    secret = await master.secrets.create(object_id, kind=SecretKind.OTHER, label="Gate", value="4711")
    await master.dispatch.add(EntryKind.PATROL_SENT, alarm_id=alarm_id)
    promised = await master.dispatch.set_callback(alarm_id=alarm_id, due_at=datetime.now(UTC), text="Ask.")
    order = CommandOrder(
        command_id=uuid7(), object_id=object_id, panel_id=panel_id, kind=CommandKind.SET_CLOCK, source=CommandSource.SYSTEM
    )
    async with db.write() as session:
        await commands.begin(session, order)
    ids = {"object_id": object_id, "panel_id": panel_id, "zone_id": zone_id, "alarm_id": alarm_id}
    schedule = await master.auto_arm.create(panel_id, name="Night", partitions=[1], weekdays=[1], at=time(20))
    ids |= {"callback_id": promised.id, "command_id": order.command_id, "schedule_id": schedule.id}
    return Place({**_ELSEWHERE, **ids, "number": 1, "document_id": document.id, "secret_id": secret.id})


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reaches_what_the_table_says_and_nothing_else(
    api: Api, login: Login, places: tuple[Place, Place], role: Role
) -> None:
    client = await login(api, role.value.lower())
    wrong: list[str] = []
    async with api.http(client.session.access_token) as http:
        for route, letters in TABLE.items():
            if letters == OPEN or route in _ENDS_THE_SESSION:
                continue
            letter = "A" if letters == SESSION else letters[ROLES.index(role)]
            for assigned, place in zip((True, False), places, strict=True):
                answer = await _asked(http, route, place)
                if not _is_as_told(letter, assigned, route, answer, place):
                    where = "assigned" if assigned else "not assigned"
                    wrong.append(f"{route[0]} {route[1]} {letter}, {where}: {answer.status_code} {answer.text[:120]}")
    assert wrong == []


async def _asked(http: httpx.AsyncClient, route: Route, place: Place) -> httpx.Response:
    method, path = route
    if path == "/api/zones" and method == "GET":
        return await http.get(path, params={"panel_id": str(place.ids["panel_id"])})
    if route in _NEEDS_A_BODY_TO_JUDGE:
        return await http.post(path, json={"secret_id": str(place.ids["secret_id"]), "reason": "the walk of all routes"})
    if method in {"GET", "DELETE"}:
        return await http.request(method, place.url(path))
    return await http.request(method, place.url(path), json={})


def _is_as_told(letter: str, assigned: bool, route: Route, answer: httpx.Response, place: Place) -> bool:
    """403 for what a role never may; 404 for what is not assigned; lists show nothing of another's."""
    if letter == "-":
        return answer.status_code == 403
    if answer.status_code in {401, 403}:
        return False
    if letter == "a" and not assigned:
        return (_is_list(route[1]) and str(place.ids["object_id"]) not in answer.text) or answer.status_code == 404
    if route in _SHOW_OBJECTS:
        return str(place.ids["object_id"]) in answer.text
    belongs = "{" in route[1] and not any(f"{{{name}}}" in route[1] for name in _ELSEWHERE)
    return not (belongs and route[0] == "GET" and answer.status_code != 200)


def _is_list(path: str) -> bool:
    return "{" not in path and path != "/api/zones"


async def test_who_is_not_logged_in_reaches_the_open_routes_alone(api: Api, places: tuple[Place, Place]) -> None:
    async with api.http() as http:
        for route, letters in TABLE.items():
            if letters != OPEN:
                answer = await _asked(http, route, places[0])
                assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED"), route


# -- the WebSocket


@pytest.fixture
async def station(database_url: str, valkey_url: str) -> AsyncIterator[Station]:
    async with Station(database_url, valkey_url, Pace()).running() as running:
        yield running


@pytest.fixture
async def publisher(database_url: str, valkey_url: str) -> AsyncIterator[Publisher]:
    async with publishing(database_url, valkey_url) as running:
        yield running


async def test_each_role_is_told_the_messages_the_table_says_and_no_others(station: Station, publisher: Publisher) -> None:
    mine, other = await add_object(station.db, "Mine"), await add_object(station.db, "Other")
    async with contextlib.AsyncExitStack() as stack:
        clients = []
        for role in ROLES:
            caller = await station.login(role, objects=[mine])
            clients.append(await stack.enter_async_context(station.client(caller)))
            await clients[-1].until("live")
        expected: dict[Role, list[tuple[str, bool]]] = {role: [] for role in ROLES}
        for kind, assigned in _published():
            await publisher.publish(kind=kind, object_id=mine if assigned else other)
            for role, letter in zip(ROLES, MESSAGES[kind], strict=True):
                if letter == "A" or (letter == "a" and assigned):
                    expected[role].append((kind, assigned))
        last = await publisher.publish(kind=names.SYSTEM_MODE)  # everybody is told: all before it has been told, too
        for role, client in zip(ROLES, clients, strict=True):
            told = [(await client.events(1))[0]]
            while told[-1]["seq"] < last:
                told += await client.events(1)
            assert [(frame["event"], frame["seq"]) for frame in told[:-1]] == _numbered(expected[role]), role


def _published() -> Iterator[tuple[str, bool]]:
    for kind in MESSAGES:
        yield from ((kind, True), (kind, False))


def _numbered(expected: list[tuple[str, bool]]) -> list[tuple[str, int]]:
    order = list(_published())
    return [(kind, order.index((kind, assigned)) + 1) for kind, assigned in expected]
