"""Sessions over HTTP (R-AUTH)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import func, select, update

from activities.auth.attempts import TRIES
from activities.db.models.audit_log import AuditEntry
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.signing_keys import SigningKey
from activities.db.models.users import User
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import PASSWORD_LEAST
from tests.api.conftest import Api, serving
from tests.api.people import PASSWORD, People
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Role, Scope

Login = Callable[..., Any]


async def _post(http: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    return await http.post(path, json=body)


async def _refused(http: httpx.AsyncClient, path: str, **body: Any) -> tuple[int, str]:
    answer = await _post(http, path, **body)
    return answer.status_code, answer.json()["code"]


async def test_login_answers_with_a_token_and_what_the_user_may_do(api: Api, login: Login) -> None:
    client = await login(api, "technician")
    assert client.user.role is Role.TECHNICIAN
    assert client.user.permissions[Permission.ALARM_VIEW] is Scope.ASSIGNED
    assert not client.user.may(Permission.ALARM_HANDLE)
    assert (await client.me()) == client.user


async def test_access_tokens_are_rs256_and_signed_by_the_stored_key(api: Api, db: Database) -> None:
    async with api.http() as http:
        token = (await _post(http, "/api/auth/login", username="operator", password=PASSWORD, keep="body")).json()[
            "access_token"
        ]
    header = jwt.get_unverified_header(token)
    async with db.read() as session:
        key = await session.get_one(SigningKey, header["kid"])
    claims = jwt.decode(token, key.public_pem, algorithms=["RS256"], issuer="stam")
    assert header["alg"] == "RS256"
    assert claims["exp"] - claims["iat"] == api.settings.access_token_seconds


async def test_a_token_signed_by_another_key_or_by_none_is_refused(api: Api) -> None:
    async with api.http() as http:
        token = (await _post(http, "/api/auth/login", username="operator", password=PASSWORD, keep="body")).json()[
            "access_token"
        ]
        forged = jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", algorithm="none")
        for bad in (token[:-20] + "A" * 20, forged, "nonsense"):
            answer = await http.get("/api/auth/me", headers={"Authorization": f"Bearer {bad}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_refresh_cookie_is_for_the_session_routes_only_and_no_script_can_read_it(api: Api) -> None:
    async with api.http() as http:
        answer = await _post(http, "/api/auth/login", username="operator", password=PASSWORD)
        cookie = answer.headers["set-cookie"]
        assert answer.json()["refresh_token"] is None
        assert {"HttpOnly", "Path=/api/auth", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        renewed = await http.post("/api/auth/refresh")
        assert renewed.status_code == 200
        assert renewed.headers["set-cookie"] != cookie


async def test_a_wrong_password_and_an_unknown_user_are_answered_alike(api: Api) -> None:
    async with api.http() as http:
        wrong = await _refused(http, "/api/auth/login", username="operator", password="wrong")
        unknown = await _refused(http, "/api/auth/login", username="nobody", password="wrong")
    assert wrong == unknown == (401, "INVALID_CREDENTIALS")


async def test_system_users_have_no_password_login(api: Api) -> None:
    async with api.http() as http:
        assert await _refused(http, "/api/auth/login", username="system", password=PASSWORD) == (401, "INVALID_CREDENTIALS")


async def test_five_failures_a_minute_block_the_address_even_for_the_right_password(api: Api) -> None:
    async with api.http() as http:
        tries = [_refused(http, "/api/auth/login", username="operator", password="wrong") for _ in range(TRIES)]
        assert set(await asyncio.gather(*tries)) == {(401, "INVALID_CREDENTIALS")}
        answer = await _post(http, "/api/auth/login", username="operator", password=PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_successful_logins_do_not_count_as_tries(api: Api, login: Login) -> None:
    for _ in range(TRIES + 2):
        await login(api, "operator")


async def test_tries_are_counted_while_redis_is_away(settings: Any, people: People) -> None:
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")})
    async with serving(away) as api, api.http() as http:
        for _ in range(TRIES):
            assert (await _refused(http, "/api/auth/login", username="operator", password="wrong"))[0] == 401
        assert (await _refused(http, "/api/auth/login", username="operator", password=PASSWORD)) == (429, "RATE_LIMITED")


async def test_ten_failures_lock_the_account_for_half_an_hour(api: Api, db: Database, people: People) -> None:
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(failed_logins=9))
    async with api.http() as http:
        assert await _refused(http, "/api/auth/login", username="operator", password="wrong") == (401, "INVALID_CREDENTIALS")
        assert await _refused(http, "/api/auth/login", username="operator", password=PASSWORD) == (423, "ACCOUNT_LOCKED")
    async with db.write() as session:
        user = await session.get_one(User, people["operator"])
        assert user.locked_until is not None
        assert timedelta(minutes=29) < user.locked_until - datetime.now(UTC) <= timedelta(minutes=30)
        user.locked_until = datetime.now(UTC)
    async with api.http() as http:
        assert (await _post(http, "/api/auth/login", username="operator", password=PASSWORD)).status_code == 200


async def _tokens(http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await _post(http, "/api/auth/refresh" if body else "/api/auth/login", **(body or _LOGIN))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


_LOGIN = {"username": "operator", "password": PASSWORD, "keep": "body"}


async def test_a_refresh_token_that_is_used_again_ends_the_whole_session(api: Api, db: Database) -> None:
    async with api.http() as http:
        first = (await _tokens(http))["refresh_token"]
        second = await _tokens(http, refresh_token=first)
        third = await _tokens(http, refresh_token=second["refresh_token"])
        assert await _refused(http, "/api/auth/refresh", refresh_token=first) == (401, "TOKEN_REUSED")
        assert await _refused(http, "/api/auth/refresh", refresh_token=third["refresh_token"]) == (401, "TOKEN_EXPIRED")
    async with db.read() as session:
        audited = await session.scalar(select(func.count()).where(AuditEntry.action == "token.reused"))
        alive = await session.scalar(select(func.count()).where(RefreshToken.revoked_at.is_(None)))
    assert (audited, alive) == (1, 0)


async def test_a_refresh_whose_answer_was_lost_may_be_repeated_at_once_but_not_later(api: Api, db: Database) -> None:
    async with api.http() as http:
        first = (await _tokens(http))["refresh_token"]
        await _tokens(http, refresh_token=first)  # the answer that got lost
        await _tokens(http, refresh_token=first)
        async with db.write() as session:
            long_ago = datetime.now(UTC) - timedelta(minutes=1)
            await session.execute(update(RefreshToken).where(RefreshToken.used_at.is_not(None)).values(used_at=long_ago))
        assert await _refused(http, "/api/auth/refresh", refresh_token=first) == (401, "TOKEN_REUSED")


async def test_logout_ends_the_session_and_its_access_tokens(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    refresh_token = client.refresh_token
    async with api.http(client.session.access_token) as http:
        assert (await http.get("/api/auth/me")).status_code == 200
        await client.logout()
        assert client.user is None
        assert (await http.get("/api/auth/me")).json()["code"] == "TOKEN_EXPIRED"
        assert await _refused(http, "/api/auth/refresh", refresh_token=refresh_token) == (401, "TOKEN_EXPIRED")


async def test_a_deactivated_user_is_out_within_seconds(api: Api, login: Login, db: Database, people: People) -> None:
    client = await login(api, "operator")
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(active=False))
    api.services.callers._known.clear()  # what those seconds do
    with pytest.raises(ApiError) as refused:
        await client.alarms()
    assert refused.value.status == 401
    assert client.user is None


async def test_the_client_changes_the_password_and_has_to_log_in_again(api: Api, login: Login, people: People) -> None:
    client = await login(api, "operator")
    with pytest.raises(ApiError) as short:
        await client.change_password(PASSWORD, "x" * (PASSWORD_LEAST - 1))
    assert [one.field for one in short.value.errors] == ["new_password"]
    await client.change_password(PASSWORD, "x" * PASSWORD_LEAST)
    with pytest.raises(ApiError) as ended:
        await client.me()
    assert ended.value.status == 401
    assert (await client.login("operator", "x" * PASSWORD_LEAST)).id == people["operator"]


async def test_who_must_change_the_password_can_do_nothing_else(api: Api, login: Login, db: Database, people: People) -> None:
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(must_change_password=True))
    client = await login(api, "operator")
    assert client.user.must_change_password
    with pytest.raises(ApiError) as refused:
        await client.alarms()
    assert refused.value.code is ErrorCode.PASSWORD_CHANGE_REQUIRED
    async with api.http(client.session.access_token) as http:
        wrong = {"current_password": "wrong", "new_password": "another long password"}
        assert await _refused(http, "/api/auth/password", **wrong) == (401, "INVALID_CREDENTIALS")
        right = {"current_password": PASSWORD, "new_password": "another long password"}
        assert (await _post(http, "/api/auth/password", **right)).status_code == 204
        again = {"username": "operator", "password": "another long password"}
        assert (await _post(http, "/api/auth/login", **again)).json()["user"]["must_change_password"] is False


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
