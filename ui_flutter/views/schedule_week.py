"""A week of auto-arm: rows of schedules, a column a day, a mark a firing; on a phone one day at a time."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.components.page import strip, tabs
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.table import table
from ui_flutter.sections.schedules import Schedules
from ui_flutter.state.present_schedules import MarkView, WeekRow, WeekView
from ui_flutter.state.views import ListPhase

FIRST, ROW = 270, 54


def week(view: WeekView, look: Look, section: Schedules) -> ft.Control:
    head = steps(look, view.title, section.move_week, "week")
    if look.narrow:
        names = [(str(n), f"{name} {day}") for n, (name, day, _) in enumerate(view.columns)]
        days = strip(look, tabs(look, str(view.day), names, section.choose_day))
        shown = table(look, view.table, on_open=section.open, on_more=section.refresh, on_again=section.refresh)
        return ft.Column([head, days, ft.Container(shown, expand=True)], spacing=0, expand=True)
    if not view.rows or view.table.phase is not ListPhase.READY:
        shown = table(look, view.table, on_more=section.refresh, on_again=section.refresh)
        return ft.Column([head, ft.Container(shown, expand=True)], spacing=0, expand=True)
    draw = memoized(week_row)
    rows = [draw(row, tuple(today for _, _, today in view.columns), look, section.open, key=row.id) for row in view.rows]
    grid = ft.ListView(rows, expand=True, item_extent=ROW, spacing=0, padding=0)
    return ft.Column([head, _columns(view, look), ft.Container(grid, expand=True)], spacing=0, expand=True)


def steps(look: Look, title: str, move: Callable[[int], None], name: str) -> ft.Control:
    """`‹ 23.11 – 29.11.2026 ›`."""
    words = look.words
    line = ft.Row(
        [
            parts.icon_button(look, f"{name}-back", words("schedule.earlier"), ft.Icons.CHEVRON_LEFT, lambda: move(-1)),
            parts.named(f"{name}-title", parts.text(title, look.tokens.text, size=14, weight=parts.SEMI)),
            parts.icon_button(look, f"{name}-next", words("schedule.later"), ft.Icons.CHEVRON_RIGHT, lambda: move(1)),
        ],
        spacing=8,
    )
    return ft.Container(line, padding=ft.Padding.symmetric(horizontal=12, vertical=6))


def _columns(view: WeekView, look: Look) -> ft.Control:
    tokens = look.tokens
    names: list[ft.Control] = [ft.Container(width=FIRST)]
    for name, day, today in view.columns:
        color = tokens.accent_text if today else tokens.soft
        names.append(
            ft.Container(
                ft.Row(
                    [parts.text(name, color, size=12.5, weight=parts.SEMI), parts.text(day, color, size=12, mono=True)],
                    spacing=6,
                    alignment=ft.MainAxisAlignment.CENTER,
                ),
                expand=True,
                height=34,
                bgcolor=tokens.selected if today else None,
                alignment=ft.Alignment.CENTER,
            )
        )
    edge = ft.BorderSide(1, tokens.line)
    return ft.Container(ft.Row(names, spacing=0), bgcolor=tokens.raised, border=ft.Border.only(top=edge, bottom=edge))


@safe_component
def week_row(row: WeekRow, today: tuple[bool, ...], look: Look, on_open: Callable[[str], None]) -> ft.Control:
    """One schedule's week."""
    tokens = look.tokens
    name = ft.Column(
        [
            parts.text(row.title, tokens.text, size=13, weight=parts.MEDIUM, one_line=True),
            parts.text(row.detail, tokens.soft, size=12, one_line=True),
        ],
        spacing=1,
        tight=True,
    )
    edge = ft.BorderSide(1, tokens.line)
    cells: list[ft.Control] = [ft.Container(name, width=FIRST, padding=ft.Padding.only(left=18, right=10))]
    cells += [
        ft.Container(
            ft.Row([_mark(look, mark) for mark in marks], spacing=4, alignment=ft.MainAxisAlignment.CENTER, tight=True),
            expand=True,
            height=ROW,
            alignment=ft.Alignment.CENTER,
            bgcolor=tokens.selected if is_today else None,
            border=ft.Border.only(left=edge),
        )
        for marks, is_today in zip(row.days, today, strict=True)
    ]
    face = ft.Container(
        ft.Row(cells, spacing=0, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        height=ROW,
        border=ft.Border.only(bottom=edge),
        opacity=0.55 if row.faded else 1.0,
        ink=True,
        on_click=lambda _: on_open(row.id),
    )
    spoken = ", ".join(f"{mark.time} {mark.label}" for marks in row.days for mark in marks)
    label = f"{row.title}, {row.detail}: {spoken}"
    return parts.named(f"row-{row.id}", face, button=True, label=label, exclude_semantics=True)


def _mark(look: Look, mark: MarkView) -> ft.Control:
    """The time in a frame of its colour; how it came out is its tooltip."""
    tokens, color = look.tokens, look.mood(mark.mood)
    dot = ft.Container(width=7, height=7, border_radius=4, bgcolor=color)
    time = parts.text(f"{mark.time}{'*' if mark.moved else ''}", tokens.text, size=12, mono=True)
    return ft.Container(
        ft.Row([dot, time], spacing=5, tight=True),
        padding=ft.Padding.symmetric(horizontal=7, vertical=4),
        border=ft.Border.all(1, color),
        border_radius=6,
        bgcolor=tokens.raised,
        tooltip=mark.label,
    )
