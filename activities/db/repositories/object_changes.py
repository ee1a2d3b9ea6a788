"""Which objects have changed since somebody looked (R-OFFLINE), with nothing skipped that commits late.

A change carries the number of its transaction. Whoever reads takes, before the rows, the number below which every transaction
had ended (`pg_snapshot_xmin`): what is below it was there to be read, and everything else will be found at or above it. So that
number is the cursor of the next look; what was read and stands above it is read once more, which harms nobody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, RowMapping, Select, Text, and_, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.object_changes import ObjectChange
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.repositories.paging import BadCursor
from activities.db.repositories.service_modes import until_of_object

_C: Final = ObjectChange
_PARTS: Final = 5
_LARGEST: Final = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far somebody has read. `everything`: who saw all objects, and not only those assigned. `since`: what this look began
    from; `until`: what the next one begins from, fixed at the first page; `changed_in` and `number`: the last row read."""

    everything: bool = True
    since: int = 0
    until: int = 0
    changed_in: int = 0
    number: int = 0

    @property
    def text(self) -> str:
        return f"{self.everything:d}.{self.since:x}.{self.until:x}.{self.changed_in:x}.{self.number:x}"

    @property
    def next_look(self) -> "Position":
        return Position(everything=self.everything, since=self.until)


def position(text: str) -> Position:
    """What `Position.text` gave. Raises BadCursor."""
    try:
        numbers = [int(part, 16) for part in text.split(".")]
        if len(numbers) != _PARTS or not all(0 <= number < _LARGEST for number in numbers):
            raise ValueError("no position")
    except ValueError as error:
        raise BadCursor("this cursor does not belong to this list") from error
    everything, since, until, changed_in, number = numbers
    return Position(everything=bool(everything), since=since, until=until, changed_in=changed_in, number=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`object_ids` in the order of their changes, each once. ``from_the_start``: the position was none of this database's."""

    object_ids: tuple[UUID, ...]
    position: Position
    more: bool
    from_the_start: bool


async def changes(session: AsyncSession, at: Position | None, *, user_id: UUID, everything: bool, limit: int) -> Changes:
    """The next ``limit`` changes that concern the user, who sees ``everything`` or only what is assigned to him. From the start
    when ``at`` is None, of another database (one that was restored), or of when he saw more or less."""
    oldest_running, next_number = await _snapshot(session)
    from_the_start = at is None or at.everything != everything or max(at.since, at.until, at.changed_in) > next_number
    if at is None or from_the_start:
        at = Position(everything=everything)
    at = replace(at, until=at.until or oldest_running)
    query = (
        select(_C.object_id, _C.changed_in, _C.number)
        .where(_C.changed_in >= at.since, _concerns(user_id, everything=everything))
        .where(tuple_(_C.changed_in, _C.number) > tuple_(at.changed_in, at.number))
        .order_by(_C.changed_in, _C.number)
        .limit(limit + 1)
    )
    rows = (await session.execute(query)).all()
    shown, more = rows[:limit], len(rows) > limit
    if more:
        at = replace(at, changed_in=shown[-1].changed_in, number=shown[-1].number)
    return Changes(
        object_ids=tuple(dict.fromkeys(row.object_id for row in shown)),
        position=at if more else at.next_look,
        more=more,
        from_the_start=from_the_start,
    )


def _concerns(user_id: UUID, *, everything: bool) -> ColumnElement[bool]:
    about_all = _C.user_id.is_(None)
    return or_(about_all if everything else and_(about_all, _C.object_id.in_(_assigned(user_id))), _C.user_id == user_id)


def _assigned(user_id: UUID) -> Select[UUID]:
    return select(UserObjectAssignment.object_id).where(UserObjectAssignment.user_id == user_id)


async def _snapshot(session: AsyncSession) -> tuple[int, int]:
    """The number below which every transaction has ended, and the next that will be given."""
    snapshot = func.pg_current_snapshot()
    first, next_one = (
        cast(cast(part, Text), BigInteger) for part in (func.pg_snapshot_xmin(snapshot), func.pg_snapshot_xmax(snapshot))
    )
    xmin, xmax = (await session.execute(select(first, next_one))).one()
    return xmin, xmax


async def present(
    session: AsyncSession, object_ids: Collection[UUID], *, user_id: UUID, everything: bool
) -> Sequence[RowMapping]:
    """Those that are not deleted and the user's to see, with `service_until`. The database is asked: what a process remembers
    of assignments may be older than the change that is told."""
    query = select(GuardedObject.__table__, until_of_object().label("service_until")).where(
        GuardedObject.id.in_(list(object_ids)), GuardedObject.deleted_at.is_(None)
    )
    if not everything:
        query = query.where(GuardedObject.id.in_(_assigned(user_id)))
    return (await session.execute(query)).mappings().all()


async def plans(
    session: AsyncSession, object_ids: Collection[UUID]
) -> tuple[Mapping[UUID, list[ObjectContact]], Mapping[UUID, list[ObjectProcedure]]]:
    """Contacts and steps of each, in their order."""
    contacts: dict[UUID, list[ObjectContact]] = {id_: [] for id_ in object_ids}
    steps: dict[UUID, list[ObjectProcedure]] = {id_: [] for id_ in object_ids}
    for contact in await session.scalars(_of(ObjectContact, object_ids)):
        contacts[contact.object_id].append(contact)
    for step in await session.scalars(_of(ObjectProcedure, object_ids)):
        steps[step.object_id].append(step)
    return contacts, steps


def _of(kind: Any, object_ids: Collection[UUID]) -> Any:
    return select(kind).where(kind.object_id.in_(list(object_ids))).order_by(kind.object_id, kind.position)
