"""Forms about a panel: its settings, its zones and what they override, the names of its partitions. No Flet."""

from typing import TYPE_CHECKING, Any

from ui_flutter.sections.forms import Values
from ui_flutter.state import object_forms, panel_forms
from ui_flutter.state.editing import Editing

if TYPE_CHECKING:
    from ui_flutter.sections.panels import Panels


def change(section: "Panels") -> None:
    panel, words = section.panel, section.words
    if panel is None:
        return
    start = object_forms.panel_texts({name: getattr(panel, name) for name in object_forms.PANEL})
    editing = Editing(words, object_forms.panel_labels(words), object_forms.panel_texts, panel.version, start)

    async def save(values: Values) -> None:
        touched = editing.members(values)
        if touched:
            members = object_forms.panel_members(touched)
            await section.tools.client.change_panel(panel.id, version=editing.version, **members)
        section.said(words("object.saved"))
        section.refresh()

    form = object_forms.panel_form(words, start, title=words("panel.change"), confirm=words("object.save"), keeps=True)
    section.forms.open(form, save, check=lambda values: object_forms.wrong_panel(words, values), stale=editing.stale)


def delete(section: "Panels") -> None:
    panel, words = section.panel, section.words
    if panel is None:
        return
    version = [panel.version]

    async def send(_: Values) -> None:
        await section.tools.client.panel_admin.delete(panel.id, version=version[0])
        section.said(words("panel.deleted"))
        section.tools.go(f"/objects/{panel.object_id}")

    def stale(current: dict[str, Any]) -> tuple[str, ...]:
        version[0] = current["version"]
        return ()

    section.forms.open(panel_forms.confirm_delete(words, panel), send, stale=stale)


def zone(section: "Panels", zone_id: str) -> None:
    found = next((one for one in section.zone_rows.items if str(one.id) == zone_id), None)
    words = section.words
    if found is None:
        return
    start = panel_forms.zone_texts({name: getattr(found, name) for name in panel_forms.ZONE})
    editing = Editing(words, panel_forms.zone_labels(words), panel_forms.zone_texts, found.version, start)

    async def save(values: Values) -> None:
        touched = editing.members(values)
        if touched:
            members = panel_forms.zone_members(touched)
            await section.tools.client.panel_admin.change_zone(found.id, version=editing.version, **members)
        section.said(words("object.saved"))
        section.load_tab()

    section.forms.open(
        panel_forms.change_zone(words, found, start),
        save,
        check=lambda values: panel_forms.wrong_zone(words, values),
        stale=editing.stale,
    )


def add_zone(section: "Panels") -> None:
    panel, words = section.panel, section.words
    if panel is None:
        return

    async def create(values: Values) -> None:
        members = {name: value for name, value in panel_forms.zone_members(values).items() if value is not None}
        await section.tools.client.create_zone(panel_id=panel.id, number=int(values["number"]), **members)
        section.said(words("zone.added"))
        section.load_tab()

    section.forms.open(panel_forms.new_zone(words), create, check=lambda values: panel_forms.wrong_zone(words, values))


def partitions(section: "Panels") -> None:
    known, words = section.partition_names, section.words
    if known is None:
        return
    start = panel_forms.partition_texts({"partitions": [{"number": p.number, "name": p.name} for p in known.partitions]})
    editing = Editing(words, {"names": words("partition.names")}, panel_forms.partition_texts, known.version, start)

    async def save(values: Values) -> None:
        names = panel_forms.partition_names(editing.merged(values)["names"]) or {}
        await section.tools.client.panel_admin.put_partitions(known.panel_id, names, version=editing.version)
        section.said(words("object.saved"))
        section.refresh()

    section.forms.open(
        panel_forms.change_partitions(words, start),
        save,
        check=lambda values: panel_forms.wrong_partitions(words, values),
        stale=editing.stale,
    )
