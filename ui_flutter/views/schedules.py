"""The page of auto-arm: tonight, the week, the schedules, the day's report, days off; a card or a form beside it."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import table
from ui_flutter.components.tiles import scrolled, tiles
from ui_flutter.sections.schedules import Schedules
from ui_flutter.state.present_report import ReportView
from ui_flutter.state.present_schedule import CardView
from ui_flutter.state.present_schedules import Tab, TonightView
from ui_flutter.state.schedules_view import SchedulesView
from ui_flutter.views import schedule_decision, schedule_editor, schedule_week
from ui_flutter.views.holidays import holidays_page
from ui_flutter.views.schedules_preview import preview_box


def page(view: SchedulesView, look: Look, intents: Intents, section: Schedules) -> ft.Control:
    words = look.words
    if view.editor is not None:
        return schedule_editor.page(view.editor, look, intents, section)
    if look.narrow and view.card is not None:
        return section_frame(look, view.card.title, _card(look, view.card, section), back=section.close)
    names = [(tab.value, words(f"schedule.tab.{tab}")) for tab in Tab]
    body: ft.Control = ft.Column(
        [
            strip(look, tabs(look, view.tab, names, section.choose)),
            ft.Container(_tab(view, look, intents, section), expand=True),
        ],
        spacing=0,
        expand=True,
    )
    if view.card is not None:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(_card(look, view.card, section), width=420, border=edge)
        body = ft.Row([body, side], spacing=0, expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
    actions = []
    if view.can_edit:
        add = parts.button(
            look,
            "schedule-add",
            "" if look.narrow else words("schedule.add"),
            section.add,
            icon=ft.Icons.ADD,
            primary=True,
            spoken=words("schedule.add") if look.narrow else "",
        )
        actions.append(add)
    dialog = schedule_decision.dialog(view.decision, look, intents, section) if view.decision is not None else None
    return section_frame(look, words("nav.schedules"), body, subtitle=words("schedule.explain"), actions=actions, dialog=dialog)


def _tab(view: SchedulesView, look: Look, intents: Intents, section: Schedules) -> ft.Control:
    if view.tonight is not None:
        return _tonight(view.tonight, look, section)
    if view.week is not None:
        return schedule_week.week(view.week, look, section)
    if view.report is not None:
        return _report(view.report, look, section)
    if view.holidays is not None:
        return holidays_page(view.holidays, look, intents, section, can_edit=view.can_edit)
    assert view.table is not None
    return table(look, view.table, on_open=section.open, on_more=section.refresh, on_again=section.refresh)


def _tonight(view: TonightView, look: Look, section: Schedules) -> ft.Control:
    lines: list[ft.Control] = [tiles(look, view.tiles)]
    if view.unarmed:
        lines.append(_unarmed(view, look))
    elif view.calm:
        calm = ft.Row(
            [
                ft.Icon(ft.Icons.VERIFIED_USER, size=19, color=look.tokens.good),
                parts.text(view.calm, look.tokens.text, size=13.5, expand=True),
            ],
            spacing=10,
        )
        padding = ft.Padding.only(left=18, right=18, bottom=12)
        lines.append(parts.named("schedule-calm", ft.Container(calm, padding=padding), live_region=True))
    shown = table(look, view.table, on_open=section.open_firing, on_more=section.refresh, on_again=section.refresh)
    edge = ft.Border.only(top=ft.BorderSide(1, look.tokens.line))
    lines.append(ft.Container(shown, expand=True, border=edge))
    return ft.Column(lines, spacing=0, expand=True)


def _unarmed(view: TonightView, look: Look) -> ft.Control:
    """The evening's question: what is open though it should not be."""
    tokens = look.tokens
    head = ft.Row(
        [
            ft.Icon(ft.Icons.GPP_MAYBE, size=20, color=tokens.bad),
            parts.text(view.unarmed_title, tokens.text, size=14.5, weight=parts.BOLD, expand=True),
        ],
        spacing=9,
    )
    lines: list[ft.Control] = [head]
    for one in view.unarmed:
        told = ft.Column(
            [
                parts.text(one.title, tokens.text, size=13, weight=parts.MEDIUM),
                parts.text(one.why, tokens.soft, size=12.5),
            ],
            spacing=1,
            tight=True,
        )
        lines.append(parts.named(f"unarmed-{one.key}", ft.Container(told, padding=ft.Padding.only(left=29))))
    if view.unarmed_more:
        lines.append(ft.Container(parts.text(view.unarmed_more, tokens.soft, size=12.5), padding=ft.Padding.only(left=29)))
    long = look.narrow and len(view.unarmed) > 2
    shown = ft.Column(lines, spacing=8, tight=True, scroll=ft.ScrollMode.AUTO if long else None)
    frame = ft.Container(
        shown,
        padding=14,
        margin=ft.Margin.only(left=12 if look.narrow else 18, right=12 if look.narrow else 18, bottom=12),
        border=ft.Border.all(1, tokens.bad),
        border_radius=10,
        height=190 if long else None,
    )
    return parts.named("schedule-unarmed", frame, live_region=True)


def _report(view: ReportView, look: Look, section: Schedules) -> ft.Control:
    steps = schedule_week.steps(look, view.title, section.move_report, "report")
    shown = table(look, view.table, on_more=section.refresh, on_again=section.refresh)
    lines: list[ft.Control] = [steps]
    if view.tiles:
        lines.append(tiles(look, view.tiles))
    return ft.Column([*lines, ft.Container(shown, expand=True)], spacing=0, expand=True)


def _card(look: Look, view: CardView, section: Schedules) -> ft.Control:
    words = look.words
    lines: list[ft.Control] = []
    if not look.narrow:
        lines.append(parts.text(view.title, look.tokens.text, size=16, weight=parts.BOLD))
    lines += [parts.fact(look, fact) for fact in view.facts]
    if view.can_edit:
        lines.append(ft.Row([parts.button(look, "schedule-edit", words("schedule.edit"), section.edit, icon=ft.Icons.EDIT)]))
    lines.append(parts.text(words("schedule.rules"), look.tokens.text, size=14, weight=parts.SEMI))
    lines += [parts.text(f"• {rule}", look.tokens.soft, size=13) for rule in view.rules]
    lines.append(preview_box(look, view.preview))
    return parts.named("schedule-card", scrolled(look, lines))
