"""Giving up a panel's line for programming, and taking it back. No Flet."""

from typing import TYPE_CHECKING

from ui_flutter.sections.forms import Values
from ui_flutter.state import panel_forms as forms

if TYPE_CHECKING:
    from ui_flutter.sections.panels import Panels


def release(section: "Panels") -> None:
    """During a release the same form says until when it lasts."""
    panel = section.panel
    if panel is None:
        return

    async def send(values: Values) -> None:
        await section.tools.client.releases.release(panel.id, minutes=int(values["minutes"]), reason=values["reason"].strip())
        section.said(section.words("panel.released"))
        section.refresh()

    section.forms.open(
        forms.release(section.words, panel), send, check=lambda values: forms.wrong_release(section.words, values)
    )


def resume(section: "Panels") -> None:
    panel = section.panel

    async def send() -> None:
        assert panel is not None
        await section.tools.client.releases.resume(panel.id)
        section.said(section.words("panel.resumed"))
        section.refresh()

    if panel is not None:
        section.send(section.resuming, send)
