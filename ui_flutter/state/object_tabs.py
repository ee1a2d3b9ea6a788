"""The parts of an object's card, and who sees which. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from api.client.models import User
from workflows.domain.flags import Flag
from workflows.domain.permissions import Permission


class CardTab(StrEnum):
    OVERVIEW = "overview"
    PANELS = "panels"
    ALARMS = "alarms"
    DOCUMENTS = "documents"
    SCHEDULES = "schedules"
    SERVICE = "service"
    JOURNAL = "journal"


_NEEDS = {
    CardTab.OVERVIEW: Permission.OBJECT_VIEW,
    CardTab.PANELS: Permission.PANEL_VIEW,
    CardTab.ALARMS: Permission.ALARM_VIEW,
    CardTab.DOCUMENTS: Permission.OBJECT_VIEW,
    CardTab.SCHEDULES: Permission.PANEL_VIEW,
    CardTab.SERVICE: Permission.OBJECT_VIEW,
    CardTab.JOURNAL: Permission.ALARM_VIEW,
}
_FLAG = {CardTab.DOCUMENTS: Flag.DOCUMENTS, CardTab.SCHEDULES: Flag.AUTO_ARM, CardTab.SERVICE: Flag.SERVICE_MODE}


def tabs_of(user: User | None, flags: Mapping[Flag, bool]) -> tuple[CardTab, ...]:
    """What is switched off in the installation is not offered; while that is not known, everything is."""
    if user is None:
        return ()
    on = (tab for tab in CardTab if tab not in _FLAG or flags.get(_FLAG[tab], True))
    return tuple(tab for tab in on if user.may(_NEEDS[tab]))
