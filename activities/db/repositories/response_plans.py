"""What is to be done about an object's alarms: its contacts, its procedure, its alarm configuration."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.object_alarm_config import ObjectAlarmConfig
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.session import WriteSession

Listed = TypeVar("Listed", ObjectContact, ObjectProcedure)


class NotItsOwn(Exception):  # noqa: N818 - says what is the case
    """A row of this id belongs to another object."""

    def __init__(self, row_id: UUID) -> None:
        super().__init__(str(row_id))
        self.row_id = row_id


async def contacts(session: AsyncSession, object_id: UUID) -> Sequence[ObjectContact]:
    """In call order."""
    return await _listed(session, ObjectContact, object_id)


async def steps(session: AsyncSession, object_id: UUID) -> Sequence[ObjectProcedure]:
    """In their order."""
    return await _listed(session, ObjectProcedure, object_id)


async def put_list(session: WriteSession, kind: type[Listed], object_id: UUID, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Make the object's list what ``wanted`` says, in its order: rows whose `id` is there stay (what refers to them goes on
    referring to them), others are made, those not named are deleted. Raises NotItsOwn."""
    places = update(kind).where(kind.object_id == object_id).values(position=-kind.position)  # none is in another's way
    await session.execute(places, execution_options={"synchronize_session": False})
    present = {row.id: row for row in await _listed(session, kind, object_id)}
    ids = [row["id"] for row in wanted]
    for foreign in await session.scalars(select(kind.id).where(kind.id.in_(ids), kind.object_id != object_id)):
        raise NotItsOwn(foreign)
    for row_id in present.keys() - set(ids):
        await session.delete(present[row_id])
    for position, members in enumerate(wanted, 1):
        row = present.get(members["id"]) or kind(object_id=object_id)
        for name, value in {**members, "position": position}.items():
            setattr(row, name, value)
        session.add(row)
    await session.flush()


async def alarm_config(session: AsyncSession, object_id: UUID) -> ObjectAlarmConfig:
    """The object's row, or one that says nothing, not stored."""
    found = await session.get(ObjectAlarmConfig, object_id)
    return found or ObjectAlarmConfig(object_id=object_id, version=1)


async def put_alarm_config(session: WriteSession, config: ObjectAlarmConfig, members: Mapping[str, Any]) -> None:
    """Replace what `alarm_config` gave in this session."""
    for name, value in members.items():
        setattr(config, name, value)
    config.version += 1
    session.add(config)
    await session.flush()


async def _listed(session: AsyncSession, kind: type[Listed], object_id: UUID) -> Sequence[Listed]:
    query = select(kind).where(kind.object_id == object_id).order_by(kind.position)
    return (await session.scalars(query, execution_options={"populate_existing": True})).all()
