"""What exactly happened: the alarm's last events, each with its zone in words and its times."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.state.views import HappenedView


def happened_section(look: Look, events: tuple[HappenedView, ...]) -> list[ft.Control]:
    if not events:
        return []
    return [parts.section(look, "happened", look.words("happened.title"), [_event(look, one) for one in events])]


def _event(look: Look, event: HappenedView) -> ft.Control:
    tokens = look.tokens
    words: list[ft.Control] = [
        parts.text(event.text, tokens.text, size=14, weight=parts.SEMI),
        parts.text(event.place, tokens.soft, size=12.5),
        ft.Row([_time(look, one.label, one.value) for one in event.times], spacing=18, run_spacing=2, wrap=True),
        ft.Row([parts.tag(look, text, look.mood(mood)) for text, mood in event.marks], spacing=6, run_spacing=4, wrap=True),
    ]
    tone = tokens.tone(event.rank)
    return ft.Container(
        content=ft.Row(
            [parts.class_mark(look, event.rank, size=13), ft.Column(words, spacing=4, tight=True, expand=True)],
            spacing=8,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        bgcolor=tokens.raised,
        border=ft.Border.only(left=ft.BorderSide(3, tone.mark)),
        border_radius=6,
        padding=ft.Padding.only(left=10, right=12, top=9, bottom=10),
    )


def _time(look: Look, label: str, value: str) -> ft.Control:
    words: list[ft.Control] = [
        parts.text(label, look.tokens.soft, size=12),
        parts.text(value, look.tokens.text, size=12.5, mono=True),
    ]
    return ft.Row(words, spacing=6, tight=True)
