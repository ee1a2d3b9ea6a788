"""Service mode of an object: begun with a scope and a hard end, extended, agreed to, ended. No Flet."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.client.service_modes import ServiceMode
from ui_flutter.sections.forms import Values
from ui_flutter.state import service_forms as forms
from ui_flutter.state.forms import many, numbers

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard


def begin(card: "ObjectCard") -> None:
    detail, section = card.detail, card.section
    if detail is None:
        return
    words = section.words

    async def send(values: Values) -> None:
        scope: dict[str, Any] = {}
        if values["panel"]:
            scope["zones"] = {UUID(values["panel"]): numbers(values["zones"]) or ()}
        if values["alarm_types"]:
            scope["alarm_types"] = list(many(values["alarm_types"]))
        mode = await section.tools.client.service_modes.begin(
            card.id, minutes=int(values["minutes"]), reason=values["reason"].strip(), **scope
        )
        section.said(words("service.begun" if mode.in_force else "service.asked"))
        card.load()

    form = forms.begin(words, detail)
    section.forms.open(form, send, check=lambda values: forms.wrong(words, values))


def extend(card: "ObjectCard", mode_id: str) -> None:
    section, mode = card.section, _mode(card, mode_id)
    if mode is None:
        return
    words = section.words

    async def send(values: Values) -> None:
        newest = _mode(card, mode_id) or mode
        await section.tools.client.service_modes.extend(newest, int(values["minutes"]))
        section.said(words("service.extended"))
        card.load()

    section.forms.open(forms.extend(words, mode), send, check=lambda values: forms.wrong(words, values))


def end(card: "ObjectCard", mode_id: str) -> None:
    section, mode = card.section, _mode(card, mode_id)
    if mode is None:
        return
    words = section.words

    async def send(_: Values) -> None:
        await section.tools.client.service_modes.end(mode.id)
        section.said(words("service.ended"))
        card.load()

    section.forms.open(forms.end(words, mode), send)


def release(card: "ObjectCard", mode_id: str) -> None:
    """Agree as the second person."""
    section, mode = card.section, _mode(card, mode_id)

    async def send() -> None:
        assert mode is not None
        await section.tools.client.service_modes.release(mode.id)
        section.said(section.words("service.agreed"))
        card.load()

    if mode is not None:
        section.send(card.working, send)


def _mode(card: "ObjectCard", mode_id: str) -> ServiceMode | None:
    known = (*(card.detail.service_modes if card.detail else ()), *card.modes.items)
    return next((mode for mode in known if str(mode.id) == mode_id), None)
