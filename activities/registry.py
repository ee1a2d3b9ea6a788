"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.bundles import BundleActivities
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.keys import KeyActivities


def core_activities(db: Database, settings: Settings) -> list[Callable[..., Any]]:
    """Raises BadKeys."""
    bundles = BundleActivities(db)
    keys = KeyActivities(db, settings.cipher(), given=settings.jwt_private_key is not None)
    return [bundles.transition_bundle, bundles.read_bundle, keys.rotate_signing_key, keys.remove_retired_keys]
