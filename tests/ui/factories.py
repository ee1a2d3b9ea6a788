"""Alarms and users for tests; every value can be given, the others are ordinary."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from api.client.models import AlarmSummary, Headline, PushedAlarm, User
from workflows.domain.alarm import AlarmType, Priority, Source
from workflows.domain.bundle import BundleStatus
from workflows.domain.permissions import Role, permissions_of, scope_of

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
PANEL = UUID(int=7)


def alarm(**changes: Any) -> AlarmSummary:
    """`ago` (s) sets all its times at once."""
    at = NOW - timedelta(seconds=changes.pop("ago", 60))
    values: dict[str, Any] = {
        "id": uuid4(),
        "object_id": uuid4(),
        "object_name": "Hurtownia Żółw",
        "alarm_type": AlarmType.INTRUSION,
        "priority": Priority.HIGH,
        "status": BundleStatus.NEW,
        "version": 1,
        "event_count": 1,
        "active_count": 1,
        "headline": Headline(code=130, source_kind=Source.ZONE, source_number=3, panel_id=PANEL, source_name="Korytarz"),
        **dict.fromkeys(("opened_at", "first_event_at", "last_event_at", "last_activity_at", "status_changed_at"), at),
    }
    return AlarmSummary(**(values | changes))


def pushed(of: AlarmSummary, **changes: Any) -> PushedAlarm:
    """The same alarm as the WebSocket tells of it: without names."""
    values = {f.name: getattr(of, f.name) for f in fields(PushedAlarm)}
    head = of.headline
    values["headline"] = Headline(
        code=head.code, source_kind=head.source_kind, source_number=head.source_number, panel_id=head.panel_id
    )
    return PushedAlarm(**(values | changes))


def user(role: Role = Role.OPERATOR, name: str = "Jan Kowalski") -> User:
    permissions = {permission: scope_of(role, permission) for permission in permissions_of(role)}
    return User(id=uuid4(), username="jan", display_name=name, role=role, locale="pl", permissions=permissions)
