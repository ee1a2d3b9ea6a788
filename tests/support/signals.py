"""Signals as ingest would hand them in, for tests of recording."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from workflows.domain.alarm import AlarmType, Family, Signal, SignalSource, Source

NOON = datetime(2026, 11, 24, 12, 0, 20, tzinfo=UTC)


def edge(panel_id: UUID | None, zone: int = 1, at: datetime = NOON, **more: Any) -> Signal:
    """Zone ``zone`` went into (or, with restore=True, out of) alarm."""
    given: dict[str, Any] = {
        "source": SignalSource.EDGE,
        "family": Family.ZONE_ALARM,
        "code": 130,
        "received_at": at,
        "panel_id": panel_id,
        "alarm_type": AlarmType.INTRUSION,
        "source_kind": Source.ZONE,
        "source_number": zone,
        "partition": 1,
    }
    return Signal(**(given | more))


def initial(panel_id: UUID | None, zone: int = 1, at: datetime = NOON, **more: Any) -> Signal:
    """The zone was in alarm already when the link came up."""
    return edge(panel_id, zone, at, **({"source": SignalSource.INITIAL} | more))


def record(panel_id: UUID | None, zone: int = 1, at: datetime = NOON, **more: Any) -> Signal:
    """The log's record of a zone alarm that happened at ``at``; a log knows no seconds."""
    given = {"source": SignalSource.LOG, "code": 134, "panel_at": at.replace(second=0, microsecond=0)}
    return edge(panel_id, zone, more.pop("received_at", at), **(given | more))


def later(**delta: float) -> datetime:
    """Noon and so much."""
    return NOON + timedelta(**delta)
