"""Boxes that a page is laid out of: a heading, what can be done, and the lines below."""

from collections.abc import Sequence

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.state.views import Mood


def box(
    look: Look, identifier: str, title: str, lines: Sequence[ft.Control], *, actions: Sequence[ft.Control] = ()
) -> ft.Control:
    """Named ``identifier``."""
    tokens = look.tokens
    head = ft.Row(
        [ft.Container(parts.text(title, tokens.soft, size=12.5, weight=parts.SEMI, one_line=True), expand=True), *actions],
        spacing=6,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    content = ft.Column(
        [ft.Container(head, height=44 if look.narrow else 34), *lines],
        spacing=9,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    face = ft.Container(
        content,
        bgcolor=tokens.ground if tokens.name == "dark" else tokens.surface,
        border=ft.Border.all(1, tokens.line),
        border_radius=10,
        padding=ft.Padding.only(left=16, right=12, top=6, bottom=14),
    )
    return parts.named(identifier, face)


def columns(look: Look, left: Sequence[ft.Control], right: Sequence[ft.Control]) -> ft.Control:
    """Two columns that scroll as one; one below the other on a phone."""
    if look.narrow:
        column = ft.Column([*left, *right], spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        return scrolled(look, column)

    def side(controls: Sequence[ft.Control]) -> ft.Control:
        lines = ft.Column(list(controls), spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        return ft.Container(lines, expand=1)

    return scrolled(look, ft.Row([side(left), side(right)], spacing=14, vertical_alignment=ft.CrossAxisAlignment.START))


def scrolled(look: Look, content: ft.Control) -> ft.Control:
    pad = ft.Container(content, padding=12 if look.narrow else 18)
    return ft.Column(
        [pad], scroll=ft.ScrollMode.AUTO, expand=True, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )


def notice(
    look: Look,
    identifier: str,
    words: str,
    mood: Mood,
    *,
    icon: ft.IconData,
    actions: Sequence[ft.Control] = (),
    detail: str = "",
) -> ft.Control:
    """A line that must be seen: what is not as usual, and what can be done about it."""
    tokens = look.tokens
    is_bad = mood is Mood.BAD
    ground, color = (tokens.bad_ground, tokens.on_bad) if is_bad else (tokens.warn_ground, tokens.on_warn)
    lines: list[ft.Control] = [parts.text(words, color, size=13.5, weight=parts.SEMI)]
    if detail:
        lines.append(parts.text(detail, color, size=12.5))
    told = ft.Row(
        [ft.Icon(icon, size=19, color=color), ft.Column(lines, spacing=2, tight=True, expand=True)],
        spacing=12,
        expand=not look.narrow,
    )
    row: ft.Control = ft.Row([told, *actions], spacing=8)
    if look.narrow and actions:
        row = ft.Column([told, ft.Row(list(actions), spacing=8, wrap=True, run_spacing=8)], spacing=10, tight=True)
    elif look.narrow:
        row = told
    face = ft.Container(row, bgcolor=ground, border_radius=9, padding=ft.Padding.symmetric(horizontal=14, vertical=10))
    return parts.named(identifier, face, live_region=True)
