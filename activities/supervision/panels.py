"""The look at all panels: whose holder is silent, and whose line is heard again (principle 7, ADR-0033).

Nothing is remembered between two looks: who is held since when, and heard when, is in `panel_leases`; whether a loss was told
is the event that lasts. So a panel whose holder has told the loss of its line is not told lost a second time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from activities.db.recorder import Batch, record_signals
from activities.db.session import Database
from workflows.domain.alarm import LINK_LOST, AlarmType, Family, Signal, SignalSource
from workflows.domain.panel import LinkStatus
from workflows.domain.supervision import Finding, PanelWatch, Sight, SupervisionClass, judge_panel

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100  # signals in a transaction (design §4.2)

# A release is over at its `until` whether or not anybody has noticed. The seconds before a change are what matters, so old
# releases need not be looked at.
_PANELS: Final = """
    SELECT p.id AS panel_id, p.supervision_class,
           p.enabled AND p.deleted_at IS NULL AND r.released IS NOT TRUE AS wanted,
           greatest(p.updated_at, r.changed_at) AS changed_at,
           l.lease_number, l.acquired_at AS held_since, greatest(l.renewed_at, c.walked_at) AS renewed_at, l.heard_at,
           e.last_seen_at AS lost_at, e.code
    FROM panels p
    LEFT JOIN panel_leases l ON l.panel_id = p.id
    LEFT JOIN panel_cursors c ON c.panel_id = p.id
    LEFT JOIN (
        SELECT panel_id, bool_or(ended_at IS NULL AND until > now()) AS released,
               max(CASE WHEN coalesce(ended_at, until) > now() THEN begun_at ELSE coalesce(ended_at, until) END) AS changed_at
        FROM panel_releases WHERE ended_at IS NULL OR ended_at > now() - interval '1 hour' GROUP BY panel_id
    ) r ON r.panel_id = p.id
    LEFT JOIN (
        SELECT DISTINCT ON (panel_id) panel_id, code, last_seen_at FROM events
        WHERE active AND family = 'LINK' AND panel_id IS NOT NULL ORDER BY panel_id, last_seen_at DESC
    ) e ON e.panel_id = p.id
    WHERE (p.enabled AND p.deleted_at IS NULL) OR e.panel_id IS NOT NULL
"""


async def look_at_panels(db: Database, sight: Sight, *, grace: timedelta) -> int:
    """Tell which panels are lost or back; how many are lost. Raises DatabaseUnavailable."""
    async with db.fast() as connection:
        rows = await connection.fetch(_PANELS)
    found: dict[Finding, list[asyncpg.Record]] = {finding: [] for finding in Finding}
    lost = 0
    for row in rows:
        panel = watched(row)
        found[finding := judge_panel(panel, sight, grace=grace)].append(row)
        lost += panel.wanted and (finding is Finding.LOST or (panel.lost_at is not None and finding is not Finding.BACK))
    await _tell(db, [_lost(row, sight) for row in found[Finding.LOST]], _leases(found[Finding.LOST]))
    await _tell(db, [_back(row, sight) for row in found[Finding.BACK]], {})
    return lost


def watched(row: Mapping[str, Any]) -> PanelWatch:
    return PanelWatch(
        panel_id=row["panel_id"],
        promised=SupervisionClass(row["supervision_class"]).promised,
        wanted=row["wanted"],
        changed_at=row["changed_at"],
        held_since=row["held_since"],
        renewed_at=row["renewed_at"],
        heard_at=row["heard_at"],
        lost_at=row["lost_at"],
    )


def _leases(rows: Iterable[asyncpg.Record]) -> dict[UUID, int]:
    """Whoever takes a panel while we speak of it is heard: our word does not count then."""
    return {row["panel_id"]: row["lease_number"] for row in rows if row["lease_number"] is not None}


async def _tell(db: Database, signals: Sequence[Signal], leases: Mapping[UUID, int]) -> None:
    for start in range(0, len(signals), AT_ONCE):
        chunk = signals[start : start + AT_ONCE]
        mine = {panel_id: leases[panel_id] for s in chunk if (panel_id := s.panel_id) in leases and panel_id is not None}
        recorded = await record_signals(db, Batch(signals=tuple(chunk), leases=mine))
        for signal, outcome in zip(chunk, recorded.outcomes, strict=True):
            if outcome is not None:
                event = "supervision.back" if signal.restore else "supervision.lost"
                log.warning(event, source="PANEL", panel_id=str(signal.panel_id), outcome=outcome)


def _lost(row: asyncpg.Record, sight: Sight) -> Signal:
    detail: dict[str, str | int | bool] = {"status": LinkStatus.UNKNOWN, "since": watched(row).silent_since.isoformat()}
    return _signal(row["panel_id"], LINK_LOST, sight, detail=detail)


def _back(row: asyncpg.Record, sight: Sight) -> Signal:
    return _signal(row["panel_id"], row["code"], sight, restore=True)


def _signal(
    panel_id: UUID, code: int, sight: Sight, *, restore: bool = False, detail: dict[str, str | int | bool] | None = None
) -> Signal:
    return Signal(
        source=SignalSource.SYSTEM,
        family=Family.LINK,
        code=code,
        received_at=sight.looked_at,
        panel_id=panel_id,
        restore=restore,
        alarm_type=AlarmType.COMM_LOSS,
        detail=detail,
    )
