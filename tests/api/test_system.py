"""The ledger, the status, health, metrics, problems, request ids, limits, documents, the console (R-LEDGER … R-LOG)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from activities.auth.attempts import TRIES
from activities.db.models.outbox import OutboxRow
from activities.db.models.signals import SignalRow
from activities.db.session import Database
from activities.infra.settings import Settings
from api import openapi_export, problems
from api.app import create_app
from api.client.errors import ApiError
from api.client.models import SystemMode
from api.deps import flagged
from api.limits import MAX_BODY
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.support.eventually import eventually
from workflows.domain.alarm import Family, Outcome, SignalSource, Source
from workflows.domain.errors import REGISTRY, ErrorCode
from workflows.domain.flags import Flag, Flags
from workflows.domain.permissions import Permission

Login = Callable[..., Any]
_NOW = datetime.now(UTC)


def _signal(source: SignalSource, outcome: Outcome | None, ago: timedelta) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "recorded_at": _NOW - ago,
        "received_at": _NOW - ago,
        "source": source,
        "family": Family.OTHER,
        "outcome": outcome,
        "code": 1,
        "source_kind": Source.SYSTEM,
        "source_number": 0,
    }


async def test_the_ledger_balances_only_when_everything_received_has_an_outcome(api: Api, login: Login, db: Database) -> None:
    minute = timedelta(minutes=1)
    rows = [
        _signal(SignalSource.LOG, Outcome.QUARANTINED, minute),
        _signal(SignalSource.PROBE, Outcome.TEST, 2 * minute),
        _signal(SignalSource.EDGE, None, 30 * minute),
    ]
    async with db.write() as session:
        await session.execute(insert(SignalRow), rows)
    auditor = await login(api, "auditor")
    good = await auditor.ledger_balance(from_=_NOW - 10 * minute, to=_NOW)
    assert (good.received, good.accounted, good.balanced) == (2, 2, True)
    assert good.by_outcome == {Outcome.QUARANTINED: 1, Outcome.TEST: 1}
    assert good.by_source == {SignalSource.LOG: 1, SignalSource.PROBE: 1}
    bad = await auditor.ledger_balance(from_=_NOW - 60 * minute, to=_NOW)
    assert (bad.received, bad.accounted, bad.balanced) == (3, 2, False)
    with pytest.raises(ApiError) as refused:
        await auditor.ledger_balance(from_=_NOW, to=_NOW - minute)
    assert refused.value.code is ErrorCode.VALIDATION


async def test_the_status_is_degraded_without_temporal_and_says_so(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    await eventually(lambda: api.services.health.picture.database, what="health was looked at")
    status = await client.system_status()
    assert (status.mode, status.database, status.redis, status.temporal) == (SystemMode.DEGRADED, True, True, False)


async def test_the_status_is_normal_when_everything_works(whole_api: Api, login: Login) -> None:
    client = await login(whole_api, "field_worker")
    await eventually(lambda: whole_api.services.health.picture.temporal, what="Temporal answers")
    assert (await client.system_status()).mode is SystemMode.NORMAL


async def test_a_relay_that_does_not_publish_shows(api: Api, db: Database) -> None:
    async with db.write() as session:
        session.add(OutboxRow(type="alarm.new", payload={}, push=True, created_at=_NOW - timedelta(minutes=1)))
    assert (await api.services.health.look()).relay is False


async def test_ready_means_the_database_answers_and_alive_needs_nothing(settings: Settings, people: People) -> None:
    nowhere = "postgresql+asyncpg://stam@127.0.0.1:1/stam"
    away = settings.model_copy(update={"database_url": type(settings.database_url)(nowhere)})
    async with serving(away) as api, api.http() as http:
        assert (await http.get("/livez")).status_code == 200
        not_ready = await http.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["database"]) == (503, False)
        for _ in range(TRIES + 1):  # which says nothing of the password, so none of them counts as a failure
            login = await http.post("/api/auth/login", json={"username": "operator", "password": "x"})
            assert (login.status_code, login.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
            assert login.headers["retry-after"]


async def test_ready_when_it_is(api: Api) -> None:
    async with api.http() as http:

        async def is_ready() -> bool:
            answer = await http.get("/readyz")
            return answer.status_code == 200 and answer.json()["ready"] is True

        await eventually(is_ready, what="it is ready")


async def test_metrics_have_the_promised_names_and_routes_as_templates(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    with pytest.raises(ApiError):
        await client.alarm(uuid7())
    async with api.http() as http:
        text = (await http.get("/metrics")).text
    for name in ("ws_replay_tier2_queries_total", "ws_replay_overflow_count", "ws_connections", "http_request_seconds_bucket"):
        assert f"\n{name}" in text, name
    assert 'route="/api/alarms/{alarm_id}",status="404"' in text


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/nothing", ErrorCode.NOT_FOUND),
        ("DELETE", "/api/auth/login", ErrorCode.METHOD_NOT_ALLOWED),
        ("POST", "/api/auth/login", ErrorCode.VALIDATION),
        ("GET", "/api/alarms", ErrorCode.UNAUTHENTICATED),
    ],
)
async def test_every_error_is_a_problem_of_the_registry(api: Api, method: str, path: str, code: ErrorCode) -> None:
    async with api.http() as http:
        answer = await http.request(method, path)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (REGISTRY[code].status,) * 2
    assert (problem["code"], problem["type"]) == (code, f"urn:stam:error:{code}")
    assert problem["title"] == REGISTRY[code].title
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_a_bad_password_in_a_bad_request_is_not_repeated_in_the_answer(api: Api) -> None:
    async with api.http() as http:
        answer = await http.post("/api/auth/login", json={"username": "a", "password": ["hunter2"]})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-12345", True), ("short", False), ("x" * 65, False), ("with space 123", False)]
)
async def test_a_sane_request_id_is_taken_over_another_replaced(api: Api, given: str, kept: bool) -> None:
    async with api.http() as http:
        answer = await http.get("/livez", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_a_large_body_is_refused_whether_or_not_its_length_is_told(api: Api) -> None:
    async def chunks() -> Any:
        for _ in range(MAX_BODY // 1024 + 2):
            yield b"x" * 1024

    headers = {"Content-Type": "application/json"}
    async with api.http() as http:
        told = await http.post("/api/auth/login", content=b"x" * (MAX_BODY + 1), headers=headers)
        untold = await http.post("/api/auth/login", content=chunks(), headers=headers)
    assert (told.status_code, told.json()["code"]) == (413, "TOO_LARGE")
    assert (untold.status_code, untold.json()["code"]) == (413, "TOO_LARGE")


async def test_answers_are_not_cached_and_not_framed(api: Api) -> None:
    async with api.http() as http:
        headers = (await http.get("/api/auth/me")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_the_exported_document_is_the_present_one() -> None:
    exported = json.loads(openapi_export.TARGET.read_text(encoding="utf-8"))
    assert exported == json.loads(openapi_export.document()), "python -m api.openapi_export"


def test_every_route_is_documented_with_its_errors() -> None:
    document = create_app(Settings()).openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert operation["tags"], path
            if path.startswith("/api/"):
                problems = [answer for status, answer in operation["responses"].items() if status >= "400"]
                assert problems, (method, path)
                assert all("application/problem+json" in answer["content"] for answer in problems), (method, path)
    assert document["components"]["securitySchemes"]


async def test_the_document_is_shown_without_any_outside_host(api: Api) -> None:
    async with api.http() as http:
        page = await http.get("/api/docs")
        assert (await http.get("/api/openapi.json")).json()["info"]["title"] == "STAM Replacer"
    assert page.status_code == 200
    assert "claim" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


async def test_without_a_console_the_root_says_how_to_build_it(api: Api) -> None:
    async with api.http() as http:
        page = await http.get("/")
        missing = await http.get("/alarms/1")
    assert (page.status_code, missing.status_code) == (200, 404)
    assert "stam console build" in page.text


@pytest.fixture
def console_dir(tmp_path: Path) -> Path:
    files = {"index.html": b"<html>console", "static/a.js": b"plain", "static/a.js.br": b"brotli", "static/font.woff2": b"font"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "ETag": '"p1"', "X-Own": "yes"}
    script = {"Content-Type": "text/javascript", "ETag": '"s1"', "Vary": "Accept-Encoding"}
    manifest = {
        "format": 1,
        "build": "b",
        "files": {
            "/": {"path": "index.html", "headers": page, "variants": {}},
            "/static/a.js": {"path": "static/a.js", "headers": script, "variants": {"br": "static/a.js.br"}},
            "/static/font.woff2": {"path": "static/font.woff2", "headers": {"ETag": '"f1"'}, "variants": {}},
        },
        "aliases": {"/static/noto": "/static/font.woff2"},
        "fallback": "/",
        "no_fallback": ["/api/", "/static/"],
    }
    (tmp_path / "console.json").write_text(json.dumps(manifest))
    return tmp_path


async def test_the_console_is_served_as_it_was_packed(settings: Settings, people: People, console_dir: Path) -> None:
    async with serving(settings.model_copy(update={"console_dir": console_dir})) as api, api.http() as http:
        page = await http.get("/")
        assert (page.text, page.headers["x-own"], page.headers["etag"]) == ("<html>console", "yes", '"p1"')
        assert (await http.get("/alarms/some-id")).text == "<html>console", "deep links"
        script = await http.get("/static/a.js", headers={"Accept-Encoding": "gzip"})
        assert (script.content, script.headers["etag"]) == (b"plain", '"s1"')
        unchanged = await http.get("/static/a.js", headers={"Accept-Encoding": "br", "If-None-Match": '"s1-br"'})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        again = await http.get("/", headers={"If-None-Match": '"p1"'})
        assert (again.status_code, again.headers["x-own"]) == (304, "yes"), "a browser takes them over into the page it keeps"
        assert (await http.head("/static/a.js", headers={"Accept-Encoding": "br"})).headers["content-encoding"] == "br"
        assert (await http.get("/static/noto/sans.woff2")).content == b"font"
        assert (await http.get("/static/gone.js")).status_code == 404
        assert (await http.get("/api/gone")).json()["code"] == "NOT_FOUND"
        assert (await http.get("/..%2f..%2fetc/passwd")).text == "<html>console"


async def test_r_flags_everybody_who_is_logged_in_learns_what_is_on(
    settings: Settings, people: People, login: Login, tmp_path: Path
) -> None:
    own = tmp_path / "flags.yaml"
    own.write_text("flags: {operator_arm: true}\n")
    async with serving(settings.model_copy(update={"feature_flags_file": own})) as api:
        operator = await login(api, "operator")
        flags = await operator.flags()
        assert flags.keys() == set(Flag)
        assert (flags[Flag.OPERATOR_ARM], flags[Flag.DOCUMENTS], flags[Flag.SMS]) == (True, True, False)
        assert (operator.user.may(Permission.PANEL_ARM), operator.user.may(Permission.PANEL_DISARM)) == (True, False)
        assert (await operator.me()).may(Permission.PANEL_ARM)


async def test_r_flags_a_part_that_is_switched_off_is_not_there_for_anybody(
    settings: Settings, people: People, login: Login, db: Database, tmp_path: Path
) -> None:
    own = tmp_path / "flags.yaml"
    own.write_text("flags: {documents: false, import: false, secret_reveal: false}\n")
    parts = ("/api/objects/{}/documents", "/api/admin/import/objects", "/api/objects/{}/secrets", "/api/reveals")
    object_id = await add_object(db)
    async with serving(settings.model_copy(update={"feature_flags_file": own})) as api:
        master = await login(api, "master")
        async with api.http(master.session.access_token) as http:
            answers = [await http.get(part.format(object_id)) for part in parts]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "NOT_FOUND")] * len(parts)


async def test_r_flags_what_is_off_is_not_there() -> None:
    app = FastAPI()
    problems.install(app)
    app.state.services = SimpleNamespace(flags=Flags(frozenset({Flag.SMS})))

    @app.get("/on", dependencies=[Depends(flagged(Flag.SMS))])
    @app.get("/off", dependencies=[Depends(flagged(Flag.REPORTS))])
    async def route() -> str:
        return "here"

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        assert (await http.get("/on")).json() == "here"
        off = await http.get("/off")
    assert (off.status_code, off.json()["code"]) == (404, "NOT_FOUND")
