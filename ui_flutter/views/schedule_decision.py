"""The dialog about one firing: what it is, how it stands, and putting it off or cancelling it with a reason."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.inputs import text_input
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.sections.schedules import Schedules
from ui_flutter.state.present_schedule import DecisionView

QUICK = ("15", "30", "60")


def dialog(view: DecisionView, look: Look, intents: Intents, section: Schedules) -> ft.Control:
    tokens, words = look.tokens, look.words
    head = ft.Row(
        [
            parts.text(view.title, tokens.text, size=16, weight=parts.BOLD, expand=True),
            parts.icon_button(look, "decision-close", words("act.cancel"), ft.Icons.CLOSE, section.close_firing),
        ]
    )
    lines: list[ft.Control] = [head, *(parts.fact(look, fact) for fact in view.facts)]
    if view.hint:
        lines.append(parts.text(view.hint, tokens.soft, size=13))
    if view.can_decide:
        lines += _decide(view, look, intents, section)
    if view.error:
        lines.append(parts.named("decision-error", parts.text(view.error, tokens.bad, size=13), live_region=True))
    return modal(look, ft.Column(lines, spacing=12, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH))


def _decide(view: DecisionView, look: Look, intents: Intents, section: Schedules) -> list[ft.Control]:
    words = look.words
    minutes = text_input(
        look,
        intents,
        "decision-minutes",
        words("schedule.minutes"),
        view.minutes,
        lambda text: section.typed(minutes=text),
        error=view.fields.get("minutes", ""),
        keyboard_type=ft.KeyboardType.NUMBER,
    )
    quick = [
        parts.button(look, f"decision-{one}", f"+{one}", lambda one=one: section.typed(minutes=one))  # type: ignore[misc]
        for one in QUICK
    ]
    reason = text_input(
        look,
        intents,
        "decision-reason",
        words("schedule.reason"),
        view.reason,
        lambda text: section.typed(reason=text),
        error=view.fields.get("reason", ""),
    )
    put_off = parts.button(
        look, "decision-postpone", words("schedule.postpone"), section.postpone, primary=True, busy=view.busy
    )
    cancel = parts.button(look, "decision-cancel", words("schedule.cancel"), section.cancel, busy=view.busy)
    return [
        ft.Row([ft.Container(minutes, expand=True), *quick], spacing=6, vertical_alignment=ft.CrossAxisAlignment.START),
        reason,
        ft.Row([put_off, cancel], spacing=8, wrap=True),
    ]
