"""The page of commands: the list, and the chosen one beside it; on a phone in its place."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import table
from ui_flutter.sections.commands import Commands
from ui_flutter.state.present_commands import CommandsView, CommandView, Show


def page(view: CommandsView, look: Look, intents: Intents, section: Commands) -> ft.Control:
    words = look.words
    if look.narrow and view.chosen is not None:
        return section_frame(look, view.chosen.title, _chosen(look, view.chosen, section), back=lambda: intents.go("/commands"))
    names = [(show.value, words(f"command.show.{show}")) for show in Show]
    shown = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh)
    listing = ft.Column(
        [strip(look, tabs(look, view.show, names, section.choose)), ft.Container(shown, expand=True)], spacing=0, expand=True
    )
    body: ft.Control = listing
    if view.chosen is not None:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(_chosen(look, view.chosen, section), width=380, border=edge)
        body = ft.Row([listing, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    return section_frame(look, words("nav.commands"), body, subtitle=words("command.explain"))


def _chosen(look: Look, view: CommandView, section: Commands) -> ft.Control:
    lines: list[ft.Control] = []
    if not look.narrow:
        lines.append(parts.text(view.title, look.tokens.text, size=16, weight=parts.BOLD))
    lines += [parts.fact(look, fact) for fact in view.facts]
    if view.error:
        lines.append(parts.named("command-error", parts.text(view.error, look.tokens.bad, size=13), live_region=True))
    if view.can_release:
        lines.append(
            parts.button(look, "command-release", look.words("command.agree"), section.release, primary=True, busy=view.busy)
        )
    return parts.named(
        "command-card",
        ft.Container(ft.Column(lines, spacing=12, scroll=ft.ScrollMode.AUTO), padding=18),
    )
