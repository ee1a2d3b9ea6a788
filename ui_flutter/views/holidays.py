"""Days off: the public ones of a year, and those that somebody added."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.inputs import text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.components.tiles import box, scrolled
from ui_flutter.sections.schedules import Schedules
from ui_flutter.state.present_holidays import HolidaysView, HolidayView
from ui_flutter.views.schedule_week import steps


def holidays_page(view: HolidaysView, look: Look, intents: Intents, section: Schedules, *, can_edit: bool) -> ft.Control:
    tokens, words = look.tokens, look.words
    lines: list[ft.Control] = [_line(look, one, section, can_edit=can_edit) for one in view.lines]
    if view.failed:
        lines.append(parts.text(view.failed, tokens.bad, size=13))
    shown: list[ft.Control] = [parts.text(words("schedule.holidays_explain"), tokens.soft, size=13)]
    if can_edit:
        shown.append(holiday_form(view.times_done, view.error, view.busy, look, intents, section))
    shown.append(box(look, view.title, lines))
    head = steps(look, view.title, section.move_year, "year")
    return ft.Column([head, ft.Container(scrolled(look, shown), width=None if look.narrow else 720, expand=True)], expand=True)


@safe_component
def holiday_form(times_done: int, error: str, busy: bool, look: Look, intents: Intents, section: Schedules) -> ft.Control:
    """Begun anew when one was taken."""
    words, form = look.words, use_form({"day": "", "name": ""}, times_done)
    day = text_input(
        look,
        intents,
        "holiday-day",
        words("schedule.day"),
        form["day"],
        lambda text: form.put("day", text),
        hint="24.12.2026",
    )
    name = text_input(look, intents, "holiday-name", words("schedule.name"), form["name"], lambda text: form.put("name", text))
    add = parts.button(
        look, "holiday-add", words("schedule.add_day"), lambda: section.add_holiday(form["day"], form["name"]), busy=busy
    )
    row = ft.Row([ft.Container(day, width=140), ft.Container(name, expand=True), add], spacing=8)
    lines: list[ft.Control] = [row]
    if error:
        lines.append(parts.named("holiday-error", parts.text(error, look.tokens.bad, size=13), live_region=True))
    return ft.Column(lines, spacing=6, tight=True)


def _line(look: Look, one: HolidayView, section: Schedules, *, can_edit: bool) -> ft.Control:
    tokens = look.tokens
    line: list[ft.Control] = [
        ft.Container(parts.text(one.text, tokens.text, size=13, mono=True), width=110),
        parts.text(one.name, tokens.text, size=13.5, expand=True),
    ]
    if one.own:
        line.append(parts.chip(look, look.words("schedule.own_day")))
        if can_edit:
            drop = lambda day=one.day: section.drop_holiday(day)  # noqa: E731
            line.append(
                parts.icon_button(look, f"holiday-drop-{one.day}", look.words("schedule.drop_day"), ft.Icons.DELETE, drop)
            )
    return parts.named(f"holiday-{one.day}", ft.Container(ft.Row(line, spacing=10), height=44 if look.narrow else 36))
