"""Small drawing functions: text, pills, buttons, fields. They have no state and subscribe to nothing."""

from collections.abc import Callable
from typing import Any

import flet as ft

from ui_flutter.components.field import Field, Typed
from ui_flutter.components.field import field as text_field
from ui_flutter.components.look import Intents, Look
from ui_flutter.state.views import FactView
from ui_flutter.theme import FONT, MONO

BOLD, SEMI, MEDIUM = ft.FontWeight.W_700, ft.FontWeight.W_600, ft.FontWeight.W_500
CLASS_KEYS = {1: "class.CRITICAL", 2: "class.HIGH", 3: "class.MEDIUM", 4: "class.LOW"}
KIND_ICONS = {
    "HOLDUP": ft.Icons.EMERGENCY,
    "FIRE": ft.Icons.LOCAL_FIRE_DEPARTMENT,
    "MEDICAL": ft.Icons.MEDICAL_SERVICES,
    "INTRUSION": ft.Icons.SENSOR_DOOR,
    "TAMPER": ft.Icons.LOCK_OPEN,
    "TECHNICAL": ft.Icons.WATER_DROP,
    "TEMPERATURE": ft.Icons.THERMOSTAT,
    "POWER": ft.Icons.POWER,
    "TROUBLE": ft.Icons.REPORT_PROBLEM,
    "COMM_LOSS": ft.Icons.LINK_OFF,
    "AUTO_ARM_FAILURE": ft.Icons.ALARM_OFF,
    "LOG_GAP": ft.Icons.PLAYLIST_REMOVE,
    "CLOCK_DRIFT": ft.Icons.SCHEDULE,
}
_FILLED, _HOLLOW = {1: "▲", 2: "◆", 3: "●"}, {1: "△", 2: "◇", 3: "○"}


_scale = 1.0  # of every text: one person looks at one screen


def scale_texts(scale: float) -> None:
    """Before a drawing; what was drawn earlier is drawn anew because the look has changed, too."""
    global _scale
    _scale = scale


def text(
    value: str,
    color: str,
    *,
    size: float = 13,
    weight: ft.FontWeight | None = None,
    mono: bool = False,
    one_line: bool = False,
    **more: Any,
) -> ft.Text:
    """A text in one of our two families; `one_line` cuts it with an ellipsis."""
    if one_line:
        more |= {"max_lines": 1, "overflow": ft.TextOverflow.ELLIPSIS, "no_wrap": True}
    return ft.Text(value, color=color, size=size * _scale, weight=weight, font_family=MONO if mono else FONT, **more)


def named(identifier: str, content: ft.Control, **more: Any) -> ft.Semantics:
    """Give a part a stable name in the semantics tree: for tests and assistive tools."""
    return ft.Semantics(content=content, identifier=identifier, container=True, **more)


def class_mark(look: Look, rank: int, *, size: float = 15, hollow: bool = False, color: str | None = None) -> ft.Control:
    """▲ ◆ ● ▬: the class by shape and colour; hollow when acknowledged."""
    shade = color or look.tokens.tone(rank).mark
    if rank == 4:  # the font has no ▬
        bar = ft.Container(
            width=size * 0.86,
            height=size * 0.36,
            border_radius=2,
            bgcolor=None if hollow else shade,
            border=ft.Border.all(1.4, shade) if hollow else None,
        )
        return ft.Container(content=bar, width=size + 3, height=size + 4, alignment=ft.Alignment.CENTER)
    glyph = (_HOLLOW if hollow else _FILLED)[rank]
    label = ft.Text(glyph, size=size, color=shade, font_family=FONT, text_align=ft.TextAlign.CENTER)
    return ft.Container(content=label, width=size + 3, height=size * 1.36, alignment=ft.Alignment.CENTER)


def blinking_mark(look: Look, rank: int, *, size: float = 15) -> ft.Control:
    """The class mark of an alarm that waits: 1 Hz, animated by the client; in a ring where nothing shall move."""
    if look.still:
        mark = class_mark(look, rank, size=size - 4)
        return ft.Container(mark, border=ft.Border.all(1.4, look.tokens.tone(rank).mark), border_radius=5)
    image = ft.Image(
        src=f"blink-{rank}.webp",  # by address, so that the client decodes it once and all of a class blink together
        width=size - 1,
        height=size - 1,
        color=look.tokens.tone(rank).mark,
        color_blend_mode=ft.BlendMode.SRC_IN,
        gapless_playback=True,
        exclude_from_semantics=True,
        error_content=class_mark(look, rank, size=size),
    )
    return ft.Container(content=image, width=size + 3, height=size * 1.36, alignment=ft.Alignment.CENTER)


def class_pill(look: Look, rank: int, label: str) -> ft.Control:
    """`▲ P1 Krytyczny` on the class's full colour."""
    tone = look.tokens.tone(rank)
    return ft.Container(
        content=ft.Row(
            [class_mark(look, rank, size=10, color=tone.on_mark), text(label, tone.on_mark, size=11.5, weight=BOLD)],
            spacing=4,
            tight=True,
        ),
        bgcolor=tone.mark,
        border_radius=5,
        padding=ft.Padding.symmetric(horizontal=7, vertical=2),
    )


def service_pill(look: Look, label: str) -> ft.Control:
    """In the place of the class: a wrench and no colour (R-SERVICE)."""
    tokens = look.tokens
    return ft.Container(
        content=ft.Row(
            [ft.Icon(ft.Icons.BUILD, size=12, color=tokens.soft), text(label, tokens.soft, size=11.5, weight=BOLD)],
            spacing=4,
            tight=True,
        ),
        bgcolor=tokens.raised,
        border_radius=5,
        padding=ft.Padding.symmetric(horizontal=7, vertical=2),
    )


def status_pill(look: Look, status: str, label: str, rank: int) -> ft.Control:
    """The status in words; NEW in the class's colour, work under way in blue, done quiet."""
    tokens, tone = look.tokens, look.tokens.tone(rank)
    ground, color, border = {
        "NEW": (tone.soft, tone.text, None),
        "CLAIMING": (tokens.selected, tokens.accent_text, None),
        "IN_PROGRESS": (tokens.selected, tokens.accent_text, None),
        "ACK": (None, tokens.soft, tokens.faint),
        "RESOLVED": (None, tokens.good, tokens.good),
    }.get(status, (tokens.raised, tokens.soft, None))
    return ft.Container(
        content=text(label, color, size=11, weight=SEMI, one_line=True),
        bgcolor=ground,
        border=ft.Border.all(1, border) if border else None,
        border_radius=5,
        padding=ft.Padding.symmetric(horizontal=8, vertical=3),
    )


def chip(look: Look, label: str, **more: Any) -> ft.Control:
    """A small quiet sign such as `×3`."""
    return ft.Container(
        content=text(label, look.tokens.soft, size=11, weight=SEMI, mono=True),
        bgcolor=look.tokens.raised,
        border_radius=4,
        padding=ft.Padding.symmetric(horizontal=6, vertical=1),
        **more,
    )


def button(
    look: Look,
    identifier: str,
    label: str,
    on_click: Callable[[], None],
    *,
    icon: ft.IconData | None = None,
    primary: bool = False,
    enabled: bool = True,
    expand: bool = False,
    busy: bool = False,
    spoken: str = "",
) -> ft.Control:
    """A button with words. `busy` shows a ring and takes no click. `spoken`: what a screen reader says where the sign alone is
    shown."""
    tokens = look.tokens
    color = (tokens.on_accent if primary else tokens.text) if enabled else tokens.faint
    front: list[ft.Control] = []
    if busy:
        front.append(ft.ProgressRing(width=14, height=14, stroke_width=2, color=color))
    elif icon is not None:
        front.append(ft.Icon(icon, size=17, color=color))
    face = ft.Container(
        content=ft.Row([*front, text(label, color, weight=SEMI)], spacing=8, tight=True, alignment=ft.MainAxisAlignment.CENTER),
        bgcolor=tokens.accent if primary and enabled else tokens.raised,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=14),
        height=max(44 if look.narrow else 36, look.px(28)),
        alignment=ft.Alignment.CENTER if expand else None,
        ink=True,
        on_click=(lambda _: on_click()) if enabled and not busy else None,
    )
    return named(identifier, face, button=True, expand=expand or None, label=spoken or None)


def danger_button(look: Look, identifier: str, label: str, on_click: Callable[[], None], *, busy: bool = False) -> ft.Control:
    """What confirms something that cannot be undone."""
    tokens = look.tokens
    front = [ft.ProgressRing(width=14, height=14, stroke_width=2, color=tokens.on_bad)] if busy else []
    face = ft.Container(
        content=ft.Row([*front, text(label, tokens.on_bad, weight=SEMI)], spacing=8, tight=True),
        bgcolor=tokens.bad_ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=14),
        height=44 if look.narrow else 36,
        ink=True,
        on_click=None if busy else lambda _: on_click(),
    )
    return named(identifier, face, button=True)


def icon_button(
    look: Look, identifier: str, label: str, icon: ft.IconData, on_click: Callable[[], None], *, size: float = 34
) -> ft.Control:
    """A button with a sign only; its words are the tooltip and the spoken label."""
    face = ft.Container(
        content=ft.Icon(icon, size=19, color=look.tokens.soft),
        width=44 if look.narrow else size,
        height=44 if look.narrow else size,
        border_radius=7,
        alignment=ft.Alignment.CENTER,
        ink=True,
        tooltip=label,
        on_click=lambda _: on_click(),
    )
    return named(identifier, face, button=True, label=label)


def field(
    look: Look,
    intents: Intents,
    label: str,
    *,
    hint: str = "",
    dense: bool = False,
    on_change: Typed | None = None,
    **more: Any,
) -> Field:
    """A text field in our colours; single keys are not shortcuts while it has the focus."""
    tokens = look.tokens

    def edge(color: str, width: float) -> ft.OutlineInputBorder:
        return ft.OutlineInputBorder(side=ft.BorderSide(width, color), border_radius=7)

    return text_field(
        on_change,
        label=label or None,
        hint_text=hint or None,
        text_size=look.px(13.5),
        text_style=ft.TextStyle(font_family=FONT, color=tokens.text),
        label_style=ft.TextStyle(font_family=FONT, color=tokens.soft, size=look.px(13)),
        hint_style=ft.TextStyle(font_family=FONT, color=tokens.faint, size=look.px(13)),
        cursor_color=tokens.accent_text,
        filled=True,
        fill_color=tokens.surface,
        border={ft.ControlState.DEFAULT: edge(tokens.line, 1), ft.ControlState.FOCUSED: edge(tokens.accent_text, 1.6)},
        content_padding=ft.Padding.symmetric(horizontal=12, vertical=8 if dense else 13),
        dense=dense,
        on_focus=lambda _: intents.typing(True),
        on_blur=lambda _: intents.typing(False),
        **more,
    )


def meter(look: Look, used: float, color: str, width: float) -> ft.Control:
    """The age bar: how much of the class's target has passed."""
    return ft.Container(
        content=ft.Container(width=max(2.0, width * min(1.0, used)), height=3, bgcolor=color, border_radius=2),
        width=width,
        height=3,
        border_radius=2,
        bgcolor=look.tokens.raised,
        alignment=ft.Alignment.CENTER_LEFT,
    )


def fact(look: Look, view: FactView) -> ft.Control:
    """A label and its value, side by side."""
    label = ft.Container(text(view.label, look.tokens.faint, size=12.5), width=look.px(110))
    return ft.Row([label, text(view.value, look.tokens.text, mono=view.mono, expand=True)], spacing=8)


def countdown(look: Look, left: int, of: int, *, size: float = 30) -> ft.Control:
    """A ring that empties, with the seconds that are left in it; red at the end."""
    tokens = look.tokens
    color = tokens.bad if left * 5 <= of else tokens.warn if left * 2 <= of else tokens.accent_text
    ring = ft.ProgressRing(value=left / of, width=size, height=size, stroke_width=3, color=color, bgcolor=tokens.raised)
    number = ft.Container(
        text(str(left), tokens.text, size=size * 0.38, weight=BOLD, mono=True),
        width=size,
        height=size,
        alignment=ft.Alignment.CENTER,
    )
    return named("countdown", ft.Stack([ring, number], width=size, height=size), label=str(left))


def section(look: Look, identifier: str, title: str, lines: list[ft.Control], *, spacing: float = 8) -> ft.Control:
    """A titled part of the card."""
    head = text(title, look.tokens.text, size=14, weight=SEMI)
    return named(identifier, ft.Column([head, *lines], spacing=spacing, tight=True))


def tag(look: Look, words: str, color: str) -> ft.Control:
    """A small outlined sign."""
    return ft.Container(
        content=text(words, color, size=11.5, weight=MEDIUM),
        border=ft.Border.all(1, color),
        border_radius=5,
        padding=ft.Padding.symmetric(horizontal=6, vertical=1),
    )


def logo(size: float = 30) -> ft.Control:
    """The white shield on blue."""
    return ft.Container(
        content=ft.Icon(ft.Icons.SHIELD, size=size * 0.6, color="#ffffff"),
        width=size,
        height=size,
        border_radius=size * 0.24,
        bgcolor="#2563eb",
        alignment=ft.Alignment.CENTER,
    )
