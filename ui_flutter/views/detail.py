"""The alarm's card: what it is, what can be done now, what happened so far."""

from uuid import UUID

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.hold import hold_button
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import memoized, safe_component
from ui_flutter.components.screen import Screen
from ui_flutter.state.views import ButtonView, CountdownView, DetailPhase, DetailView, Face, FactView, TargetView
from ui_flutter.views.happened import happened_section
from ui_flutter.views.journal import journal_section
from ui_flutter.views.note_box import note_box
from ui_flutter.views.people import people_section
from ui_flutter.views.site import site_side
from ui_flutter.views.timeline import timeline
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


@safe_component
def detail_panel(screen: Screen, cell: Cell[DetailView], look: Look, intents: Intents) -> ft.Control:
    """The card, or a word about why there is none."""
    view, words = cell.value, look.words
    if view.phase is DetailPhase.NONE:
        return _nothing(look)
    if view.phase is DetailPhase.GONE:
        return _notice(look, words("detail.gone"), words("detail.back"), intents.case.leave)
    if view.phase is DetailPhase.LOADING:
        return _waiting(look, words("detail.loading"))
    if view.phase is DetailPhase.FAILED:
        return _notice(look, words("detail.failed"), words("list.retry"), intents.reload)
    top: list[ft.Control] = [
        _head(look, view, intents),
        target_line(screen.target, look),
        _buttons(look, view, intents),
        hint_line(screen.detail_hint, screen.countdown, look),
        _faces(look, view.face, intents),
    ]
    body = _case(look, view, intents) if view.face is Face.CASE else [site_side(screen.site, look, intents)]
    scrolled = ft.Column([*top, *body], spacing=14, scroll=ft.ScrollMode.AUTO, expand=True)
    pad = ft.Container(scrolled, padding=ft.Padding.only(left=18, right=18, top=14, bottom=6), expand=True)
    box = memoized(note_box)(look, intents, view.notes_added, screen.note, key=f"note-box-{view.id}")
    foot = [box] if view.can_note else []
    card = ft.Column([pad, *foot], spacing=0, expand=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return parts.named("alarm-card", ft.Container(card, expand=True, bgcolor=look.tokens.surface), expand=True)


def _case(look: Look, view: DetailView, intents: Intents) -> list[ft.Control]:
    """What it is about and what is being done, in the order of the work."""
    return [
        *happened_section(look, view.happened),
        journal_section(look, view.journal, intents),
        *people_section(look, view.people, view.journal.can_write, intents),
        _facts(look, view.facts),
        timeline(look, view),
    ]


def _faces(look: Look, chosen: Face, intents: Intents) -> ft.Control:
    """The two sides of the card."""

    def tab(face: Face, icon: ft.IconData) -> ft.Control:
        is_chosen = face is chosen
        color = look.tokens.text if is_chosen else look.tokens.soft
        words = ft.Row(
            [ft.Icon(icon, size=17, color=color), parts.text(look.words(f"face.{face}"), color, weight=parts.SEMI)],
            spacing=7,
            tight=True,
        )
        edge = look.tokens.accent_text if is_chosen else look.tokens.surface
        box = ft.Container(
            content=words,
            padding=ft.Padding.symmetric(horizontal=10, vertical=12 if look.narrow else 8),
            border=ft.Border.only(bottom=ft.BorderSide(2, edge)),
            ink=True,
            on_click=lambda _: intents.site.show_face(face),
        )
        return parts.named(f"face-{face}", box, button=True, selected=is_chosen)

    row = ft.Row([tab(Face.CASE, ft.Icons.NOTIFICATIONS_ACTIVE), tab(Face.SITE, ft.Icons.DOMAIN)], spacing=6)
    return ft.Container(row, border=ft.Border.only(bottom=ft.BorderSide(1, look.tokens.line)))


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
        look, "card-leave", words("detail.back" if look.narrow else "detail.close_panel"), leave_icon, intents.case.leave
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
def hint_line(cell: Cell[str], countdown: Cell[CountdownView], look: Look) -> ft.Control:
    """One line under the buttons: a countdown, who owns it, when it closes by itself."""
    count = countdown.value
    words = parts.text(cell.value, look.tokens.soft, size=12.5, expand=True)
    line: list[ft.Control] = [parts.countdown(look, count.left, count.of), words] if count.of else [words]
    return parts.named("card-hint", ft.Row(line, spacing=10), visible=bool(cell.value))


def _buttons(look: Look, view: DetailView, intents: Intents) -> ft.Control:
    buttons = [_button(look, button, view.id, intents) for button in view.buttons]
    return ft.Row(buttons, spacing=8, wrap=True, run_spacing=8, visible=bool(buttons))


def _button(look: Look, view: ButtonView, alarm: UUID | None, intents: Intents) -> ft.Control:
    if view.hold:
        return memoized(hold_button)(
            look,
            f"act-{view.action}",
            view.label,
            view.hint,
            lambda: intents.case.act(view.action),
            intents.case.left_too_early,
            key=f"hold-{alarm}",
        )
    return parts.button(
        look,
        f"act-{view.action}",
        view.label,
        lambda: intents.case.act(view.action),
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
