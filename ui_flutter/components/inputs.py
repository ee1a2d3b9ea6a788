"""Fields of a form: a text, a choice of many, a switch; each shows the server's reason below it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.theme import FONT


class Form:
    """What is typed now, by field. A click that follows a keystroke at once must not send what was drawn last."""

    def __init__(self, start: Mapping[str, str], draw: Callable[[dict[str, str]], None]) -> None:
        self.values = dict(start)
        self._draw = draw

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def put(self, name: str, value: str) -> None:
        self.values[name] = value
        self._draw(dict(self.values))


def use_form(start: Mapping[str, str], *depends: object) -> Form:
    """A hook: the form of one component; begun anew when one of ``depends`` changes."""
    _, draw = ft.use_state(dict(start))
    form: Form = ft.use_memo(lambda: Form(start, draw), list(depends))
    return form


def text_input(
    look: Look,
    intents: Intents,
    identifier: str,
    label: str,
    value: str,
    on_change: Callable[[str], None],
    *,
    error: str = "",
    **more: Any,
) -> ft.Control:
    """Named ``identifier``; ``more`` goes to the text field (multiline, password, keyboard_type, …)."""
    box = parts.field(look, intents, label, value=value, on_change=lambda event: on_change(event.control.value), **more)
    return parts.named(identifier, _with_error(look, box, error))


def select(
    look: Look,
    intents: Intents,
    identifier: str,
    label: str,
    value: str,
    options: Sequence[tuple[str, str]],
    on_change: Callable[[str], None],
    *,
    error: str = "",
    width: float | None = None,
    fills: bool = False,
) -> ft.Control:
    """A choice of many; ``options``: (key, label) of each. ``fills``: as wide as what it lies in, which must have a width."""
    tokens = look.tokens
    box = ft.Dropdown(
        value=value,
        label=label or None,
        options=[ft.DropdownOption(key=key, text=text) for key, text in options],
        text_size=13.5,
        text_style=ft.TextStyle(font_family=FONT, color=tokens.text),
        label_style=ft.TextStyle(font_family=FONT, color=tokens.soft, size=13),
        filled=True,
        fill_color=tokens.surface,
        bgcolor=tokens.surface,
        border=ft.OutlineInputBorder(side=ft.BorderSide(1, tokens.line), border_radius=7),
        content_padding=ft.Padding.symmetric(horizontal=12, vertical=8),
        menu_height=360,
        width=width,
        expand=fills or None,
        on_select=lambda event: on_change(event.control.value or ""),
        on_focus=lambda _: intents.typing(True),
        on_blur=lambda _: intents.typing(False),
    )
    return parts.named(identifier, _with_error(look, ft.Row([box]) if fills else box, error))


def toggle(
    look: Look, identifier: str, label: str, value: bool, on_change: Callable[[bool], None], *, enabled: bool = True
) -> ft.Control:
    """A switch with its words beside it."""
    knob = ft.Switch(value=value, active_track_color=look.tokens.accent, disabled=not enabled)
    knob.on_change = lambda event: on_change(bool(event.control.value))
    words = ft.Container(parts.text(label, look.tokens.text, size=13.5), expand=True, expand_loose=True)  # may take two lines
    line = ft.Row([knob, words], spacing=10, tight=True)
    return parts.named(identifier, line)


def choice_chip(look: Look, identifier: str, label: str, chosen: bool, on_click: Callable[[], None]) -> ft.Control:
    """One of several that can be chosen together."""
    tokens = look.tokens
    name = parts.text(label, tokens.on_accent if chosen else tokens.text, size=13, weight=parts.SEMI)
    face = ft.Container(
        ft.Row([name], tight=True, alignment=ft.MainAxisAlignment.CENTER),
        bgcolor=tokens.accent if chosen else tokens.raised,
        border_radius=18,
        padding=ft.Padding.symmetric(horizontal=14),
        height=44 if look.narrow else 34,
        ink=True,
        on_click=lambda _: on_click(),
    )
    return parts.named(identifier, face, button=True, selected=chosen)


def _with_error(look: Look, box: ft.Control, error: str) -> ft.Control:
    if not error:
        return box
    words = parts.text(error, look.tokens.bad, size=12.5)
    return ft.Column([box, words], spacing=4, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
