"""`StamClient`: everything the API offers, typed. The console and scripts use only this."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from api.client.calls import Calls
from api.client.decoding import decode
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
    Timeline,
    User,
    Zone,
)
from api.client.stream import Stream
from api.client.transport import Transport
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus


class StamClient:
    """A client of one server, for one user at a time.

    ``keep`` "cookie": the refresh token stays in an HttpOnly cookie (browser); "body": in this object (native).
    Every method raises `ApiError` when the server refuses and `Unreachable` when it does not answer.
    """

    def __init__(self, base_url: str, *, transport: Transport, keep: str = "body") -> None:
        self._calls = Calls(base_url, transport, keep=keep)

    async def __aenter__(self) -> "StamClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._calls.transport.close()

    # -- session

    @property
    def user(self) -> User | None:
        """Who is logged in."""
        return self._calls.session.user if self._calls.session else None

    async def login(self, username: str, password: str) -> User:
        return (await self._calls.login(username, password)).user

    async def resume(self) -> User:
        """Go on with the session of an earlier page load, or raise ApiError UNAUTHENTICATED."""
        return (await self._calls.resume()).user

    async def logout(self) -> None:
        await self._calls.logout()

    def stream(self, last_seq: int | None = None) -> Stream:
        """Live messages, for ever: ``async for message in client.stream(): …`` (see `stream.Stream`)."""
        return Stream(self._calls, last_seq=last_seq)

    # -- alarms

    async def alarms(
        self,
        *,
        open: bool | None = None,  # noqa: A002 - the word of the API
        status: Collection[BundleStatus] | None = None,
        priority: Collection[Priority] | None = None,
        alarm_type: Collection[AlarmType] | None = None,
        object_id: UUID | None = None,
        q: str | None = None,
        order: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[AlarmSummary]:
        """``order``: "urgency" (default) or "newest". ``cursor``: of the page before."""
        answer = await self._calls.get(
            "/api/alarms",
            open=open,
            status=status,
            priority=priority,
            alarm_type=alarm_type,
            object_id=object_id,
            q=q,
            order=order,
            cursor=cursor,
            limit=limit,
        )
        return decode(answer, Page[AlarmSummary])

    async def alarm(self, alarm_id: UUID) -> AlarmDetail:
        return decode(await self._calls.get(f"/api/alarms/{alarm_id}"), AlarmDetail)

    async def timeline(self, alarm_id: UUID) -> Timeline:
        return decode(await self._calls.get(f"/api/alarms/{alarm_id}/timeline"), Timeline)

    async def act(
        self,
        alarm_id: UUID,
        action: Action,
        *,
        version: int,
        note: str | None = None,
        result_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> AlarmSummary:
        """Claim, start, release, ack, resolve or close. Repeating with the same key is answered as the first time.

        Raises ApiError STALE_VERSION, WRONG_STATUS or NOT_OWNER with `current`, NOTE_REQUIRED, TEMPORAL_UNAVAILABLE.
        """
        body = {"version": version, "note": note, "result_code": result_code}
        return await self._alarm_call(f"/api/alarms/{alarm_id}/{action.value}", body, idempotency_key)

    async def add_note(self, alarm_id: UUID, text: str, *, version: int, idempotency_key: str | None = None) -> AlarmSummary:
        return await self._alarm_call(f"/api/alarms/{alarm_id}/notes", {"version": version, "text": text}, idempotency_key)

    async def _alarm_call(self, path: str, body: dict[str, Any], key: str | None) -> AlarmSummary:
        given = {name: value for name, value in body.items() if value is not None}
        return decode(await self._calls.call("POST", path, given, idempotency_key=key or str(uuid4())), AlarmSummary)

    async def events(
        self,
        *,
        object_id: UUID | None = None,
        panel_id: UUID | None = None,
        bundle_id: UUID | None = None,
        alarms_only: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[Event]:
        answer = await self._calls.get(
            "/api/events",
            object_id=object_id,
            panel_id=panel_id,
            bundle_id=bundle_id,
            alarms_only=alarms_only,
            cursor=cursor,
            limit=limit,
        )
        return decode(answer, Page[Event])

    # -- objects, panels, zones

    async def objects(
        self, *, q: str | None = None, status: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[Object]:
        return decode(await self._calls.get("/api/objects", q=q, status=status, cursor=cursor, limit=limit), Page[Object])

    async def object(self, object_id: UUID) -> Object:
        return decode(await self._calls.get(f"/api/objects/{object_id}"), Object)

    async def create_object(self, *, name: str, address: str, **more: Any) -> Object:
        """``more``: kind, external_number, lat, lon."""
        return decode(await self._calls.call("POST", "/api/objects", {"name": name, "address": address, **more}), Object)

    async def panels(
        self, *, object_id: UUID | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[Panel]:
        return decode(await self._calls.get("/api/panels", object_id=object_id, cursor=cursor, limit=limit), Page[Panel])

    async def panel(self, panel_id: UUID) -> Panel:
        return decode(await self._calls.get(f"/api/panels/{panel_id}"), Panel)

    async def create_panel(self, *, object_id: UUID, name: str, host: str, port: int = 7094, **more: Any) -> Panel:
        """``more``: integration_key, time_zone, enabled."""
        body = {"object_id": str(object_id), "name": name, "host": host, "port": port, **more}
        return decode(await self._calls.call("POST", "/api/panels", body), Panel)

    async def change_panel(self, panel_id: UUID, *, version: int, **changes: Any) -> Panel:
        """Raises ApiError CONFLICT when ``version`` is stale."""
        return decode(await self._calls.call("PATCH", f"/api/panels/{panel_id}", {"version": version, **changes}), Panel)

    async def panel_state(self, panel_id: UUID) -> PanelState:
        return decode(await self._calls.get(f"/api/panels/{panel_id}/state"), PanelState)

    async def panel_history(
        self, panel_id: UUID, *, partition: int | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[StateChange]:
        answer = await self._calls.get(f"/api/panels/{panel_id}/history", partition=partition, cursor=cursor, limit=limit)
        return decode(answer, Page[StateChange])

    async def zones(self, panel_id: UUID) -> Page[Zone]:
        return decode(await self._calls.get("/api/zones", panel_id=panel_id), Page[Zone])

    async def create_zone(self, *, panel_id: UUID, number: int, name: str, **more: Any) -> Zone:
        """``more``: partition, alarm_type, priority_override."""
        body = {"panel_id": str(panel_id), "number": number, "name": name, **more}
        return decode(await self._calls.call("POST", "/api/zones", body), Zone)

    # -- the system

    async def ledger_balance(self, since: datetime, until: datetime) -> LedgerBalance:
        answer = await self._calls.get("/api/ledger/balance", **{"from": since, "to": until})
        return decode(answer, LedgerBalance)

    async def system_status(self) -> SystemStatus:
        return decode(await self._calls.get("/api/system/status"), SystemStatus)
