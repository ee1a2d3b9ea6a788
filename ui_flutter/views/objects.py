"""The page of objects: the list, the map, or the card of one."""

import flet as ft

from ui_flutter.components import inputs, parts
from ui_flutter.components.form import form_dialog
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import table
from ui_flutter.sections.objects import Objects
from ui_flutter.state.present_objects import At, ObjectsView
from ui_flutter.views.object_card import card_page
from ui_flutter.views.object_map import map_page


def page(view: ObjectsView, look: Look, intents: Intents, section: Objects) -> ft.Control:
    form = form_dialog(look, intents, view.form, section.forms.submit, section.forms.dismiss) if view.form else None
    if view.at is At.CARD and view.card is not None and section.card is not None:
        return card_page(view.card, look, intents, section.card, form)
    words = look.words
    ways = tabs(look, view.at, [(At.LIST, words("object.list")), (At.MAP, words("object.map"))], section.show)
    actions: list[ft.Control] = [ways]
    if view.can_add:
        actions.append(parts.button(look, "object-add", words("object.add"), section.add, icon=ft.Icons.ADD, primary=True))
    body = map_page(view.map, look, section.map) if view.at is At.MAP and view.map else _listing(view, look, intents, section)
    subtitle = view.map.shown if view.map else ("" if look.narrow else words("object.explain"))
    return section_frame(look, words("nav.objects"), body, subtitle=subtitle, actions=actions, dialog=form)


def _listing(view: ObjectsView, look: Look, intents: Intents, section: Objects) -> ft.Control:
    words = look.words
    search = inputs.text_input(
        look,
        intents,
        "object-search",
        "",
        view.query,
        section.search,
        hint=words("object.search"),
        dense=True,
        prefix_icon=ft.Icons.SEARCH,
        width=220 if look.narrow else 340,
    )
    status = inputs.select(look, intents, "object-status", "", view.status, view.statuses, section.choose_status, width=190)
    kind = inputs.select(look, intents, "object-kind", "", view.kind, view.kinds, section.choose_kind, width=190)
    city = inputs.select(look, intents, "object-city", "", view.city, view.cities, section.choose_city, width=190)
    assert view.table is not None
    shown = table(look, view.table, on_open=section.open, on_more=section.more, on_again=section.refresh_list)
    return ft.Column([strip(look, search, city, kind, status), ft.Container(shown, expand=True)], spacing=0, expand=True)
