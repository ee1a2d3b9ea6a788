"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.auto_arm import AutoArmActivities
from activities.bundles import BundleActivities
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.keys import KeyActivities
from activities.object_import import ImportActivities
from activities.panel_names import PanelNamesActivities
from activities.reveals import RevealActivities


def core_activities(db: Database, settings: Settings) -> list[Callable[..., Any]]:
    """Raises BadKeys."""
    bundles, panel_names, reveals = BundleActivities(db), PanelNamesActivities(db), RevealActivities(db)
    keys = KeyActivities(db, settings.cipher(), given=settings.jwt_private_key is not None)
    imports = ImportActivities(db, settings.cipher())
    auto_arm = AutoArmActivities(db, settings.panel_time_zone)
    return [
        *(bundles.transition_bundle, bundles.read_bundle),
        *(auto_arm.begin_auto_arm, auto_arm.survey_auto_arm, auto_arm.change_auto_arm_run),
        *(panel_names.find_panel_holder, panel_names.fail_names_read),
        *(reveals.open_reveal, reveals.end_reveal),
        *(keys.rotate_signing_key, keys.remove_retired_keys),
        *(imports.check_import, imports.begin_import, imports.apply_import_chunk, imports.end_import),
    ]
