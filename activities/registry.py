"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.auto_arm import AutoArmActivities
from activities.bundles import BundleActivities
from activities.callbacks import CallbackActivities
from activities.commands import CommandActivities
from activities.db.session import Database
from activities.escalation import EscalationActivities
from activities.infra.settings import Settings
from activities.keys import KeyActivities
from activities.notify.deliver import Notifier
from activities.object_import import ImportActivities
from activities.panel_names import PanelNamesActivities
from activities.panel_releases import ReleaseActivities
from activities.reveals import RevealActivities
from activities.service_modes import ServiceActivities


def core_activities(db: Database, settings: Settings) -> list[Callable[..., Any]]:
    """Raises BadKeys, BadFlags."""
    bundles, panel_names, reveals = BundleActivities(db), PanelNamesActivities(db), RevealActivities(db)
    keys = KeyActivities(db, settings.cipher(), given=settings.jwt_private_key is not None)
    imports, releases = ImportActivities(db, settings.cipher()), ReleaseActivities(db)
    auto_arm = AutoArmActivities(db, settings.panel_time_zone)
    escalation = EscalationActivities(db, Notifier.make(db, settings.cipher(), settings), settings.flags())
    callbacks, commands, service = CallbackActivities(db), CommandActivities(db), ServiceActivities(db)
    return [
        *(bundles.transition_bundle, bundles.read_bundle),
        *(auto_arm.begin_auto_arm, auto_arm.survey_auto_arm, auto_arm.change_auto_arm_run),
        *(callbacks.read_callback, callbacks.ring_callback, callbacks.decide_callback),
        *(panel_names.find_panel_holder, panel_names.fail_names_read),
        *(reveals.open_reveal, reveals.end_reveal),
        *(releases.begin_release, releases.keep_release, releases.end_release),
        *(commands.begin_command, commands.release_command, commands.find_command_line, commands.settle_command),
        *(escalation.may_escalate, escalation.read_ladder, escalation.resolve_level),
        *(escalation.send_notification, escalation.tell_level),
        *(keys.rotate_signing_key, keys.remove_retired_keys),
        *(imports.check_import, imports.begin_import, imports.apply_import_chunk, imports.end_import),
        *(service.begin_service, service.release_service, service.refuse_service, service.extend_service),
        *(service.warn_of_service_end, service.end_service, service.settle_service),
    ]
