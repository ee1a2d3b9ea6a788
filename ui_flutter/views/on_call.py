"""Rotas: who is on call now, four weeks as a grid, who stands in."""

from dataclasses import replace

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.inputs import select, text_input
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.table import message
from ui_flutter.components.tiles import scrolled, warning
from ui_flutter.sections.escalation import Escalating
from ui_flutter.state.escalation_view import StandInForm
from ui_flutter.state.present_escalation import RotasView, RotaView, SpanView
from ui_flutter.state.views import ListPhase


def rotas_page(view: RotasView, look: Look, section: Escalating, *, can_edit: bool) -> ft.Control:
    words = look.words
    if not view.items:
        text = {ListPhase.LOADING: words("escalation.loading"), ListPhase.FAILED: view.error}
        icon = ft.Icons.WIFI_OFF if view.phase is ListPhase.FAILED else ft.Icons.EVENT
        shown = text.get(view.phase, words("escalation.empty.rotas"))
        return message(look, icon, shown, "" if view.phase is ListPhase.READY else words("list.retry"), section.refresh)
    steps = ft.Row(
        [
            parts.icon_button(
                look, "weeks-back", words("schedule.earlier"), ft.Icons.CHEVRON_LEFT, lambda: section.move_weeks(-1)
            ),
            parts.named("weeks-title", parts.text(view.span, look.tokens.text, size=14, weight=parts.SEMI)),
            parts.icon_button(
                look, "weeks-next", words("schedule.later"), ft.Icons.CHEVRON_RIGHT, lambda: section.move_weeks(1)
            ),
        ],
        spacing=8,
    )
    lines: list[ft.Control] = [steps]
    if view.error:
        lines.append(warning(look, "table-error", view.error))
    return scrolled(look, [*lines, *(_rota(look, one, section, can_edit=can_edit) for one in view.items)])


def _rota(look: Look, view: RotaView, section: Escalating, *, can_edit: bool) -> ft.Control:
    tokens, words = look.tokens, look.words
    now = ft.Row(
        [
            ft.Icon(ft.Icons.PERSON_OFF if view.nobody else ft.Icons.PHONE_IN_TALK, size=18, color=_now_color(look, view)),
            parts.text(words("escalation.now", name=view.now), _now_color(look, view), size=14, weight=parts.SEMI),
        ],
        spacing=8,
        tight=True,
    )
    title = ft.Column(
        [
            parts.text(view.title, tokens.text, size=15, weight=parts.BOLD, one_line=True),
            parts.text(view.detail, tokens.soft, size=12.5),
        ],
        spacing=1,
        tight=True,
        expand=True,
    )
    head: list[ft.Control] = [title]
    if can_edit:
        stand_in = lambda: section.ask_stand_in(view.id)  # noqa: E731
        edit = lambda: section.open_rota(view.id)  # noqa: E731
        icon = ft.Icons.SWAP_HORIZ
        if look.narrow:
            head.append(parts.icon_button(look, f"stand-in-{view.id}", words("escalation.stand_in"), icon, stand_in))
        else:
            head.append(parts.button(look, f"stand-in-{view.id}", words("escalation.stand_in"), stand_in, icon=icon))
        head.append(parts.icon_button(look, f"rota-edit-{view.id}", words("schedule.edit"), ft.Icons.EDIT, edit))
    lines: list[ft.Control] = [ft.Row(head, spacing=10), parts.named(f"on-call-{view.id}", now, live_region=True)]
    if not look.narrow:
        lines.append(_weekdays(look))
    lines += [_week(look, name, spans) for name, spans in view.weeks]
    for one in view.stand_ins:
        line: list[ft.Control] = [
            ft.Icon(ft.Icons.SWAP_HORIZ, size=16, color=tokens.warn),
            parts.text(one.text, tokens.text, size=13, expand=True),
        ]
        if can_edit:
            end = lambda id_=one.id: section.end_stand_in(view.id, id_)  # noqa: E731
            line.append(parts.icon_button(look, f"stand-in-end-{one.id}", words("escalation.end"), ft.Icons.CLOSE, end))
        lines.append(parts.named(f"stands-in-{one.id}", ft.Row(line, spacing=8)))
    column = ft.Column(lines, spacing=9, tight=True)
    frame = ft.Container(column, padding=16, border=ft.Border.all(1, tokens.line), border_radius=10, bgcolor=tokens.ground)
    return parts.named(f"rota-{view.id}", frame)


def _now_color(look: Look, view: RotaView) -> str:
    return look.tokens.bad if view.nobody else look.tokens.good


def _weekdays(look: Look) -> ft.Control:
    days = [
        ft.Container(parts.text(look.words(f"day.{day}"), look.tokens.faint, size=11.5, weight=parts.SEMI), expand=True)
        for day in range(1, 8)
    ]
    return ft.Row([ft.Container(width=110), *days], spacing=0)


def _week(look: Look, name: str, spans: tuple[SpanView, ...]) -> ft.Control:
    """Its days from Monday on, each person as wide as the time he has."""
    label = parts.text(name, look.tokens.soft, size=12, mono=True)
    bar = ft.Row([_span(look, one) for one in spans], spacing=2, expand=True)
    if look.narrow:
        return ft.Column([label, ft.Row([bar], height=30)], spacing=3, tight=True)
    return ft.Row([ft.Container(label, width=110), bar], spacing=0)


def _span(look: Look, view: SpanView) -> ft.Control:
    tokens = look.tokens
    ground, color = (tokens.warn_ground, tokens.on_warn) if view.overridden else (tokens.selected, tokens.text)
    inside: list[ft.Control] = [ft.Container(parts.text(view.name, color, size=12.5, one_line=True), expand=True)]
    if view.overridden:
        inside.insert(0, ft.Icon(ft.Icons.SWAP_HORIZ, size=14, color=color))
    return ft.Container(
        ft.Row(inside, spacing=5),
        expand=view.share,
        height=30,
        bgcolor=ground,
        border=ft.Border.all(2 if view.now else 1, tokens.accent_text if view.now else tokens.line),
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=8),
        tooltip=f"{view.name}: {view.detail}",
        clip_behavior=ft.ClipBehavior.HARD_EDGE,
    )


def stand_in_dialog(view: StandInForm, look: Look, intents: Intents, section: Escalating) -> ft.Control:
    words, typed = look.words, view.typed
    who = select(
        look,
        intents,
        "stand-in-user",
        words("escalation.who"),
        typed.user,
        view.people,
        lambda user: section.draw_stand_in(replace(typed, user=user)),
        fills=True,
    )
    since = text_input(
        look,
        intents,
        "stand-in-since",
        words("escalation.since"),
        typed.since,
        lambda text: section.draw_stand_in(replace(typed, since=text)),
    )
    until = text_input(
        look,
        intents,
        "stand-in-until",
        words("escalation.until"),
        typed.until,
        lambda text: section.draw_stand_in(replace(typed, until=text)),
    )
    lines: list[ft.Control] = [
        parts.text(words("escalation.stand_in"), look.tokens.text, size=16, weight=parts.BOLD),
        who,
        since,
        until,
    ]
    if view.error:
        lines.append(parts.named("stand-in-error", parts.text(view.error, look.tokens.bad, size=13), live_region=True))
    lines.append(
        ft.Row(
            [
                parts.button(look, "stand-in-put", words("schedule.save"), section.put_stand_in, primary=True, busy=view.busy),
                parts.button(look, "stand-in-cancel", words("act.cancel"), section.close_stand_in),
            ],
            spacing=8,
        )
    )
    return modal(look, ft.Column(lines, spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH))
