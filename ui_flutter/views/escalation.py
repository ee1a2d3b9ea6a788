"""The page of escalation: ladders, rotas, addresses, the log of deliveries; a form in their place."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.table import message, table
from ui_flutter.components.tiles import scrolled, warning
from ui_flutter.sections.escalation import Escalating
from ui_flutter.state.escalation_view import EscalationView
from ui_flutter.state.present_escalation import LogView, PoliciesView, PolicyView, RungView, Show, Tab
from ui_flutter.state.views import ListPhase
from ui_flutter.views import escalation_forms
from ui_flutter.views.on_call import rotas_page, stand_in_dialog
from workflows.domain.escalation import Channel

ICONS = {
    Channel.EMAIL: ft.Icons.MAIL,
    Channel.SMS: ft.Icons.SMS,
    Channel.PUSH: ft.Icons.NOTIFICATIONS_ACTIVE,
    Channel.PAGERDUTY: ft.Icons.CAMPAIGN,
    Channel.WEBHOOK: ft.Icons.WEBHOOK,
}


def page(view: EscalationView, look: Look, intents: Intents, section: Escalating) -> ft.Control:
    words = look.words
    if view.form is not None:
        return escalation_forms.page(view.form, look, intents, section)
    names = [(tab.value, words(f"escalation.tab.{tab}")) for tab in Tab if view.can_edit or tab is not Tab.CHANNELS]
    body = ft.Column(
        [strip(look, tabs(look, view.tab, names, section.choose)), ft.Container(_tab(view, look, section), expand=True)],
        spacing=0,
        expand=True,
    )
    actions = []
    if view.can_edit and view.tab is not Tab.LOG:
        label = words(f"escalation.add.{view.tab}")
        shown, spoken = ("", label) if look.narrow else (label, "")
        add = parts.button(look, "escalation-add", shown, section.add, icon=ft.Icons.ADD, primary=True, spoken=spoken)
        actions.append(add)
    dialog = stand_in_dialog(view.stand_in, look, intents, section) if view.stand_in is not None else None
    return section_frame(
        look, words("nav.escalation"), body, subtitle=words("escalation.explain"), actions=actions, dialog=dialog
    )


def _tab(view: EscalationView, look: Look, section: Escalating) -> ft.Control:
    if view.policies is not None:
        return _policies(view.policies, look, section, can_edit=view.can_edit)
    if view.rotas is not None:
        return rotas_page(view.rotas, look, section, can_edit=view.can_edit)
    if view.log is not None:
        return _log(view.log, look, section)
    assert view.channels is not None
    return table(look, view.channels, on_open=section.open_channel, on_more=section.more, on_again=section.refresh)


def _policies(view: PoliciesView, look: Look, section: Escalating, *, can_edit: bool) -> ft.Control:
    words = look.words
    if not view.items and view.phase is not ListPhase.READY:
        loading = view.phase is ListPhase.LOADING
        text = words("escalation.loading") if loading else view.error
        return message(
            look, ft.Icons.HOURGLASS_EMPTY if loading else ft.Icons.WIFI_OFF, text, words("list.retry"), section.refresh
        )
    lines: list[ft.Control] = []
    if view.missing:
        lines.append(warning(look, "escalation-missing", view.missing))
    if view.error:
        lines.append(warning(look, "table-error", view.error))
    lines += [_policy(look, one, section, can_edit=can_edit) for one in view.items]
    return scrolled(look, lines)


def _policy(look: Look, view: PolicyView, section: Escalating, *, can_edit: bool) -> ft.Control:
    tokens, words = look.tokens, look.words
    head: list[ft.Control] = [
        ft.Icon(ft.Icons.STAIRS, size=20, color=tokens.accent_text),
        ft.Column(
            [
                parts.text(view.title, tokens.text, size=15, weight=parts.BOLD, one_line=True),
                parts.text(view.scope, tokens.soft, size=12.5),
            ],
            spacing=1,
            tight=True,
            expand=True,
        ),
    ]
    if view.is_default and not look.narrow:
        head.append(parts.chip(look, words("escalation.default")))
    if can_edit:
        edit = lambda: section.open_policy(view.id)  # noqa: E731
        head.append(parts.icon_button(look, f"policy-edit-{view.id}", words("schedule.edit"), ft.Icons.EDIT, edit))
    rungs = [_rung(look, one, last=place == len(view.rungs) - 1) for place, one in enumerate(view.rungs)]
    notes = ft.Column([parts.text(f"• {note}", tokens.soft, size=12.5) for note in view.notes], spacing=6, tight=True)
    ladder = ft.Column(list(rungs), spacing=8, tight=True)
    inside: list[ft.Control] = [ladder, notes]
    if not look.narrow:
        sides: list[ft.Control] = [ft.Container(ladder, expand=3), ft.Container(notes, expand=2)]
        inside = [ft.Row(sides, spacing=18, vertical_alignment=ft.CrossAxisAlignment.START)]
    column = ft.Column([ft.Row(head, spacing=10), *inside], spacing=12, tight=True)
    frame = ft.Container(column, padding=16, border=ft.Border.all(1, tokens.line), border_radius=10, bgcolor=tokens.ground)
    return parts.named(f"policy-{view.id}", frame)


def _rung(look: Look, view: RungView, *, last: bool) -> ft.Control:
    """A step of the ladder: its name in a ring, a line to the next, and whom it rings."""
    tokens = look.tokens
    ring = ft.Container(
        parts.text(view.name, tokens.on_accent, size=12, weight=parts.BOLD),
        width=34,
        height=34,
        border_radius=17,
        bgcolor=tokens.accent,
        alignment=ft.Alignment.CENTER,
    )
    rail = ft.Container(width=2, height=22 if not last else 0, bgcolor=tokens.line, border_radius=1)
    left = ft.Column([ring, rail], spacing=4, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    chips = [target(look, channel, name) for channel, name in view.targets]
    right = ft.Column(
        [parts.text(view.when, tokens.text, size=13.5, weight=parts.SEMI), ft.Row(chips, wrap=True, spacing=6, run_spacing=6)],
        spacing=6,
        tight=True,
        expand=True,
    )
    return ft.Row([left, right], spacing=14, vertical_alignment=ft.CrossAxisAlignment.START)


def target(look: Look, channel: Channel, name: str) -> ft.Control:
    """Whom, and by what: the sign has its word as a tooltip and for the ear."""
    tokens, word = look.tokens, look.words(f"channel.{channel}")
    return ft.Container(
        ft.Row(
            [
                ft.Icon(ICONS[channel], size=15, color=tokens.accent_text),
                parts.text(f"{word}: {name}", tokens.text, size=12.5, one_line=True),
            ],
            spacing=6,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=10, vertical=5),
        border=ft.Border.all(1, tokens.line),
        border_radius=14,
        bgcolor=tokens.raised,
    )


def _log(view: LogView, look: Look, section: Escalating) -> ft.Control:
    names = [(show.value, look.words(f"escalation.show.{show}")) for show in Show]
    lines: list[ft.Control] = [strip(look, tabs(look, view.show, names, section.choose_log))]
    if view.nobody:
        tokens = look.tokens
        line = ft.Row(
            [
                ft.Icon(ft.Icons.PERSON_OFF, size=20, color=tokens.on_bad),
                parts.text(view.nobody, tokens.on_bad, size=14, weight=parts.SEMI, expand=True),
            ],
            spacing=10,
        )
        shown = ft.Container(line, bgcolor=tokens.bad_ground, padding=ft.Padding.symmetric(horizontal=18, vertical=10))
        lines.append(parts.named("escalation-nobody", shown, live_region=True))
    lines.append(ft.Container(table(look, view.table, on_more=section.more, on_again=section.refresh), expand=True))
    return ft.Column(lines, spacing=0, expand=True)
