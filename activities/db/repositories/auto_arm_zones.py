"""The time zone that auto-arm's schedules are planned in where neither they nor their panels name one (R-AUTOARM).

It is a setting, so another one comes with a restart, in the middle of somebody's evening. What was planned in the old zone and
not begun by then is owed; what the new zone would have had before is not.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import case, select, update

from activities.auto_arm_calendars import planned
from activities.db.models.auto_arm_schedules import AutoArmSchedule
from activities.db.repositories.auto_arm import keep_owed
from activities.db.session import WriteSession

_S: Final = AutoArmSchedule


async def follow_default_zone(
    session: WriteSession, zone: str, now: datetime, *, back: timedelta, ids: Collection[UUID] | None = None
) -> list[UUID]:
    """Plan the schedules in ``zone`` from ``now`` on; those whose firings move by that. Firings are owed from ``back`` ago."""
    others = select(_S.id).where(_S.default_zone.is_distinct_from(zone), _S.deleted_at.is_(None)).order_by(_S.id)
    if ids is not None:
        others = others.where(_S.id.in_(ids))
    found = list(await session.scalars(others.with_for_update()))
    if not found:
        return []
    moved = [one.row.id for one in await planned(session, zone, found) if one.by_default and one.row.default_zone is not None]
    await keep_owed(session, zone, moved, now=now, back=back)
    since = case((_S.id.in_(moved), now), else_=_S.updated_at)
    await session.execute(update(_S).where(_S.id.in_(found)).values(default_zone=zone, updated_at=since))
    return moved
