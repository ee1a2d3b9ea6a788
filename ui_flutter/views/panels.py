"""The page of one panel."""

import flet as ft

from ui_flutter.components import cards, inputs, parts
from ui_flutter.components.form import form_dialog
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import message, pill, table
from ui_flutter.sections.panels import Panels
from ui_flutter.state.panel_tabs import PanelTab
from ui_flutter.state.present_panels import PanelsView, ReleaseView
from ui_flutter.state.views import ListPhase, Mood
from ui_flutter.views.panel_board import board_page


def page(view: PanelsView, look: Look, intents: Intents, section: Panels) -> ft.Control:
    words = look.words
    form = form_dialog(look, intents, view.form, section.forms.submit, section.forms.dismiss) if view.form else None
    if view.phase is not ListPhase.READY:
        ring = ft.ProgressRing(width=26, height=26, stroke_width=3, color=look.tokens.accent_text)
        waiting: ft.Control = ft.Container(ring, alignment=ft.Alignment.CENTER)
        if view.phase is ListPhase.FAILED:
            waiting = message(look, ft.Icons.WIFI_OFF, view.error, words("list.retry"), section.refresh)
        return section_frame(look, words("nav.panels"), waiting, back=section.back)
    lines: list[ft.Control] = [strip(look, tabs(look, view.tab, view.tabs, section.choose))]
    lines += [ft.Container(one, padding=ft.Padding.only(left=14, right=14, top=10)) for one in _notices(view, look, section)]
    lines.append(ft.Container(_body(view, look, intents, section), expand=True))
    column = ft.Column(lines, spacing=0, expand=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    actions: list[ft.Control] = [parts.named("panel-link", pill(look, view.link, look.mood(view.mood)))]
    if view.can_release and view.release is None and not look.narrow:
        actions.append(
            parts.button(look, "panel-release", words("panel.release_now"), section.give_up_line, icon=ft.Icons.CABLE)
        )
    return section_frame(look, view.title, column, subtitle=view.subtitle, actions=actions, back=section.back, dialog=form)


def _notices(view: PanelsView, look: Look, section: Panels) -> list[ft.Control]:
    shown: list[ft.Control] = []
    if view.error:
        shown.append(cards.notice(look, "panel-error", view.error, Mood.BAD, icon=ft.Icons.ERROR_OUTLINE))
    if view.release is not None:
        shown.append(_release(look, view.release, section))
    return shown


def _release(look: Look, release: ReleaseView, section: Panels) -> ft.Control:
    words, actions = look.words, list[ft.Control]()
    if release.can_resume:
        actions = [
            parts.button(look, "panel-extend", words("panel.release_again"), section.give_up_line),
            parts.button(look, "panel-resume", words("panel.resume"), section.take_line_back, primary=True, busy=release.busy),
        ]
    detail = " · ".join(filter(None, (release.detail, release.error)))
    return cards.notice(look, "panel-released", release.title, Mood.WARN, icon=ft.Icons.CABLE, actions=actions, detail=detail)


def _body(view: PanelsView, look: Look, intents: Intents, section: Panels) -> ft.Control:
    if view.tab is PanelTab.BOARD and view.board is not None:
        return board_page(view.board, look, section, can_release=view.can_release and view.release is None)
    if view.tab is PanelTab.SETTINGS:
        return _settings(view, look, section)
    return _list(view, look, intents, section)


def _list(view: PanelsView, look: Look, intents: Intents, section: Panels) -> ft.Control:
    words, above = look.words, list[ft.Control]()
    if view.tab is PanelTab.HISTORY:
        above.append(
            inputs.select(
                look, intents, "history-of", "", view.history_of, view.history_choices, section.show_history, width=240
            )
        )
    elif view.tab is PanelTab.LOG:
        which = [("all", words("log.all")), ("alarms", words("log.alarms"))]
        above.append(tabs(look, "alarms" if view.alarms_only else "all", which, section.show_log))
    elif view.can_edit:
        above += [
            parts.button(look, "zone-add", words("zone.new"), section.add_zone, icon=ft.Icons.ADD),
            parts.button(look, "partitions-edit", words("partition.title"), section.edit_partitions, icon=ft.Icons.EDIT),
        ]
    assert view.table is not None
    on_open = section.edit_zone if view.tab is PanelTab.ZONES and view.can_edit else None
    shown = table(look, view.table, on_open=on_open, on_more=section.more, on_again=section.load_tab)
    head = [strip(look, *above)] if above else []
    return ft.Column([*head, ft.Container(shown, expand=True)], spacing=0, expand=True)


def _settings(view: PanelsView, look: Look, section: Panels) -> ft.Control:
    words = look.words
    facts = [parts.fact(look, fact) for fact in view.facts]
    lines: list[ft.Control] = [cards.box(look, "panel-facts", words("panel.about"), facts)]
    if view.can_edit:
        buttons = [
            parts.button(look, "panel-edit", words("panel.change"), section.edit, icon=ft.Icons.EDIT, primary=True),
            parts.button(look, "panel-delete", words("panel.delete"), section.delete, icon=ft.Icons.DELETE),
        ]
        lines.append(ft.Row(buttons, spacing=8, wrap=True, run_spacing=8))
    column = ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return cards.scrolled(look, ft.Container(column, width=None if look.narrow else 720))
