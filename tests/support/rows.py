"""Looking into the database."""

from typing import Any

from sqlalchemy import select

from activities.db.models.base import Base
from activities.db.session import Database


async def all_rows(db: Database, model: type[Base]) -> list[Any]:
    async with db.read() as session:
        return list(await session.scalars(select(model)))
