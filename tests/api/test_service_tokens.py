"""Programs with service tokens over HTTP (R-RBAC)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from activities.auth.attempts import TRIES
from activities.db.models.service_tokens import ServiceToken
from activities.db.session import Database
from api.client.errors import ApiError
from tests.api.conftest import Api, serving
from tests.api.people import People
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import ServiceRole

Login = Callable[..., Any]


async def _code(api: Api, token: str, path: str = "/api/system/status", method: str = "GET") -> tuple[int, str]:
    async with api.http(token) as http:
        answer = await http.request(method, path)
        return answer.status_code, answer.json().get("code", "") if answer.content else ""


async def _issued(client: Any, people: People, role: ServiceRole = ServiceRole.RELAY) -> Any:
    return await client.service_tokens.issue(user_id=people["system"], name="relay at site 1", service_role=role)


async def test_a_token_opens_what_its_sub_role_may_and_nothing_else(api: Api, login: Login, people: People) -> None:
    made = await _issued(await login(api, "admin"), people)
    assert made.token.startswith("stam_svc_")
    assert (await _code(api, made.token))[0] == 200
    assert (await _code(api, made.token, "/api/alarms"))[0] == 200
    assert await _code(api, made.token, "/api/objects") == (403, "FORBIDDEN")
    assert await _code(api, made.token, "/api/users") == (403, "FORBIDDEN")
    for method, path in (("GET", "/api/auth/me"), ("POST", "/api/auth/ws-ticket"), ("GET", "/api/auth/sessions")):
        assert await _code(api, made.token, path, method) == (401, "UNAUTHENTICATED")


async def test_a_token_is_kept_as_a_digest_and_listed_without_itself(
    api: Api, login: Login, people: People, db: Database
) -> None:
    admin = await login(api, "admin")
    made = await _issued(admin, people)
    async with db.read() as session:
        stored = await session.scalar(select(ServiceToken.token_hash))
    assert stored is not None
    assert made.token.encode() not in stored
    await _code(api, made.token)
    (listed,) = (await admin.service_tokens.list(user_id=people["system"])).items
    assert (listed.id, listed.created_by) == (made.issued.id, people["admin"])
    assert listed.last_used_at is not None


async def test_a_revoked_token_is_refused_at_once_by_every_replica(api: Api, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    made = await _issued(admin, people)
    async with serving(api.settings) as other:
        assert (await _code(other, made.token))[0] == 200
        await admin.service_tokens.revoke(made.issued.id)
        assert await _code(other, made.token) == (401, "UNAUTHENTICATED")
    assert await _code(api, made.token) == (401, "UNAUTHENTICATED")


async def test_a_token_ends_with_its_time_and_with_its_account(api: Api, login: Login, people: People, db: Database) -> None:
    admin = await login(api, "admin")
    first, second = await _issued(admin, people), await _issued(admin, people)
    async with db.write() as session:
        over = {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}
        await session.execute(update(ServiceToken).where(ServiceToken.id == first.issued.id).values(**over))
    assert await _code(api, first.token) == (401, "UNAUTHENTICATED")
    assert (await _code(api, second.token))[0] == 200
    await admin.users.deactivate(people["system"], version=1)
    assert await _code(api, second.token) == (401, "UNAUTHENTICATED")


async def test_tokens_are_for_service_accounts_alone(api: Api, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    with pytest.raises(ApiError) as refused:
        await admin.service_tokens.issue(user_id=people["operator"], name="x", service_role=ServiceRole.SMS)
    assert refused.value.code is ErrorCode.CONFLICT


async def test_who_guesses_tokens_is_stopped_and_a_program_that_works_is_not(api: Api, login: Login, people: People) -> None:
    made = await _issued(await login(api, "admin"), people)
    assert (await _code(api, made.token))[0] == 200
    for number in range(TRIES):
        assert await _code(api, f"stam_svc_guess{number}") == (401, "UNAUTHENTICATED")
    assert await _code(api, "stam_svc_another") == (429, "RATE_LIMITED")
    assert (await _code(api, made.token))[0] == 200
