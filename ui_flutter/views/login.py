"""The login page: Polish first, one key to English."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import LoginView

_Keeper = Callable[[ft.Event[ft.TextField]], None]


@safe_component
def login_page(cell: Cell[LoginView], look: Look, intents: Intents) -> ft.Control:
    """User name and password, and a code where the account has a second factor; Enter in any goes on."""
    view, words, tokens = cell.value, look.words, look.tokens
    typed: dict[str, str] = ft.use_memo(dict, [])

    def submit(_: object = None) -> None:
        intents.gate.log_in(typed.get("username", ""), typed.get("password", ""), typed.get("code", ""))

    def keep(name: str) -> _Keeper:
        return lambda event: typed.update({name: event.control.value})

    submitting = parts.button(
        look,
        "login-submit",
        words("login.busy" if view.busy else "login.submit"),
        submit,
        primary=True,
        expand=True,
        busy=view.busy,
    )
    rows = [
        head(look),
        *([message(look, view.notice, tokens.on_warn, tokens.warn_ground)] if view.notice else []),
        ft.AutofillGroup(content=_fields(cell, look, intents, keep, submit)),
        *([message(look, view.error, tokens.on_bad, tokens.bad_ground)] if view.error else []),
        ft.Row([submitting]),
        language(look, intents),
    ]
    return card(look, rows)


def _fields(
    cell: Cell[LoginView], look: Look, intents: Intents, keep: Callable[[str], _Keeper], submit: Callable[..., None]
) -> ft.Column:
    """As a browser's password manager knows them."""
    read_only = cell.value.busy
    username = parts.field(
        look,
        intents,
        look.words("login.user"),
        autofocus=True,
        on_change=keep("username"),
        on_submit=submit,
        autofill_hints=[ft.AutofillHint.USERNAME],
        autocorrect=False,
        read_only=read_only,
    )
    password = parts.field(
        look,
        intents,
        look.words("login.password"),
        password=True,
        can_reveal_password=True,
        on_change=keep("password"),
        on_submit=submit,
        autofill_hints=[ft.AutofillHint.PASSWORD],
        read_only=read_only,
    )
    named: list[ft.Control] = [parts.named("login-user", username), parts.named("login-password", password)]
    if cell.value.needs_code:
        code = parts.field(
            look,
            intents,
            look.words("login.code"),
            autofocus=True,
            on_change=keep("code"),
            on_submit=submit,
            autofill_hints=[ft.AutofillHint.ONE_TIME_CODE],
            autocorrect=False,
            read_only=read_only,
        )
        named.append(parts.named("login-code", code))
    return stretched(named)


def card(look: Look, rows: list[ft.Control], *, width: float = 380) -> ft.Control:
    """What is asked for before the first alarm, in the middle of the window."""
    paper = ft.Container(
        content=ft.Column(rows, spacing=18, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        width=width,
        padding=ft.Padding.only(left=32, right=32, top=34, bottom=18),
        bgcolor=look.tokens.surface,
        border=ft.Border.all(1, look.tokens.line),
        border_radius=14,
    )
    return ft.Container(content=paper, alignment=ft.Alignment.CENTER, expand=True, bgcolor=look.tokens.ground, padding=12)


def stretched(fields: list[ft.Control]) -> ft.Column:
    return ft.Column(fields, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def head(look: Look) -> ft.Control:
    words, tokens = look.words, look.tokens
    name = ft.Row(
        [parts.logo(38), parts.text(words("app.name"), tokens.text, size=22, weight=parts.BOLD)],
        spacing=12,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    title = parts.text(words("app.title"), tokens.soft, size=13.5, text_align=ft.TextAlign.CENTER)
    return ft.Column([name, title], spacing=8, horizontal_alignment=ft.CrossAxisAlignment.CENTER)


def message(look: Look, message: str, color: str, ground: str) -> ft.Control:
    box = ft.Container(
        content=parts.text(message, color, size=13),
        bgcolor=ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=9),
    )
    return parts.named("login-message", box, live_region=True)


def language(look: Look, intents: Intents) -> ft.Control:
    switch = ft.Container(
        content=ft.Row(
            [
                ft.Icon(ft.Icons.TRANSLATE, size=16, color=look.tokens.soft),
                parts.text(look.words("login.other_language"), look.tokens.soft, size=13),
            ],
            spacing=8,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
        border_radius=7,
        ink=True,
        on_click=lambda _: intents.switch_language(),
    )
    return ft.Row([parts.named("lang-switch", switch, button=True)], alignment=ft.MainAxisAlignment.CENTER)
