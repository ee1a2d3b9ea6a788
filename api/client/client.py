"""`StamClient`: the API as a typed Python object. The console, the benchmarks and scripts use only this."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.client import stream
from api.client.account import Account
from api.client.audit import Audit
from api.client.auto_arm import AutoArm
from api.client.codec import decode
from api.client.commands import Commands
from api.client.dispatch import Dispatch
from api.client.documents import Documents
from api.client.errors import ApiError
from api.client.escalation import Escalation
from api.client.fleet import Fleet
from api.client.imports import Imports
from api.client.intents import Intents
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
from api.client.object_admin import ObjectAdmin
from api.client.object_sync import ObjectSync
from api.client.panel_admin import PanelAdmin
from api.client.panel_releases import PanelReleases
from api.client.secrets import Secrets
from api.client.service_modes import ServiceModes
from api.client.service_tokens import ServiceTokens
from api.client.session import Session
from api.client.supervision import Supervising
from api.client.system import System
from api.client.transport import Transport, native_transport
from api.client.users import Users
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.flags import Flag

Order = Literal["urgency", "newest"]


class StamClient:
    """One user at one server. Coroutines may be called side by side; the access token renews itself.

    Every call raises ApiError (the server said no), Unreachable (nobody was there) or BadAnswer.
    ``refresh_token`` resumes an earlier session where the transport keeps no cookies.
    """

    def __init__(self, base_url: str, *, transport: Transport | None = None, refresh_token: str | None = None) -> None:
        self.session = Session(base_url, transport or native_transport(), refresh_token=refresh_token)
        self.audit = Audit(self.session)
        self.auto_arm = AutoArm(self.session)
        self.fleet = Fleet(self.session)
        self.object_admin = ObjectAdmin(self.session)
        self.object_sync = ObjectSync(self.session)
        self.panel_admin = PanelAdmin(self.session)
        self.secrets = Secrets(self.session)
        self.account = Account(self.session)
        self.users = Users(self.session)
        self.service_tokens = ServiceTokens(self.session)
        self.documents = Documents(self.session)
        self.commands = Commands(self.session)
        self.imports = Imports(self.session)
        self.releases = PanelReleases(self.session)
        self.supervision = Supervising(self.session)
        self.system = System(self.session)
        self.dispatch = Dispatch(self.session)
        self.intents = Intents(self.session)
        self.service_modes = ServiceModes(self.session)
        self.escalation = Escalation(self.session)

    # -- the session -------------------------------------------------------------------------------------------------------

    @property
    def user(self) -> User | None:
        """Who is logged in; None: nobody."""
        return self.session.user

    @property
    def refresh_token(self) -> str | None:
        """To resume the session later; None where a cookie has it."""
        return self.session.refresh_token

    async def login(self, username: str, password: str, **more: Any) -> User:
        """``more``: `code` of a second factor."""
        return await self.session.login(username, password, **more)

    async def resume(self) -> User | None:
        """Go on with the session of the cookie or of ``refresh_token``; None when there is none any more."""
        return await self.session.resume()

    async def logout(self) -> None:
        """End the session here in any case, and at the server if it can be reached."""
        await self.session.logout()

    async def change_password(self, current: str, new: str) -> None:
        """One's own, of at least `PASSWORD_LEAST` characters. All sessions of the user end, this one too: log in again."""
        body = {"current_password": current, "new_password": new}
        await self.session.send("POST", "/api/auth/password", type(None), body)

    async def me(self) -> User:
        return await self.session.get("/api/auth/me", User)

    async def aclose(self) -> None:
        await self.session.close()

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
        return await self.session.get(
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
        return await self.session.get(f"/api/alarms/{alarm_id}", AlarmDetail)

    async def timeline(self, alarm_id: UUID) -> Timeline:
        return await self.session.get(f"/api/alarms/{alarm_id}/timeline", Timeline)

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
        """Claim, start, release, take over (with a note), ack, resolve or close.

        An answer that got lost is asked for once more, safely.
        """
        body: dict[str, Any] = {"version": version, "note": note}
        if result_code is not None:
            body["result_code"] = result_code.value
        path = f"/api/alarms/{alarm_id}/{action.value.replace('_', '-')}"
        return await self.session.send_idempotent(path, AlarmSummary, body, idempotency_key)

    async def add_note(self, alarm_id: UUID, text: str, *, version: int, idempotency_key: str | None = None) -> AlarmSummary:
        body = {"version": version, "text": text}
        return await self.session.send_idempotent(f"/api/alarms/{alarm_id}/notes", AlarmSummary, body, idempotency_key)

    @staticmethod
    def current_of(error: ApiError) -> AlarmSummary | None:
        """The alarm as it is now, out of a STALE_VERSION, WRONG_STATUS or NOT_OWNER."""
        return decode(error.current, AlarmSummary) if error.current is not None else None

    # -- objects, panels, zones --------------------------------------------------------------------------------------------

    async def objects(
        self, *, q: str | None = None, status: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Object]:
        return await self.session.get("/api/objects", Page[Object], q=q, status=status, cursor=cursor, limit=limit)

    async def object(self, object_id: UUID) -> Object:
        return await self.session.get(f"/api/objects/{object_id}", Object)

    async def create_object(self, **members: Any) -> Object:
        """name, address, kind, external_number; lat, lon."""
        return await self.session.send("POST", "/api/objects", Object, members)

    async def panels(self, *, object_id: UUID | None = None, cursor: str | None = None, limit: int = 50) -> Page[Panel]:
        return await self.session.get("/api/panels", Page[Panel], object_id=object_id, cursor=cursor, limit=limit)

    async def panel(self, panel_id: UUID) -> Panel:
        return await self.session.get(f"/api/panels/{panel_id}", Panel)

    async def create_panel(self, **members: Any) -> Panel:
        """object_id, name, host; port, integration_key, command_code, time_zone, enabled, supervision_class."""
        return await self.session.send("POST", "/api/panels", Panel, members)

    async def change_panel(self, panel_id: UUID, *, version: int, **members: Any) -> Panel:
        """Only the members given change. `integration_key` None makes the line plain."""
        body = {"version": version, **members}
        return await self.session.send("PATCH", f"/api/panels/{panel_id}", Panel, body)

    async def panel_state(self, panel_id: UUID) -> PanelState:
        return await self.session.get(f"/api/panels/{panel_id}/state", PanelState)

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
        return await self.session.get(
            path, Page[StateChange], to=to, partition=partition, cursor=cursor, limit=limit, **{"from": from_}
        )

    async def zones(self, panel_id: UUID, *, cursor: str | None = None, limit: int = 256) -> Page[Zone]:
        return await self.session.get("/api/zones", Page[Zone], panel_id=panel_id, cursor=cursor, limit=limit)

    async def create_zone(self, **members: Any) -> Zone:
        """panel_id, number, name; partition, alarm_type, priority_override."""
        return await self.session.send("POST", "/api/zones", Zone, members)

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
        return await self.session.get(
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
        return await self.session.get("/api/ledger/balance", LedgerBalance, to=to, **{"from": from_})

    async def flags(self) -> dict[Flag, bool]:
        """Which parts of the system are on."""
        return await self.session.get("/api/flags", dict[Flag, bool])

    async def system_status(self) -> SystemStatus:
        return await self.session.get("/api/system/status", SystemStatus)

    # -- live --------------------------------------------------------------------------------------------------------------

    def stream(self, last_seq: int | None = None) -> AsyncGenerator[stream.Message]:
        """Messages for ever, over every break (see `api.client.stream`). Log in first."""
        return stream.messages(self.session.connect, last_seq)
