"""The way to the sections: a rail at the left, on a phone a bar at the bottom."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import NavItem, NavView

WIDTH, HEIGHT = 84, 58


@safe_component
def navigation(cell: Cell[NavView], look: Look, intents: Intents) -> ft.Control:
    """Nothing at all for who has one section only."""
    items, tokens = cell.value.items, look.tokens
    if len(items) < 2:
        return ft.Container(width=0, height=0)
    faces = [_item(look, item, intents) for item in items]
    edge = ft.BorderSide(1, tokens.line)
    if look.narrow:
        bar = ft.Row(faces, spacing=0, scroll=ft.ScrollMode.HIDDEN)
        return ft.Container(bar, bgcolor=tokens.surface, height=look.px(HEIGHT), border=ft.Border.only(top=edge))
    rail = ft.Column(faces, spacing=2, scroll=ft.ScrollMode.HIDDEN)
    padding = ft.Padding.symmetric(vertical=8)
    return ft.Container(rail, bgcolor=tokens.surface, width=look.px(WIDTH), padding=padding, border=ft.Border.only(right=edge))


def _item(look: Look, item: NavItem, intents: Intents) -> ft.Control:
    tokens = look.tokens
    color = tokens.accent_text if item.selected else tokens.soft
    face = ft.Container(
        content=ft.Column(
            [
                ft.Icon(getattr(ft.Icons, item.icon), size=21, color=color),
                parts.text(item.label, color, size=11, weight=parts.SEMI, one_line=True, text_align=ft.TextAlign.CENTER),
            ],
            spacing=3,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        width=look.px(WIDTH - 12),
        height=look.px(HEIGHT - 6),
        margin=ft.Margin.symmetric(horizontal=5),
        border_radius=8,
        alignment=ft.Alignment.CENTER,
        bgcolor=tokens.selected if item.selected else None,
        ink=True,
        on_click=lambda _: intents.go(item.route),
    )
    return parts.named(f"nav-{item.name}", face, button=True, selected=item.selected, label=item.label)
