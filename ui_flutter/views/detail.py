"""The alarm's card: what it is, what can be done now, what happened so far."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.state.views import ButtonView, DetailPhase, DetailView, FactView, LineView, TargetView
from ui_flutter.views.journal import journal_section
from workflows.domain.bundle import Action

ACTION_ICONS = {
    Action.CLAIM: ft.Icons.PAN_TOOL,
    Action.START: ft.Icons.SCHEDULE,
    Action.RELEASE: ft.Icons.UNDO,
    Action.TAKE_OVER: ft.Icons.SWAP_HORIZ,
    Action.ACK: ft.Icons.CHECK,
    Action.RESOLVE: ft.Icons.DONE_ALL,
    Action.CLOSE: ft.Icons.TASK_ALT,
}
LINE_ICONS = {
    "action": ft.Icons.PERSON,
    "note": ft.Icons.EDIT_NOTE,
    "timer": ft.Icons.SCHEDULE,
    "scheduled": ft.Icons.SCHEDULE,
    "notification": ft.Icons.NOTIFICATIONS_ACTIVE,
    "dispatch": ft.Icons.DIRECTIONS_CAR,
}


@safe_component
def detail_panel(screen: Screen, cell: Cell[DetailView], look: Look, intents: Intents) -> ft.Control:
    """The card, or a word about why there is none."""
    view, words = cell.value, look.words
    if view.phase is DetailPhase.NONE:
        return _nothing(look)
    if view.phase is DetailPhase.GONE:
        return _notice(look, words("detail.gone"), words("detail.back"), intents.leave)
    if view.phase is DetailPhase.LOADING:
        return _waiting(look, words("detail.loading"))
    if view.phase is DetailPhase.FAILED:
        return _notice(look, words("detail.failed"), words("list.retry"), intents.reload)
    body: list[ft.Control] = [
        _head(look, view, intents),
        target_line(screen.target, look),
        _buttons(look, view, intents),
        hint_line(screen.detail_hint, look),
        _facts(look, view.facts),
        journal_section(look, view.journal, intents),
        _timeline(look, view),
    ]
    scrolled = ft.Column(body, spacing=14, scroll=ft.ScrollMode.AUTO, expand=True)
    pad = ft.Container(scrolled, padding=ft.Padding.only(left=18, right=18, top=14, bottom=6), expand=True)
    foot = [memoized(_note_box)(look, intents, view.notes_added, key=f"note-box-{view.id}")] if view.can_note else []
    card = ft.Column([pad, *foot], spacing=0, expand=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return parts.named("alarm-card", ft.Container(card, expand=True, bgcolor=look.tokens.surface), expand=True)


def _nothing(look: Look) -> ft.Control:
    tokens, words = look.tokens, look.words
    lines: list[ft.Control] = [
        ft.Icon(ft.Icons.INBOX, size=44, color=tokens.line),
        parts.text(words("detail.pick"), tokens.soft, size=15),
        parts.text(words("detail.pick_hint"), tokens.faint, size=12.5),
    ]
    column = ft.Column(lines, spacing=10, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.Container(content=column, alignment=ft.Alignment.CENTER, expand=True)


def _notice(look: Look, words: str, label: str, on_click: object) -> ft.Control:
    lines: list[ft.Control] = [parts.text(words, look.tokens.soft, size=14.5)]
    if callable(on_click):
        lines.append(parts.button(look, "card-notice", label, on_click))
    column = ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.Container(content=column, alignment=ft.Alignment.CENTER, expand=True)


def _waiting(look: Look, words: str) -> ft.Control:
    lines: list[ft.Control] = [
        ft.ProgressRing(width=24, height=24, stroke_width=2.5, color=look.tokens.accent_text),
        parts.text(words, look.tokens.soft, size=13.5),
    ]
    column = ft.Column(lines, spacing=14, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.Container(content=column, alignment=ft.Alignment.CENTER, expand=True)


def _head(look: Look, view: DetailView, intents: Intents) -> ft.Control:
    tokens, words = look.tokens, look.words
    leave_icon = ft.Icons.ARROW_BACK if look.narrow else ft.Icons.CLOSE
    leave = parts.icon_button(
        look, "card-leave", words("detail.back" if look.narrow else "detail.close_panel"), leave_icon, intents.leave
    )
    pills: list[ft.Control] = [
        parts.service_pill(look, words("row.suppressed"))
        if view.suppressed
        else parts.class_pill(look, view.rank, view.class_label),
        parts.named("card-status", parts.status_pill(look, view.status, view.status_label, view.rank), label=view.status),
    ]
    number: list[ft.Control] = [ft.Container(expand=True), _number(look, view, intents)]
    line = [leave, *pills, *number] if look.narrow else [*pills, *number, leave]
    place: list[ft.Control] = [
        ft.Icon(ft.Icons.PLACE, size=16, color=tokens.soft),
        parts.text(view.place, tokens.text, size=14, weight=parts.MEDIUM, one_line=True, expand=True),
    ]
    lines: list[ft.Control] = [
        ft.Row(line, spacing=8),
        ft.Row(
            [
                ft.Container(
                    ft.Icon(
                        parts.KIND_ICONS.get(view.kind, ft.Icons.NOTIFICATIONS_ACTIVE),
                        size=22,
                        color=tokens.soft if view.suppressed else tokens.tone(view.rank).text,
                    ),
                    padding=ft.Padding.only(top=3),
                ),
                parts.text(view.title, tokens.text, size=20, weight=parts.BOLD, expand=True),
            ],
            spacing=10,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        ft.Row(place, spacing=6),
    ]
    if view.address:
        lines.append(ft.Container(parts.text(view.address, tokens.soft), padding=ft.Padding.only(left=22)))
    if view.service:
        lines.append(parts.named("card-service", _service(look, view.service), label=view.service))
    if view.why:
        lines.append(parts.text(view.why, tokens.soft, size=12.5))
    return ft.Column(lines, spacing=6, tight=True)


def _service(look: Look, until: str) -> ft.Control:
    icon = ft.Icon(ft.Icons.BUILD, size=14, color=look.tokens.soft)
    return ft.Row([icon, parts.text(until, look.tokens.soft, size=12.5)], spacing=6, tight=True)


def _number(look: Look, view: DetailView, intents: Intents) -> ft.Control:
    """The short id; a click copies the whole one."""
    face = ft.Container(
        content=parts.text(view.short_id, look.tokens.faint, size=12, mono=True),
        padding=ft.Padding.symmetric(horizontal=6, vertical=4),
        border_radius=5,
        ink=True,
        tooltip=look.words("detail.copy_id"),
        on_click=lambda _: intents.copy(str(view.id)),
    )
    return parts.named("copy-id", face, button=True)


@safe_component
def target_line(cell: Cell[TargetView], look: Look) -> ft.Control:
    """The age bar over the width, and the age against the target in words."""
    view, tokens = cell.value, look.tokens
    bar = ft.Container(
        content=ft.ProgressBar(
            value=view.meter.used, height=4, border_radius=2, color=look.mood(view.meter.mood), bgcolor=tokens.raised
        ),
        height=4,
        expand=True,
    )
    return ft.Row([bar, parts.text(view.text, tokens.soft, size=12.5)], spacing=12)


@safe_component
def hint_line(cell: Cell[str], look: Look) -> ft.Control:
    """One line under the buttons: a countdown, who owns it, when it closes by itself."""
    return parts.named("card-hint", parts.text(cell.value, look.tokens.soft, size=12.5), visible=bool(cell.value))


def _buttons(look: Look, view: DetailView, intents: Intents) -> ft.Control:
    buttons = [_button(look, button, intents) for button in view.buttons]
    return ft.Row(buttons, spacing=8, wrap=True, run_spacing=8, visible=bool(buttons))


def _button(look: Look, view: ButtonView, intents: Intents) -> ft.Control:
    return parts.button(
        look,
        f"act-{view.action}",
        view.label,
        lambda: intents.act(view.action),
        icon=ACTION_ICONS.get(view.action),
        primary=view.primary,
        enabled=view.enabled,
        busy=view.primary and not view.enabled,
    )


def _facts(look: Look, facts: tuple[FactView, ...]) -> ft.Control:
    tokens = look.tokens
    return ft.Container(
        content=ft.Column([parts.fact(look, fact) for fact in facts], spacing=5, tight=True),
        padding=ft.Padding.symmetric(vertical=11),
        border=ft.Border.only(top=ft.BorderSide(1, tokens.line), bottom=ft.BorderSide(1, tokens.line)),
    )


def _timeline(look: Look, view: DetailView) -> ft.Control:
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


@safe_component
def _note_box(look: Look, intents: Intents, added: int) -> ft.Control:
    """A free note at any time. It empties itself once ``added`` says that the server has it: a refusal loses nothing."""
    note, set_note = ft.use_state("")
    typed: dict[str, str] = ft.use_memo(dict, [])  # newer than the last drawing when keys and click come at once

    def keep(text: str) -> None:
        typed["note"] = text
        set_note(text)

    def send(_: object = None) -> None:
        text = typed.get("note", "").strip()
        if text:
            typed["sent"] = text
            intents.add_note(text)

    def empty() -> None:
        if typed.get("note", "").strip() == typed.pop("sent", None):  # something newer stays
            keep("")

    ft.use_effect(empty, [added])
    field = parts.field(
        look,
        intents,
        "",
        hint=look.words("detail.note_hint"),
        dense=True,
        value=note,
        on_change=lambda event: keep(event.control.value),
        on_submit=send,
        expand=True,
    )
    line = ft.Row(
        [
            parts.named("note-text", field, expand=True),
            parts.icon_button(look, "note-add", look.words("detail.note_add"), ft.Icons.SEND, lambda: send()),
        ],
        spacing=6,
    )
    return ft.Container(
        content=line,
        padding=ft.Padding.symmetric(horizontal=14, vertical=9),
        border=ft.Border.only(top=ft.BorderSide(1, look.tokens.line)),
    )
