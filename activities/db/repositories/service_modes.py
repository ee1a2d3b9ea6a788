"""Periods of service mode: what is in force now, and what was (R-SERVICE). Their workflow brings them through their states."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, Select, Subquery, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.service_modes import ServiceMode
from activities.db.models.users import User
from activities.db.models.zones import Zone
from activities.db.outbox import announce_service
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.service import Scope, ServiceState
from workflows.domain.two_person import RELEASE_WITHIN

_S: Final = ServiceMode.__table__.c
_NEWEST: Final = Order((Key(_S.id, UUID),), descending=True)
_FORGOTTEN_AFTER: Final = RELEASE_WITHIN + timedelta(minutes=1)  # its workflow would have said so


def in_force() -> ColumnElement[bool]:
    """What the recorder goes by, too."""
    return (_S.state == ServiceState.ACTIVE) & (_S.ends_at > func.clock_timestamp())


def until_of_object() -> ScalarSelect[datetime | None]:
    """For a query of objects: when the last of the object's periods in force ends."""
    mine = _S.object_id == GuardedObject.__table__.c.id
    return select(func.max(_S.ends_at)).where(mine, in_force()).correlate(GuardedObject.__table__).scalar_subquery()


async def service_until(session: AsyncSession, object_id: UUID) -> datetime | None:
    """When the last of the object's periods in force ends; None: there is none."""
    until: datetime | None = await session.scalar(select(func.max(_S.ends_at)).where(_S.object_id == object_id, in_force()))
    return until


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants."""

    object_id: UUID
    minutes: int
    scope: Scope
    reason: str
    requested_by: UUID
    request_id: str


async def add(session: WriteSession, asked: Asked) -> ServiceMode:
    """The row, in force only when its workflow says so. What nobody ever began for this object is refused on the way."""
    now = await _clock(session)
    forgotten = update(ServiceMode).where(
        _S.object_id == asked.object_id,
        _S.state == ServiceState.AWAITING_RELEASE,
        _S.begun_at < now - _FORGOTTEN_AFTER,
    )
    await session.execute(forgotten.values(state=ServiceState.REFUSED, ended_at=now, version=_S.version + 1))
    row = ServiceMode(
        id=uuid7(),
        object_id=asked.object_id,
        state=ServiceState.AWAITING_RELEASE,
        scope=asked.scope.as_json(),
        reason=asked.reason,
        requested_by=asked.requested_by,
        begun_at=now,
        ends_at=now + timedelta(minutes=asked.minutes),
        request_id=asked.request_id or None,
        version=1,
    )
    session.add(row)
    await session.flush()
    return row


async def settle(session: WriteSession, service_id: UUID) -> ServiceMode:
    """Nobody waits for the beginning any more: if it has not come to it, it never will."""
    row = await session.get_one(ServiceMode, service_id, with_for_update=True)
    if row.state is ServiceState.AWAITING_RELEASE:
        row.state, row.ended_at = ServiceState.REFUSED, await _clock(session)
        row.version += 1
        await announce_service(session, row)
    return row


async def cut_short(session: WriteSession, service_id: UUID, actor_id: UUID) -> bool:
    """What is in force silences nothing from now on, before its workflow has heard of it. False: there was nothing to do."""
    row = await session.get_one(ServiceMode, service_id, with_for_update=True)
    if row.state is not ServiceState.ACTIVE or row.ended_by is not None:
        return False
    row.ends_at, row.ended_by = min(row.ends_at, await _clock(session)), actor_id
    return True


async def zones_of(session: AsyncSession, object_id: UUID) -> dict[UUID, frozenset[int]]:
    """The numbers of the zones of each panel of the object."""
    query = select(Panel.id, func.array_agg(Zone.number)).outerjoin(Zone, Zone.panel_id == Panel.id)
    query = query.where(Panel.object_id == object_id, Panel.deleted_at.is_(None)).group_by(Panel.id)
    return {panel: frozenset(number for number in numbers if number) for panel, numbers in await session.execute(query)}


# -- reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which periods. None: whatever."""

    object_id: UUID | None = None
    in_force: bool | None = None
    states: Sequence[ServiceState] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_objects: Collection[UUID] | None = None


async def find_mode(session: AsyncSession, service_id: UUID) -> RowMapping | None:
    """With the names that people read."""
    one = select(*_columns()).where(_S.id == service_id).subquery("page")
    return (await session.execute(_named(one))).mappings().first()


async def in_force_at(session: AsyncSession, object_id: UUID) -> Sequence[Mapping[Any, Any]]:
    """The object's periods that are in force or wait for a second person, oldest first."""
    waits = (_S.state == ServiceState.AWAITING_RELEASE) & (_S.begun_at > func.clock_timestamp() - _FORGOTTEN_AFTER)
    these = select(*_columns()).where(_S.object_id == object_id, in_force() | waits).subquery("page")
    return (await session.execute(_named(these).order_by(these.c.id))).mappings().all()


async def list_modes(session: AsyncSession, chosen: Chosen, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(*_columns()).where(*_conditions(chosen))
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_named)


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.object_id is not None:
        found.append(_S.object_id == chosen.object_id)
    if chosen.in_force is not None:
        found.append(in_force() if chosen.in_force else ~in_force())
    if chosen.states:
        found.append(_S.state.in_(chosen.states))
    if chosen.since is not None:
        found.append(_S.begun_at >= chosen.since)
    if chosen.until is not None:
        found.append(_S.begun_at < chosen.until)
    if chosen.only_objects is not None:
        found.append(_S.object_id.in_(list(chosen.only_objects)))
    return found


def _columns() -> list[ColumnElement[Any]]:
    return [*_S, in_force().label("in_force")]


def _named(rows: Subquery) -> Select[tuple[object, ...]]:
    return (
        select(rows, User.username, GuardedObject.name.label("object_name"))
        .join(User, User.id == rows.c.requested_by)
        .join(GuardedObject, GuardedObject.id == rows.c.object_id)
    )


async def _clock(session: WriteSession) -> datetime:
    """Of the database, asked after what was waited for: one clock for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now
