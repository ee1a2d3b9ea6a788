"""The dispatcher's part of the card: the next step, patrols and calls, the last lines; and the call-backs over the list."""

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.views import CallbackView, JournalView, LineView, StepView
from workflows.domain.dispatch import EntryKind
from workflows.domain.procedure import Finding

PATROL = (
    (EntryKind.PATROL_SENT, "journal.patrol_sent", ft.Icons.DIRECTIONS_CAR),
    (EntryKind.PATROL_ON_SITE, "journal.patrol_on_site", ft.Icons.PLACE),
    (EntryKind.PATROL_LEFT, "journal.patrol_left", ft.Icons.LOGOUT),
)


def journal_section(look: Look, view: JournalView, intents: Intents) -> ft.Control:
    """Below the facts of the card."""
    tokens, words = look.tokens, look.words
    lines: list[ft.Control] = [parts.text(words("journal.title"), tokens.text, size=14, weight=parts.SEMI)]
    if view.step is not None:
        lines.append(_step(look, view.step, view.busy, intents))
    elif view.can_begin:
        begin = intents.desk.begin
        lines.append(parts.button(look, "step-begin", words("step.begin"), begin, enabled=not view.busy))
    if view.progress:
        lines.append(parts.named("step-progress", parts.text(view.progress, tokens.soft)))
    if view.can_write:
        lines.append(_buttons(look, view.busy, intents))
    lines += [_reminder(look, one, intents) for one in view.reminders]
    lines += [_line(look, line) for line in view.lines] or [parts.text(words("journal.empty"), tokens.faint)]
    return parts.named("journal", ft.Column(lines, spacing=8, tight=True))


def _step(look: Look, step: StepView, busy: bool, intents: Intents) -> ft.Control:
    tokens, words, desk = look.tokens, look.words, intents.desk
    lines: list[ft.Control] = [
        parts.text(step.title, tokens.soft, size=12.5),
        parts.text(step.text, tokens.text, size=14, weight=parts.MEDIUM),
    ]
    if step.contact:
        lines.append(parts.text(step.contact, tokens.text, mono=True))

    def button(name: str, key: str, on_click: object, *, primary: bool = False) -> ft.Control:
        assert callable(on_click)
        return parts.button(look, name, words(key), on_click, primary=primary, enabled=not busy)

    if step.is_check:
        choices = [
            button("step-as-expected", "step.as_expected", lambda: desk.step_done(Finding.AS_EXPECTED), primary=True),
            button("step-different", "step.different", lambda: desk.step_done(Finding.DIFFERENT)),
        ]
    else:
        label = "step.call" if step.is_call else "step.done"
        choices = [button("step-done", label, lambda: desk.step_done(), primary=True)]
    choices.append(button("step-skip", "step.skip", desk.ask_skip))
    lines.append(ft.Row(choices, spacing=8, wrap=True, run_spacing=8))
    box = ft.Container(
        content=ft.Column(lines, spacing=6, tight=True),
        bgcolor=tokens.raised,
        border_radius=8,
        padding=ft.Padding.symmetric(horizontal=12, vertical=10),
    )
    return ft.Row([parts.named("step-next", box, expand=True)])


def _buttons(look: Look, busy: bool, intents: Intents) -> ft.Control:
    words, desk = look.words, intents.desk

    def patrol(kind: EntryKind, key: str, icon: ft.IconData) -> ft.Control:
        name = f"journal-{kind.lower().replace('_', '-')}"
        return parts.button(look, name, words(key), lambda: desk.patrol(kind), icon=icon, enabled=not busy)

    asking = (
        ("journal-call", "journal.call", ft.Icons.PHONE, desk.ask_call),
        ("journal-callback", "journal.callback", ft.Icons.ALARM_ADD, desk.ask_callback),
    )
    buttons = [patrol(*one) for one in PATROL]
    buttons += [parts.button(look, name, words(key), ask, icon=icon) for name, key, icon, ask in asking]
    return ft.Row(buttons, spacing=8, wrap=True, run_spacing=8)


def _reminder(look: Look, view: CallbackView, intents: Intents) -> ft.Control:
    """That a call-back is set, for when, and how to take it back."""
    tokens = look.tokens
    texts = ft.Column(
        [
            parts.text(view.text, tokens.text, weight=parts.MEDIUM),
            parts.text(view.detail, tokens.soft, size=12.5, one_line=True),
        ],
        spacing=1,
        tight=True,
        expand=True,
    )
    cancel = parts.icon_button(
        look,
        f"reminder-cancel-{view.id}",
        look.words("callback.cancel"),
        ft.Icons.ALARM_OFF,
        lambda: intents.desk.callback_cancel(view.id),
    )
    icon = ft.Icon(ft.Icons.ALARM, size=18, color=tokens.accent_text)
    return parts.named(f"reminder-{view.id}", ft.Row([icon, texts, cancel], spacing=10))


def _line(look: Look, line: LineView) -> ft.Control:
    tokens = look.tokens
    words: list[ft.Control] = [
        parts.text(line.time, tokens.soft, size=12, mono=True),
        parts.text(f"{line.text}  ·  {line.who}", tokens.text, expand=True),
    ]
    row = ft.Row(words, spacing=10, vertical_alignment=ft.CrossAxisAlignment.START)
    if not line.note:
        return row
    return ft.Column([row, parts.text(line.note, tokens.soft, size=12.5)], spacing=2, tight=True)


@safe_component
def due_lines(cell: Cell[tuple[CallbackView, ...]], look: Look, intents: Intents) -> ft.Control:
    """Who is to be called back now: over the whole width, until somebody does something about it."""
    lines = [_due(look, view, intents) for view in cell.value]
    return ft.Column(lines, spacing=1, tight=True, visible=bool(lines))


def _due(look: Look, view: CallbackView, intents: Intents) -> ft.Control:
    tokens, words, desk = look.tokens, look.words, intents.desk
    alarm_id = view.alarm_id
    texts = ft.Column(
        [
            parts.text(view.text, tokens.on_warn, size=13.5, weight=parts.SEMI, one_line=True),
            parts.text(view.detail, tokens.on_warn, size=12.5, one_line=True),
        ],
        spacing=1,
        tight=True,
        expand=True,
    )
    head: list[ft.Control] = [ft.Icon(ft.Icons.ALARM, size=18, color=tokens.on_warn), texts]
    buttons: list[ft.Control] = []
    if alarm_id is not None:
        label = words("callback.open")
        buttons.append(parts.button(look, f"callback-open-{view.id}", label, lambda: intents.case.open(alarm_id)))
    for name, key, decide, primary in (
        ("later", "callback.later", desk.callback_later, False),
        ("done", "callback.done", desk.callback_done, True),
    ):
        buttons.append(
            parts.button(
                look,
                f"callback-{name}-{view.id}",
                words(key),
                lambda decide=decide: decide(view.id),  # type: ignore[misc]
                primary=primary,
                enabled=not view.busy,
            )
        )
    if look.narrow:
        row: ft.Control = ft.Column([ft.Row(head, spacing=10), ft.Row(buttons, spacing=8, wrap=True)], spacing=6, tight=True)
    else:
        row = ft.Row([*head, *buttons], spacing=10)
    line = ft.Container(
        content=row,
        bgcolor=tokens.warn_ground,
        padding=ft.Padding.symmetric(horizontal=14, vertical=6),
    )
    return parts.named(f"callback-{view.id}", line, live_region=True, key=str(view.id))
