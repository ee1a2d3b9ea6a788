"""Forms about objects, and what was typed into them as the server takes it. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from api.client.models import Object
from api.client.object_admin import AlarmConfig
from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import YES, FieldKind, FieldView, FormView, many
from workflows.domain.alarm import NEVER_SUPPRESSED, NOTE_REQUIRED, AlarmType, Priority
from workflows.domain.supervision import SupervisionClass

Texts = dict[str, str]
_OBJECT = ("name", "address", "kind", "external_number", "lat", "lon")
_LIMITS = {"lat": 90.0, "lon": 180.0}


# -- an object


def object_labels(words: Words) -> Texts:
    return {name: words(f"object.{name}") for name in _OBJECT}


def texts_of(one: Object) -> Texts:
    return object_texts({name: getattr(one, name) for name in _OBJECT})


def object_texts(json: Mapping[str, Any]) -> Texts:
    return {name: "" if json.get(name) is None else str(json[name]) for name in _OBJECT}


def object_members(values: Mapping[str, str]) -> dict[str, Any]:
    """An empty coordinate takes it away."""
    return {name: _degrees(text) if name in _LIMITS else text.strip() for name, text in values.items()}


def wrong_object(words: Words, values: Mapping[str, str]) -> Texts:
    wrong = {name: words("form.needed") for name in _OBJECT if name not in _LIMITS and not values[name].strip()}
    for name, most in _LIMITS.items():
        if values[name].strip() and not _within(values[name], most):
            wrong[name] = words("object.no_degrees", most=f"{most:.0f}")
    if not values["lat"].strip() and values["lon"].strip():
        wrong["lat"] = words("object.both_degrees")
    if values["lat"].strip() and not values["lon"].strip():
        wrong["lon"] = words("object.both_degrees")
    return wrong


def new_object(words: Words) -> FormView:
    return _object_form(words, words("object.new"), words("object.add"), dict.fromkeys(_OBJECT, ""))


def change_object(words: Words, start: Texts) -> FormView:
    return _object_form(words, words("object.change"), words("object.save"), start)


def _object_form(words: Words, title: str, confirm: str, start: Texts) -> FormView:
    hints = {"lat": "52.2297", "lon": "21.0122"}
    labels = object_labels(words)
    fields = tuple(FieldView(name=name, label=labels[name], value=start[name], hint=hints.get(name, "")) for name in _OBJECT)
    return FormView(key=0, title=title, confirm=confirm, fields=fields)


def confirm_status(words: Words, name: str, *, to_close: bool) -> FormView:
    return FormView(
        key=0,
        title=words("object.close" if to_close else "object.reopen"),
        subject=name,
        explain=(words("object.close_explain" if to_close else "object.reopen_explain"),),
        confirm=words("object.close_now" if to_close else "object.reopen_now"),
        danger=to_close,
    )


def confirm_delete(words: Words, name: str) -> FormView:
    return FormView(
        key=0,
        title=words("object.delete"),
        subject=name,
        explain=(words("object.delete_explain"),),
        confirm=words("object.delete_now"),
        danger=True,
    )


# -- how its alarms are treated


def config_labels(words: Words) -> Texts:
    labels = {f"priority.{kind}": words("config.priority_of", type=words(f"type.{kind}")) for kind in _overridable()}
    return {
        "join_window_seconds": words("config.join_window"),
        "service_max_minutes": words("config.service_max"),
        "requires_note": words("config.requires_note"),
        "never_silenced": words("config.never_silenced"),
        "two_person": words("config.two_person"),
    } | labels


def texts_of_config(config: AlarmConfig) -> Texts:
    return config_texts(
        {
            "join_window_seconds": config.join_window_seconds,
            "service_max_minutes": config.service_max_minutes,
            "requires_note": config.requires_note,
            "never_silenced": config.never_silenced,
            "two_person": config.two_person,
            "priorities": config.priorities,
        }
    )


def config_texts(json: Mapping[str, Any]) -> Texts:
    required = [kind for kind, is_required in json["requires_note"].items() if is_required]
    texts = {
        "join_window_seconds": _number(json.get("join_window_seconds")),
        "service_max_minutes": _number(json.get("service_max_minutes")),
        "requires_note": _in_order(required),
        "never_silenced": _in_order(json["never_silenced"]),
        "two_person": YES if json["two_person"] else "",
    }
    return texts | {f"priority.{kind}": json["priorities"].get(kind, "") for kind in _overridable()}


def config_members(values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "join_window_seconds": int(values["join_window_seconds"]) if values["join_window_seconds"].strip() else None,
        "service_max_minutes": int(values["service_max_minutes"]) if values["service_max_minutes"].strip() else None,
        "requires_note": dict.fromkeys(many(values["requires_note"]), True),
        "never_silenced": list(many(values["never_silenced"])),
        "two_person": values["two_person"] == YES,
        "priorities": {kind.value: values[f"priority.{kind}"] for kind in _overridable() if values[f"priority.{kind}"]},
    }


def wrong_config(words: Words, values: Mapping[str, str]) -> Texts:
    return wrong_numbers(words, values, "join_window_seconds", "service_max_minutes")


def wrong_numbers(words: Words, values: Mapping[str, str], *names: str) -> Texts:
    """Where a number is wanted or nothing."""
    given = {name: values.get(name, "").strip() for name in names}
    return {name: words("form.no_number") for name, text in given.items() if text and not text.isdecimal()}


def change_config(words: Words, start: Texts) -> FormView:
    labels = config_labels(words)
    kinds = tuple((kind.value, words(f"type.{kind}")) for kind in AlarmType)
    classes = (("", words("config.usual")), *((one.value, f"P{one.rank} {words(f'class.{one}')}") for one in Priority))

    def field(name: str, kind: FieldKind = FieldKind.TEXT, options: tuple[tuple[str, str], ...] = ()) -> FieldView:
        return FieldView(name=name, label=labels[name], value=start[name], kind=kind, options=options)

    note_kinds = tuple(one for one in kinds if one[0] not in NOTE_REQUIRED)
    return FormView(
        key=0,
        title=words("config.title"),
        confirm=words("object.save"),
        fields=(
            field("join_window_seconds"),
            field("service_max_minutes"),
            field("requires_note", FieldKind.MANY, note_kinds),
            field("never_silenced", FieldKind.MANY, tuple(one for one in kinds if one[0] not in NEVER_SUPPRESSED)),
            field("two_person", FieldKind.SWITCH),
            *(field(f"priority.{kind}", FieldKind.CHOICE, classes) for kind in _overridable()),
        ),
    )


def _overridable() -> tuple[AlarmType, ...]:
    return tuple(kind for kind in AlarmType if kind not in NEVER_SUPPRESSED)


def _in_order(kinds: Any) -> str:
    chosen = set(kinds)
    return ",".join(kind.value for kind in AlarmType if kind in chosen)


# -- a panel


def panel_labels(words: Words) -> Texts:
    return {name: words(f"panel.{name}") for name in PANEL}


PANEL = ("name", "host", "port", "time_zone", "enabled", "supervision_class")
_SEALED = ("integration_key", "command_code")


def panel_texts(json: Mapping[str, Any]) -> Texts:
    """What is sealed is never told: its fields begin empty, and empty they change nothing."""
    read: dict[str, Callable[[Any], str]] = {"enabled": lambda on: YES if on else "", "time_zone": lambda zone: zone or ""}
    return {name: read.get(name, str)(json.get(name)) for name in PANEL}


def panel_members(values: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, text in values.items():
        if name in _SEALED:
            made |= {name: text} if text else {}
        elif name == "enabled":
            made[name] = text == YES
        elif name == "port":
            made[name] = int(text)
        else:
            made[name] = text.strip() or None
    return made


def wrong_panel(words: Words, values: Mapping[str, str]) -> Texts:
    wrong = {name: words("form.needed") for name in ("name", "host", "port") if not values[name].strip()}
    return wrong_numbers(words, values, "port") | wrong


def new_panel(words: Words) -> FormView:
    start = dict.fromkeys(PANEL, "") | {"port": "7094", "enabled": YES, "supervision_class": SupervisionClass.SP5.value}
    return panel_form(words, start, title=words("panel.new"), confirm=words("panel.add"))


def panel_form(words: Words, start: Texts, *, title: str, confirm: str, keeps: bool = False) -> FormView:
    """``keeps``: an empty key or code leaves what there is."""
    labels = panel_labels(words)
    classes = tuple((one.value, words(f"panel.class.{one}")) for one in SupervisionClass)
    hint = words("panel.keeps") if keeps else ""

    def field(name: str, kind: FieldKind = FieldKind.TEXT, **more: Any) -> FieldView:
        return FieldView(name=name, label=labels[name], value=start[name], kind=kind, **more)

    def sealed(name: str) -> FieldView:
        return FieldView(name=name, label=words(f"panel.{name}"), kind=FieldKind.SECRET, hint=hint)

    fields = (
        field("name"),
        field("host", hint="10.0.0.15"),
        field("port"),
        sealed("integration_key"),
        sealed("command_code"),
        field("time_zone", hint="Europe/Warsaw"),
        field("supervision_class", FieldKind.CHOICE, options=classes),
        field("enabled", FieldKind.SWITCH),
    )
    return FormView(key=0, title=title, confirm=confirm, fields=fields)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _degrees(text: str) -> float | None:
    return float(text.strip().replace(",", ".")) if text.strip() else None


def _within(text: str, most: float) -> bool:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return False
    return -most <= value <= most
