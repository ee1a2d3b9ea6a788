"""What pages of facts and forms are made of: cards with a heading, lamps, texts that are shown once, the feet of a form."""

from collections.abc import Callable, Sequence

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.state.views import Mood

DIALOG = 460  # px; a dialog with a form
INNER = DIALOG - 48  # of which the form has
WIDEST = 1360  # px; beyond it lines are too long to be read
ICONS = {
    Mood.GOOD: ft.Icons.CHECK_CIRCLE,
    Mood.WARN: ft.Icons.ERROR,
    Mood.BAD: ft.Icons.CANCEL,
    Mood.QUIET: ft.Icons.REMOVE_CIRCLE_OUTLINE,
}


def block(
    look: Look,
    title: str,
    controls: Sequence[ft.Control],
    *,
    identifier: str,
    subtitle: str = "",
    actions: Sequence[ft.Control] = (),
) -> ft.Control:
    """A card with a heading over ``controls``."""
    tokens = look.tokens
    names: list[ft.Control] = [parts.text(title, tokens.text, size=15, weight=parts.SEMI)]
    if subtitle:
        names.append(parts.text(subtitle, tokens.soft, size=12.5))
    head = ft.Row([ft.Column(names, spacing=2, tight=True, expand=True), *actions], spacing=8)
    face = ft.Container(
        ft.Column([head, *controls], spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        padding=16 if look.narrow else 20,
        bgcolor=tokens.ground,
        border=ft.Border.all(1, tokens.line),
        border_radius=12,
    )
    return parts.named(identifier, face)


def blocks(look: Look, left: Sequence[ft.Control], right: Sequence[ft.Control] = ()) -> ft.Control:
    """Cards in two columns, on a phone in one; the page scrolls."""
    if look.narrow or not right:
        inner: ft.Control = _column([*left, *right])
    else:
        halves: list[ft.Control] = [ft.Container(_column(side), expand=True) for side in (left, right)]
        inner = ft.Row(halves, spacing=16, vertical_alignment=ft.CrossAxisAlignment.START)
    return scrolled(look, [inner])


def scrolled(look: Look, controls: Sequence[ft.Control]) -> ft.Control:
    """A page that is longer than the window; on a very wide one it does not fill it."""
    paper = ft.Container(_column(controls), padding=12 if look.narrow else 20, width=WIDEST)
    held = ft.Container(paper, alignment=ft.Alignment.TOP_LEFT)  # a window narrower than the paper makes it narrower
    stretch = ft.CrossAxisAlignment.STRETCH
    return ft.Column([held], scroll=ft.ScrollMode.AUTO, expand=True, horizontal_alignment=stretch)


def _column(controls: Sequence[ft.Control]) -> ft.Column:
    return ft.Column(list(controls), spacing=16, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def lamp(look: Look, mood: Mood, label: str, value: str, *, detail: str = "", identifier: str = "") -> ft.Control:
    """A part of something: a sign in its mood, its name, how it is in words."""
    tokens = look.tokens
    words: list[ft.Control] = [parts.text(label, tokens.text, size=13.5, weight=parts.MEDIUM)]
    if detail:
        words.append(parts.text(detail, tokens.soft, size=12.5))
    line = ft.Row(
        [
            ft.Icon(ICONS[mood], size=19, color=look.mood(mood)),
            ft.Column(words, spacing=1, tight=True, expand=True),
            parts.text(value, tokens.text if mood is not Mood.QUIET else tokens.soft, size=13, weight=parts.SEMI),
        ],
        spacing=12,
    )
    return parts.named(identifier, line) if identifier else line


def bar(look: Look, share: float, mood: Mood, *, height: float = 6) -> ft.Control:
    """How far something has come, 0…1, over the whole width."""
    return ft.ProgressBar(
        value=min(1.0, max(0.0, share)),
        bar_height=height,
        color=look.mood(mood) if mood is not Mood.QUIET else look.tokens.accent,
        bgcolor=look.tokens.raised,
        border_radius=height / 2,
    )


def note(look: Look, text: str, mood: Mood = Mood.WARN, *, identifier: str = "note") -> ft.Control:
    """A sentence on a ground of its mood: something to know before going on."""
    tokens = look.tokens
    ground, color = {
        Mood.BAD: (tokens.bad_ground, tokens.on_bad),
        Mood.WARN: (tokens.warn_ground, tokens.on_warn),
    }.get(mood, (tokens.raised, tokens.text))
    box = ft.Container(
        parts.text(text, color, size=13),
        bgcolor=ground,
        border_radius=8,
        padding=ft.Padding.symmetric(horizontal=12, vertical=9),
    )
    return parts.named(identifier, box, live_region=True)


def once(look: Look, intents: Intents, identifier: str, value: str, *, size: float = 17) -> ft.Control:
    """A text that is never shown again, with a button that copies it."""
    tokens = look.tokens
    return ft.Container(
        ft.Row(
            [
                parts.named(identifier, parts.text(value, tokens.text, size=size, mono=True, weight=parts.BOLD), expand=True),
                parts.icon_button(
                    look, f"{identifier}-copy", look.words("block.copy"), ft.Icons.CONTENT_COPY, lambda: intents.copy(value)
                ),
            ],
            spacing=8,
        ),
        bgcolor=tokens.raised,
        border=ft.Border.all(1, tokens.line),
        border_radius=8,
        padding=ft.Padding.only(left=14, right=6, top=6, bottom=6),
    )


def form(
    look: Look,
    title: str,
    fields: Sequence[ft.Control],
    *,
    confirm: tuple[str, str, Callable[[], None]],
    cancel: Callable[[], None] | None,
    ready: bool = True,
    busy: bool = False,
    error: str = "",
    subtitle: str = "",
    tall: bool = False,
) -> ft.Control:
    """The inside of a dialog: heading, fields, the server's refusal, the way out. ``confirm``: identifier, label, intent;
    ``tall``: more than a phone beside its keyboard can show."""
    tokens = look.tokens
    lines: list[ft.Control] = [parts.text(title, tokens.text, size=17, weight=parts.BOLD)]
    if subtitle:
        lines.append(parts.text(subtitle, tokens.soft, size=13))
    identifier, label, act = confirm
    feet: list[ft.Control] = []
    if cancel is not None:
        feet.append(parts.button(look, "dialog-cancel", look.words("act.cancel"), cancel, enabled=not busy))
    feet.append(parts.button(look, identifier, label, act, primary=True, enabled=ready, busy=busy))
    wrong = [note(look, error, Mood.BAD, identifier="dialog-error")] if error else []
    return ft.Column(
        [
            ft.Column(lines, spacing=4, tight=True),
            *fields,
            *wrong,
            ft.Row(feet, spacing=10, alignment=ft.MainAxisAlignment.END),
        ],
        spacing=15,
        tight=True,
        scroll=ft.ScrollMode.AUTO if look.narrow and tall else None,  # it takes the whole height when it scrolls
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
