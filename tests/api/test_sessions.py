"""Sessions: told, ended, and refused by every replica (R-AUTH)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from activities.auth import sessions
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from activities.db.session import Database
from activities.infra.settings import Settings
from api import callers
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.conftest import Api, serving
from tests.api.people import PASSWORD, People
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

Login = Callable[..., Any]


@pytest.fixture
async def other_api(settings: Settings, people: People) -> AsyncIterator[Api]:
    """A second replica."""
    async with serving(settings) as running:
        yield running


async def _status(api: Api, token: str) -> tuple[int, str]:
    async with api.http(token) as http:
        answer = await http.get("/api/auth/me")
        return answer.status_code, answer.json().get("code", "")


_OVER = (401, "TOKEN_EXPIRED")


async def test_a_session_ended_at_one_replica_is_refused_by_the_other_at_the_next_request(
    api: Api, other_api: Api, login: Login
) -> None:
    client = await login(api, "operator")
    token = client.session.access_token
    assert (await _status(other_api, token))[0] == 200  # which now remembers it for a while
    await client.logout()
    assert await _status(other_api, token) == _OVER


async def test_an_administrator_ends_a_session_everywhere(api: Api, other_api: Api, login: Login, people: People) -> None:
    admin, client = await login(api, "admin"), await login(api, "operator")
    token = client.session.access_token
    assert (await _status(other_api, token))[0] == 200
    (found,) = await admin.users.sessions(people["operator"])
    await admin.users.end_session(people["operator"], found.id)
    assert await _status(other_api, token) == _OVER
    assert await admin.users.sessions(people["operator"]) == ()
    with pytest.raises(ApiError) as refused:
        await admin.users.end_session(people["operator"], uuid4())
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_while_redis_is_away_the_database_tells_the_other_replica_soon(
    settings: Settings, people: People, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")})
    async with serving(away) as one, serving(away) as two:
        client = await login(one, "operator")
        token = client.session.access_token
        assert (await _status(two, token))[0] == 200
        await client.logout()
        family = next(iter(two.services.callers._known))
        until, person = two.services.callers._known[family]
        two.services.callers._known[family] = (until - callers.TRUSTED_FOR, person)  # what those seconds do
        assert await _status(two, token) == _OVER


async def test_a_logout_with_an_access_token_that_has_run_out_ends_the_session(settings: Settings, people: People) -> None:
    brief = settings.model_copy(update={"access_token_seconds": -60})  # over as it is issued
    async with serving(brief) as api, api.http() as http:
        body = {"username": "operator", "password": PASSWORD, "keep": "body"}
        tokens = (await http.post("/api/auth/login", json=body)).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get("/api/auth/me", headers=bearer)).json()["code"] == "TOKEN_EXPIRED"
        refresh = {"refresh_token": tokens["refresh_token"]}
        assert (await http.post("/api/auth/logout", json=refresh, headers=bearer)).status_code == 204
        assert (await http.post("/api/auth/refresh", json=refresh)).json()["code"] == "TOKEN_EXPIRED"


async def test_a_logout_by_the_cookie_alone(api: Api) -> None:
    async with api.http() as http:
        await http.post("/api/auth/login", json={"username": "operator", "password": PASSWORD})
        assert (await http.post("/api/auth/logout")).status_code == 204
        assert not http.cookies
        assert (await http.post("/api/auth/logout")).status_code == 204  # nothing goes on: no error


async def test_one_sees_ones_own_sessions_and_ends_the_others(api: Api, login: Login) -> None:
    phone, desk, stranger = await login(api, "operator"), await login(api, "operator"), await login(api, "admin")
    found = await desk.account.sessions()
    assert [session.current for session in found] == [True, False]
    assert found[0].origin == found[1].origin
    assert found[0].client is not None
    foreign = (await stranger.account.sessions())[0]
    with pytest.raises(ApiError) as refused:
        await desk.account.end_session(foreign.id)
    assert refused.value.code is ErrorCode.NOT_FOUND
    await desk.account.end_other_sessions()
    assert [session.current for session in await desk.account.sessions()] == [True]
    assert (await _status(api, phone.session.access_token)) == _OVER


async def test_a_session_keeps_its_start_while_its_tokens_rotate(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    (before,) = await client.account.sessions()
    client.session._ends_at = 0.0
    (after,) = await client.account.sessions()
    assert (after.id, after.started_at) == (before.id, before.started_at)
    assert after.last_used_at > before.last_used_at


async def test_refresh_tokens_that_are_over_are_purged_and_no_others(api: Api, login: Login, db: Database) -> None:
    old, kept = await login(api, "operator"), await login(api, "admin")
    long_ago = datetime.now(UTC) - timedelta(days=1)
    async with db.write() as session:
        over = RefreshToken.user_id == old.user.id
        await session.execute(update(RefreshToken).where(over).values(expires_at=long_ago))
    assert await sessions.purge(db, datetime.now(UTC)) == 1
    assert (await kept.account.sessions())[0].current


async def test_logout_ends_the_session_and_its_access_tokens(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    refresh_token = client.refresh_token
    async with api.http(client.session.access_token) as http:
        assert (await http.get("/api/auth/me")).status_code == 200
        await client.logout()
        assert client.user is None
        assert (await http.get("/api/auth/me")).json()["code"] == "TOKEN_EXPIRED"
        answer = await http.post("/api/auth/refresh", json={"refresh_token": refresh_token})
        assert answer.json()["code"] == "TOKEN_EXPIRED"


async def test_a_deactivated_user_is_out_within_seconds(api: Api, login: Login, db: Database, people: People) -> None:
    client = await login(api, "operator")
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(active=False))
    api.services.callers._known.clear()  # what those seconds do
    with pytest.raises(ApiError) as refused:
        await client.alarms()
    assert refused.value.status == 401
    assert client.user is None


async def test_the_sdk_renews_an_expiring_token_once_for_all_who_ask(api: Api, login: Login, db: Database) -> None:
    client = await login(api, "operator")
    first, client.session._ends_at = client.refresh_token, 0.0
    await asyncio.gather(*(client.system_status() for _ in range(5)))
    assert client.refresh_token != first
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 2


async def test_the_sdk_resumes_a_session_by_its_refresh_token(api: Api, login: Login) -> None:
    client = await login(api, "auditor")
    resumed = StamClient(api.url, refresh_token=client.refresh_token)
    user = await resumed.resume()
    assert user is not None
    assert user.role is Role.AUDITOR
    stranger = StamClient(api.url, refresh_token="nonsense")
    assert await stranger.resume() is None
    await resumed.aclose()
    await stranger.aclose()
