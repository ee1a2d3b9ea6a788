"""Setting up a second factor: three steps, in a page of its own at login and in a dialog of the account's page later."""

import flet as ft

from ui_flutter.components import blocks, parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.inputs import Form, text_input, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.qr import qr_code
from ui_flutter.components.safe import safe_component
from ui_flutter.enroller import Enroller
from ui_flutter.state.enrolment import EnrolmentView, Stage, copied_codes
from ui_flutter.state.views import Mood
from ui_flutter.views.login import card, head, language


@safe_component
def factor_page(cell: Cell[EnrolmentView], look: Look, intents: Intents) -> ft.Control:
    """For whoever may do nothing before it."""
    leave = parts.button(look, "factor-logout", look.words("frame.logout"), intents.log_out, expand=True)
    rows = [head(look), steps(cell.value, look, intents, intents.enroller)]
    if cell.value.stage is not Stage.CODES:
        rows += [ft.Row([leave]), language(look, intents)]
    return ft.Column(
        [card(look, rows, width=blocks.DIALOG)], scroll=ft.ScrollMode.AUTO, expand=True, alignment=ft.MainAxisAlignment.CENTER
    )


@safe_component
def steps(view: EnrolmentView, look: Look, intents: Intents, enroller: Enroller) -> ft.Control:
    """What is to be done now, with its heading and its button."""
    form = use_form({}, view.stage)
    draw = {Stage.PASSWORD: _password, Stage.CODE: _code, Stage.CODES: _codes}[view.stage]
    title, explained, body = draw(view, look, intents, enroller, form)
    number = list(Stage).index(view.stage) + 1
    wrong = [blocks.note(look, view.error, Mood.BAD, identifier="enrol-error")] if view.error else []
    return parts.named(
        f"enrol-{view.stage}",
        ft.Column(
            [
                parts.text(look.words("enrol.step", n=number, of=len(Stage)), look.tokens.faint, size=12, weight=parts.SEMI),
                parts.text(title, look.tokens.text, size=17, weight=parts.BOLD),
                parts.text(explained, look.tokens.soft, size=13),
                *body[:-1],
                *wrong,
                body[-1],
            ],
            spacing=13,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
    )


_Step = tuple[str, str, list[ft.Control]]


def _password(view: EnrolmentView, look: Look, intents: Intents, enroller: Enroller, form: Form) -> _Step:
    words = look.words

    def submit() -> None:
        enroller.offer(form["password"])

    box = text_input(
        look,
        intents,
        "enrol-password-field",
        words("enrol.password"),
        form["password"],
        lambda value: form.put("password", value),
        password=True,
        can_reveal_password=True,
        autofocus=True,
        on_submit=lambda _: submit(),
    )
    go_on = parts.button(look, "enrol-offer", words("enrol.next"), submit, primary=True, expand=True, busy=view.busy)
    return words("enrol.title"), words("enrol.explain"), [box, ft.Row([go_on])]


def _code(view: EnrolmentView, look: Look, intents: Intents, enroller: Enroller, form: Form) -> _Step:
    words, tokens = look.words, look.tokens

    def submit() -> None:
        enroller.confirm(form["code"])

    code = text_input(
        look,
        intents,
        "enrol-code-field",
        words("enrol.code"),
        form["code"],
        lambda value: form.put("code", value),
        keyboard_type=ft.KeyboardType.NUMBER,
        autofill_hints=[ft.AutofillHint.ONE_TIME_CODE],
        on_submit=lambda _: submit(),
    )
    go_on = parts.button(look, "enrol-confirm", words("enrol.confirm"), submit, primary=True, expand=True, busy=view.busy)
    body: list[ft.Control] = [
        ft.Row([qr_code(view.uri, words("enrol.qr"))], alignment=ft.MainAxisAlignment.CENTER),
        parts.text(words("enrol.by_hand"), tokens.soft, size=12.5),
        blocks.once(look, intents, "enrol-key", view.key, size=13.5),
        code,
        ft.Row([go_on]),
    ]
    return words("enrol.scan"), words("enrol.scan.explain"), body


def _codes(view: EnrolmentView, look: Look, intents: Intents, enroller: Enroller, form: Form) -> _Step:
    words, tokens = look.words, look.tokens
    halves = (view.codes[::2], view.codes[1::2])
    columns: list[ft.Control] = [
        ft.Column(
            [parts.text(code, tokens.text, size=15, mono=True, weight=parts.BOLD) for code in half], spacing=7, tight=True
        )
        for half in halves
    ]
    paper = ft.Container(
        ft.Row(columns, alignment=ft.MainAxisAlignment.SPACE_EVENLY),
        bgcolor=tokens.raised,
        border=ft.Border.all(1, tokens.line),
        border_radius=8,
        padding=14,
    )
    copied = copied_codes(view.codes, words)
    copy = parts.button(
        look,
        "enrol-codes-copy",
        words("enrol.codes.copy"),
        lambda: intents.copy(copied),
        icon=ft.Icons.CONTENT_COPY,
        expand=True,
    )
    done = parts.button(look, "enrol-codes-noted", words("enrol.codes.noted"), enroller.codes_noted, primary=True, expand=True)
    body: list[ft.Control] = [parts.named("enrol-codes-list", paper), ft.Row([copy]), ft.Row([done])]
    return words("enrol.codes"), words("enrol.codes.explain"), body
