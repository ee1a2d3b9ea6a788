"""The line of tabs that the pages about people, programs and roles share."""

import flet as ft

from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import tabs

PAGES = ("users", "tokens", "roles")


def people_tabs(look: Look, chosen: str, intents: Intents) -> ft.Control:
    names = [(name, look.words(f"people.{name}")) for name in PAGES]
    return tabs(look, chosen, names, lambda name: intents.go(f"/{name}"))
