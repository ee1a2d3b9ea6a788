"""What the page of a section is made of: its heading, tabs, filters."""

from collections.abc import Callable, Sequence

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look


def page(
    look: Look,
    title: str,
    body: ft.Control,
    *,
    subtitle: str = "",
    actions: Sequence[ft.Control] = (),
    back: Callable[[], None] | None = None,
    dialog: ft.Control | None = None,
) -> ft.Control:
    """A heading over ``body``; ``dialog``, made by `components.modal`, lies above both."""
    tokens = look.tokens
    words: list[ft.Control] = []
    if back is not None:
        words.append(parts.icon_button(look, "page-back", look.words("page.back"), ft.Icons.ARROW_BACK, back))
    lines: list[ft.Control] = [
        parts.named("page-title", parts.text(title, tokens.text, size=17, weight=parts.BOLD, one_line=True), header=True)
    ]
    if subtitle:
        lines.append(parts.text(subtitle, tokens.soft, size=12.5, one_line=True))
    words.append(ft.Column(lines, spacing=1, tight=True, expand=True))
    head = ft.Container(
        ft.Row([*words, *actions], spacing=8, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        padding=ft.Padding.symmetric(horizontal=12 if look.narrow else 18, vertical=9),
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
    )
    column = ft.Column([head, ft.Container(body, expand=True)], spacing=0, expand=True)
    return ft.Stack([column, dialog], expand=True) if dialog is not None else column


def tabs(look: Look, chosen: str, names: Sequence[tuple[str, str]], choose: Callable[[str], None]) -> ft.Control:
    """``names``: (key, label) of each tab."""
    return ft.Row(
        [_tab(look, key, label, key == chosen, choose) for key, label in names], spacing=4, scroll=ft.ScrollMode.HIDDEN
    )


def _tab(look: Look, key: str, label: str, chosen: bool, choose: Callable[[str], None]) -> ft.Control:
    tokens = look.tokens
    face = ft.Container(
        content=parts.text(label, tokens.text if chosen else tokens.soft, size=13, weight=parts.SEMI),
        padding=ft.Padding.symmetric(horizontal=13, vertical=12 if look.narrow else 8),
        border_radius=7,
        bgcolor=tokens.selected if chosen else None,
        ink=True,
        on_click=lambda _: choose(key),
    )
    return parts.named(f"tab-{key}", face, button=True, selected=chosen)


def strip(look: Look, *controls: ft.Control) -> ft.Control:
    """A line of tabs or filters under the heading."""
    return ft.Container(
        ft.Row(list(controls), spacing=10, scroll=ft.ScrollMode.HIDDEN),
        padding=ft.Padding.symmetric(horizontal=12 if look.narrow else 18, vertical=6),
        border=ft.Border.only(bottom=ft.BorderSide(1, look.tokens.line)),
    )
