"""The alarm's story: what is still to come first, then the newest."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.look import Look
from ui_flutter.state.views import DetailPhase, DetailView, LineView

LINE_ICONS = {
    "action": ft.Icons.PERSON,
    "note": ft.Icons.EDIT_NOTE,
    "timer": ft.Icons.SCHEDULE,
    "scheduled": ft.Icons.SCHEDULE,
    "notification": ft.Icons.NOTIFICATIONS_ACTIVE,
    "dispatch": ft.Icons.DIRECTIONS_CAR,
}


def timeline(look: Look, view: DetailView) -> ft.Control:
    tokens, words = look.tokens, look.words
    head: list[ft.Control] = [parts.text(words("detail.timeline"), tokens.text, size=14, weight=parts.SEMI)]
    if view.workflow_url:
        head += [ft.Container(expand=True), _workflow_link(look, view.workflow_url)]
    if view.timeline_phase is DetailPhase.LOADING:
        body: list[ft.Control] = [parts.text("…", tokens.faint)]
    elif view.timeline_phase is DetailPhase.FAILED:
        body = [parts.text(words("detail.failed"), tokens.soft)]
    else:
        body = [_line(look, line, is_last=line is view.lines[-1]) for line in view.lines]
        body = body or [parts.text(words("line.empty"), tokens.soft)]
    column = ft.Column([ft.Row(head), *body], spacing=0, tight=True)
    return parts.named("timeline", column)


def _workflow_link(look: Look, url: str) -> ft.Control:
    link = ft.Container(
        content=ft.Row(
            [
                parts.text(look.words("detail.workflow_open"), look.tokens.accent_text, size=12.5),
                ft.Icon(ft.Icons.OPEN_IN_NEW, size=14, color=look.tokens.accent_text),
            ],
            spacing=5,
            tight=True,
        ),
        url=ft.Url(url, target=ft.UrlTarget.BLANK),
        ink=True,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=6, vertical=4),
        tooltip=look.words("detail.workflow"),
    )
    return parts.named("workflow-link", link, link=True)


def _line(look: Look, line: LineView, *, is_last: bool) -> ft.Control:
    tokens = look.tokens
    is_future = line.kind == "scheduled"
    if line.rank:
        mark = parts.class_mark(look, line.rank, size=11)
    else:
        color = tokens.faint if is_future else tokens.accent_text
        mark = ft.Icon(LINE_ICONS.get(line.kind, ft.Icons.HISTORY), size=15, color=color)
    words: list[ft.Control] = [
        parts.text(line.text, tokens.soft if is_future else tokens.text, size=13.5, weight=parts.MEDIUM),
    ]
    if line.note:
        note = ft.Container(
            content=parts.text(line.note, tokens.text, size=13),
            bgcolor=tokens.raised,
            border_radius=6,
            padding=ft.Padding.symmetric(horizontal=10, vertical=6),
        )
        words.append(note)
    under: list[ft.Control] = [parts.text(line.time, tokens.soft, size=12, mono=True)]
    if line.who:
        under.append(parts.text(f"·  {line.who}", tokens.faint, size=12))
    words.append(ft.Row(under, spacing=8))
    body = ft.Container(ft.Column(words, spacing=3, tight=True), padding=ft.Padding.only(left=27, bottom=12))
    layers: list[ft.Control] = [body, ft.Container(mark, left=0, top=0, width=18, height=20, alignment=ft.Alignment.CENTER)]
    if not is_last:
        layers.append(ft.Container(left=8, top=22, bottom=0, width=1.5, bgcolor=tokens.line))
    return ft.Stack(layers, key=line.key)
