"""Every activity a worker on `names.CORE_QUEUE` offers."""

from collections.abc import Callable
from typing import Any

from activities.bundles import BundleActivities
from activities.db.session import Database
from activities.infra.crypto import FieldCipher
from activities.object_import import ImportActivities


def core_activities(db: Database, cipher: FieldCipher) -> list[Callable[..., Any]]:
    bundles, imports = BundleActivities(db), ImportActivities(db, cipher)
    return [
        bundles.transition_bundle,
        bundles.read_bundle,
        imports.check_import,
        imports.begin_import,
        imports.apply_import_chunk,
        imports.end_import,
    ]
