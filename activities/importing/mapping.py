"""Which columns of which table an entry's values are: the one place that knows both sides.

A value that is None is not said by the file: it is left out, and what is there, or the column's default, stays.
"""

import contextlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.base import Base
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.zones import Zone
from activities.importing.entries import DEFAULT_PORT
from activities.importing.entry import ContactEntry, ObjectEntry, PanelEntry, StepEntry, ZoneEntry
from activities.infra.crypto import FieldCipher, Sealed, Unreadable
from workflows.domain.response import StepKind

Columns = dict[str, Any]
Present = Mapping[Any, Any]  # a row's columns

OBJECT: Final[type[Base]] = GuardedObject
CONTACT: Final[type[Base]] = ObjectContact
STEP: Final[type[Base]] = ObjectProcedure
PANEL: Final[type[Base]] = Panel
ZONE: Final[type[Base]] = Zone
TABLES: Final = (OBJECT, CONTACT, STEP, PANEL, ZONE)  # those that are referred to come first

_NO_KEY: Final[Columns] = {INTEGRATION_KEY.ciphertext: None, INTEGRATION_KEY.key_id: None}

# What a new row has where the file says nothing. Rows are inserted together, so all have the same columns.
DEFAULTS: Final[dict[type[Base], Columns]] = {
    OBJECT: {"lat": None, "lon": None},
    CONTACT: {"note": None},
    STEP: {"kind": StepKind.TEXT, "alarm_type": None},
    PANEL: {"port": DEFAULT_PORT, "time_zone": None, "enabled": True, **_NO_KEY},
    ZONE: {"partition": None, "alarm_type": None},
}
# What the line to a panel depends on: a change of these is told to who holds it.
LINE: Final = frozenset({"host", "port", "time_zone", "enabled", *_NO_KEY})


def object_columns(entry: ObjectEntry) -> Columns:
    return _said(name=entry.name, address=entry.address, kind=entry.kind, lat=entry.lat, lon=entry.lon)


def contact_columns(entry: ContactEntry) -> Columns:
    return _said(name=entry.name, phone=entry.phone, note=entry.note)


def step_columns(entry: StepEntry) -> Columns:
    return _said(text=entry.text, kind=entry.kind, alarm_type=entry.alarm_type)


def panel_columns(entry: PanelEntry) -> Columns:
    """Without the integration key."""
    return _said(host=entry.host, port=entry.port, time_zone=entry.time_zone, enabled=entry.enabled)


def zone_columns(entry: ZoneEntry) -> Columns:
    return _said(name=entry.name, partition=entry.partition, alarm_type=entry.alarm_type)


def key_columns(entry: PanelEntry, panel_id: UUID, present: Present | None, cipher: FieldCipher) -> Columns:
    """What is to be written so that the panel ``panel_id`` has the entry's integration key; nothing when it has it already.

    The only place of an import that reads or writes a stored key.
    """
    if entry.integration_key is None or (present is not None and _key(present, cipher) == entry.integration_key):
        return {}
    sealed = INTEGRATION_KEY.seal(cipher, panel_id, entry.integration_key)
    return {INTEGRATION_KEY.ciphertext: sealed.ciphertext, INTEGRATION_KEY.key_id: sealed.key_id}


def _key(present: Present, cipher: FieldCipher) -> str | None:
    """None: there is none, or none that anybody could read."""
    if present[INTEGRATION_KEY.ciphertext] is None:
        return None
    sealed = Sealed(present[INTEGRATION_KEY.key_id], present[INTEGRATION_KEY.ciphertext])
    with contextlib.suppress(Unreadable):
        return INTEGRATION_KEY.open(cipher, present["id"], sealed)
    return None


def _said(**columns: Any) -> Columns:
    return {name: value for name, value in columns.items() if value is not None}
