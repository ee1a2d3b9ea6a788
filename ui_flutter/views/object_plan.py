"""Contacts in call order and the procedure of an object, shown and edited."""

from collections.abc import Sequence

import flet as ft

from ui_flutter.components import cards, parts
from ui_flutter.components.look import Look
from ui_flutter.sections.object_card import ObjectCard
from ui_flutter.state.plan_draft import Part
from ui_flutter.state.present_object import LineOfPlan, PlanView
from ui_flutter.state.views import Mood


def plan_boxes(view: PlanView, look: Look, card: ObjectCard) -> tuple[list[ft.Control], list[ft.Control]]:
    """The boxes of contacts and of steps."""
    words, plan = look.words, card.plan
    edit = [parts.icon_button(look, "plan-edit", words("object.plan_edit"), ft.Icons.EDIT, plan.begin, size=30)]
    offered = edit if view.can_edit and not view.editing else []
    contacts: list[ft.Control] = [
        _box(view, look, card, Part.CONTACTS, view.contacts, words("object.contacts"), offered),
    ]
    steps: list[ft.Control] = [_box(view, look, card, Part.STEPS, view.steps, words("object.procedure"), [])]
    if view.editing:
        contacts.insert(0, _saving(view, look, card))
    return contacts, steps


def _box(
    view: PlanView,
    look: Look,
    card: ObjectCard,
    part: Part,
    members: Sequence[LineOfPlan],
    title: str,
    actions: list[ft.Control],
) -> ft.Control:
    words = look.words
    lines = [_line(look, view, card, part, one, last=one.number == len(members)) for one in members]
    if not lines:
        lines = [parts.text(words(f"object.no_{part}"), look.tokens.faint)]
    if view.editing:
        add = parts.button(look, f"{part}-add", words(f"object.add_{part}"), lambda: card.plan.edit(part), icon=ft.Icons.ADD)
        lines.append(ft.Row([add]))
    return cards.box(look, f"object-{part}", title, lines, actions=actions)


def _line(look: Look, view: PlanView, card: ObjectCard, part: Part, one: LineOfPlan, *, last: bool) -> ft.Control:
    tokens, place = look.tokens, one.number - 1
    badge = ft.Container(
        parts.text(str(one.number), tokens.accent_text, size=12.5, weight=parts.BOLD, mono=True),
        width=26,
        height=26,
        border_radius=13,
        bgcolor=tokens.selected,
        alignment=ft.Alignment.CENTER,
    )
    words: list[ft.Control] = [parts.text(one.title, tokens.text, size=13.5, weight=parts.MEDIUM)]
    if one.detail:
        words.append(parts.text(one.detail, tokens.soft, size=13, mono=part is Part.CONTACTS))
    if one.note:
        words.append(parts.text(one.note, tokens.faint, size=12.5))
    buttons = _edit_buttons(look, card, part, place, last=last) if view.editing else _copy(look, card, one)
    return parts.named(
        f"{part}-{one.number}",
        ft.Row(
            [badge, ft.Column(words, spacing=2, tight=True, expand=True), *buttons],
            spacing=12,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
    )


def _copy(look: Look, card: ObjectCard, one: LineOfPlan) -> list[ft.Control]:
    if not one.copy:
        return []
    name = f"copy-{one.number}"
    label = f"{look.words('object.copy')}: {one.copy}"
    return [parts.icon_button(look, name, label, ft.Icons.CONTENT_COPY, lambda: card.copy(one.copy), size=30)]


def _edit_buttons(look: Look, card: ObjectCard, part: Part, place: int, *, last: bool) -> list[ft.Control]:
    words, plan, name = look.words, card.plan, f"{part}-{place + 1}"
    buttons: list[ft.Control] = []
    if place:
        up = words("object.up")
        buttons.append(
            parts.icon_button(look, f"{name}-up", up, ft.Icons.ARROW_UPWARD, lambda: plan.move(part, place, -1), size=30)
        )
    if not last:
        down = words("object.down")
        buttons.append(
            parts.icon_button(look, f"{name}-down", down, ft.Icons.ARROW_DOWNWARD, lambda: plan.move(part, place, 1), size=30)
        )
    edit, remove = words("object.edit_line"), words("object.remove_line")
    return [
        *buttons,
        parts.icon_button(look, f"{name}-edit", edit, ft.Icons.EDIT, lambda: plan.edit(part, place), size=30),
        parts.icon_button(look, f"{name}-remove", remove, ft.Icons.CLOSE, lambda: plan.remove(part, place), size=30),
    ]


def _saving(view: PlanView, look: Look, card: ObjectCard) -> ft.Control:
    words = look.words
    buttons: list[ft.Control] = [
        parts.button(look, "plan-cancel", words("act.cancel"), card.plan.cancel, enabled=not view.busy),
        parts.button(look, "plan-save", words("object.save"), card.plan.save, primary=True, busy=view.busy),
    ]
    lines: list[ft.Control] = [
        cards.notice(
            look, "plan-saving", words("object.plan_editing"), Mood.WARN, icon=ft.Icons.EDIT_NOTE, actions=buttons,
            detail=view.changed,
        )
    ]  # fmt: skip
    if view.error:
        lines.append(cards.notice(look, "plan-error", view.error, Mood.BAD, icon=ft.Icons.ERROR_OUTLINE))
    return ft.Column(lines, spacing=8, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
