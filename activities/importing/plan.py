"""What has to be written so that the database says what an entry says. Pure; the dry run and the import itself ask the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.models.base import Base
from activities.importing import mapping
from activities.importing.entry import ObjectEntry, PanelEntry
from activities.importing.findings import Finding, shown
from activities.importing.layout import OBJECTS, PANELS, Column, Sheet
from activities.importing.mapping import CONTACT, DEFAULTS, LINE, OBJECT, PANEL, STEP, ZONE, Columns, Present
from activities.importing.reasons import Reason
from activities.infra.crypto import FieldCipher
from workflows.domain.object_import import ImportOutcome

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An object as the database has it: rows by what names them. Of `panels` those that are not deleted."""

    object: Present
    contacts: Mapping[int, Present] = field(default_factory=dict)
    steps: Mapping[int, Present] = field(default_factory=dict)
    panels: tuple[Present, ...] = ()
    zones: Mapping[UUID, Mapping[int, Present]] = field(default_factory=dict)  # by panel


@dataclass(slots=True)
class Writes:
    """Rows by table. An update has the row's id and all that changes; `lines`: panel, object, config_version to tell of."""

    inserts: dict[type[Base], list[Columns]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[type[Base], list[Columns]] = field(default_factory=lambda: defaultdict(list))
    deletes: dict[type[Base], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    lines: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    described: list[UUID] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """`before` and `after` by member, only what differs (for the audit log); with `findings` nothing may be written."""

    object_id: UUID
    outcome: ImportOutcome
    findings: list[Finding] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    writes: Writes = field(default_factory=Writes)

    @property
    def changes(self) -> list[str]:
        return sorted(self.after.keys() | self.before.keys())

    def put(self, table: type[Base], told: str, key: Columns, wanted: Columns, present: Present | None) -> UUID | None:
        """Insert or update one row; its id when it is a new one. ``told`` is the member whose change it is."""
        if present is None:
            row = {"id": uuid7(), **key, **DEFAULTS[table], **wanted}
            self.writes.inserts[table].append(row)
            self._tell(self.after, told, key, wanted)
            return row["id"]  # type: ignore[no-any-return]
        changed = {name: value for name, value in wanted.items() if present[name] != value}
        if changed:
            self.writes.updates[table].append({"id": present["id"], **changed})
            self._tell(self.before, told, key, {name: present[name] for name in changed})
            self._tell(self.after, told, key, changed)
        return None

    def drop(self, table: type[Base], told: str, key: Columns, present: Present) -> None:
        self.writes.deletes[table].append(present["id"])
        self._tell(self.before, told, key, {name: present[name] for name in ("name", "phone", "text") if name in present})

    def _tell(self, side: dict[str, Any], told: str, key: Columns, columns: Columns) -> None:
        if told in _LISTS:
            own = {name: value for name, value in key.items() if not name.endswith("_id")}
            side.setdefault(told, []).append({**own, **columns})
        else:
            side.update(columns)


_LISTS: Final = frozenset({"contacts", "procedure", "panels", "zones"})


def plan(entry: ObjectEntry, known: Known | None, owners: dict[Address, UUID], cipher: FieldCipher) -> Plan:
    """``known`` None: there is no such object. ``owners``: the panel that has an address, for every address of the entry that
    is taken; grows by what this entry takes."""
    if known is not None and known.object["deleted_at"] is not None:
        refused = Plan(known.object["id"], ImportOutcome.FAILED)
        refused.findings.append(_finding(OBJECTS, entry.row, "external_number", Reason.DELETED, entry.external_number))
        return refused
    made = Plan(known.object["id"] if known else uuid7(), ImportOutcome.UNCHANGED)
    _object(made, entry, known)
    _lists(made, entry, known)
    for panel in entry.panels:
        _panel(made, panel, known, owners, cipher)
    if known is not None:
        _note_versions(made, known)
    if made.findings:
        made.outcome = ImportOutcome.FAILED
    elif known is None:
        made.outcome = ImportOutcome.CREATED
    elif made.changes:
        made.outcome = ImportOutcome.CHANGED
    return made


def _object(made: Plan, entry: ObjectEntry, known: Known | None) -> None:
    wanted = mapping.object_columns(entry)
    if known is None:
        row = {"id": made.object_id, "external_number": entry.external_number, **DEFAULTS[OBJECT], **wanted}
        made.writes.inserts[OBJECT].append(row)
        made.after.update({name: value for name, value in row.items() if name != "id"})
        return
    made.put(OBJECT, "object", {}, wanted, known.object)


def _lists(made: Plan, entry: ObjectEntry, known: Known | None) -> None:
    """Contacts and steps that are given at all are the whole list."""
    contacts = {one.position: mapping.contact_columns(one) for one in entry.contacts}
    steps = {one.position: mapping.step_columns(one) for one in entry.procedure}
    for table, told, given, present in (
        (CONTACT, "contacts", contacts, known.contacts if known else {}),
        (STEP, "procedure", steps, known.steps if known else {}),
    ):
        for position, wanted in given.items():
            key = {"object_id": made.object_id, "position": position}
            made.put(table, told, key, wanted, present.get(position))
        for position in present.keys() - given.keys() if given else ():
            made.drop(table, told, {"position": position}, present[position])


def _panel(made: Plan, entry: PanelEntry, known: Known | None, owners: dict[Address, UUID], cipher: FieldCipher) -> None:
    named = [panel for panel in known.panels if panel["name"] == entry.name] if known else []
    if len(named) > 1:
        made.findings.append(_finding(PANELS, entry.row, "panel_name", Reason.PANEL_NAME_UNCLEAR, entry.name))
        return
    present = named[0] if named else None
    panel_id: UUID = present["id"] if present else uuid7()
    address = (entry.host, entry.port or (present["port"] if present else DEFAULTS[PANEL]["port"]))
    if owners.setdefault(address, panel_id) != panel_id:
        made.findings.append(_finding(PANELS, entry.row, "host", Reason.ADDRESS_TAKEN, f"{address[0]}:{address[1]}"))
        return
    wanted = mapping.panel_columns(entry) | mapping.key_columns(entry, panel_id, present, cipher)
    if present is None:
        key = {"object_id": made.object_id, "name": entry.name}
        made.put(PANEL, "panels", key, {"id": panel_id, **wanted}, None)
        if wanted.get("enabled", True):  # one that is switched off has no line that anybody should hear of
            made.writes.lines.append((panel_id, made.object_id, 1))
    else:
        _change_panel(made, entry.name, wanted, present)
    zones = known.zones.get(panel_id, {}) if known else {}
    for zone in entry.zones:
        key = {"panel_id": panel_id, "number": zone.number}
        made.put(ZONE, "zones", key, mapping.zone_columns(zone), zones.get(zone.number))


def _change_panel(made: Plan, name: str, wanted: Columns, present: Present) -> None:
    already = len(made.writes.updates[PANEL])
    made.put(PANEL, "panels", {"name": name}, wanted, present)
    for update in made.writes.updates[PANEL][already:]:
        if update.keys() & LINE:
            update["config_version"] = present["config_version"] + 1
            made.writes.lines.append((present["id"], made.object_id, update["config_version"]))


def _note_versions(made: Plan, known: Known) -> None:
    """Whoever edits by hand what an import changes must see that it changed, and the line must read its zones anew."""
    writes = made.writes
    for update in writes.updates[OBJECT]:
        update["version"] = known.object["version"] + 1
    if any(rows[table] for rows in (writes.inserts, writes.updates, writes.deletes) for table in (CONTACT, STEP)):
        _update_of(writes, OBJECT, known.object["id"])["plan_version"] = known.object["plan_version"] + 1
    ids = {update["id"] for update in writes.updates[ZONE]}
    for panel in known.panels:
        zones = {one["id"] for one in known.zones.get(panel["id"], {}).values()}
        if ids & zones or any(row["panel_id"] == panel["id"] for row in writes.inserts[ZONE]):
            _update_of(writes, PANEL, panel["id"])["description_version"] = panel["description_version"] + 1
            writes.described.append(panel["id"])
        for update in writes.updates[PANEL]:
            if update["id"] == panel["id"]:
                update["version"] = panel["version"] + 1


def _update_of(writes: Writes, table: type[Base], row_id: UUID) -> Columns:
    """The row's update, a new one where there is none yet."""
    found = next((update for update in writes.updates[table] if update["id"] == row_id), None)
    if found is None:
        found = {"id": row_id}
        writes.updates[table].append(found)
    return found


def _finding(sheet: Sheet, row: int, column: str, reason: Reason, found: str) -> Finding:
    told: Column = sheet.column(column)
    return Finding(sheet=sheet.title, row=row, column=told.heading, reason=reason, found=shown(found))


def addresses(entries: Iterable[ObjectEntry]) -> set[str]:
    """The hosts whose owners `plan` asks for."""
    return {panel.host for entry in entries for panel in entry.panels}
