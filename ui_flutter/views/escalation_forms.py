"""The forms of escalation: a policy with its ladder, a rota, an address."""

from dataclasses import replace
from functools import partial
from typing import Any

import flet as ft

from ui_flutter.components import parts
from ui_flutter.components.inputs import choice_chip, select, text_input, toggle, use_form
from ui_flutter.components.look import Intents, Look
from ui_flutter.components.modal import modal
from ui_flutter.components.page import page as section_frame
from ui_flutter.components.safe import safe_component
from ui_flutter.components.tiles import box, scrolled, warning
from ui_flutter.sections.escalation import Escalating
from ui_flutter.sections.escalation_forms import Form
from ui_flutter.state.escalation_draft import LEVELS_MOST, ChannelDraft, LevelDraft, PolicyDraft, RotaDraft, StepDraft
from ui_flutter.state.escalation_view import FormView, matches
from workflows.domain.escalation import Channel


def page(view: FormView, look: Look, intents: Intents, section: Escalating) -> ft.Control:
    words, form = look.words, section.form
    assert form is not None
    fields = _Fields(view, look, intents, section, form)
    body = scrolled(look, [*fields.notices(), *fields.blocks()])
    actions = [parts.button(look, "form-save", words("schedule.save"), form.save, primary=True, busy=view.busy)]
    if not view.is_new:
        ask = lambda: form.ask_delete(True)  # noqa: E731
        actions.insert(0, parts.icon_button(look, "form-delete", words("schedule.delete"), ft.Icons.DELETE, ask))
    dialog = _ask_delete(view, look, form) if view.asks_delete else None
    wide = ft.Row([ft.Container(body, width=860)], expand=True) if not look.narrow else body
    return section_frame(look, view.title, wide, actions=actions, back=section.close, dialog=dialog)


def _ask_delete(view: FormView, look: Look, form: Form[Any]) -> ft.Control:
    words = look.words
    buttons = [
        parts.button(look, "delete-yes", words("schedule.delete"), form.delete, primary=True),
        parts.button(look, "delete-no", words("act.cancel"), lambda: form.ask_delete(False)),
    ]
    lines: list[ft.Control] = [
        parts.text(words("escalation.delete_title", name=view.title), look.tokens.text, size=16, weight=parts.BOLD),
        parts.text(words("escalation.delete_explain"), look.tokens.soft, size=13.5),
        ft.Row(buttons, spacing=8),
    ]
    return modal(look, ft.Column(lines, spacing=14, tight=True))


class _Fields:
    """The parts of a form, and what they share."""

    def __init__(self, view: FormView, look: Look, intents: Intents, section: Escalating, form: Form[Any]) -> None:
        self.view, self.look, self.intents, self.section, self.form = view, look, intents, section, form
        self.words = look.words

    def notices(self) -> list[ft.Control]:
        view = self.view
        if view.conflict:
            mine = parts.button(self.look, "conflict-mine", self.words("schedule.keep_mine"), self.form.insist)
            return [warning(self.look, "form-conflict", view.conflict, mine)]
        return [warning(self.look, "form-error", view.error)] if view.error else []

    def blocks(self) -> list[ft.Control]:
        draft = self.view.draft
        if isinstance(draft, PolicyDraft):
            return [self.policy(draft), self.ladder(draft), self.objects(draft), self.times()]
        if isinstance(draft, RotaDraft):
            return [self.rota(), self.turns(draft)]
        return [self.channel(draft)]

    def text(self, name: str, label: str, **more: Any) -> ft.Control:
        """A field of the draft by its name."""
        return text_input(
            self.look,
            self.intents,
            f"form-{name.replace('_', '-')}",
            self.words(label),
            getattr(self.view.draft, name),
            lambda text: self.form.put(**{name: text}),
            error=self.view.faults.get(name, ""),
            **more,
        )

    def fault(self, name: str) -> list[ft.Control]:
        fault = self.view.faults.get(name)
        return [parts.named(f"fault-{name}", parts.text(fault, self.look.tokens.bad, size=12.5))] if fault else []

    # -- a policy

    def policy(self, draft: PolicyDraft) -> ft.Control:
        default = toggle(
            self.look,
            "form-default",
            self.words("escalation.is_default"),
            draft.is_default,
            lambda on: self.form.put(is_default=on),
        )
        return box(self.look, self.words("escalation.block.policy"), [self.text("name", "escalation.name"), default])

    def ladder(self, draft: PolicyDraft) -> ft.Control:
        words = self.words
        lines: list[ft.Control] = [self.level(place, level) for place, level in enumerate(draft.levels)]
        lines += self.fault("levels")
        if len(draft.levels) < LEVELS_MOST:
            add = lambda: self.form.draw(draft.with_level())  # noqa: E731
            lines.append(ft.Row([parts.button(self.look, "level-add", words("escalation.add_level"), add, icon=ft.Icons.ADD)]))
        return box(self.look, words("escalation.block.ladder"), lines)

    def level(self, place: int, level: LevelDraft) -> ft.Control:
        tokens, words, draft = self.look.tokens, self.words, self.view.draft
        assert isinstance(draft, PolicyDraft)
        minutes = text_input(
            self.look,
            self.intents,
            f"level-{place}-minutes",
            words("escalation.minutes"),
            level.minutes,
            lambda text: self.form.draw(draft.with_minutes(place, text)),
            keyboard_type=ft.KeyboardType.NUMBER,
        )
        drop = lambda: self.form.draw(draft.without_level(place))  # noqa: E731
        add = lambda: self.form.draw(draft.with_step(place))  # noqa: E731
        head = ft.Row(
            [
                parts.text(f"L{place + 1}", tokens.accent_text, size=16, weight=parts.BOLD),
                ft.Container(minutes, width=210),
                ft.Container(expand=True),
                parts.icon_button(self.look, f"level-{place}-drop", words("escalation.drop_level"), ft.Icons.DELETE, drop),
            ],
            spacing=12,
        )
        steps = [self.step(place, n, step) for n, step in enumerate(level.steps)]
        more = ft.Row([parts.button(self.look, f"level-{place}-add", words("escalation.add_target"), add)])
        lines = ft.Column([head, *steps, more], spacing=8, tight=True)
        return ft.Container(lines, padding=12, border_radius=9, bgcolor=tokens.ground, border=ft.Border.all(1, tokens.line))

    def step(self, level: int, place: int, step: StepDraft) -> ft.Control:
        words, draft, view = self.words, self.view.draft, self.view
        assert isinstance(draft, PolicyDraft)
        kinds = view.channels.get(step.target, tuple(Channel))

        def choose(target: str) -> None:
            reached = view.channels.get(target, (step.channel,))
            channel = step.channel if step.channel in reached else reached[0]
            self.form.draw(draft.change_step(level, place, StepDraft(target=target, channel=channel)))

        whom = select(
            self.look,
            self.intents,
            f"step-{level}-{place}-target",
            words("escalation.whom"),
            step.target,
            view.targets,
            choose,
            fills=True,
        )
        options = [(one.value, words(f"channel.{one}")) for one in kinds]
        by = select(
            self.look,
            self.intents,
            f"step-{level}-{place}-channel",
            words("escalation.by"),
            step.channel.value,
            options,
            lambda one: self.form.draw(draft.change_step(level, place, replace(step, channel=Channel(one)))),
            fills=True,
        )
        drop = lambda: self.form.draw(draft.without_step(level, place))  # noqa: E731
        icon = parts.icon_button(self.look, f"step-{level}-{place}-drop", words("escalation.drop_target"), ft.Icons.CLOSE, drop)
        if self.look.narrow:
            return ft.Column([ft.Row([ft.Container(whom, expand=True), icon]), by], spacing=6, tight=True)
        return ft.Row([ft.Container(whom, expand=3), ft.Container(by, expand=2), icon], spacing=8)

    def objects(self, draft: PolicyDraft) -> ft.Control:
        drop = [
            choice_chip(self.look, f"object-{id_}", f"{name} ×", True, partial(self.take, draft, id_))
            for id_, name in self.view.objects
        ]
        explain = parts.text(self.words("escalation.objects_explain"), self.look.tokens.soft, size=13)
        lines: list[ft.Control] = [explain]
        if drop:
            lines.append(ft.Row(drop, wrap=True, spacing=6, run_spacing=6))
        lines += self.fault("object_ids")
        lines.append(object_search(self.look, self.intents, self.section, self.form, draft.object_ids))
        return box(self.look, self.words("escalation.block.objects"), lines)

    def take(self, draft: PolicyDraft, object_id: str) -> None:
        self.form.draw(draft.with_object(object_id))

    def times(self) -> ft.Control:
        number = ft.KeyboardType.NUMBER
        return box(
            self.look,
            self.words("escalation.block.times"),
            [
                self.text("left", "escalation.left_minutes", keyboard_type=number),
                self.text("repeat", "escalation.repeat_minutes", keyboard_type=number),
                self.text("attempts", "escalation.attempts_number", keyboard_type=number),
                self.text("retry", "escalation.retry_seconds", keyboard_type=number),
            ],
        )

    # -- a rota

    def rota(self) -> ft.Control:
        return box(
            self.look,
            self.words("escalation.block.rota"),
            [
                self.text("name", "escalation.name"),
                self.text("first_on", "escalation.first_on", hint=self.words("schedule.day_hint")),
                self.text("handover_at", "escalation.handover_at"),
                self.text("time_zone", "schedule.zone"),
            ],
        )

    def turns(self, draft: RotaDraft) -> ft.Control:
        tokens, words, names = self.look.tokens, self.words, dict(self.view.people)
        lines: list[ft.Control] = []
        for place, id_ in enumerate(draft.members):
            sooner = lambda place=place: self.form.draw(draft.sooner(place))  # noqa: E731
            drop = lambda place=place: self.form.draw(draft.without_member(place))  # noqa: E731
            line: list[ft.Control] = [
                parts.chip(self.look, str(place + 1)),
                parts.text(names.get(id_, "—"), tokens.text, size=13.5, expand=True),
                parts.icon_button(self.look, f"turn-{place}-up", words("escalation.sooner"), ft.Icons.ARROW_UPWARD, sooner),
                parts.icon_button(self.look, f"turn-{place}-drop", words("escalation.drop_target"), ft.Icons.CLOSE, drop),
            ]
            lines.append(parts.named(f"turn-{place}", ft.Row(line, spacing=8)))
        lines += self.fault("members")
        lines.append(
            select(
                self.look,
                self.intents,
                "turn-add",
                words("escalation.add_person"),
                "",
                self.view.people,
                lambda id_: self.form.draw(draft.with_member(id_)),
                fills=True,
            )
        )
        return box(self.look, words("escalation.block.turns"), lines)

    # -- an address

    def channel(self, draft: ChannelDraft) -> ft.Control:
        words, view = self.words, self.view
        lines: list[ft.Control] = []
        if view.is_new:
            kinds = [(one.value, words(f"channel.{one}")) for one in Channel]
            lines.append(
                select(
                    self.look,
                    self.intents,
                    "form-kind",
                    words("escalation.channel"),
                    draft.kind.value,
                    kinds,
                    lambda kind: self.form.put(kind=Channel(kind)),
                    fills=True,
                )
            )
        lines.append(self.text("label", "escalation.label"))
        if draft.has_address:
            lines.append(self.text("address", "escalation.address", hint=words(f"escalation.hint.{draft.kind}")))
        if draft.of_a_person and view.is_new:
            people = (("", words("escalation.installation")), *view.people)
            lines.append(
                select(
                    self.look,
                    self.intents,
                    "form-user",
                    words("escalation.whose"),
                    draft.user_id,
                    people,
                    lambda id_: self.form.put(user_id=id_),
                    fills=True,
                )
            )
        if draft.has_secret:
            hint = "" if view.is_new else words("escalation.secret_stays")
            lines.append(self.text("secret", "escalation.secret", hint=hint, password=True))
        if not view.is_new:
            on = toggle(
                self.look, "form-enabled", words("escalation.enabled"), draft.enabled, lambda on: self.form.put(enabled=on)
            )
            test = parts.button(
                self.look,
                "form-test",
                words("escalation.test"),
                self.section.test_channel,
                icon=ft.Icons.SEND,
                busy=view.testing,
            )
            lines += [on, ft.Row([test])]
        return box(self.look, words("escalation.block.channel"), lines)


@safe_component
def object_search(look: Look, intents: Intents, section: Escalating, form: Form[Any], chosen: tuple[str, ...]) -> ft.Control:
    """Objects by a part of their name; a click takes one."""
    typed = use_form({"text": ""})

    def take(object_id: str) -> None:
        form.draw(form.draft.with_object(object_id))

    found = matches(typed["text"], section.tools.store.book.object_names, chosen)
    box_ = text_input(
        look,
        intents,
        "object-search",
        look.words("escalation.find_object"),
        typed["text"],
        lambda text: typed.put("text", text),
    )
    chips = [choice_chip(look, f"object-add-{id_}", name, False, partial(take, id_)) for id_, name in found]
    return ft.Column([box_, ft.Row(chips, wrap=True, spacing=6, run_spacing=6)], spacing=8, tight=True)
