"""What a push message says about a bundle: ids, codes and times, never a name or a text (R-PUSH, principle 5).

The recorder and the operators' actions build their outbox rows here, so that a client reads one shape.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping

ALARM_FIELDS: Final = (
    "id",
    "object_id",
    "alarm_type",
    "priority",
    "status",
    "version",
    "event_count",
    "active_count",
    "suppressed",
    "requires_note",
    "stale",
    "opened_at",
    "first_event_at",
    "last_event_at",
    "last_activity_at",
    "status_changed_at",
    "claimed_by",
    "claimed_at",
    "cause",
    "headline",
)
STAMPS: Final = ("panel_at", "received_at", "recorded_at", "published_at")


def alarm_data(
    bundle: RowMapping | Mapping[str, Any], *, stamps: Mapping[str, datetime | None], events: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The ``data`` of `alarm.new` and `alarm.updated`, ready for JSON.

    ``bundle`` holds at least the columns `ALARM_FIELDS` of its row as committed; ``events`` those that joined in this
    transaction. Of ``stamps`` the relay adds `published_at` when it publishes.
    """
    return {
        "alarm": {field: plain(bundle[field]) for field in ALARM_FIELDS},
        "events": [{name: plain(value) for name, value in event.items()} for event in events],
        "stamps": {name: plain(stamps.get(name)) for name in STAMPS},
    }


def plain(value: Any) -> Any:
    """``value`` as JSON has it: times as RFC 3339 in UTC with Z, ids and enum members as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value
