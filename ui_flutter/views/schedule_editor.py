"""The form of one auto-arm schedule beside the preview of what it will do."""

from functools import partial

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.inputs import choice_chip, select, text_input, toggle, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.safe import safe_component
from ui_flutter.components.tiles import box, scrolled, warning
from ui_flutter.sections.schedule_editor import Editor
from ui_flutter.sections.schedules import Schedules
from ui_flutter.state.present_schedule import EditorView
from ui_flutter.views.schedules_preview import preview_box
from workflows.domain.auto_arm import OpenZones
from workflows.domain.command import ArmMode
from workflows.domain.schedule import HolidayPolicy


def page(view: EditorView, look: Look, intents: Intents, section: Schedules) -> ft.Control:
    words, editor = look.words, section.editor
    assert editor is not None
    form = _Form(view, look, intents, editor)
    blocks = [*form.notices(), form.when(), form.what(), form.rules(), form.days()]
    body: ft.Control
    if look.narrow:
        body = scrolled(look, [*blocks, preview_box(look, view.preview)])
    else:
        edge = ft.Border.only(left=ft.BorderSide(1, look.tokens.line))
        side = ft.Container(scrolled(look, [preview_box(look, view.preview)]), width=430, border=edge)
        body = ft.Row([scrolled(look, blocks), side], expand=True, vertical_alignment=ft.CrossAxisAlignment.STRETCH)
        body.spacing = 0
    save = parts.button(look, "editor-save", words("schedule.save"), editor.save, primary=True, busy=view.busy)
    actions = [save]
    if view.can_delete:
        icon = parts.icon_button(
            look, "editor-delete", words("schedule.delete"), ft.Icons.DELETE, lambda: editor.ask_delete(True)
        )
        actions.insert(0, icon)
    dialog = _ask_delete(view, look, editor) if view.asks_delete else None
    return section_frame(
        look, view.title, body, subtitle=words("schedule.editor_explain"), actions=actions, back=section.close, dialog=dialog
    )


def _ask_delete(view: EditorView, look: Look, editor: Editor) -> ft.Control:
    words = look.words
    return modal(
        look,
        ft.Column(
            [
                parts.text(words("schedule.delete_title", name=view.draft.name), look.tokens.text, size=16, weight=parts.BOLD),
                parts.text(words("schedule.delete_explain"), look.tokens.soft, size=13.5),
                ft.Row(
                    [
                        parts.button(look, "delete-yes", words("schedule.delete"), editor.delete, primary=True),
                        parts.button(look, "delete-no", words("act.cancel"), lambda: editor.ask_delete(False)),
                    ],
                    spacing=8,
                ),
            ],
            spacing=14,
            tight=True,
        ),
    )


class _Form:
    """The blocks of the form; what they share."""

    def __init__(self, view: EditorView, look: Look, intents: Intents, editor: Editor) -> None:
        self.view, self.look, self.intents, self.editor = view, look, intents, editor
        self.words = look.words

    def notices(self) -> list[ft.Control]:
        view, words, editor = self.view, self.words, self.editor
        if view.conflict:
            mine = parts.button(self.look, "conflict-mine", words("schedule.keep_mine"), editor.insist)
            theirs = parts.button(self.look, "conflict-theirs", words("schedule.take_theirs"), editor.take_theirs)
            return [warning(self.look, "editor-conflict", view.conflict, mine, theirs)]
        return [warning(self.look, "editor-error", view.error)] if view.error else []

    def text(self, name: str, label: str, **more: object) -> ft.Control:
        """A field of the draft by its name."""
        return text_input(
            self.look,
            self.intents,
            f"editor-{name.replace('_', '-')}",
            self.words(label),
            getattr(self.view.draft, name),
            lambda text: self.editor.put(**{name: text}),
            error=self.view.faults.get(name, ""),
            **more,
        )

    def when(self) -> ft.Control:
        words, draft, view = self.words, self.view.draft, self.view
        days = [
            choice_chip(
                self.look,
                f"weekday-{day}",
                words(f"day.{day}"),
                day in draft.weekdays,
                partial(self.editor.weekday, day),
            )
            for day in range(1, 8)
        ]
        at = self.text("at", "schedule.at", hint="20:00")
        zone = self.text("time_zone", "schedule.zone", hint=words("schedule.zone_hint"))
        first = self.text("valid_from", "schedule.valid_from", hint=words("schedule.day_hint"))
        last = self.text("valid_until", "schedule.valid_until", hint=words("schedule.day_hint"))
        lines: list[ft.Control] = [ft.Row(days, spacing=6, wrap=True, run_spacing=6)]
        lines += self.fault("weekdays")
        lines += [self.beside(at, zone), self.beside(first, last)]
        on = toggle(
            self.look, "editor-enabled", words("schedule.enabled"), draft.enabled, lambda on: self.editor.put(enabled=on)
        )
        return box(self.look, words("schedule.block.when"), [*lines, on] if view.can_delete else lines)

    def what(self) -> ft.Control:
        words, view = self.words, self.view
        lines: list[ft.Control] = []
        if not view.can_delete:
            lines.append(
                select(
                    self.look,
                    self.intents,
                    "editor-panel",
                    words("schedule.panel"),
                    view.draft.panel_id,
                    view.panels,
                    lambda panel: self.editor.put(panel_id=panel),
                    error=view.faults.get("panel_id", ""),
                    fills=True,
                )
            )
        lines.append(self.text("name", "schedule.name"))
        if view.chips:
            chips = [
                choice_chip(
                    self.look,
                    f"partition-{number}",
                    f"{number} {name}".strip(),
                    chosen,
                    partial(self.editor.partition, number),
                )
                for number, name, chosen in view.chips
            ]
            lines += [parts.text(words("schedule.what"), self.look.tokens.soft, size=12.5), ft.Row(chips, wrap=True, spacing=6)]
            lines += self.fault("partitions")
        else:
            lines.append(self.text("partitions", "schedule.partitions_typed", hint="1, 2"))
        modes = [(str(int(mode)), words(f"command.arm.{mode.name}")) for mode in ArmMode]
        lines.append(
            select(
                self.look,
                self.intents,
                "editor-mode",
                words("schedule.mode"),
                str(int(view.draft.arm_mode)),
                modes,
                lambda mode: self.editor.put(arm_mode=ArmMode(int(mode))),
                fills=True,
            )
        )
        return box(self.look, words("schedule.block.what"), lines)

    def rules(self) -> ft.Control:
        words, draft = self.words, self.view.draft
        options = [(one.value, words(f"schedule.rule.open.{one}")) for one in OpenZones]
        number = ft.KeyboardType.NUMBER
        always = ("schedule.rule.alarm", "schedule.rule.service")
        lines = [
            select(
                self.look,
                self.intents,
                "editor-open-zones",
                words("schedule.open_zones"),
                draft.open_zones.value,
                options,
                lambda one: self.editor.put(open_zones=OpenZones(one)),
                fills=True,
            ),
            toggle(
                self.look, "editor-forced", words("schedule.rule.forced"), draft.forced, lambda on: self.editor.put(forced=on)
            ),
            self.text("deadline_minutes", "schedule.deadline_minutes", keyboard_type=number),
            self.beside(
                self.text("warn_minutes", "schedule.warn_minutes", keyboard_type=number),
                self.text("postpone_minutes", "schedule.postpone_minutes", keyboard_type=number),
            ),
            *(parts.text(f"• {words(key)}", self.look.tokens.soft, size=13) for key in always),
        ]
        return box(self.look, words("schedule.block.rules"), lines)

    def days(self) -> ft.Control:
        words, draft = self.words, self.view.draft
        options = [(one.value, words(f"schedule.holidays.{one}")) for one in HolidayPolicy]
        policy = select(
            self.look,
            self.intents,
            "editor-holidays",
            words("schedule.holidays"),
            draft.holidays.value,
            options,
            lambda one: self.editor.put(holidays=HolidayPolicy(one)),
            fills=True,
        )
        lines: list[ft.Control] = [policy]
        if draft.holidays is not HolidayPolicy.USUAL:
            lines.append(self.text("region", "schedule.region", hint="PL"))
        lines.append(parts.text(words("schedule.exceptions"), self.look.tokens.soft, size=12.5))
        lines += [self.exception(day, at) for day, at in draft.exceptions]
        lines.append(exception_form(self.look, self.intents, self.editor))
        return box(self.look, words("schedule.block.days"), lines)

    def exception(self, day: str, at: str) -> ft.Control:
        tokens, words = self.look.tokens, self.words
        what = words("schedule.exception_at", at=at) if at else words("schedule.exception_none")
        line = [
            ft.Container(parts.text(day, tokens.text, size=13, mono=True), width=100),
            parts.text(what, tokens.text, size=13, expand=True),
            parts.icon_button(
                self.look,
                f"exception-drop-{day}",
                words("schedule.drop_day"),
                ft.Icons.CLOSE,
                lambda: self.editor.drop_exception(day),
            ),
        ]
        return parts.named(f"exception-{day}", ft.Row(line, spacing=8))

    def fault(self, name: str) -> list[ft.Control]:
        fault = self.view.faults.get(name)
        return [parts.text(fault, self.look.tokens.bad, size=12.5)] if fault else []

    def beside(self, *fields: ft.Control) -> ft.Control:
        """In a row; on a phone in a column."""
        if self.look.narrow:
            return ft.Column(list(fields), spacing=10, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, tight=True)
        return ft.Row(
            [ft.Container(one, expand=True) for one in fields], spacing=10, vertical_alignment=ft.CrossAxisAlignment.START
        )


@safe_component
def exception_form(look: Look, intents: Intents, editor: Editor) -> ft.Control:
    """One more day that is different."""
    words = look.words
    form = use_form({"day": "", "at": "", "wrong": ""})

    def add() -> None:
        if editor.add_exception(form["day"], form["at"]):
            for name in ("day", "at", "wrong"):
                form.put(name, "")
        else:
            form.put("wrong", "yes")

    day = text_input(
        look,
        intents,
        "exception-day",
        words("schedule.day"),
        form["day"],
        lambda text: form.put("day", text),
        hint=words("schedule.day_hint"),
    )
    at = text_input(
        look,
        intents,
        "exception-at",
        words("schedule.exception_time"),
        form["at"],
        lambda text: form.put("at", text),
        dense=True,
        hint=words("schedule.exception_none"),
    )
    button = parts.button(look, "exception-add", words("schedule.add_day"), add)
    lines: list[ft.Control] = [ft.Row([ft.Container(day, expand=True), ft.Container(at, expand=True), button], spacing=8)]
    if form["wrong"]:
        lines.append(parts.text(words("schedule.fault.exception"), look.tokens.bad, size=12.5))
    return ft.Column(lines, spacing=6, tight=True)
