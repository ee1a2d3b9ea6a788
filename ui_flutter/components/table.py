"""Draws a `TableView`: a grid on a wide screen, cards on a phone; loading, failed and empty each say so."""

from collections.abc import Callable

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView
from ui_flutter.state.views import ListPhase

ROW, CARD = 52, 76


def table(
    look: Look,
    view: TableView,
    *,
    on_open: Callable[[str], None] | None = None,
    on_more: Callable[[], None],
    on_again: Callable[[], None],
) -> ft.Control:
    """``on_open`` gets the id of a clicked row; it must be the same function at each drawing (a method), or every row is drawn
    anew."""
    if view.phase is ListPhase.READY and view.rows:
        body = _rows(look, view, on_open)
    elif view.phase is ListPhase.LOADING:
        body = _bones(look)
    else:
        failed = view.phase is ListPhase.FAILED
        body = message(
            look,
            ft.Icons.WIFI_OFF if failed else ft.Icons.INBOX,
            view.error if failed else view.empty,
            look.words("list.retry") if failed else "",
            on_again,
        )
    lines: list[ft.Control] = []
    if view.error and view.rows:
        lines.append(_error(look, view.error, on_again))
    if view.columns and view.rows and not look.narrow:
        lines.append(_head(look, view.columns))
    lines += [ft.Container(body, expand=True), _foot(look, view, on_more)]
    return ft.Column(lines, spacing=0, expand=True)


def message(look: Look, icon: ft.IconData, words: str, again: str, on_again: Callable[[], None]) -> ft.Control:
    """In the place of a list: why there is none, and what one can do."""
    lines: list[ft.Control] = [
        ft.Icon(icon, size=44, color=look.tokens.line),
        parts.named("table-empty", parts.text(words, look.tokens.soft, size=15, text_align=ft.TextAlign.CENTER)),
    ]
    if again:
        lines.append(parts.button(look, "table-again", again, on_again))
    column = ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.Container(column, alignment=ft.Alignment.CENTER, expand=True, padding=24)


def _rows(look: Look, view: TableView, on_open: Callable[[str], None] | None) -> ft.Control:
    draw = memoized(table_row)
    rows = [draw(row, view.columns, look, on_open, key=row.id) for row in view.rows]
    return ft.ListView(rows, expand=True, item_extent=CARD if look.narrow else ROW, spacing=0, padding=0)


@safe_component
def table_row(row: TableRow, columns: tuple[Column, ...], look: Look, on_open: Callable[[str], None] | None) -> ft.Control:
    """One row."""
    tokens = look.tokens
    face = ft.Container(
        content=_card(look, row, columns) if look.narrow else _line(look, row, columns),
        height=CARD if look.narrow else ROW,
        padding=ft.Padding.symmetric(horizontal=16),
        alignment=ft.Alignment.CENTER_LEFT,
        bgcolor=tokens.selected if row.selected else None,
        border=ft.Border.only(bottom=ft.BorderSide(1, tokens.line)),
        opacity=0.6 if row.faded else 1.0,
        ink=on_open is not None,
        on_click=(lambda _: on_open(row.id)) if on_open else None,
    )
    return parts.named(
        f"row-{row.id}", face, button=on_open is not None, selected=row.selected, label=row.spoken, exclude_semantics=True
    )


def _line(look: Look, row: TableRow, columns: tuple[Column, ...]) -> ft.Control:
    cells = [_sized(cell(look, one, row), column) for one, column in zip(row.cells, columns, strict=True)]
    return ft.Row(cells, spacing=14, vertical_alignment=ft.CrossAxisAlignment.CENTER)


def _sized(content: ft.Control, column: Column) -> ft.Control:
    return ft.Container(content, width=column.width, expand=column.width is None, alignment=ft.Alignment.CENTER_LEFT)


def cell(look: Look, view: TableCell, row: TableRow) -> ft.Control:
    """A text, a text over a quieter one, or a pill."""
    tokens = look.tokens
    if view.rank:
        return ft.Row([parts.class_pill(look, view.rank, view.text)], tight=True)
    if view.mood is not None:
        return pill(look, view.text, look.mood(view.mood)) if view.text else ft.Container()
    first = parts.text(view.text, tokens.text, size=13, mono=view.mono, one_line=True)
    if not view.detail:
        return first
    return ft.Column([first, parts.text(view.detail, tokens.soft, size=12, one_line=True)], spacing=2, tight=True)


def pill(look: Look, label: str, color: str) -> ft.Control:
    """A word in a thin frame of its colour, with a dot of it: the word tells it without the colour."""
    dot = ft.Container(width=7, height=7, border_radius=4, bgcolor=color)
    return ft.Container(
        content=ft.Row(
            [dot, parts.text(label, look.tokens.text, size=12, weight=parts.SEMI, one_line=True)], spacing=6, tight=True
        ),
        border=ft.Border.all(1, look.tokens.line),
        bgcolor=look.tokens.raised,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=8, vertical=3),
    )


def _card(look: Look, row: TableRow, columns: tuple[Column, ...]) -> ft.Control:
    place = next((n for n, column in enumerate(columns) if column.leads), 0)
    first, rest = row.cells[place], (*row.cells[:place], *row.cells[place + 1 :])
    pills = [cell(look, one, row) for one in rest if (one.mood is not None or one.rank) and one.text]
    titles = [f"{column.title}: " if column.explains else "" for column in (*columns[:place], *columns[place + 1 :])]
    told = [(title, one) for title, one in zip(titles, rest, strict=True) if one.mood is None and not one.rank and one.text]
    words = " · ".join(part for title, one in told for part in (f"{title}{one.text}", one.detail) if part)
    above = ft.Row(
        [
            ft.Container(parts.text(first.text, look.tokens.text, size=14, weight=parts.SEMI, one_line=True), expand=True),
            *pills,
        ],
        spacing=8,
    )
    below = parts.text(" · ".join(part for part in (first.detail, words) if part), look.tokens.soft, size=12.5, one_line=True)
    return ft.Column([above, below], spacing=4, tight=True)


def _head(look: Look, columns: tuple[Column, ...]) -> ft.Control:
    names = [_sized(parts.text(one.title, look.tokens.soft, size=12, weight=parts.SEMI, one_line=True), one) for one in columns]
    return ft.Container(
        ft.Row(names, spacing=14),
        height=34,
        padding=ft.Padding.symmetric(horizontal=16),
        bgcolor=look.tokens.raised,
        border=ft.Border.only(bottom=ft.BorderSide(1, look.tokens.line)),
    )


def _error(look: Look, words: str, on_again: Callable[[], None]) -> ft.Control:
    line = ft.Row(
        [
            ft.Container(parts.text(words, look.tokens.on_warn, size=13), expand=True),
            parts.button(look, "table-again", look.words("list.retry"), on_again),
        ]
    )
    box = ft.Container(line, bgcolor=look.tokens.warn_ground, padding=ft.Padding.symmetric(horizontal=16, vertical=6))
    return parts.named("table-error", box, live_region=True)


def _foot(look: Look, view: TableView, on_more: Callable[[], None]) -> ft.Control:
    if not (view.footer or view.can_show_more):
        return ft.Container(height=0)
    words: list[ft.Control] = [parts.text(view.footer, look.tokens.soft, size=12.5), ft.Container(expand=True)]
    if view.can_show_more:
        words.append(parts.button(look, "table-more", look.words("list.more"), on_more, busy=view.busy))
    edge = ft.Border.only(top=ft.BorderSide(1, look.tokens.line))
    return ft.Container(ft.Row(words), height=48, padding=ft.Padding.symmetric(horizontal=16), border=edge)


def _bones(look: Look) -> ft.Control:
    """Grey rows while the first part is on its way."""
    tokens = look.tokens

    def bone(width: float) -> ft.Control:
        return ft.Container(width=width, height=12, border_radius=4, bgcolor=tokens.raised)

    rows: list[ft.Control] = [
        ft.Container(ft.Row([bone(190 - 11 * (n % 4)), bone(120), bone(90)], spacing=40), height=ROW, padding=16)
        for n in range(8)
    ]
    bones = ft.Shimmer(ft.Column(rows, spacing=0), base_color=tokens.raised, highlight_color=tokens.line)
    return ft.Container(bones, expand=True, clip_behavior=ft.ClipBehavior.HARD_EDGE)
