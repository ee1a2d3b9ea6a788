"""The SDK over a transport that fails as networks and proxies do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from api.client.client import StamClient
from api.client.codec import decode
from api.client.errors import ApiError, BadAnswer, Unreachable
from api.client.models import AlarmSummary, Page, SystemStatus, User
from api.client.transport import Response, Socket
from workflows.domain.bundle import Action
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Scope

ALARM = UUID("01a20bda-1e63-7506-9358-486463d33d11")
_USER = {"id": str(ALARM), "username": "anna", "display_name": "Anna", "role": "OPERATOR", "locale": "pl", "permissions": {}}
_TIMES = ("opened_at", "first_event_at", "last_event_at", "last_activity_at", "status_changed_at")
_SUMMARY = {
    "id": str(ALARM),
    "object_id": str(ALARM),
    "object_name": "Pharmacy",
    "alarm_type": "FIRE",
    "priority": "CRITICAL",
    "status": "NEW",
    "version": 1,
    "event_count": 1,
    "active_count": 1,
    "headline": {"code": 130, "source_kind": "ZONE", "source_number": 5},
    **dict.fromkeys(_TIMES, "2026-11-24T04:39:33.695823Z"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, object]


@dataclass(slots=True)
class Script:
    """A transport that answers as scripted and records what was asked."""

    answers: list[Response | Exception]
    keeps_cookies: bool = False
    sent: list[Sent] = field(default_factory=list)

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 10.0
    ) -> Response:
        path = url.removeprefix("http://stam")
        self.sent.append(Sent(method=method, path=path, headers=headers, body=json.loads(body or b"{}")))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def connect(self, url: str, *, timeout: float = 10.0) -> Socket:
        raise Unreachable("no sockets here")

    async def close(self) -> None:
        return None


def _ok(content: object) -> Response:
    return Response(status=200, body=json.dumps(content).encode())


def _problem(status: int, code: str, **more: object) -> Response:
    return Response(status=status, body=json.dumps({"code": code, "title": code, **more}).encode())


def _tokens(number: int) -> Response:
    return _ok({"access_token": f"access-{number}", "expires_in": 900, "user": _USER, "refresh_token": f"refresh-{number}"})


async def _client(*answers: Response | Exception) -> tuple[StamClient, Script]:
    script = Script([_tokens(1), *answers])
    client = StamClient("http://stam/", transport=script)
    await client.login("anna", "secret")
    return client, script


async def test_an_action_whose_answer_was_lost_is_asked_for_again_with_the_same_key() -> None:
    client, script = await _client(Unreachable("reset"), _ok(_SUMMARY))
    assert (await client.act(ALARM, Action.CLAIM, version=1)).id == ALARM
    first, second = script.sent[1:]
    assert first == second
    assert len(first.headers["Idempotency-Key"]) >= 8


async def test_an_action_that_cannot_be_sent_twice_says_so() -> None:
    client, _ = await _client(Unreachable("reset"), Unreachable("refused"))
    with pytest.raises(Unreachable):
        await client.act(ALARM, Action.CLAIM, version=1)


async def test_a_token_the_server_no_longer_takes_is_renewed_once_and_the_call_repeated() -> None:
    client, script = await _client(_problem(401, "TOKEN_EXPIRED"), _tokens(2), _ok({"items": [_SUMMARY]}))
    assert len((await client.alarms(open=True)).items) == 1
    assert [sent.path for sent in script.sent[1:]] == [
        "/api/alarms?open=true&order=urgency&limit=50",
        "/api/auth/refresh",
        "/api/alarms?open=true&order=urgency&limit=50",
    ]
    assert script.sent[2].body == {"refresh_token": "refresh-1"}
    assert script.sent[3].headers["Authorization"] == "Bearer access-2"
    assert client.refresh_token == "refresh-2"


async def test_a_session_the_server_has_ended_leaves_nobody_logged_in() -> None:
    client, _ = await _client(_problem(401, "TOKEN_EXPIRED"), _problem(401, "TOKEN_REUSED"))
    with pytest.raises(ApiError) as refused:
        await client.alarms()
    assert refused.value.code is ErrorCode.TOKEN_REUSED
    assert (client.user, client.refresh_token) == (None, None)


async def test_a_server_that_is_away_while_renewing_does_not_end_the_session() -> None:
    client, _ = await _client(_problem(401, "TOKEN_EXPIRED"), _problem(503, "DATABASE_UNAVAILABLE"))
    with pytest.raises(ApiError):
        await client.alarms()
    assert client.user is not None
    assert client.refresh_token == "refresh-1"


async def test_a_browser_keeps_the_refresh_token_in_its_cookie() -> None:
    script = Script([_tokens(1), _tokens(2)], keeps_cookies=True)
    client = StamClient("http://stam", transport=script)
    await client.login("anna", "secret")
    await client.resume()
    assert [sent.body.get("keep") for sent in script.sent] == ["cookie", None]
    assert "refresh_token" not in script.sent[1].body


async def test_an_error_page_of_a_proxy_is_an_api_error_with_its_status() -> None:
    client, _ = await _client(Response(status=502, body=b"<html>Bad Gateway", headers={"retry-after": "7"}))
    with pytest.raises(ApiError) as refused:
        await client.system_status()
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (502, "HTTP_502", 7.0)


@pytest.mark.parametrize("body", [b"<html>", b'{"items": 5}', b'{"items": [{}]}', b'{"items": [{"id": "x"}]}'])
async def test_an_answer_that_is_not_the_contracts_is_a_bad_answer(body: bytes) -> None:
    client, _ = await _client(Response(status=200, body=body))
    with pytest.raises(BadAnswer):
        await client.alarms()


def test_a_permission_of_a_newer_server_is_not_ours_to_use_and_does_not_keep_us_out() -> None:
    user = decode({**_USER, "permissions": {"alarm.view": "ALL", "drone.send": "ALL"}}, User)
    assert user.permissions == {Permission.ALARM_VIEW: Scope.ALL}


def test_members_this_client_does_not_know_are_ignored() -> None:
    page = decode({"items": [{**_SUMMARY, "invented_later": 1}], "next_cursor": None}, Page[AlarmSummary])
    assert page.items[0].headline.text is None


def test_an_unknown_code_of_a_newer_server_is_kept_as_text() -> None:
    assert ApiError(418, {"code": "TEAPOT"}).code == "TEAPOT"


def test_a_wrong_type_of_a_member_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        decode({"mode": "NORMAL", "server_time": "not a time"}, SystemStatus)
