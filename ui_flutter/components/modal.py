"""A dialog above everything: a card over a shade that lets no click through."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look


def modal(look: Look, content: ft.Control, *, width: float = 480) -> ft.Control:
    """To be the last of a `ft.Stack`."""
    card = ft.Container(
        content=content,
        width=width,
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
