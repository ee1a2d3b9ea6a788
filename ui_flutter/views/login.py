"""The login page: Polish first, one key to English."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import LoginView


@safe_component
def login_page(cell: Cell[LoginView], look: Look, intents: Intents) -> ft.Control:
    """User name and password; Enter in either goes on."""
    view, words, tokens = cell.value, look.words, look.tokens
    typed: dict[str, str] = ft.use_memo(dict, [])

    def submit(_: object = None) -> None:
        intents.log_in(typed.get("username", ""), typed.get("password", ""))

    def keep(name: str) -> Callable[[ft.Event[ft.TextField]], None]:
        return lambda event: typed.update({name: event.control.value})

    fields: list[ft.Control] = [
        parts.named(
            "login-user",
            parts.field(
                look,
                intents,
                words("login.user"),
                autofocus=True,
                on_change=keep("username"),
                on_submit=submit,
                autofill_hints=[ft.AutofillHint.USERNAME],
                autocorrect=False,
                read_only=view.busy,
            ),
        ),
        parts.named(
            "login-password",
            parts.field(
                look,
                intents,
                words("login.password"),
                password=True,
                can_reveal_password=True,
                on_change=keep("password"),
                on_submit=submit,
                autofill_hints=[ft.AutofillHint.PASSWORD],
                read_only=view.busy,
            ),
        ),
    ]
    card = ft.Container(
        content=ft.Column(
            [
                _head(look),
                *([_message(look, view.notice, tokens.on_warn, tokens.warn_ground)] if view.notice else []),
                ft.AutofillGroup(content=_stretched(fields)),
                *([_message(look, view.error, tokens.on_bad, tokens.bad_ground)] if view.error else []),
                ft.Row(
                    [
                        parts.button(
                            look,
                            "login-submit",
                            words("login.busy" if view.busy else "login.submit"),
                            submit,
                            primary=True,
                            expand=True,
                            busy=view.busy,
                        )
                    ]
                ),
                _language(look, intents),
            ],
            spacing=18,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        width=380,
        padding=ft.Padding.only(left=32, right=32, top=34, bottom=18),
        bgcolor=tokens.surface,
        border=ft.Border.all(1, tokens.line),
        border_radius=14,
    )
    return ft.Container(content=card, alignment=ft.Alignment.CENTER, expand=True, bgcolor=tokens.ground, padding=12)


def _stretched(fields: list[ft.Control]) -> ft.Column:
    return ft.Column(fields, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _head(look: Look) -> ft.Control:
    words, tokens = look.words, look.tokens
    name = ft.Row(
        [parts.logo(38), parts.text(words("app.name"), tokens.text, size=22, weight=parts.BOLD)],
        spacing=12,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    title = parts.text(words("app.title"), tokens.soft, size=13.5, text_align=ft.TextAlign.CENTER)
    return ft.Column([name, title], spacing=8, horizontal_alignment=ft.CrossAxisAlignment.CENTER)


def _message(look: Look, message: str, color: str, ground: str) -> ft.Control:
    box = ft.Container(
        content=parts.text(message, color, size=13),
        bgcolor=ground,
        border_radius=7,
        padding=ft.Padding.symmetric(horizontal=12, vertical=9),
    )
    return parts.named("login-message", box, live_region=True)


def _language(look: Look, intents: Intents) -> ft.Control:
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
