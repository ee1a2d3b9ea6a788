"""From the rows of all sheets to one entry for every object, each row at the object and the panel it names."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from activities.importing.entry import ContactEntry, ObjectEntry, PanelEntry, StepEntry, ZoneEntry
from activities.importing.findings import Finding, Findings, shown
from activities.importing.layout import CONTACTS, OBJECTS, PANELS, PROCEDURES, ZONES, Sheet
from activities.importing.reasons import Reason
from activities.importing.sheets import Row

DEFAULT_PORT: Final = 7094


@dataclass(slots=True)
class Composer:
    """``rows`` by sheet id."""

    rows: dict[str, list[Row]]
    errors: Findings

    def entries(self) -> tuple[ObjectEntry, ...]:
        """In the order of the sheet of objects; without those that have a bad row."""
        objects = self.rows.get(OBJECTS.id, [])
        if not objects and not self.errors.count:
            self._error(OBJECTS, Reason.NOTHING)
        numbers = {row.values.get("external_number") for row in objects}
        panel_names = {_panel_key(row) for row in self.rows.get(PANELS.id, [])}
        zones = self._grouped(ZONES, numbers, panel_names)
        self._check_addresses()
        contacts, steps = self._grouped(CONTACTS, numbers), self._grouped(PROCEDURES, numbers)
        panels = self._grouped(PANELS, numbers)
        entries = []
        for row in objects:
            if row.whole and self._has_whole_place(row):
                number = row.values["external_number"]
                entries.append(
                    ObjectEntry(
                        row=row.number,
                        **row.values,
                        contacts=tuple(ContactEntry(**_named(one)) for one in contacts[(number,)]),
                        procedure=tuple(StepEntry(**_named(one)) for one in steps[(number,)]),
                        panels=tuple(_panel(one, zones[_panel_key(one)]) for one in panels[(number,)]),
                    )
                )
        return tuple(entries)

    def _grouped(
        self, sheet: Sheet, numbers: set[Any], panel_names: set[tuple[Any, ...]] | None = None
    ) -> dict[tuple[Any, ...], list[Row]]:
        """The whole rows of ``sheet`` by the object they name, or by object and panel; one that names none is an error."""
        grouped: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in self.rows.get(sheet.id, []):
            number = row.values.get("external_number")
            if number is not None and number not in numbers:
                self._error(sheet, Reason.NO_SUCH_OBJECT, row, "external_number")
            elif panel_names is not None and number is not None and _panel_key(row) not in panel_names:
                if "panel_name" in row.values:
                    self._error(sheet, Reason.NO_SUCH_PANEL, row, "panel_name")
            elif row.whole:
                grouped[_panel_key(row) if panel_names is not None else (number,)].append(row)
        return grouped

    def _has_whole_place(self, row: Row) -> bool:
        if ("lat" in row.values) == ("lon" in row.values):
            return True
        self._error(OBJECTS, Reason.HALF_A_PLACE, row, "lat" if "lon" in row.values else "lon")
        return False

    def _check_addresses(self) -> None:
        """A module has one line only, so an address belongs to one panel."""
        seen: set[tuple[str, int]] = set()
        for row in self.rows.get(PANELS.id, []):
            if "host" in row.values:
                address = (row.values["host"].lower(), row.values.get("port", DEFAULT_PORT))
                if address in seen:
                    self._error(PANELS, Reason.ADDRESS_TWICE, row, "host")
                seen.add(address)

    def _error(self, sheet: Sheet, reason: Reason, row: Row | None = None, column: str = "") -> None:
        self.errors.add(
            Finding(
                reason=reason,
                sheet=sheet.title,
                row=row.number if row else 0,
                column=sheet.column(column).heading if column else "",
                found=shown(row.values.get(column, "")) if row else "",
            )
        )


def _panel_key(row: Row) -> tuple[Any, ...]:
    return (row.values.get("external_number"), row.values.get("panel_name"))


def _named(row: Row) -> dict[str, Any]:
    return {"row": row.number} | {name: value for name, value in row.values.items() if name != "external_number"}


def _panel(row: Row, zones: list[Row]) -> PanelEntry:
    values = _named(row)
    values["name"] = values.pop("panel_name")
    return PanelEntry(**values, zones=tuple(ZoneEntry(**_zone(one)) for one in zones))


def _zone(row: Row) -> dict[str, Any]:
    return {name: value for name, value in _named(row).items() if name != "panel_name"}
