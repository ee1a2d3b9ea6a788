"""The forms about secrets: why one is wanted, and whether it may go to the clipboard."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import DialogView
from ui_flutter.views import forms
from workflows.domain.reveal import MIN_REASON, VISIBLE_FOR


@safe_component
def reveal_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """The reason goes into the audit log with the reveal."""
    view, words = cell.value, look.words
    note = forms.use_note(intents, view.kind)
    is_ready = len(note.text.strip()) >= MIN_REASON and not view.busy
    explained = words("secret.explain", seconds=int(VISIBLE_FOR.total_seconds()))
    return ft.Column(
        [
            forms.title(look, view),
            parts.text(explained, look.tokens.soft, size=13),
            parts.named(
                "secret-reason", forms.note_field(look, intents, words("secret.reason", n=MIN_REASON), note, autofocus=True)
            ),
            *forms.error(look, view),
            forms.feet(
                look, view, "secret-confirm", words("secret.show"), lambda: intents.vault.confirm(note.text), is_ready, intents
            ),
        ],
        spacing=16,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


@safe_component
def copy_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """A clipboard keeps what it is given, and other programs read it."""
    view, words, tokens = cell.value, look.words, look.tokens
    warning = ft.Container(
        content=ft.Row(
            [
                ft.Icon(ft.Icons.REPORT_PROBLEM, size=18, color=tokens.on_warn),
                parts.text(words("secret.copy_warning"), tokens.on_warn, size=13, expand=True),
            ],
            spacing=10,
        ),
        bgcolor=tokens.warn_ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=9),
    )
    return ft.Column(
        [
            forms.title(look, view),
            warning,
            forms.feet(look, view, "secret-copy-confirm", words("secret.copy"), intents.vault.confirm_copy, True, intents),
        ],
        spacing=16,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
