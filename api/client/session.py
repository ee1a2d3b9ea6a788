"""One user's session at one server: its tokens, renewed by themselves, and how a call is made.

`StamClient` and the parts of it that belong to one concept (`api.client.<concept>`) are built on this.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from api.client.codec import decode, plain
from api.client.errors import ApiError, BadAnswer, Unreachable
from api.client.models import Ticket, Tokens, User
from api.client.transport import Response, Socket, Transport
from workflows.domain.errors import ErrorCode

T = TypeVar("T")

REFRESH_BEFORE: Final = 60.0  # s before the access token ends
PATIENCE: Final = 10.0  # s for an ordinary answer
FILE_PATIENCE: Final = 120.0  # s for a file of some megabytes over a thin line
_ASK_AGAIN: Final = 0.5  # s; one more try of an action whose answer was lost
_JSON: Final = "application/json"
# A 401 that no new token would mend: sent twice, a wrong password would count twice.
_NOT_FOR_THE_TOKEN: Final = {ErrorCode.INVALID_CREDENTIALS, ErrorCode.SECOND_FACTOR_REQUIRED, ErrorCode.SECOND_FACTOR_WRONG}


class Session:
    """Coroutines may be called side by side. Every call raises ApiError, Unreachable or BadAnswer.

    ``refresh_token`` resumes an earlier session where the transport keeps no cookies.
    """

    def __init__(self, base_url: str, transport: Transport, *, refresh_token: str | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._transport = transport
        self._tokens: Tokens | None = None
        self._ends_at = 0.0  # of the access token, by the monotonic clock
        self._refreshing = asyncio.Lock()
        self.refresh_token = refresh_token

    # -- who is logged in

    @property
    def user(self) -> User | None:
        return self._tokens.user if self._tokens else None

    @property
    def access_token(self) -> str | None:
        """The present one, for a foreign client."""
        return self._tokens.access_token if self._tokens else None

    async def login(self, username: str, password: str, **more: Any) -> User:
        """``more``: further members of the login, a second factor's."""
        keep = "cookie" if self._transport.keeps_cookies else "body"
        body = {"username": username, "password": password, "keep": keep, **more}
        return self._adopt(decode(await self._exchange("POST", "/api/auth/login", body=body), Tokens))

    async def resume(self) -> User | None:
        """Go on with the session of the cookie or of ``refresh_token``; None when there is none any more."""
        try:
            await self._refresh()
        except ApiError as error:
            if error.status != 401:
                raise
        return self.user

    async def logout(self) -> None:
        """End the session here in any case, and at the server if it can be reached."""
        try:
            if self._tokens is not None:
                await self._exchange("POST", "/api/auth/logout", body=self._refresh_body())
        finally:
            self._forget()

    async def close(self) -> None:
        await self._transport.close()

    # -- calls

    async def get(self, path: str, kind: type[T], /, **query: Any) -> T:
        """Members of ``query`` that are None or empty are left out."""
        return decode(_parsed(await self.call("GET", with_query(path, **query))), kind)

    async def send(self, method: str, path: str, kind: type[T], body: Mapping[str, Any] | None = None, **headers: str) -> T:
        """A change; ``kind`` is what it answers, `type(None)` for nothing."""
        return decode(_parsed(await self.call(method, path, body=body, headers=headers)), kind)

    async def upload(self, path: str, kind: type[T], content: bytes) -> T:
        """POST a file as it is; ``kind`` is what it answers."""
        headers = {"Content-Type": "application/octet-stream"}
        return decode(_parsed(await self.call("POST", path, body=content, headers=headers, timeout=FILE_PATIENCE)), kind)

    async def download(self, path: str, **headers: str) -> Response:
        """A file, or 304 without one when `If_None_Match` names the one that is there."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("GET", path, headers={"Accept": "*/*", **named}, timeout=FILE_PATIENCE)

    async def send_idempotent(self, path: str, kind: type[T], body: Mapping[str, Any], key: str | None) -> T:
        """POST with an `Idempotency-Key`. An answer that got lost is asked for once more, safely."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        try:
            answer = await self.call("POST", path, body=body, headers=headers)
        except Unreachable:
            await asyncio.sleep(_ASK_AGAIN)
            answer = await self.call("POST", path, body=body, headers=headers)
        return decode(_parsed(answer), kind)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Response:
        """With a token that is still good; one that the server no longer takes is renewed once. ``body``: JSON or a file."""
        if self._tokens is not None and time.monotonic() > self._ends_at - min(REFRESH_BEFORE, self._tokens.expires_in / 2):
            await self._refresh()
        used = self._tokens
        try:
            return await self._asked(method, path, body=body, headers=headers, timeout=timeout)
        except ApiError as error:
            if error.status != 401 or used is None or error.code in _NOT_FOR_THE_TOKEN:
                raise
        await self._refresh(instead_of=used)
        return await self._asked(method, path, body=body, headers=headers, timeout=timeout)

    async def connect(self) -> Socket:
        """A WebSocket with a new ticket."""
        ticket = (await self.send("POST", "/api/auth/ws-ticket", Ticket)).ticket
        return await self._transport.connect(f"ws{self._base.removeprefix('http')}{with_query('/ws', ticket=ticket)}")

    # -- how it is done

    async def _refresh(self, *, instead_of: Tokens | None = None) -> None:
        """Renew the tokens, once for all who ask at the same time. A 401 ends the session."""
        seen = instead_of or self._tokens
        async with self._refreshing:
            if self._tokens is not seen:
                return  # somebody else has just done it
            try:
                self._adopt(decode(await self._exchange("POST", "/api/auth/refresh", body=self._refresh_body()), Tokens))
            except ApiError as error:
                if error.status == 401:
                    self._forget()
                raise

    def _refresh_body(self) -> dict[str, Any]:
        return {} if self._transport.keeps_cookies else {"refresh_token": self.refresh_token}

    def _adopt(self, tokens: Tokens) -> User:
        self._tokens = tokens
        self._ends_at = time.monotonic() + tokens.expires_in
        self.refresh_token = tokens.refresh_token
        return tokens.user

    def _forget(self) -> None:
        self._tokens = None
        self.refresh_token = None

    async def _exchange(self, method: str, path: str, *, body: Mapping[str, Any]) -> Any:
        return _parsed(await self._asked(method, path, body=body, headers=None, timeout=PATIENCE))

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None,
        headers: Mapping[str, str] | None,
        timeout: float,
    ) -> Response:
        sent = {"Accept": _JSON, **(headers or {})}
        if self._tokens is not None:
            sent["Authorization"] = f"Bearer {self._tokens.access_token}"
        content = body if isinstance(body, bytes | None) else json.dumps(dict(body), default=_json).encode()
        if content is not body:
            sent["Content-Type"] = _JSON
        answer = await self._transport.request(method, self._base + path, headers=sent, body=content, timeout=timeout)
        if answer.status >= 400:
            raise _refusal(answer)
        return answer


def with_query(path: str, **query: Any) -> str:
    wanted = {name: plain(value) for name, value in query.items() if value is not None and value != ()}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def _json(value: Any) -> Any:
    """What JSON has no type for; lists stay lists."""
    return list(value) if isinstance(value, tuple | frozenset | set) else plain(value)


def _parsed(answer: Response) -> Any:
    """The JSON of a good answer; None for an empty one."""
    if answer.status == 204:
        return None
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise BadAnswer(f"HTTP {answer.status} without JSON") from error


def _refusal(answer: Response) -> ApiError:
    try:
        problem = json.loads(answer.body)
    except ValueError:
        problem = None
    retry_after = answer.headers.get("retry-after")
    return ApiError(
        answer.status,
        problem if isinstance(problem, dict) else {},
        retry_after=float(retry_after) if retry_after is not None and retry_after.isdigit() else None,
    )
