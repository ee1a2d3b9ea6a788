"""Objects as an administrator sees them: contacts and procedure, alarm configuration, assignments, coordinates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from api.client.models import Object, Page, Panel
from api.client.service_modes import ServiceMode
from api.client.session import Session
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.permissions import Role
from workflows.domain.response import StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody to call, between the two local times where they are given."""

    id: UUID
    name: str
    phone: str
    call_from: time | None = None
    call_until: time | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`alarm_type`: the one type of alarm it is for; None: every type that has no steps of its own."""

    id: UUID
    kind: StepKind
    text: str
    contact_id: UUID | None = None
    alarm_type: AlarmType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePlan:
    """Contacts in call order and the steps of the procedure: one document, changed as a whole."""

    object_id: UUID
    version: int
    contacts: tuple[Contact, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmConfig:
    """What differs from the defaults for one object. `two_person`: disarming, isolating and long service mode need a second
    person, where the installation has that switched on."""

    object_id: UUID
    version: int
    priorities: dict[AlarmType, Priority]
    requires_note: dict[AlarmType, bool]
    never_silenced: tuple[AlarmType, ...] = ()
    join_window_seconds: int | None = None
    service_max_minutes: int | None = None
    two_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDetail(Object):
    """`open_alarms`: bundles that are not closed; None for who may not see alarms. `service_modes`: in force, or waiting for a
    second person."""

    plan: ResponsePlan
    alarm_config: AlarmConfig
    panels: tuple[Panel, ...] = ()
    open_alarms: int | None = None
    service_modes: tuple[ServiceMode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignee:
    id: UUID
    username: str
    display_name: str
    role: Role
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignees:
    object_id: UUID
    users: tuple[Assignee, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedObject:
    id: UUID
    name: str
    address: str
    external_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedObjects:
    user_id: UUID
    objects: tuple[AssignedObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address may be. `label` is the address service's own name for it."""

    lat: float
    lon: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Proposals, the likeliest first. Nothing is stored: who takes one writes it into the object."""

    object_id: UUID
    address: str
    places: tuple[Place, ...] = ()


class ObjectAdmin:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(
        self,
        *,
        q: str | None = None,
        status: str | None = None,
        kind: str | None = None,
        city: str | None = None,
        located: bool | None = None,
        assigned_to: UUID | None = None,
        deleted: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Object]:
        """By name; ``q``: words, found with and without Polish marks."""
        return await self._session.get(
            "/api/objects",
            Page[Object],
            q=q,
            status=status,
            kind=kind,
            city=city,
            located=located,
            assigned_to=assigned_to,
            deleted=deleted,
            cursor=cursor,
            limit=limit,
        )

    async def detail(self, object_id: UUID) -> ObjectDetail:
        return await self._session.get(f"/api/objects/{object_id}", ObjectDetail)

    async def change(self, object_id: UUID, *, version: int, **members: Any) -> Object:
        """Only the members given change."""
        return await self._session.send("PATCH", f"/api/objects/{object_id}", Object, {"version": version, **members})

    async def delete(self, object_id: UUID, *, version: int) -> None:
        await self._session.send("DELETE", f"/api/objects/{object_id}?version={version}", type(None))

    async def restore(self, object_id: UUID, *, version: int) -> Object:
        return await self._session.send("POST", f"/api/objects/{object_id}/restore", Object, {"version": version})

    async def plan(self, object_id: UUID) -> ResponsePlan:
        return await self._session.get(f"/api/objects/{object_id}/response-plan", ResponsePlan)

    async def put_plan(
        self, object_id: UUID, *, version: int, contacts: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]]
    ) -> ResponsePlan:
        body = {"version": version, "contacts": contacts, "steps": steps}
        return await self._session.send("PUT", f"/api/objects/{object_id}/response-plan", ResponsePlan, body)

    async def alarm_config(self, object_id: UUID) -> AlarmConfig:
        return await self._session.get(f"/api/objects/{object_id}/alarm-config", AlarmConfig)

    async def put_alarm_config(self, object_id: UUID, *, version: int, **members: Any) -> AlarmConfig:
        body = {"version": version, **members}
        return await self._session.send("PUT", f"/api/objects/{object_id}/alarm-config", AlarmConfig, body)

    async def assignees(self, object_id: UUID) -> Assignees:
        return await self._session.get(f"/api/objects/{object_id}/assignments", Assignees)

    async def assign(self, object_id: UUID, users: Iterable[UUID], *, before: Iterable[UUID]) -> Assignees:
        """Make ``users`` those who have the object; ``before``: those who had it when you looked."""
        body = {"before": list(before), "users": list(users)}
        return await self._session.send("PUT", f"/api/objects/{object_id}/assignments", Assignees, body)

    async def assigned_objects(self, user_id: UUID) -> AssignedObjects:
        return await self._session.get(f"/api/users/{user_id}/assignments", AssignedObjects)

    async def assign_objects(self, user_id: UUID, objects: Iterable[UUID], *, before: Iterable[UUID]) -> AssignedObjects:
        body = {"before": list(before), "objects": list(objects)}
        return await self._session.send("PUT", f"/api/users/{user_id}/assignments", AssignedObjects, body)

    async def geocode(self, object_id: UUID) -> Places:
        """Ask the address service where the object is, if the installation has one."""
        return await self._session.send("POST", f"/api/objects/{object_id}/geocode", Places)
