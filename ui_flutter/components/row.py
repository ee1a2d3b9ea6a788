"""One alarm in the list; its age and age bar are leaves of their own."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.screen import RowCells
from ui_flutter.state.views import MeterView, RowView

HEIGHT = 58
_HOLLOW = {"ACK", "RESOLVED", "CLOSED"}


@safe_component
def alarm_row(cell: Cell[RowView], cells: RowCells, look: Look, intents: Intents) -> ft.Control:
    """The row of `cell`; the whole of it opens the alarm."""
    row, tokens = cell.value, look.tokens
    tone = tokens.tone(row.rank)
    content = ft.Row(
        [
            ft.Container(width=4, bgcolor=tokens.faint if row.suppressed else tone.mark, border_radius=2),
            _mark(look, row),
            _kind(look, row),
            _words(look, row),
            *([] if look.narrow else [_owner(look, row), _status(look, row)]),
            _age_column(look, row, cells),
        ],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    face = ft.Container(
        content=content,
        height=look.px(HEIGHT),
        padding=ft.Padding.only(left=8, right=14, top=7, bottom=7),
        bgcolor=tokens.selected if row.selected else None,  # the list has the ground of all
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
        ink=True,
        ink_color=tokens.hover,
        on_click=lambda _: intents.case.open(row.id),
    )
    return parts.named(
        f"alarm-row-{row.id}",
        face,
        button=True,
        label=row.spoken,
        selected=row.selected,
        exclude_semantics=True,
        on_tap=lambda _: intents.case.open(row.id),
    )


@ft.component
def age_text(cell: Cell[str], look: Look) -> ft.Control:
    """Counts up each second at first."""
    return parts.text(cell.value, look.tokens.text, size=13, weight=parts.MEDIUM, mono=True, one_line=True)


@ft.component
def age_bar(cell: Cell[MeterView], look: Look) -> ft.Control:
    """Grows in steps."""
    return parts.meter(look, cell.value.used, look.mood(cell.value.mood), 74)


def _centered(content: ft.Control, width: float | None = None) -> ft.Control:
    return ft.Container(content=content, width=width, alignment=ft.Alignment.CENTER)


def _mark(look: Look, row: RowView) -> ft.Control:
    if row.suppressed:
        return _centered(ft.Icon(ft.Icons.BUILD, size=14, color=look.tokens.soft), 20)
    if row.blinks:
        return _centered(parts.blinking_mark(look, row.rank), 20)
    return _centered(parts.class_mark(look, row.rank, hollow=row.status in _HOLLOW), 20)


def _kind(look: Look, row: RowView) -> ft.Control:
    tone = look.tokens.tone(row.rank)
    quiet = row.suppressed or row.status in _HOLLOW
    box = ft.Container(
        content=ft.Icon(
            parts.KIND_ICONS.get(row.kind, ft.Icons.NOTIFICATIONS_ACTIVE),
            size=18,
            color=look.tokens.soft if quiet else tone.text,
        ),
        width=34,
        height=34,
        border_radius=8,
        bgcolor=look.tokens.raised if quiet else tone.soft,
        alignment=ft.Alignment.CENTER,
    )
    return _centered(box)


def _words(look: Look, row: RowView) -> ft.Control:
    tokens = look.tokens
    title: list[ft.Control] = [
        ft.Container(
            parts.text(row.title, tokens.text, size=14, weight=parts.SEMI if row.blinks else parts.MEDIUM, one_line=True),
            expand=True,
            expand_loose=True,
        )
    ]
    if row.count:
        title.append(parts.chip(look, row.count))
    if row.reminder and not look.narrow:
        title.append(_reminder(look, row.reminder))
    if row.is_active:
        dot = ft.Container(width=8, height=8, border_radius=4, bgcolor=tokens.tone(row.rank).mark)
        title.append(ft.Container(dot, padding=2, border_radius=6, border=ft.Border.all(1, tokens.tone(row.rank).mark)))
    under: list[ft.Control] = [parts.text(row.place, tokens.soft, size=12.5, one_line=True)]
    if row.why and not look.narrow:
        under = [
            ft.Container(under[0], expand_loose=True, expand=3),
            ft.Container(parts.text(f"·  {row.why}", tokens.faint, size=12, one_line=True), expand_loose=True, expand=2),
        ]
    else:
        under = [
            *([_reminder(look, row.reminder)] if row.reminder and look.narrow else []),
            ft.Container(under[0], expand=True),
        ]
    return ft.Column(
        [ft.Row(title, spacing=8), ft.Row(under, spacing=8)],
        spacing=3,
        expand=True,
        alignment=ft.MainAxisAlignment.CENTER,
    )


def _reminder(look: Look, at: str) -> ft.Control:
    icon = ft.Icon(ft.Icons.ALARM, size=13, color=look.tokens.accent_text)
    label = parts.text(at, look.tokens.accent_text, size=11.5, weight=parts.SEMI, mono=True, one_line=True)
    return ft.Row([icon, label], spacing=3, tight=True)


def _owner(look: Look, row: RowView) -> ft.Control:
    if not row.owner:
        return ft.Container(width=30)
    badge = ft.Container(
        content=parts.text(row.owner, look.tokens.accent_text, size=10.5, weight=parts.BOLD),
        width=28,
        height=28,
        border_radius=14,
        bgcolor=look.tokens.selected,
        border=ft.Border.all(1, look.tokens.accent_text),
        alignment=ft.Alignment.CENTER,
        tooltip=row.owner_name,
    )
    return _centered(badge, 30)


def _status(look: Look, row: RowView) -> ft.Control:
    pill = parts.status_pill(look, row.status, row.status_label, row.rank)
    return ft.Container(content=pill, width=look.px(112), alignment=ft.Alignment.CENTER_LEFT)


def _age_column(look: Look, row: RowView, cells: RowCells) -> ft.Control:
    lines: list[ft.Control] = [memoized(age_text)(cells.age, look), memoized(age_bar)(cells.meter, look)]
    if look.narrow:
        color = look.tokens.tone(row.rank).text if row.blinks else look.tokens.soft
        lines.append(parts.text(row.status_label, color, size=11))
    column = ft.Column(lines, spacing=4, tight=True, horizontal_alignment=ft.CrossAxisAlignment.END)
    return ft.Container(content=column, width=look.px(84), alignment=ft.Alignment.CENTER_RIGHT)
