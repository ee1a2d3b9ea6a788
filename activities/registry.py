"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.bundles import BundleActivities
from activities.db.session import Database
from activities.panel_names import PanelNamesActivities
from activities.reveals import RevealActivities


def core_activities(db: Database) -> list[Callable[..., Any]]:
    bundles, panel_names, reveals = BundleActivities(db), PanelNamesActivities(db), RevealActivities(db)
    return [
        *(bundles.transition_bundle, bundles.read_bundle),
        *(panel_names.find_panel_holder, panel_names.fail_names_read),
        *(reveals.open_reveal, reveals.end_reveal),
    ]
