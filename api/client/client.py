"""`StamClient`: the API as a typed Python object. The console, the benchmarks and scripts use only this."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from api.client import stream
from api.client.codec import decode, plain
from api.client.errors import ApiError, BadAnswer, Unreachable
from api.client.models import (
    AlarmDetail,
    AlarmSummary,
    Event,
    LedgerBalance,
    Object,
    Page,
    Panel,
    PanelState,
    StateChange,
    SystemStatus,
    Ticket,
    Timeline,
    Tokens,
    User,
    Zone,
)
from api.client.transport import Response, Socket, Transport, native_transport
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, ResultCode

T = TypeVar("T")
Order = Literal["urgency", "newest"]

REFRESH_BEFORE: Final = 60.0  # s before the access token ends
_ASK_AGAIN: Final = 0.5  # s; one more try of an action whose answer was lost


class StamClient:
    """One user at one server. Coroutines may be called side by side; the access token renews itself.

    Every call raises ApiError (the server said no), Unreachable (nobody was there) or BadAnswer.
    ``refresh_token`` resumes an earlier session where the transport keeps no cookies.
    """

    def __init__(self, base_url: str, *, transport: Transport | None = None, refresh_token: str | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._transport = transport or native_transport()
        self._tokens: Tokens | None = None
        self._ends_at = 0.0  # of the access token, by the monotonic clock
        self._refreshing = asyncio.Lock()
        self.refresh_token = refresh_token

    # -- the session -------------------------------------------------------------------------------------------------------

    @property
    def user(self) -> User | None:
        """Who is logged in; None: nobody."""
        return self._tokens.user if self._tokens else None

    async def login(self, username: str, password: str) -> User:
        body = {"username": username, "password": password, "keep": "cookie" if self._transport.keeps_cookies else "body"}
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

    async def me(self) -> User:
        return await self._get("/api/auth/me", User)

    async def aclose(self) -> None:
        await self._transport.close()

    # -- alarms ------------------------------------------------------------------------------------------------------------

    async def alarms(
        self,
        *,
        open: bool | None = None,  # noqa: A002 - the contract's word
        status: Sequence[BundleStatus] = (),
        priority: Sequence[Priority] = (),
        alarm_type: Sequence[AlarmType] = (),
        object_id: UUID | None = None,
        q: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        order: Order = "urgency",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[AlarmSummary]:
        return await self._get(
            "/api/alarms",
            Page[AlarmSummary],
            open=open,
            status=status,
            priority=priority,
            alarm_type=alarm_type,
            object_id=object_id,
            q=q,
            to=to,
            order=order,
            cursor=cursor,
            limit=limit,
            **{"from": from_},
        )

    async def alarm(self, alarm_id: UUID) -> AlarmDetail:
        return await self._get(f"/api/alarms/{alarm_id}", AlarmDetail)

    async def timeline(self, alarm_id: UUID) -> Timeline:
        return await self._get(f"/api/alarms/{alarm_id}/timeline", Timeline)

    async def act(
        self,
        alarm_id: UUID,
        action: Action,
        *,
        version: int,
        note: str | None = None,
        result_code: ResultCode | None = None,
        idempotency_key: str | None = None,
    ) -> AlarmSummary:
        """Claim, start, release, ack, resolve or close. An answer that got lost is asked for once more, safely."""
        body: dict[str, Any] = {"version": version, "note": note}
        if result_code is not None:
            body["result_code"] = result_code.value
        return await self._idempotent(f"/api/alarms/{alarm_id}/{action.value}", body, idempotency_key)

    async def add_note(self, alarm_id: UUID, text: str, *, version: int, idempotency_key: str | None = None) -> AlarmSummary:
        return await self._idempotent(f"/api/alarms/{alarm_id}/notes", {"version": version, "text": text}, idempotency_key)

    @staticmethod
    def current_of(error: ApiError) -> AlarmSummary | None:
        """The alarm as it is now, out of a STALE_VERSION, WRONG_STATUS or NOT_OWNER."""
        return decode(error.current, AlarmSummary) if error.current is not None else None

    # -- objects, panels, zones --------------------------------------------------------------------------------------------

    async def objects(
        self, *, q: str | None = None, status: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Object]:
        return await self._get("/api/objects", Page[Object], q=q, status=status, cursor=cursor, limit=limit)

    async def object(self, object_id: UUID) -> Object:
        return await self._get(f"/api/objects/{object_id}", Object)

    async def create_object(self, **members: Any) -> Object:
        """name, address, kind, external_number; lat, lon."""
        return decode(await self._call("POST", "/api/objects", body=members), Object)

    async def panels(self, *, object_id: UUID | None = None, cursor: str | None = None, limit: int = 50) -> Page[Panel]:
        return await self._get("/api/panels", Page[Panel], object_id=object_id, cursor=cursor, limit=limit)

    async def panel(self, panel_id: UUID) -> Panel:
        return await self._get(f"/api/panels/{panel_id}", Panel)

    async def create_panel(self, **members: Any) -> Panel:
        """object_id, name, host; port, integration_key, time_zone, enabled."""
        return decode(await self._call("POST", "/api/panels", body=members), Panel)

    async def change_panel(self, panel_id: UUID, *, version: int, **members: Any) -> Panel:
        """Only the members given change. `integration_key` None makes the line plain."""
        body = {"version": version, **members}
        return decode(await self._call("PATCH", f"/api/panels/{panel_id}", body=body), Panel)

    async def panel_state(self, panel_id: UUID) -> PanelState:
        return await self._get(f"/api/panels/{panel_id}/state", PanelState)

    async def panel_history(
        self,
        panel_id: UUID,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        partition: int | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[StateChange]:
        """Newest first."""
        path = f"/api/panels/{panel_id}/history"
        return await self._get(
            path, Page[StateChange], to=to, partition=partition, cursor=cursor, limit=limit, **{"from": from_}
        )

    async def zones(self, panel_id: UUID, *, cursor: str | None = None, limit: int = 256) -> Page[Zone]:
        return await self._get("/api/zones", Page[Zone], panel_id=panel_id, cursor=cursor, limit=limit)

    async def create_zone(self, **members: Any) -> Zone:
        """panel_id, number, name; partition, alarm_type, priority_override."""
        return decode(await self._call("POST", "/api/zones", body=members), Zone)

    # -- events, ledger, system --------------------------------------------------------------------------------------------

    async def events(
        self,
        *,
        object_id: UUID | None = None,
        panel_id: UUID | None = None,
        bundle_id: UUID | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        alarms_only: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Event]:
        """Newest first."""
        return await self._get(
            "/api/events",
            Page[Event],
            object_id=object_id,
            panel_id=panel_id,
            bundle_id=bundle_id,
            to=to,
            alarms_only=alarms_only,
            cursor=cursor,
            limit=limit,
            **{"from": from_},
        )

    async def ledger_balance(self, *, from_: datetime, to: datetime) -> LedgerBalance:
        return await self._get("/api/ledger/balance", LedgerBalance, to=to, **{"from": from_})

    async def system_status(self) -> SystemStatus:
        return await self._get("/api/system/status", SystemStatus)

    # -- live --------------------------------------------------------------------------------------------------------------

    def stream(self, last_seq: int | None = None) -> AsyncGenerator[stream.Message]:
        """Messages for ever, over every break (see `api.client.stream`). Log in first."""
        return stream.messages(self._connect, last_seq)

    async def _connect(self) -> Socket:
        ticket = decode(await self._call("POST", "/api/auth/ws-ticket"), Ticket).ticket
        return await self._transport.connect(f"ws{self._base.removeprefix('http')}/ws?ticket={quote(ticket)}")

    # -- how a call is made ------------------------------------------------------------------------------------------------

    async def _get(self, path: str, kind: type[T], **query: Any) -> T:
        wanted = {name: plain(value) for name, value in query.items() if value is not None and value != ()}
        return decode(await self._call("GET", f"{path}?{urlencode(wanted)}" if wanted else path), kind)

    async def _idempotent(self, path: str, body: Mapping[str, Any], key: str | None) -> AlarmSummary:
        headers = {"Idempotency-Key": key or str(uuid4())}
        try:
            answer = await self._call("POST", path, body=body, headers=headers)
        except Unreachable:
            await asyncio.sleep(_ASK_AGAIN)
            answer = await self._call("POST", path, body=body, headers=headers)
        return decode(answer, AlarmSummary)

    async def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """With a token that is still good; one that the server no longer takes is renewed once."""
        if self._tokens is not None and time.monotonic() > self._ends_at - min(REFRESH_BEFORE, self._tokens.expires_in / 2):
            await self._refresh()
        used = self._tokens
        try:
            return await self._exchange(method, path, body=body, headers=headers)
        except ApiError as error:
            if error.status != 401 or used is None:
                raise
        await self._refresh(instead_of=used)
        return await self._exchange(method, path, body=body, headers=headers)

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

    async def _exchange(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        sent = {"Accept": "application/json", **(headers or {})}
        if self._tokens is not None:
            sent["Authorization"] = f"Bearer {self._tokens.access_token}"
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = json.dumps(dict(body), default=plain).encode()
        return _content(await self._transport.request(method, self._base + path, headers=sent, body=content))


def _content(response: Response) -> Any:
    """The JSON of an answer; None for an empty one. Raises ApiError for a problem."""
    if response.status == 204:
        return None
    try:
        content = json.loads(response.body)
    except ValueError as error:
        content = None
        if response.status < 400:
            raise BadAnswer(f"HTTP {response.status} without JSON") from error
    if response.status >= 400:
        raise ApiError(
            response.status,
            content if isinstance(content, dict) else {},
            retry_after=_seconds(response.headers.get("retry-after")),
        )
    return content


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdigit() else None
