"""How partitions and lines are, by the newest rows of their history (R-HISTORY): known without Redis, and since when."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.domain.panel import LinkStatus, PartitionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of one panel. `link` None: nothing was ever heard of it. `since`: of each partition's state."""

    partitions: dict[int, PartitionState] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    link: LinkStatus | None = None


_NEWEST: Final = text("""
    SELECT p.panel_id, n.number, found.state, found.at
    FROM unnest(CAST(:panels AS uuid[])) AS p(panel_id) CROSS JOIN generate_series(1, 32) AS n(number)
    CROSS JOIN LATERAL (
        SELECT h.state, h.at FROM panel_state_history h WHERE h.panel_id = p.panel_id AND h.partition = n.number
        ORDER BY h.at DESC, h.id DESC LIMIT 1
    ) AS found
    UNION ALL
    SELECT p.panel_id, NULL, found.state, found.at
    FROM unnest(CAST(:panels AS uuid[])) AS p(panel_id)
    CROSS JOIN LATERAL (
        SELECT h.state, h.at FROM panel_state_history h WHERE h.panel_id = p.panel_id AND h.partition IS NULL
        ORDER BY h.at DESC, h.id DESC LIMIT 1
    ) AS found
""")


async def states_of_many(session: AsyncSession, panel_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Of each panel in ``panel_ids``."""
    found: dict[UUID, Known] = {panel_id: Known() for panel_id in panel_ids}
    for panel_id, number, state, at in await session.execute(_NEWEST, {"panels": list(panel_ids)}):
        known = found[UUID(str(panel_id))]
        if number is None:
            found[UUID(str(panel_id))] = Known(partitions=known.partitions, since=known.since, link=LinkStatus(state))
        else:
            known.partitions[number], known.since[number] = PartitionState(state), at
    return found


async def states_of(session: AsyncSession, panel_id: UUID) -> Known:
    return (await states_of_many(session, [panel_id]))[panel_id]
