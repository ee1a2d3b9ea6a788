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
from activities.infra.settings import Settings
from api.client.errors import ApiError
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


async def test_guessing_the_current_password_counts_as_failed_logins(api: Api, db: Database, people: People) -> None:
    async with api.http() as http:
        token = (await _tokens(http))["access_token"]
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(failed_logins=8))
    body = {"current_password": "wrong", "new_password": "another long password"}
    async with api.http(token) as http:
        for _ in range(2):
            assert await _refused(http, "/api/auth/password", **body) == (401, "INVALID_CREDENTIALS")
        right = {**body, "current_password": PASSWORD}
        assert await _refused(http, "/api/auth/password", **right) == (423, "ACCOUNT_LOCKED")
        for _ in range(2):
            await _refused(http, "/api/auth/password", **body)
        assert await _refused(http, "/api/auth/password", **right) == (429, "RATE_LIMITED")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (PASSWORD, "PASSWORD_UNCHANGED"),
        ("short", "PASSWORD_LENGTH"),
        ("the operator is in", "PASSWORD_CONTAINS_NAME"),
        ("password1234", "PASSWORD_COMMON"),
    ],
)
async def test_a_bad_new_password_is_refused_by_field_and_reason(api: Api, new: str, code: str) -> None:
    async with api.http() as http:
        token = (await _tokens(http))["access_token"]
    async with api.http(token) as http:
        answer = await _post(http, "/api/auth/password", current_password=PASSWORD, new_password=new)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["errors"][0]["field"] == "new_password"
        assert (await _post(http, "/api/auth/login", **_LOGIN)).status_code == 200


async def test_five_refresh_tokens_that_never_were_block_the_address_for_refreshing_alone(api: Api) -> None:
    async with api.http() as http:
        mine = (await _tokens(http))["refresh_token"]
        for number in range(TRIES):
            assert await _refused(http, "/api/auth/refresh", refresh_token=f"guess{number}") == (401, "UNAUTHENTICATED")
        assert await _refused(http, "/api/auth/refresh", refresh_token=mine) == (429, "RATE_LIMITED")
        await _tokens(http)


@pytest.mark.parametrize(("trusted", "expected"), [("127.0.0.0/8", 401), ("", 429), ("10.0.0.1", 429)])
async def test_behind_a_trusted_proxy_and_no_other_the_address_is_the_clients(
    settings: Settings, people: People, trusted: str, expected: int
) -> None:
    async with serving(settings.model_copy(update={"trusted_proxies": trusted})) as api, api.http() as http:
        for number in range(TRIES + 1):
            client = {"X-Forwarded-For": f"203.0.113.{number}"}
            body = {"username": "operator", "password": "wrong"}
            answer = await http.post("/api/auth/login", json=body, headers=client)
        assert answer.status_code == expected


async def test_the_public_keys_verify_a_token_elsewhere(api: Api) -> None:
    async with api.http() as http:
        token = (await _tokens(http))["access_token"]
        answer = await http.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"].startswith("public, max-age=")
    key = jwt.PyJWKSet.from_dict(answer.json())[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["RS256"], issuer="stam")["role"] == "OPERATOR"
