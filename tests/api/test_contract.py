"""The served API against its own description, by schemathesis: whatever is sent, no 5xx and nothing that is not documented.

Every operation of the document is tried, so a new route is covered by being one. In an ordinary run a MASTER, who reaches most,
meets the systematic edge cases, and the others a few random ones; `make fuzz` tries everything as everybody, and more of it
(STAM_FUZZ_EXAMPLES: random examples of each operation).
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from activities.db.session import Database
from activities.infra.settings import Settings
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleStatus

Login = Callable[..., Any]

DEEP: Final = "STAM_FUZZ_EXAMPLES" in os.environ
EXAMPLES: Final = int(os.environ.get("STAM_FUZZ_EXAMPLES", "2"))
SESSION_ENDS: Final = (  # after these a token may be good for nothing; they are tried last, alone
    "/api/auth/logout",
    "/api/auth/password",
    "/api/auth/sessions/{session_id}",
    "/api/users/{user_id}",
    "/api/users/{user_id}/password",
    "/api/users/{user_id}/sessions",
    "/api/users/{user_id}/sessions/{session_id}",
)
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
REFUSED: Final = [*map(str, (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429)), "5xx"]  # too long a body is 413
_METHODS: Final = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without rates: whoever tries everything asks often."""
    return settings.model_copy(update={"rate_session": 0.0, "rate_address": 0.0, "rate_anonymous": 0.0})


async def _one_of_everything(api: Api, login: Login, db: Database, people: People) -> tuple[UUID, ...]:
    object_id = await add_object(db)
    await assign(db, people["technician"], object_id)
    alarms = await add_alarms(db, object_id, *Priority)
    closed = await add_alarms(db, object_id, Priority.HIGH, status=BundleStatus.CLOSED)
    master = await login(api, "master")
    async with api.http(master.session.access_token) as http:
        panel = await http.post("/api/panels", json={"object_id": str(object_id), "name": "Panel", "host": "192.0.2.1"})
        zone = await http.post("/api/zones", json={"panel_id": panel.json()["id"], "number": 1, "name": "Door"})
    assert zone.status_code == 201
    return object_id, *alarms, *closed, UUID(panel.json()["id"])


async def _tried(api: Api, token: str | None, known: tuple[UUID, ...], folder: Path, *which: str) -> None:
    """Run schemathesis over what ``which`` leaves. Fails with what it says, each finding with the request that shows it."""
    async with api.http() as http:
        document = (await http.get("/api/openapi.json")).json()
    config = folder / "schemathesis.toml"
    config.write_text(_configuration(document, known), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "--config-file", str(config), "--no-color", "run"]
    command += [f"{api.url}/api/openapi.json", "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), *which]
    command += ["--header", f"Authorization: Bearer {token}"] if token else []
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert b"operations selected" in said or b"Selected:" in said, said.decode()


def _configuration(document: Mapping[str, Any], known: tuple[UUID, ...]) -> str:
    """Ids of things that are there, half of the time, wherever an id is asked for: random ones would meet 404 alone."""
    names = dict.fromkeys(_id_parameters(document))
    bound = [f'{json.dumps(name)} = {{ dictionary = "known", probability = 0.5 }}' for name in names]
    return "\n".join(
        [
            "[dictionaries]",
            f"known = {{ values = {json.dumps([str(one) for one in known])} }}",
            "[generation]",
            'database = "none"',
            "[checks.negative_data_rejection]",
            f"expected-statuses = {json.dumps(REFUSED)}",
            "[auth]",
            "auto-signup = false",  # users are made by people
            "[parameters]",
            *bound,
        ]
    )


def _id_parameters(document: Mapping[str, Any]) -> Iterator[str]:
    for path in document["paths"].values():
        for method in _METHODS:
            for one in path.get(method, {}).get("parameters", ()):
                if _is_id(one["schema"]):
                    yield f"{one['in']}.{one['name']}"
    for schema in document["components"]["schemas"].values():
        for name, member in schema.get("properties", {}).items():
            if _is_id(member):
                yield f"body.{name}"


def _is_id(schema: Mapping[str, Any]) -> bool:
    return any(one.get("format") == "uuid" for one in (schema, *schema.get("anyOf", ())))


@pytest.mark.timeout(600 + 60 * EXAMPLES)
@pytest.mark.parametrize("who", ["master", "operator", "technician", None])
async def test_whatever_is_sent_the_answer_is_a_documented_one(
    whole_api: Api, login: Login, db: Database, people: People, tmp_path: Path, who: str | None
) -> None:
    known = await _one_of_everything(whole_api, login, db, people)
    token = (await login(whole_api, who)).session.access_token if who else None
    phases = "examples,coverage,fuzzing,stateful" if DEEP else "coverage" if who == "master" else "fuzzing"
    left_out = ["--phases", phases] + [part for path in SESSION_ENDS for part in ("--exclude-path", path)]
    await _tried(whole_api, token, known, tmp_path, *left_out)
    async with whole_api.http(token) as http:
        still = await http.get("/api/auth/me")
    assert still.status_code == (200 if who else 401), "a route has ended the session: name it in SESSION_ENDS"
    await _tried(whole_api, token, known, tmp_path, *(part for path in SESSION_ENDS for part in ("--include-path", path)))
