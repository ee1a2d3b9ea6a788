"""Whom to call, in call order."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.state.views import PersonView


def people_section(look: Look, people: tuple[PersonView, ...], can_write: bool, intents: Intents) -> list[ft.Control]:
    if not people:
        return []
    rows = [_person(look, one, can_write, intents) for one in people]
    return [parts.section(look, "people", look.words("people.title"), rows, spacing=6)]


def _person(look: Look, person: PersonView, can_write: bool, intents: Intents) -> ft.Control:
    tokens, words = look.tokens, look.words
    number = ft.Container(
        content=parts.text(person.number, tokens.text, size=12.5, weight=parts.BOLD),
        width=26,
        height=26,
        border_radius=13,
        bgcolor=tokens.surface,
        alignment=ft.Alignment.CENTER,
    )
    lines: list[ft.Control] = [
        parts.text(person.name, tokens.text, size=13.5, weight=parts.SEMI, one_line=True),
        parts.text(person.phone, tokens.text, size=13.5, mono=True),
    ]
    if person.detail:
        lines.append(parts.text(person.detail, tokens.soft if person.now else tokens.warn, size=12.5))
    buttons = [
        parts.icon_button(
            look, f"phone-copy-{person.id}", words("people.copy"), ft.Icons.CONTENT_COPY, lambda: intents.copy(person.phone)
        )
    ]
    if can_write:
        call = parts.icon_button(
            look, f"phone-call-{person.id}", words("people.call"), ft.Icons.PHONE, lambda: intents.desk.ask_call(person.id)
        )
        buttons.append(call)
    row = ft.Row([number, ft.Column(lines, spacing=2, tight=True, expand=True), *buttons], spacing=10)
    return ft.Container(
        content=row, bgcolor=tokens.raised, border_radius=8, padding=ft.Padding.only(left=10, right=4, top=6, bottom=6)
    )
