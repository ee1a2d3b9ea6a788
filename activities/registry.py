"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.bundles import BundleActivities
from activities.db.session import Database
from activities.reveals import RevealActivities


def core_activities(db: Database) -> list[Callable[..., Any]]:
    bundles, reveals = BundleActivities(db), RevealActivities(db)
    return [bundles.transition_bundle, bundles.read_bundle, reveals.open_reveal, reveals.end_reveal]
