"""What must be answered before the work goes on: the note of an acknowledgement, the result of a resolution."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import DialogKind, DialogView
from ui_flutter.views import forms
from ui_flutter.views.desk_dialogs import call_form, callback_form, patrol_form, words_form
from ui_flutter.views.look_dialog import look_choices
from ui_flutter.views.secret_dialogs import copy_form, reveal_form
from workflows.domain.bundle import ResultCode

PHRASES = ("phrase.patrol", "phrase.keyholder", "phrase.false_user", "phrase.false_technical", "phrase.test")
KEYS = (
    ("J  K", "keys.move"),
    ("Enter", "keys.open"),
    ("C", "keys.claim"),
    ("A", "keys.ack"),
    ("R", "keys.resolve"),
    ("T", "keys.take_over"),
    ("D", "keys.next_step"),
    ("P", "keys.patrol"),
    ("H", "keys.hold"),
    ("N", "keys.note"),
    ("/", "keys.search"),
    ("M", "keys.mute"),
    ("1 – 4", "keys.class"),
    ("Esc", "keys.back"),
    ("?", "keys.help"),
)


@safe_component
def dialog_layer(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The dialog over a shade, or nothing."""
    view = cell.value
    if view.kind is DialogKind.NONE:
        return ft.Container(visible=False)
    return modal(look, BODIES[view.kind](cell, look, intents))


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


@safe_component
def ack_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The note of an acknowledgement."""
    view, words = cell.value, look.words
    note = forms.use_note(intents, view.kind)
    ready = not view.busy and (bool(note.text.strip()) or not view.note_required)
    label = words("ack.note_required" if view.note_required else "ack.note")
    return ft.Column(
        [
            forms.title(look, view),
            _phrases(look, note.add),
            parts.named("ack-note", forms.note_field(look, intents, label, note, autofocus=True)),
            *forms.error(look, view),
            forms.feet(
                look,
                view,
                "act-ack-confirm",
                words("ack.confirm"),
                lambda: intents.case.confirm_ack(note.text.strip()),
                ready,
                intents,
            ),
        ],
        spacing=16,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


@safe_component
def take_over_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """Why it is taken from whoever holds it."""
    view, words = cell.value, look.words
    note = forms.use_note(intents, view.kind)
    reason = forms.note_field(look, intents, words("take_over.reason", name=view.holder), note, autofocus=True)
    return ft.Column(
        [
            forms.title(look, view),
            parts.named("take-over-reason", reason),
            *forms.error(look, view),
            forms.feet(
                look,
                view,
                "act-take_over-confirm",
                words("take_over.confirm"),
                lambda: intents.case.confirm_take_over(note.text.strip()),
                bool(note.text.strip()) and not view.busy,
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
    note = forms.use_note(intents, view.kind)
    choices = ft.Column([_result(look, result, result == code, set_code) for result in ResultCode], spacing=4, tight=True)
    ready = code is not None and not view.busy
    return ft.Column(
        [
            forms.title(look, view),
            parts.text(words("resolve.code"), look.tokens.soft, size=12.5),
            choices,
            parts.named("resolve-note", forms.note_field(look, intents, words("resolve.note"), note, autofocus=False)),
            *forms.error(look, view),
            forms.feet(
                look,
                view,
                "act-resolve-confirm",
                words("resolve.confirm"),
                lambda: intents.case.confirm_resolve(code, note.text.strip()) if code else None,
                ready,
                intents,
            ),
        ],
        spacing=14,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _result(look: Look, result: ResultCode, chosen: bool, choose: Callable[[ResultCode], None]) -> ft.Control:
    return forms.choice(look, f"result-{result}", look.words(f"result.{result}"), chosen, lambda: choose(result))


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
            forms.title(look, cell.value),
            *[line(keys, words) for keys, words in KEYS],
            ft.Row([close], alignment=ft.MainAxisAlignment.END),
        ],
        spacing=10,
        tight=True,
    )


BODIES = {
    DialogKind.ACK: ack_form,
    DialogKind.RESOLVE: resolve_form,
    DialogKind.TAKE_OVER: take_over_form,
    DialogKind.KEYS: keys_list,
    DialogKind.CALL: call_form,
    DialogKind.SKIP: words_form,
    DialogKind.DIFFERENT: words_form,
    DialogKind.CALLBACK: callback_form,
    DialogKind.PATROL: patrol_form,
    DialogKind.LOOK: look_choices,
    DialogKind.REVEAL: reveal_form,
    DialogKind.COPY_SECRET: copy_form,
}
