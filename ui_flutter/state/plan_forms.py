"""The forms of one contact and of one step of a procedure. Pure."""

import re
from collections.abc import Mapping, Sequence

from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import FieldKind, FieldView, FormView
from ui_flutter.state.plan_draft import Member
from workflows.domain.alarm import AlarmType
from workflows.domain.response import StepKind

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


def contact_form(words: Words, member: Member | None) -> FormView:
    given = member or {}

    def field(name: str, kind: FieldKind = FieldKind.TEXT, hint: str = "") -> FieldView:
        return FieldView(name=name, label=words(f"object.contact.{name}"), value=given.get(name) or "", kind=kind, hint=hint)

    return FormView(
        key=0,
        title=words("object.contact.new" if member is None else "object.contact.edit"),
        confirm=words("object.take"),
        fields=(
            field("name"),
            field("phone", hint="+48 600 100 200"),
            field("call_from", hint="08:00"),
            field("call_until", hint="22:00"),
            field("note", FieldKind.LONG),
        ),
    )


def step_form(words: Words, member: Member | None, contacts: Sequence[Member]) -> FormView:
    given = member or {"kind": StepKind.CALL.value, "text": "", "contact_id": None, "alarm_type": None}
    kinds = tuple((kind.value, words(f"step.kind.{kind}").capitalize()) for kind in StepKind)
    types = (("", words("object.step.any_type")), *((one.value, words(f"type.{one}")) for one in AlarmType))
    people = (("", words("object.step.nobody")), *((contact["id"], contact["name"]) for contact in contacts))
    return FormView(
        key=0,
        title=words("object.step.new" if member is None else "object.step.edit"),
        confirm=words("object.take"),
        fields=(
            FieldView(name="kind", label=words("object.step.kind"), value=given["kind"], kind=FieldKind.CHOICE, options=kinds),
            FieldView(name="text", label=words("object.step.text"), value=given["text"], kind=FieldKind.LONG),
            FieldView(
                name="contact_id",
                label=words("object.step.contact"),
                value=given["contact_id"] or "",
                kind=FieldKind.CHOICE,
                options=people,
            ),
            FieldView(
                name="alarm_type",
                label=words("object.step.alarm_type"),
                value=given["alarm_type"] or "",
                kind=FieldKind.CHOICE,
                options=types,
            ),
        ),
    )


def clock(text: str) -> str | None:
    """`8:00` → `08:00`; None: no hour."""
    found = _CLOCK.fullmatch(text.strip())
    return f"{int(found[1]):02}:{found[2]}" if found else None


def wrong_hours(words: Words, values: Mapping[str, str]) -> Mapping[str, str]:
    """Hours that are none; whatever else is wrong the server says when the plan is saved."""
    hours = (name for name in ("call_from", "call_until") if values.get(name, "").strip())
    wrong = {name: words("object.contact.no_hour") for name in hours if clock(values[name]) is None}
    needed = [name for name in ("name", "phone", "text") if name in values and not values[name].strip()]
    return wrong | {name: words("form.needed") for name in needed}
