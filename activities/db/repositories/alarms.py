"""Reading alarms: lists, details, timelines. Writing is the recorder's and the workflow's (principle 3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, RowMapping, Select, Subquery, Uuid, and_, case, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.events import EventRow
from activities.db.models.objects import GuardedObject
from activities.db.models.partitions import Partition
from activities.db.models.users import User
from activities.db.models.zones import Zone
from activities.db.repositories.objects import objects_like
from activities.db.repositories.paging import Key, Order, Rows, page
from workflows.domain.alarm import AlarmType, Priority, Source
from workflows.domain.bundle import OPEN, BundleStatus

_B: Final = BundleAlarm.__table__.c
_E: Final = EventRow.__table__.c
_O: Final = GuardedObject.__table__.c


class AlarmOrder(StrEnum):
    URGENCY = "urgency"  # the oldest of the most urgent first: what to take next
    NEWEST = "newest"


_ORDERS: Final = {
    AlarmOrder.URGENCY: Order((Key(_B.priority_rank, int), Key(_B.opened_at, datetime), Key(_B.id, UUID))),
    AlarmOrder.NEWEST: Order((Key(_B.opened_at, datetime), Key(_B.id, UUID)), descending=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """What a list shows; None: everything. `only_objects` is the scope of who asks."""

    statuses: Collection[BundleStatus] | None = None
    priorities: Collection[Priority] | None = None
    alarm_types: Collection[AlarmType] | None = None
    object_id: UUID | None = None
    text: str | None = None  # in the object's name, address or number
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    only_objects: Collection[UUID] | None = None


async def list_alarms(
    session: AsyncSession, chosen: AlarmFilter, *, order: AlarmOrder, cursor: str | None, limit: int
) -> Rows[RowMapping]:
    """With the names a person reads. Raises BadCursor."""
    query = select(BundleAlarm.__table__).where(*_conditions(chosen))
    return await page(session, query, _ORDERS[order], cursor=cursor, limit=limit, named=_with_names)


async def find_alarm(session: AsyncSession, alarm_id: UUID) -> RowMapping | None:
    """With the names a person reads."""
    found = select(BundleAlarm.__table__).where(_B.id == alarm_id).subquery("page")
    row: RowMapping | None = (await session.execute(_with_names(found))).mappings().first()
    return row


def _with_names(page: Subquery) -> Select[Any]:
    """Bundles with the names of their object, claimer and headline's source."""
    headline = page.c.headline
    source_number, panel_id = cast(headline["source_number"].astext, Integer), cast(headline["panel_id"].astext, Uuid)
    kind = headline["source_kind"].astext
    zone = and_(kind == Source.ZONE.value, Zone.panel_id == panel_id, Zone.number == source_number)
    partition = and_(kind == Source.PARTITION.value, Partition.panel_id == panel_id, Partition.number == source_number)
    return (
        select(
            *page.c,
            _O.name.label("object_name"),
            User.display_name.label("claimed_by_name"),
            case((kind == Source.ZONE.value, Zone.name), else_=Partition.name).label("source_name"),
        )
        .join_from(page, GuardedObject.__table__, _O.id == page.c.object_id)
        .outerjoin(User, User.id == page.c.claimed_by)
        .outerjoin(Zone, zone)
        .outerjoin(Partition, partition)
    )


def _conditions(chosen: AlarmFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (_B.status, chosen.statuses),
        (_B.priority_rank, _ranks(chosen.priorities)),
        (_B.alarm_type, chosen.alarm_types),
        (_B.object_id, chosen.only_objects),
    ):
        if values is not None:
            found.append(column.in_(list(values)))
    if chosen.statuses is not None and set(chosen.statuses) <= OPEN:
        found.append(_B.status != BundleStatus.CLOSED)  # the words of the partial index
    if chosen.object_id is not None:
        found.append(_B.object_id == chosen.object_id)
    if chosen.text:
        found.append(_B.object_id.in_(select(_O.id).where(*objects_like(chosen.text))))
    if chosen.opened_from is not None:
        found.append(_B.opened_at >= chosen.opened_from)
    if chosen.opened_to is not None:
        found.append(_B.opened_at < chosen.opened_to)
    return found


def _ranks(priorities: Collection[Priority] | None) -> list[int] | None:
    return None if priorities is None else [priority.rank for priority in priorities]


# -- events


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    object_id: UUID | None = None
    panel_id: UUID | None = None
    bundle_id: UUID | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    alarms_only: bool = False
    only_objects: Collection[UUID] | None = None


_EVENT_ORDER: Final = Order((Key(_E.minute, datetime), Key(_E.id, UUID)), descending=True)


async def list_events(session: AsyncSession, chosen: EventFilter, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(EventRow.__table__).where(*_event_conditions(chosen))
    return await page(session, query, _EVENT_ORDER, cursor=cursor, limit=limit, named=_with_source_names)


def _with_source_names(page: Subquery) -> Select[Any]:
    kind, number = page.c.source_kind, page.c.source_number
    zone = and_(kind == Source.ZONE, Zone.panel_id == page.c.panel_id, Zone.number == number)
    partition = and_(kind == Source.PARTITION, Partition.panel_id == page.c.panel_id, Partition.number == number)
    return (
        select(*page.c, case((kind == Source.ZONE, Zone.name), else_=Partition.name).label("source_name"))
        .select_from(page)
        .outerjoin(Zone, zone)
        .outerjoin(Partition, partition)
    )


def _event_conditions(chosen: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (_E.object_id, chosen.object_id),
        (_E.panel_id, chosen.panel_id),
        (_E.bundle_id, chosen.bundle_id),
    ):
        if value is not None:
            found.append(column == value)
    if chosen.occurred_from is not None:
        found.append(_E.minute >= chosen.occurred_from.replace(second=0, microsecond=0))
        found.append(_E.occurred_at >= chosen.occurred_from)
    if chosen.occurred_to is not None:
        found.append(and_(_E.minute <= chosen.occurred_to, _E.occurred_at < chosen.occurred_to))
    if chosen.alarms_only:
        found.append(or_(_E.alarm_type.is_not(None), _E.bundle_id.is_not(None)))
    if chosen.only_objects is not None:
        found.append(_E.object_id.in_(list(chosen.only_objects)))
    return found


async def actions_of(session: AsyncSession, bundle_id: UUID) -> Sequence[RowMapping]:
    """Oldest first, with the actor's name."""
    query = (
        select(BundleAction.__table__, User.display_name.label("actor_name"))
        .join_from(BundleAction.__table__, User, User.id == BundleAction.__table__.c.actor_id, isouter=True)
        .where(BundleAction.__table__.c.bundle_id == bundle_id)
        .order_by(BundleAction.__table__.c.at, BundleAction.__table__.c.version)
    )
    return (await session.execute(query)).mappings().all()


async def notes_of(session: AsyncSession, bundle_id: UUID) -> Sequence[RowMapping]:
    """Oldest first, with the author's name; only notes that an accepted action carried."""
    notes = BundleNote.__table__.c
    used = select(BundleAction.note_id).where(BundleAction.bundle_id == bundle_id, BundleAction.note_id.is_not(None))
    query = (
        select(BundleNote.__table__, User.display_name.label("author_name"))
        .join_from(BundleNote.__table__, User, User.id == notes.author_id)
        .where(notes.bundle_id == bundle_id, notes.id.in_(used))
        .order_by(notes.at, notes.id)
    )
    return (await session.execute(query)).mappings().all()
