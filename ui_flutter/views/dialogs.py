"""What must be answered before the work goes on: the note of an acknowledgement, the result of a resolution."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import DialogKind, DialogView
from workflows.domain.bundle import ResultCode

PHRASES = ("phrase.patrol", "phrase.keyholder", "phrase.false_user", "phrase.false_technical", "phrase.test")
KEYS = (
    ("J  K", "keys.move"),
    ("Enter", "keys.open"),
    ("C", "keys.claim"),
    ("A", "keys.ack"),
    ("R", "keys.resolve"),
    ("1 – 4", "keys.class"),
    ("Esc", "keys.back"),
    ("?", "keys.help"),
)


class _Note:
    """What is typed now. A click that follows a keystroke at once must not send the text of the last drawing."""

    def __init__(self, draw: Callable[[str], None]) -> None:
        self.text = ""
        self._draw = draw

    def set(self, text: str) -> None:
        self.text = text
        self._draw(text)

    def add(self, phrase: str) -> None:
        self.set(f"{self.text.rstrip()} {phrase}".lstrip())


def _use_note() -> _Note:
    _, draw = ft.use_state("")
    note: _Note = ft.use_memo(lambda: _Note(draw), [])
    return note


@safe_component
def dialog_layer(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The dialog over a shade, or nothing."""
    view = cell.value
    if view.kind is DialogKind.NONE:
        return ft.Container(visible=False)
    body = {DialogKind.ACK: ack_form, DialogKind.RESOLVE: resolve_form, DialogKind.KEYS: keys_list}[view.kind]
    card = ft.Container(
        content=body(cell, look, intents),
        width=480,
        margin=12,
        padding=24,
        bgcolor=look.tokens.surface,
        border=ft.Border.all(1, look.tokens.line),
        border_radius=14,
        shadow=ft.BoxShadow(blur_radius=40, color="#80000000", offset=ft.Offset(0, 12)),
    )
    return ft.Container(
        content=parts.named("dialog", card),
        left=0,
        right=0,
        top=0,
        bottom=0,
        bgcolor=look.tokens.shade,
        alignment=ft.Alignment.CENTER,
        on_click=lambda _: None,  # the page beneath must not be reached
    )


def _title(look: Look, view: DialogView) -> ft.Control:
    lines: list[ft.Control] = [parts.text(view.title, look.tokens.text, size=17, weight=parts.BOLD)]
    if view.subject:
        lines.append(parts.text(view.subject, look.tokens.soft, size=13, one_line=True))
    return ft.Column(lines, spacing=4, tight=True)


def _error(look: Look, view: DialogView) -> list[ft.Control]:
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


def _phrases(look: Look, on_pick: object) -> ft.Control:
    def phrase(key: str) -> ft.Control:
        words = look.words(key)
        face = ft.Container(
            content=parts.text(words, look.tokens.text, size=12.5),
            bgcolor=look.tokens.raised,
            border_radius=14,
            padding=ft.Padding.symmetric(horizontal=12, vertical=6),
            ink=True,
            on_click=(lambda _: on_pick(words)) if callable(on_pick) else None,
        )
        return parts.named(key.replace(".", "-"), face, button=True)

    return ft.Row([phrase(key) for key in PHRASES], spacing=6, run_spacing=6, wrap=True)


def _feet(
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


def _note_field(look: Look, intents: Intents, label: str, note: _Note, *, autofocus: bool) -> ft.Control:
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


@safe_component
def ack_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The note of an acknowledgement."""
    view, words = cell.value, look.words
    note = _use_note()
    ready = not view.busy and (bool(note.text.strip()) or not view.note_required)
    label = words("ack.note_required" if view.note_required else "ack.note")
    return ft.Column(
        [
            _title(look, view),
            _phrases(look, note.add),
            parts.named("ack-note", _note_field(look, intents, label, note, autofocus=True)),
            *_error(look, view),
            _feet(
                look,
                view,
                "act-ack-confirm",
                words("ack.confirm"),
                lambda: intents.confirm_ack(note.text.strip()),
                ready,
                intents,
            ),
        ],
        spacing=16,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


_NOTHING: ResultCode | None = None


@safe_component
def resolve_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The result of the work; nothing is chosen beforehand."""
    view, words = cell.value, look.words
    code, set_code = ft.use_state(_NOTHING)
    note = _use_note()
    choices = ft.Column([_choice(look, result, result == code, set_code) for result in ResultCode], spacing=4, tight=True)
    ready = code is not None and not view.busy
    return ft.Column(
        [
            _title(look, view),
            parts.text(words("resolve.code"), look.tokens.soft, size=12.5),
            choices,
            parts.named("resolve-note", _note_field(look, intents, words("resolve.note"), note, autofocus=False)),
            *_error(look, view),
            _feet(
                look,
                view,
                "act-resolve-confirm",
                words("resolve.confirm"),
                lambda: intents.confirm_resolve(code, note.text.strip()) if code else None,
                ready,
                intents,
            ),
        ],
        spacing=14,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _choice(look: Look, result: ResultCode, chosen: bool, choose: object) -> ft.Control:
    tokens = look.tokens
    dot = ft.Container(
        width=16,
        height=16,
        border_radius=8,
        border=ft.Border.all(5 if chosen else 1.5, tokens.accent_text if chosen else tokens.faint),
    )
    face = ft.Container(
        content=ft.Row([dot, parts.text(look.words(f"result.{result}"), tokens.text, size=13.5)], spacing=10),
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
        border_radius=7,
        bgcolor=tokens.selected if chosen else tokens.raised,
        ink=True,
        on_click=(lambda _: choose(result)) if callable(choose) else None,
    )
    return parts.named(f"result-{result}", face, button=True, checked=chosen)


@safe_component
def keys_list(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The keyboard shortcuts."""
    tokens = look.tokens

    def line(keys: str, words: str) -> ft.Control:
        cap = ft.Container(
            content=parts.text(keys, tokens.text, size=12.5, mono=True, weight=parts.BOLD),
            bgcolor=tokens.raised,
            border_radius=5,
            padding=ft.Padding.symmetric(horizontal=9, vertical=4),
        )
        return ft.Row([ft.Container(cap, width=90), parts.text(look.words(words), tokens.soft, size=13.5)], spacing=12)

    close = parts.button(look, "dialog-cancel", look.words("act.cancel"), intents.cancel_dialog)
    return ft.Column(
        [
            _title(look, cell.value),
            *[line(keys, words) for keys, words in KEYS],
            ft.Row([close], alignment=ft.MainAxisAlignment.END),
        ],
        spacing=10,
        tight=True,
    )
