"""What became of intents (R-OFFLINE)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from activities.db.models.intents import IntentRow
from activities.db.session import WriteSession

_TURN: Final = 0x494E5445  # "INTE"


async def take_turn(session: WriteSession, user_id: UUID) -> datetime:
    """The time by the database, from which on no other intent of this user is settled until the transaction ends: two screens
    of his may send the same."""
    key = func.hashtextextended(str(user_id), _TURN)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def settled(session: WriteSession, user_id: UUID, intent_id: UUID) -> IntentRow | None:
    return await session.get(IntentRow, (user_id, intent_id))


async def settle(session: WriteSession, row: IntentRow) -> None:
    session.add(row)
    await session.flush()
