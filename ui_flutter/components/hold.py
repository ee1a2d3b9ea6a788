"""A button that a finger must hold: what is done by it must not happen by accident."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.components.safe import safe_component
from ui_flutter.press import Press

BAR = 5


@safe_component
def hold_button(
    look: Look, identifier: str, label: str, hint: str, done: Callable[[], None], short: Callable[[], None]
) -> ft.Control:
    """Fills while it is held, and then it is ``done``; ``short``: a finger left too early. Keyboards and screen readers only
    activate it."""
    share, draw = ft.use_state(0.0)
    press: Press = ft.use_memo(lambda: Press(draw, done, short), [])
    ft.on_unmounted(press.end)
    tokens = look.tokens
    line = ft.Row(
        [ft.Icon(ft.Icons.TOUCH_APP, size=18, color=tokens.on_accent), parts.text(label, tokens.on_accent, weight=parts.SEMI)],
        spacing=8,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    bar = ft.ProgressBar(value=share, bar_height=BAR, color=tokens.on_accent, bgcolor=tokens.accent)
    face = ft.Container(
        content=ft.Column(
            [ft.Container(line, expand=True), bar], spacing=0, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
        ),
        bgcolor=tokens.accent,
        border_radius=7,
        clip_behavior=ft.ClipBehavior.HARD_EDGE,
        width=look.px(290),
        height=max(52, look.px(40)),
        ink=True,
        on_click=lambda _: press.click(),
    )
    held = ft.GestureDetector(
        content=face,
        on_long_press_down=lambda _: press.begin(),
        on_long_press_cancel=lambda _: press.end(),
        on_long_press_end=lambda _: press.end(),
    )
    return parts.named(identifier, held, button=True, hint_text=hint)
