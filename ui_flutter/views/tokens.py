"""The page of service tokens."""

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.inputs import select, text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip
from ui_flutter.components.safe import safe_component
from ui_flutter.components.table import pill, table
from ui_flutter.sections.tokens import Tokens
from ui_flutter.state.present_tokens import USUAL, Dialog, Order, TokensView, TokenView
from ui_flutter.state.views import Mood
from ui_flutter.views.people_tabs import people_tabs
from workflows.domain.permissions import ServiceRole


def page(view: TokensView, look: Look, intents: Intents, section: Tokens) -> ft.Control:
    words = look.words
    dialog = _dialog(view, look, intents, section)
    if look.narrow and view.chosen is not None:
        card = _chosen(look, view.chosen, section)
        return section_frame(look, view.chosen.name, card, back=lambda: intents.go("/tokens"), dialog=dialog)
    shown = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh)
    listing = ft.Column(
        [strip(look, people_tabs(look, "tokens", intents)), ft.Container(shown, expand=True)], spacing=0, expand=True
    )
    body: ft.Control = listing
    if view.chosen is not None:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(_chosen(look, view.chosen, section), width=380, border=edge)
        body = ft.Row([listing, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    add = parts.button(
        look, "token-add", words("tokens.add"), lambda: section.ask(Order.ISSUE), icon=ft.Icons.ADD, primary=True
    )
    return section_frame(look, words("nav.tokens"), body, subtitle=words("tokens.explain"), actions=[add], dialog=dialog)


def _chosen(look: Look, view: TokenView, section: Tokens) -> ft.Control:
    words, tokens = look.words, look.tokens
    lines: list[ft.Control] = []
    if not look.narrow:
        lines.append(parts.text(view.name, tokens.text, size=16, weight=parts.BOLD))
    label, mood = view.sign
    lines.append(ft.Row([pill(look, label, look.mood(mood))]))
    lines += [parts.fact(look, fact) for fact in view.facts]
    lines.append(parts.text(words("tokens.rights"), tokens.soft, size=12.5, weight=parts.SEMI))
    lines += [parts.text(f"• {right}", tokens.text, size=13) for right in view.rights]
    if view.can_revoke:
        revoke = parts.button(
            look, "token-revoke", words("tokens.revoke"), lambda: section.ask(Order.REVOKE), icon=ft.Icons.BLOCK
        )
        lines.append(ft.Row([revoke]))
    column = ft.Column(lines, spacing=11, scroll=ft.ScrollMode.AUTO, expand=True)
    return parts.named("token-card", ft.Container(column, padding=18))


def _dialog(view: TokensView, look: Look, intents: Intents, section: Tokens) -> ft.Control | None:
    dialog = view.dialog
    if dialog is None:
        return None
    if dialog.order is Order.TOLD:
        return modal(look, _told(look, intents, dialog, section), width=520)
    if dialog.order is Order.ISSUE:
        return modal(look, _issue(view, look, intents, section), width=blocks.DIALOG)
    return modal(look, _revoke(view, look, section), width=blocks.DIALOG) if view.chosen is not None else None


def _told(look: Look, intents: Intents, dialog: Dialog, section: Tokens) -> ft.Control:
    words = look.words
    return blocks.form(
        look,
        words("tokens.told"),
        [
            blocks.note(look, words("tokens.told.explain"), Mood.WARN),
            blocks.once(look, intents, "service-token", dialog.token, size=13),
        ],
        subtitle=dialog.name,
        confirm=("token-told", words("tokens.told.noted"), section.cancel),
        cancel=None,
    )


def _revoke(view: TokensView, look: Look, section: Tokens) -> ft.Control:
    words = look.words
    return blocks.form(
        look,
        words("tokens.revoke"),
        [parts.text(words("tokens.revoke.explain"), look.tokens.text, size=13.5)],
        subtitle=view.chosen.name if view.chosen else "",
        confirm=("token-confirm", words("tokens.revoke"), section.revoke),
        cancel=section.cancel,
        busy=view.busy,
        error=view.error,
    )


@safe_component
def _issue(view: TokensView, look: Look, intents: Intents, section: Tokens) -> ft.Control:
    words = look.words
    first = view.accounts[0][0] if view.accounts else ""
    form = use_form({"account": first, "role": ServiceRole.WORKER.value, "life": str(USUAL)}, first)
    if not view.accounts:
        lacking = blocks.note(look, words("tokens.no_account"), Mood.WARN)
        go = ("token-account", words("tokens.to_users"), lambda: intents.go("/users"))
        return blocks.form(look, words("tokens.add"), [lacking], confirm=go, cancel=section.cancel)

    def submit() -> None:
        section.issue(form["account"], form["name"], form["role"], form["life"])

    def choice(name: str, options: tuple[tuple[str, str], ...]) -> ft.Control:
        return select(
            look,
            intents,
            f"token-{name}",
            words(f"tokens.{name}"),
            form[name],
            options,
            lambda value: form.put(name, value),
            width=None if look.narrow else blocks.INNER,
        )

    fields = [
        text_input(
            look,
            intents,
            "token-name",
            words("tokens.name"),
            form["name"],
            lambda value: form.put("name", value),
            autofocus=True,
        ),
        choice("account", view.accounts),
        choice("role", view.roles),
        parts.text(words(f"service.{form['role']}.explain"), look.tokens.soft, size=12.5),
        choice("life", view.lives),
    ]
    return blocks.form(
        look,
        words("tokens.add"),
        fields,
        subtitle=words("tokens.add.explain"),
        confirm=("token-issue", words("tokens.add.confirm"), submit),
        cancel=section.cancel,
        ready=bool(form["name"].strip()),
        busy=view.busy,
        error=view.error,
        tall=True,
    )
