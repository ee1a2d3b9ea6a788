"""One authenticated call: JSON out, JSON in, the access token renewed before it expires and once after a 401."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

from api.client.decoding import decode
from api.client.errors import ApiError, FieldError
from api.client.models import Session
from api.client.transport import Response, Transport

_RENEW_BEFORE = 60.0  # s before the access token expires


class Calls:
    """The session of one user with one server. ``keep``: where the refresh token lives, "cookie" in a browser."""

    def __init__(self, base_url: str, transport: Transport, *, keep: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.transport = transport
        self.session: Session | None = None
        self._keep = keep
        self._expires_at = 0.0
        self._renewal = asyncio.Lock()

    async def login(self, username: str, password: str) -> Session:
        """Raises ApiError INVALID_CREDENTIALS, ACCOUNT_LOCKED or RATE_LIMITED."""
        body = {"username": username, "password": password, "keep": self._keep}
        return self._adopt(await self._send("POST", "/api/auth/login", body, authenticated=False))

    async def resume(self) -> Session:
        """Continue an earlier session by its refresh token. Raises ApiError when there is none or it has ended."""
        async with self._renewal:
            return await self._renew()

    async def logout(self) -> None:
        """End the session here and on the server."""
        body = {"refresh_token": self.session.refresh_token} if self.session and self.session.refresh_token else {}
        try:
            await self._send("POST", "/api/auth/logout", body, authenticated=self.session is not None)
        finally:
            self.session = None

    async def get(self, path: str, **query: Any) -> Any:
        """Parameters that are None are left out; sequences are joined by commas."""
        return await self.call("GET", _with_query(path, query))

    async def call(self, method: str, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """The parsed answer, None for an empty one. Raises ApiError or Unreachable."""
        if self.session is not None and time.monotonic() > self._expires_at - _RENEW_BEFORE:
            await self._renew_unless_done(self.session)
        used = self.session
        try:
            return await self._send(method, path, body, idempotency_key=idempotency_key)
        except ApiError as error:
            if error.status != 401 or used is None:
                raise
            await self._renew_unless_done(used)
            return await self._send(method, path, body, idempotency_key=idempotency_key)

    async def _renew_unless_done(self, used: Session) -> None:
        async with self._renewal:
            if self.session is used:
                await self._renew()

    async def _renew(self) -> Session:
        token = self.session.refresh_token if self.session else None
        body = {"refresh_token": token} if token else {}
        try:
            return self._adopt(await self._send("POST", "/api/auth/refresh", body, authenticated=False))
        except ApiError as error:
            if error.status == 401:
                self.session = None
            raise

    def _adopt(self, answer: Any) -> Session:
        self.session = decode(answer, Session)
        self._expires_at = time.monotonic() + self.session.expires_in
        return self.session

    async def _send(
        self, method: str, path: str, body: Any = None, *, authenticated: bool = True, idempotency_key: str | None = None
    ) -> Any:
        headers = {"Accept": "application/json"}
        if authenticated and self.session is not None:
            headers["Authorization"] = f"Bearer {self.session.access_token}"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return _parsed(await self.transport.request(method, self.base_url + path, headers=headers, body=content))


def _with_query(path: str, query: dict[str, Any]) -> str:
    given = {name: _query_value(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _query_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(str(part) for part in value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _parsed(response: Response) -> Any:
    if 200 <= response.status < 300:
        return json.loads(response.body) if response.body else None
    raise _problem(response)


def _problem(response: Response) -> ApiError:
    try:
        told = json.loads(response.body)
        assert isinstance(told, dict)
    except (ValueError, AssertionError):  # a proxy's error page
        told = {}
    return ApiError(
        code=told.get("code", "INTERNAL"),
        status=response.status,
        title=told.get("title", f"The server answered {response.status}."),
        detail=told.get("detail"),
        request_id=told.get("request_id") or response.headers.get("x-request-id"),
        errors=tuple(FieldError(one["field"], one["reason"]) for one in told.get("errors") or ()),
        current=told.get("current"),
    )
