"""Forms about an object as a whole: adding, changing, closing, deleting it, its alarm configuration, a new panel. No Flet."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.client.models import ObjectStatus
from ui_flutter.i18n.words import Words
from ui_flutter.sections.forms import Values
from ui_flutter.state import object_forms as forms
from ui_flutter.state.editing import Editing

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard
    from ui_flutter.sections.objects import Objects


def add(section: "Objects") -> None:
    async def create(values: Values) -> None:
        made = await section.tools.client.create_object(**forms.object_members(values))
        section.said(section.words("object.added"))
        section.tools.go(f"/objects/{made.id}")

    form = forms.new_object(section.words)
    section.forms.open(form, create, check=lambda values: forms.wrong_object(section.words, values))


def change(card: "ObjectCard") -> None:
    detail, section = card.detail, card.section
    if detail is None:
        return
    words = section.words
    editing = Editing(words, forms.object_labels(words), forms.object_texts, detail.version, forms.texts_of(detail))

    async def save(values: Values) -> None:
        touched = editing.members(values)
        if touched.keys() & {"lat", "lon"}:  # they go together
            touched |= {name: values[name] for name in ("lat", "lon")}
        if touched:
            members = forms.object_members(touched)
            await section.tools.client.object_admin.change(card.id, version=editing.version, **members)
        _done(card, words)

    form = forms.change_object(words, editing.start)
    section.forms.open(form, save, check=lambda values: forms.wrong_object(words, values), stale=editing.stale)


def close_or_reopen(card: "ObjectCard") -> None:
    """A closed object is kept and guarded by nobody."""
    detail, section = card.detail, card.section
    if detail is None:
        return
    words, to_close = section.words, detail.status is not ObjectStatus.CLOSED
    based = _Version(detail.version)

    async def save(_: Values) -> None:
        status = ObjectStatus.CLOSED if to_close else ObjectStatus.ACTIVE
        await section.tools.client.object_admin.change(card.id, version=based.version, status=status)
        _done(card, words)

    section.forms.open(forms.confirm_status(words, detail.name, to_close=to_close), save, stale=based.stale)


def delete(card: "ObjectCard") -> None:
    detail, section = card.detail, card.section
    if detail is None:
        return
    words, based = section.words, _Version(detail.version)

    async def send(_: Values) -> None:
        await section.tools.client.object_admin.delete(card.id, version=based.version)
        section.said(words("object.deleted"))
        section.tools.go("/objects")

    section.forms.open(forms.confirm_delete(words, detail.name), send, stale=based.stale)


def alarm_config(card: "ObjectCard") -> None:
    detail, section = card.detail, card.section
    if detail is None:
        return
    words, config = section.words, detail.alarm_config
    editing = Editing(words, forms.config_labels(words), forms.config_texts, config.version, forms.texts_of_config(config))

    async def save(values: Values) -> None:
        members = forms.config_members(editing.merged(values))
        await section.tools.client.object_admin.put_alarm_config(card.id, version=editing.version, **members)
        _done(card, words)

    form = forms.change_config(words, editing.start)
    section.forms.open(form, save, check=lambda values: forms.wrong_config(words, values), stale=editing.stale)


def add_panel(card: "ObjectCard") -> None:
    section, words = card.section, card.section.words

    async def create(values: Values) -> None:
        panel = await section.tools.client.create_panel(object_id=card.id, **forms.panel_members(values))
        section.said(words("panel.added"))
        section.tools.go(f"/panels/{panel.id}")

    section.forms.open(forms.new_panel(words), create, check=lambda values: forms.wrong_panel(words, values))


class _Version:
    """Of what is asked about without fields."""

    def __init__(self, version: int) -> None:
        self.version = version

    def stale(self, current: Mapping[str, Any]) -> tuple[str, ...]:
        self.version = current["version"]
        return ()


def _done(card: "ObjectCard", words: Words) -> None:
    card.section.said(words("object.saved"))
    card.load()
