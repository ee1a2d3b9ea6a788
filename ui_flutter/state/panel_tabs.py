"""The parts of a panel's page, and who sees which. Pure."""

from enum import StrEnum

from api.client.models import User
from workflows.domain.permissions import Permission


class PanelTab(StrEnum):
    BOARD = "board"
    HISTORY = "history"
    LOG = "log"
    ZONES = "zones"
    SETTINGS = "settings"


class ZoneShow(StrEnum):
    """Which zones the board shows."""

    ALL = "all"
    NOT_QUIET = "not_quiet"
    CHOSEN = "chosen"  # of the chosen partitions


def tabs_of(user: User | None) -> tuple[PanelTab, ...]:
    if user is None:
        return ()
    return tuple(tab for tab in PanelTab if tab is not PanelTab.LOG or user.may(Permission.EVENT_VIEW))
