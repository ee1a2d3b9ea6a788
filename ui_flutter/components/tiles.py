"""Numbers in a line above a page, and other quiet boxes of a page."""

from collections.abc import Sequence

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.state.tiles import Tile
from ui_flutter.state.views import Mood


def tiles(look: Look, found: Sequence[Tile], *, inset: bool = True) -> ft.Control:
    """Side by side; on a phone they can be pushed. ``inset``: with the page's margin around them."""
    return ft.Container(
        ft.Row([_tile(look, one) for one in found], spacing=10, scroll=ft.ScrollMode.HIDDEN),
        padding=ft.Padding.symmetric(horizontal=12 if look.narrow else 18, vertical=12) if inset else None,
    )


def _tile(look: Look, one: Tile) -> ft.Control:
    tokens = look.tokens
    color = tokens.text if one.mood is Mood.QUIET else look.mood(one.mood)
    return ft.Container(
        ft.Column(
            [
                parts.text(one.value, color, size=22, weight=parts.BOLD),
                parts.text(one.label, tokens.soft, size=12, one_line=True),
            ],
            spacing=0,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=16, vertical=9),
        border=ft.Border.all(1, tokens.line),
        border_radius=10,
        bgcolor=tokens.raised,
    )


def box(look: Look, title: str, lines: Sequence[ft.Control], *, color: str | None = None) -> ft.Control:
    """A part of a page with a heading in a thin frame."""
    head = parts.text(title, color or look.tokens.text, size=14, weight=parts.SEMI)
    return ft.Container(
        ft.Column([head, *lines], spacing=10, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=16,
        border=ft.Border.all(1, color or look.tokens.line),
        border_radius=10,
    )


def scrolled(look: Look, lines: Sequence[ft.Control], *, width: float | None = None) -> ft.Control:
    """The body of a page that is longer than the screen."""
    return ft.Container(
        ft.Column(
            list(lines), spacing=14, scroll=ft.ScrollMode.AUTO, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, expand=True
        ),
        padding=12 if look.narrow else 18,
        width=width,
        expand=width is None,
    )


def progress(look: Look, identifier: str, done: float | None, label: str) -> ft.Control:
    """A bar with its words below; ``done`` 0 … 1, None: nobody knows how far."""
    tokens = look.tokens
    bar = ft.ProgressBar(value=done, bar_height=8, color=tokens.accent, bgcolor=tokens.raised, border_radius=4)
    column = ft.Column([bar, parts.text(label, tokens.soft, size=12.5)], spacing=6, tight=True)
    column.horizontal_alignment = ft.CrossAxisAlignment.STRETCH
    return parts.named(identifier, column, live_region=True)


def warning(look: Look, identifier: str, words: str, *actions: ft.Control) -> ft.Control:
    """Something that one has to look at before going on."""
    tokens = look.tokens
    line = ft.Row(
        [
            ft.Icon(ft.Icons.REPORT_PROBLEM, size=19, color=tokens.on_warn),
            ft.Container(parts.text(words, tokens.on_warn, size=13.5), expand=True),
            *([] if look.narrow else actions),
        ],
        spacing=10,
    )
    lines: list[ft.Control] = [line]
    if look.narrow and actions:
        lines.append(ft.Row(list(actions), wrap=True))
    shown = ft.Container(
        ft.Column(lines, spacing=8, tight=True),
        bgcolor=tokens.warn_ground,
        border_radius=9,
        padding=ft.Padding.symmetric(horizontal=14, vertical=9),
    )
    return parts.named(identifier, shown, live_region=True)
