"""The form for whoever must change the password before anything else."""

import flet as ft

from api.client.models import PASSWORD_LEAST
from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import LoginView
from ui_flutter.views.login import card, head, language, message, stretched


@safe_component
def password_page(cell: Cell[LoginView], look: Look, intents: Intents) -> ft.Control:
    """The present password and twice the new one; Enter in any of them goes on."""
    view, words, tokens = cell.value, look.words, look.tokens
    typed: dict[str, str] = ft.use_memo(dict, [])

    def submit(_: object = None) -> None:
        intents.gate.change_password(typed.get("current", ""), typed.get("new", ""), typed.get("again", ""))

    def field(name: str, hint: ft.AutofillHint) -> ft.Control:
        box = parts.field(
            look,
            intents,
            words(f"password.{name}"),
            password=True,
            can_reveal_password=True,
            autofocus=name == "current",
            on_change=lambda event: typed.update({name: event.control.value}),
            on_submit=submit,
            autofill_hints=[hint],
            read_only=view.busy,
        )
        return parts.named(f"password-{name}", box)

    new = ft.AutofillHint.NEW_PASSWORD
    fields = [field("current", ft.AutofillHint.PASSWORD), field("new", new), field("again", new)]
    doing = words("password.busy" if view.busy else "password.submit")
    rows = [
        head(look),
        parts.text(words("password.explain", n=PASSWORD_LEAST), tokens.soft, size=13),
        ft.AutofillGroup(content=stretched(fields)),
        *([message(look, view.error, tokens.on_bad, tokens.bad_ground)] if view.error else []),
        ft.Row([parts.button(look, "password-submit", doing, submit, primary=True, expand=True, busy=view.busy)]),
        ft.Row([parts.button(look, "password-logout", words("frame.logout"), intents.log_out, expand=True)]),
        language(look, intents),
    ]
    return card(look, rows)
