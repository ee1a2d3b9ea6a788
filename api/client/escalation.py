"""Whoever is called when nobody claims a critical alarm: policies, rotas, addresses, apps, and what was delivered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.notification import Notification
from api.client.session import Session, with_query
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, DeliveryStatus, Nobody, Platform, TargetKind

_POLICIES, _ROTAS = "/api/escalation-policies", "/api/on-call-rotas"
_CHANNELS, _DEVICES = "/api/notification-channels", "/api/push-devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Whom a level rings and by what: one of the three ids, as `target` says; `target_name`: what it is called."""

    channel: Channel
    target: TargetKind
    user_id: UUID | None = None
    rota_id: UUID | None = None
    address_id: UUID | None = None
    target_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    after_seconds: int
    steps: tuple[EscalationStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """`levels`: L1 first. `object_ids`: those that have it instead of the default one."""

    id: UUID
    name: str
    priority: Priority
    is_default: bool
    levels: tuple[EscalationLevel, ...]
    object_ids: tuple[UUID, ...]
    attempts: int
    retry_after_seconds: int
    version: int
    left_after_seconds: int | None = None
    repeat_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallOverride:
    id: UUID
    user_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallPerson:
    user_id: UUID
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallRota:
    """`members` in their turns; `overrides`: those that are not over; `people`: everybody in them."""

    id: UUID
    name: str
    time_zone: str
    first_on: date
    handover_at: time
    members: tuple[UUID, ...]
    version: int
    overrides: tuple[OnCallOverride, ...] = ()
    people: tuple[OnCallPerson, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallShift:
    user_id: UUID
    user_name: str
    since: datetime
    until: datetime
    overridden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallNow:
    """`user_id` None: nobody is."""

    rota_id: UUID
    rota_name: str
    user_id: UUID | None = None
    user_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationChannel:
    """`user_id` None: of the installation. The secret is never told, only whether there is one."""

    id: UUID
    kind: Channel
    label: str
    address: str
    has_secret: bool
    enabled: bool
    version: int
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationUpdate:
    """Data of `escalation.updated`: what a level came to."""

    bundle_id: UUID
    object_id: UUID
    round: int
    level: int
    tried: int
    reached: int
    nobody: Nobody | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDevice:
    """An app of one's own that can be woken."""

    id: UUID
    platform: Platform
    label: str
    in_background: bool
    last_seen_at: datetime
    created_at: datetime


class Escalation:
    """Calls of `StamClient.escalation`. A change raises ApiError STALE_VERSION when ``version`` is not the present one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- policies

    async def policies(self, *, cursor: str | None = None, limit: int = 50) -> Page[EscalationPolicy]:
        """By name."""
        return await self._session.get(_POLICIES, Page[EscalationPolicy], cursor=cursor, limit=limit)

    async def policy(self, policy_id: UUID) -> EscalationPolicy:
        return await self._session.get(f"{_POLICIES}/{policy_id}", EscalationPolicy)

    async def create_policy(self, **members: Any) -> EscalationPolicy:
        return await self._session.send("POST", _POLICIES, EscalationPolicy, members)

    async def change_policy(self, policy_id: UUID, *, version: int, **members: Any) -> EscalationPolicy:
        """As a whole."""
        body = {"version": version, **members}
        return await self._session.send("PUT", f"{_POLICIES}/{policy_id}", EscalationPolicy, body)

    async def delete_policy(self, policy_id: UUID, *, version: int) -> None:
        await self._session.call("DELETE", with_query(f"{_POLICIES}/{policy_id}", version=version))

    # -- rotas

    async def rotas(self, *, cursor: str | None = None, limit: int = 50) -> Page[OnCallRota]:
        """By name."""
        return await self._session.get(_ROTAS, Page[OnCallRota], cursor=cursor, limit=limit)

    async def rota(self, rota_id: UUID) -> OnCallRota:
        return await self._session.get(f"{_ROTAS}/{rota_id}", OnCallRota)

    async def create_rota(self, **members: Any) -> OnCallRota:
        """name, time_zone, first_on, handover_at, members."""
        return await self._session.send("POST", _ROTAS, OnCallRota, members)

    async def change_rota(self, rota_id: UUID, *, version: int, **members: Any) -> OnCallRota:
        """As a whole, but for its overrides."""
        return await self._session.send("PUT", f"{_ROTAS}/{rota_id}", OnCallRota, {"version": version, **members})

    async def delete_rota(self, rota_id: UUID, *, version: int) -> None:
        await self._session.call("DELETE", with_query(f"{_ROTAS}/{rota_id}", version=version))

    async def stand_in(self, rota_id: UUID, *, user_id: UUID, since: datetime, until: datetime) -> OnCallRota:
        body = {"user_id": user_id, "since": since, "until": until}
        return await self._session.send("POST", f"{_ROTAS}/{rota_id}/overrides", OnCallRota, body)

    async def end_stand_in(self, rota_id: UUID, override_id: UUID) -> None:
        await self._session.call("DELETE", f"{_ROTAS}/{rota_id}/overrides/{override_id}")

    async def shifts(self, rota_id: UUID, *, since: datetime, until: datetime) -> tuple[OnCallShift, ...]:
        path = f"{_ROTAS}/{rota_id}/shifts"
        return await self._session.get(path, tuple[OnCallShift, ...], **{"from": since, "to": until})

    async def on_call(self) -> tuple[OnCallNow, ...]:
        """Of every rota, now."""
        return await self._session.get("/api/on-call", tuple[OnCallNow, ...])

    # -- addresses

    async def channels(
        self, *, user_id: UUID | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[NotificationChannel]:
        query = {"user_id": user_id, "cursor": cursor, "limit": limit}
        return await self._session.get(_CHANNELS, Page[NotificationChannel], **query)

    async def create_channel(self, kind: Channel, **members: Any) -> NotificationChannel:
        """label, address; user_id, secret."""
        body: Mapping[str, Any] = {"kind": kind, **members}
        return await self._session.send("POST", _CHANNELS, NotificationChannel, body)

    async def change_channel(self, channel_id: UUID, *, version: int, **members: Any) -> NotificationChannel:
        """Only the members given change: label, address, secret, enabled."""
        body = {"version": version, **members}
        return await self._session.send("PATCH", f"{_CHANNELS}/{channel_id}", NotificationChannel, body)

    async def delete_channel(self, channel_id: UUID, *, version: int) -> None:
        await self._session.call("DELETE", with_query(f"{_CHANNELS}/{channel_id}", version=version))

    async def test_channel(self, channel_id: UUID) -> Notification:
        """Send something to it now; what came of it."""
        return await self._session.send("POST", f"{_CHANNELS}/{channel_id}/test", Notification)

    # -- what was delivered

    async def notifications(
        self,
        *,
        bundle_id: UUID | None = None,
        object_id: UUID | None = None,
        user_id: UUID | None = None,
        channel: Channel | None = None,
        status: Sequence[DeliveryStatus] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Notification]:
        """Newest first."""
        query = {
            "bundle_id": bundle_id,
            "object_id": object_id,
            "user_id": user_id,
            "channel": channel,
            "status": status,
            "from": since,
            "to": until,
        }
        return await self._session.get("/api/notifications", Page[Notification], **query, cursor=cursor, limit=limit)

    # -- one's own apps

    async def devices(self) -> tuple[PushDevice, ...]:
        return await self._session.get(_DEVICES, tuple[PushDevice, ...])

    async def register_device(self, token: str, *, label: str, in_background: bool = True) -> PushDevice:
        """Also to say again that the app is there, and whether it is in the background."""
        body = {"platform": Platform.ANDROID, "token": token, "label": label, "in_background": in_background}
        return await self._session.send("POST", _DEVICES, PushDevice, body)

    async def forget_device(self, device_id: UUID) -> None:
        await self._session.call("DELETE", f"{_DEVICES}/{device_id}")

    async def test_device(self, device_id: UUID) -> Notification:
        return await self._session.send("POST", f"{_DEVICES}/{device_id}/test", Notification)
