"""The forms of the dispatcher's desk: a call, words about a step, a call-back."""

from collections.abc import Callable
from uuid import UUID

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.inputs import Form, text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.safe import safe_component
from ui_flutter.state.reminders import MINUTES, minutes
from ui_flutter.state.views import ContactView, DialogKind, DialogView
from ui_flutter.views import forms
from ui_flutter.views.journal import PATROL
from workflows.domain.callback import MOST_MINUTES
from workflows.domain.dispatch import CallOutcome

AT_ONCE = 5  # choices below each other that a window of 600 px shows
_NO_OUTCOME: CallOutcome | None = None


@safe_component
def call_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """Whom somebody called, and what came of it; no outcome is chosen beforehand."""
    view, words = cell.value, look.words
    whom, set_whom = ft.use_state(view.chosen or _first(view.contacts))
    outcome, set_outcome = ft.use_state(_NO_OUTCOME)
    note = forms.use_note(intents, view.kind)

    def send() -> None:
        if outcome is not None:
            intents.desk.confirm_call(whom, outcome, note.text.strip())

    outcomes = [
        forms.choice(look, f"outcome-{one}", words(f"outcome.{one}"), one == outcome, lambda one=one: set_outcome(one))  # type: ignore[misc]
        for one in CallOutcome
    ]
    return _form(
        look,
        [
            forms.title(look, view),
            *_whom(look, view.contacts, whom, set_whom),
            parts.text(words("call.outcome"), look.tokens.soft, size=12.5),
            ft.Column(outcomes, spacing=4, tight=True),
            parts.named("call-text", forms.note_field(look, intents, words("call.text"), note, autofocus=False)),
            *forms.error(look, view),
            forms.feet(look, view, "call-confirm", words("call.confirm"), send, outcome is not None, intents),
        ],
        choices=len(view.contacts) + len(outcomes),
    )


@safe_component
def patrol_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """Which line to write; what would come next stands out."""
    view, words = cell.value, look.words
    buttons = [
        parts.button(
            look,
            f"patrol-{kind.lower().replace('_', '-')}",
            words(key),
            lambda kind=kind: intents.desk.patrol(kind),  # type: ignore[misc]
            icon=icon,
            primary=kind == view.next_patrol,
            enabled=not view.busy,
        )
        for kind, key, icon in PATROL
    ]
    cancel = parts.button(look, "dialog-cancel", words("act.cancel"), intents.cancel_dialog, enabled=not view.busy)
    return _form(
        look,
        [forms.title(look, view), *buttons, *forms.error(look, view), ft.Row([cancel], alignment=ft.MainAxisAlignment.END)],
    )


@safe_component
def words_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """Why a step is skipped, or what is different from what was expected."""
    view, words = cell.value, look.words
    is_skip = view.kind is DialogKind.SKIP
    note = forms.use_note(intents, view.kind)
    label = words("skip.reason" if is_skip else "different.text")
    confirm = words("skip.confirm" if is_skip else "different.confirm")
    return _form(
        look,
        [
            forms.title(look, view),
            parts.named("step-text", forms.note_field(look, intents, label, note, autofocus=True)),
            *forms.error(look, view),
            forms.feet(
                look,
                view,
                "step-confirm",
                confirm,
                lambda: intents.desk.confirm_words(note.text.strip()),
                bool(note.text.strip()),
                intents,
            ),
        ],
    )


@safe_component
def callback_form(cell: Cell[DialogView], look: Look, intents: Intents) -> ft.Control:
    """When to remind of the alarm, whom to call then, and what about: only the time must be given."""
    view, words = cell.value, look.words
    whom, set_whom = ft.use_state(_first(view.contacts))
    form = use_form({"usual": str(MINUTES[1]), "own": ""})  # what is typed now, not what was drawn last

    def wait() -> int | None:
        return minutes(int(form["usual"]), form["own"])

    note = forms.use_note(intents, view.kind)

    def send() -> None:
        time = wait()
        if time is not None:
            intents.desk.confirm_callback(whom, time, note.text.strip())

    def pick(one: int) -> None:
        form.put("own", "")
        form.put("usual", str(one))

    times = [
        forms.choice(
            look,
            f"minutes-{one}",
            words("age.minutes", n=one),
            one == wait(),
            lambda one=one: pick(one),  # type: ignore[misc]
            narrow=True,
        )
        for one in MINUTES
    ]
    return _form(
        look,
        [
            forms.title(look, view),
            *_whom(look, view.contacts, whom, set_whom),
            parts.text(words("callback.minutes"), look.tokens.soft, size=12.5),
            ft.Row([*times, _own_minutes(look, intents, form, good=wait() is not None)], spacing=4, run_spacing=4, wrap=True),
            parts.named("callback-text", forms.note_field(look, intents, words("callback.text"), note, autofocus=False)),
            *forms.error(look, view),
            forms.feet(look, view, "callback-confirm", words("callback.confirm"), send, wait() is not None, intents),
        ],
        choices=len(view.contacts),
    )


def _own_minutes(look: Look, intents: Intents, form: Form, *, good: bool) -> ft.Control:
    """A number of minutes that is none of the usual ones."""
    return text_input(
        look,
        intents,
        "callback-minutes",
        look.words("callback.own"),
        form["own"],
        lambda text: form.put("own", text),
        error="" if good else look.words("callback.own_wrong", n=MOST_MINUTES),
        dense=True,
        width=look.px(190),
        keyboard_type=ft.KeyboardType.NUMBER,
    )


def _form(look: Look, lines: list[ft.Control], *, choices: int = 0) -> ft.Control:
    """Scrolls where ``choices`` below each other are higher than the window; what scrolls takes the whole height."""
    scrolls = look.narrow or choices * look.scale > AT_ONCE
    return ft.Column(
        lines,
        spacing=12,
        tight=True,
        scroll=ft.ScrollMode.AUTO if scrolls else None,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _first(contacts: tuple[ContactView, ...]) -> UUID | None:
    return contacts[0].id if contacts else None


def _whom(
    look: Look, contacts: tuple[ContactView, ...], chosen: UUID | None, choose: Callable[[UUID | None], None]
) -> list[ft.Control]:
    if not contacts:
        return []
    choices = [
        forms.choice(look, f"contact-{one.id}", one.label, one.id == chosen, lambda one=one: choose(one.id))  # type: ignore[misc]
        for one in contacts
    ]
    return [parts.text(look.words("call.whom"), look.tokens.soft, size=12.5), ft.Column(choices, spacing=4, tight=True)]
