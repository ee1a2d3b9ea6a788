"""The field for a note at the foot of the card."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component

DRAFT = "note"


@safe_component
def note_box(look: Look, intents: Intents, added: int, ref: ft.Ref[ft.TextField]) -> ft.Control:
    """A free note at any time. It empties itself once ``added`` says that the server has it: a refusal loses nothing."""
    note, set_note = ft.use_state(intents.draft(DRAFT))
    typed: dict[str, str] = ft.use_memo(
        lambda: {"note": note}, []
    )  # newer than the last drawing when keys and click come at once

    def keep(text: str) -> None:
        typed["note"] = text
        intents.keep_draft(DRAFT, text)
        set_note(text)

    def send(_: object = None) -> None:
        text = typed.get("note", "").strip()
        if text:
            typed["sent"] = text
            intents.case.add_note(text)

    def empty() -> None:
        if typed.get("note", "").strip() == typed.pop("sent", None):  # something newer stays
            keep("")

    ft.use_effect(empty, [added])
    field = parts.field(
        look,
        intents,
        "",
        hint=look.words("detail.note_hint"),
        dense=True,
        value=note,
        on_change=lambda event: keep(event.control.value),
        on_submit=send,
        expand=True,
        ref=ref,
    )
    line = ft.Row(
        [
            parts.named("note-text", field, expand=True),
            parts.icon_button(look, "note-add", look.words("detail.note_add"), ft.Icons.SEND, lambda: send()),
        ],
        spacing=6,
    )
    return ft.Container(
        content=line,
        padding=ft.Padding.symmetric(horizontal=14, vertical=9),
        border=ft.Border.only(top=ft.BorderSide(1, look.tokens.line)),
    )
