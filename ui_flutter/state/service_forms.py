"""The forms of service mode. Pure."""

from collections.abc import Mapping

from api.client.object_admin import ObjectDetail
from api.client.service_modes import ServiceMode
from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import FieldKind, FieldView, FormView, numbers
from ui_flutter.state.object_forms import wrong_numbers
from workflows.domain.alarm import NEVER_SUPPRESSED, AlarmType
from workflows.domain.service import DEFAULT_MINUTES

REASON_LEAST = 5  # characters


def begin(words: Words, detail: ObjectDetail) -> FormView:
    silent = set(AlarmType) - NEVER_SUPPRESSED - set(detail.alarm_config.never_silenced)
    panels = (("", words("service.whole")), *((str(panel.id), panel.name) for panel in detail.panels))
    most = detail.alarm_config.service_max_minutes or DEFAULT_MINUTES
    return FormView(
        key=0,
        title=words("service.begin"),
        subject=detail.name,
        explain=(words("service.explain", minutes=most),),
        confirm=words("service.begin_now"),
        fields=(
            FieldView(name="minutes", label=words("service.minutes"), value="60"),
            FieldView(name="reason", label=words("service.reason"), kind=FieldKind.LONG),
            FieldView(name="panel", label=words("service.scope"), kind=FieldKind.CHOICE, options=panels),
            FieldView(name="zones", label=words("service.zones"), hint="1, 3, 5-8"),
            FieldView(
                name="alarm_types",
                label=words("service.types"),
                kind=FieldKind.MANY,
                options=tuple((kind.value, words(f"type.{kind}")) for kind in AlarmType if kind in silent),
            ),
        ),
    )


def extend(words: Words, mode: ServiceMode) -> FormView:
    return FormView(
        key=0,
        title=words("service.extend"),
        subject=mode.object_name,
        confirm=words("service.extend_now"),
        fields=(FieldView(name="minutes", label=words("service.later"), value="30"),),
    )


def end(words: Words, mode: ServiceMode) -> FormView:
    return FormView(
        key=0,
        title=words("service.end"),
        subject=mode.object_name,
        explain=(words("service.end_explain"),),
        confirm=words("service.end_now"),
    )


def wrong(words: Words, values: Mapping[str, str]) -> dict[str, str]:
    found = wrong_numbers(words, values, "minutes")
    if not values["minutes"].strip():
        found["minutes"] = words("form.needed")
    if len(values.get("reason", "x" * REASON_LEAST).strip()) < REASON_LEAST:
        found["reason"] = words("form.reason")
    if values.get("panel") and not numbers(values.get("zones", "")):
        found["zones"] = words("service.which_zones")
    if not values.get("panel") and values.get("zones", "").strip():
        found["panel"] = words("service.which_panel")
    return found
