"""Which sections there are, in the order of the navigation, and who sees them."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from api.client.models import User
from ui_flutter.sections.section import Section, Tools
from workflows.domain.permissions import Permission

TOP = "top"
ALARMS = "alarms"  # the desk, which is no section: it is always there


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A section by name: the first part of its address, and of its files. ``icon``: a name of `ft.Icons`. ``under``: it stands
    not in the navigation but is reached from this other section, or from the bar at the top."""

    name: str
    icon: str
    needs: frozenset[Permission]  # any of these; none: it is for everybody
    under: str = ""  # reached through this section, in whose place the navigation shows it

    def seen_by(self, user: User) -> bool:
        return not self.needs or any(user.may(permission) for permission in self.needs)


DESK = Entry(name=ALARMS, icon="NOTIFICATIONS", needs=frozenset({Permission.ALARM_VIEW}))
ENTRIES = (
    DESK,
    Entry(name="objects", icon="HOME_WORK", needs=frozenset({Permission.OBJECT_VIEW})),
    Entry(name="panels", icon="DEVELOPER_BOARD", needs=frozenset({Permission.PANEL_VIEW}), under="objects"),
    Entry(name="commands", icon="TERMINAL", needs=frozenset({Permission.PANEL_VIEW})),
    Entry(name="schedules", icon="ALARM_ON", needs=frozenset({Permission.PANEL_VIEW})),
    Entry(name="escalation", icon="STAIRS", needs=frozenset({Permission.ESCALATION_VIEW})),
    Entry(name="imports", icon="UPLOAD_FILE", needs=frozenset({Permission.OBJECT_EDIT})),
    Entry(name="users", icon="GROUP", needs=frozenset({Permission.USER_MANAGE})),
    Entry(name="tokens", icon="KEY", needs=frozenset({Permission.USER_MANAGE}), under="users"),
    Entry(name="audit", icon="FACT_CHECK", needs=frozenset({Permission.AUDIT_VIEW})),
    Entry(name="system", icon="MONITOR_HEART", needs=frozenset({Permission.SYSTEM_VIEW})),
    Entry(name="offline", icon="OFFLINE_PIN", needs=frozenset({Permission.OBJECT_VIEW})),
    Entry(name="account", icon="ACCOUNT_CIRCLE", needs=frozenset(), under=TOP),
    Entry(name="roles", icon="RULE", needs=frozenset(), under=TOP),
)
_BY_NAME = {entry.name: entry for entry in ENTRIES}


def entry_of(name: str) -> Entry | None:
    return _BY_NAME.get(name)


def entries_of(user: User) -> tuple[Entry, ...]:
    """Those the navigation offers."""
    return tuple(entry for entry in ENTRIES if entry.seen_by(user) and not entry.under)


def make(name: str, tools: Tools) -> Section:
    """The section's module is imported now, and not at the console's start."""
    made: Section = import_module(f"ui_flutter.sections.{name}").make(tools)
    return made


def page_of(name: str) -> Any:
    """`page(view, look, intents, section)` of its view."""
    return import_module(f"ui_flutter.views.{name}").page
