"""What the forms in dialogs are made of."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.state.views import DialogKind, DialogView


class Note:
    """What is typed now. A click that follows a keystroke at once must not send the text of the last drawing."""

    def __init__(self, text: str, draw: Callable[[str], None], keep: Callable[[str], None]) -> None:
        self.text = text
        self._draw, self._keep = draw, keep

    def set(self, text: str) -> None:
        self.text = text
        self._keep(text)
        self._draw(text)

    def add(self, phrase: str) -> None:
        self.set(f"{self.text.rstrip()} {phrase}".lstrip())


def use_note(intents: Intents, kind: DialogKind) -> Note:
    """What was typed into the form of this kind before the session ended, or it was put away, is there again."""
    _, draw = ft.use_state("")
    note: Note = ft.use_memo(lambda: Note(intents.draft(kind), draw, lambda text: intents.keep_draft(kind, text)), [])
    return note


def title(look: Look, view: DialogView) -> ft.Control:
    lines: list[ft.Control] = [parts.text(view.title, look.tokens.text, size=17, weight=parts.BOLD)]
    if view.subject:
        lines.append(parts.text(view.subject, look.tokens.soft, size=13, one_line=True))
    return ft.Column(lines, spacing=4, tight=True)


def error(look: Look, view: DialogView) -> list[ft.Control]:
    tokens = look.tokens
    if not view.error:
        return []
    box = ft.Container(
        content=parts.text(view.error, tokens.on_bad, size=13),
        bgcolor=tokens.bad_ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
    )
    return [parts.named("dialog-error", box, live_region=True)]


def feet(
    look: Look, view: DialogView, confirm_id: str, label: str, confirm: object, ready: bool, intents: Intents
) -> ft.Control:
    assert callable(confirm)
    return ft.Row(
        [
            parts.button(look, "dialog-cancel", look.words("act.cancel"), intents.cancel_dialog, enabled=not view.busy),
            parts.button(look, confirm_id, label, confirm, primary=True, enabled=ready, busy=view.busy),
        ],
        spacing=10,
        alignment=ft.MainAxisAlignment.END,
    )


def note_field(look: Look, intents: Intents, label: str, note: Note, *, autofocus: bool) -> ft.Control:
    box: ft.Ref[ft.TextField] = ft.use_memo(ft.Ref, [])

    async def focus() -> None:
        if autofocus and box.current is not None:
            await box.current.focus()  # type: ignore[no-untyped-call]

    ft.on_mounted(focus)
    return parts.field(
        look,
        intents,
        label,
        multiline=True,
        min_lines=3,
        max_lines=6,
        value=note.text,
        ref=box,
        on_change=lambda event: note.set(event.control.value),
    )


def choice(
    look: Look, identifier: str, label: str, chosen: bool, choose: Callable[[], None], *, narrow: bool = False
) -> ft.Control:
    """One of several, with a dot that is full when it is chosen. `narrow`: beside others, not above them."""
    tokens = look.tokens
    dot = ft.Container(
        width=16,
        height=16,
        border_radius=8,
        border=ft.Border.all(5 if chosen else 1.5, tokens.accent_text if chosen else tokens.faint),
    )
    face = ft.Container(
        content=ft.Row([dot, parts.text(label, tokens.text, size=13.5)], spacing=10, tight=narrow),
        padding=ft.Padding.symmetric(horizontal=12, vertical=13 if look.narrow else 8),
        border_radius=7,
        bgcolor=tokens.selected if chosen else tokens.raised,
        ink=True,
        on_click=lambda _: choose(),
    )
    return parts.named(identifier, face, button=True, checked=chosen)
