"""Forms about panels: commands, giving up the line, zones, partitions. Pure."""

from collections.abc import Mapping
from typing import Any

from api.client.models import Panel, PanelState, Zone
from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import YES, FieldKind, FieldView, FormView, numbers
from ui_flutter.state.object_forms import wrong_numbers
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.command import GUARDED, TARGETS, ArmMode, CommandKind, Target
from workflows.domain.panel_release import MAX_MINUTES, MIN_REASON

Texts = dict[str, str]
ZONE = ("name", "partition", "alarm_type", "priority_override")
_DANGEROUS = frozenset({CommandKind.DISARM, CommandKind.ISOLATE})


# -- commands


def order(
    words: Words,
    kind: CommandKind,
    given: tuple[int, ...],
    panel: Panel,
    state: PanelState | None,
    *,
    arm_mode: ArmMode | None = None,
    forced: bool = False,
) -> FormView:
    """The question before a command: what it does, to what by name."""
    modes = tuple((str(mode.value), words(f"command.arm.{mode.name}")) for mode in ArmMode)
    fields: tuple[FieldView, ...] = ()
    if kind is CommandKind.ARM:
        mode = str((arm_mode if arm_mode is not None else ArmMode.FULL).value)
        fields = (
            FieldView(name="arm_mode", label=words("board.mode"), value=mode, kind=FieldKind.CHOICE, options=modes),
            FieldView(name="forced", label=words("board.forced"), value=YES if forced else "", kind=FieldKind.SWITCH),
        )
    elif TARGETS[kind] is Target.OUTPUTS:
        fields = (FieldView(name="numbers", label=words("board.outputs"), hint="1, 3, 5-8"),)
    explain = [f"{panel.name}: {', '.join(named(kind, given, state))}"] if given else []
    explain.append(words(f"board.explain.{kind}"))
    if kind in GUARDED:
        explain.append(words("board.second"))
    return FormView(
        key=0,
        title=words(f"command.kind.{kind}"),
        subject=panel.name if not given else "",
        explain=tuple(explain),
        confirm=words("board.order"),
        fields=fields,
        danger=kind in _DANGEROUS,
    )


def named(kind: CommandKind, given: tuple[int, ...], state: PanelState | None) -> list[str]:
    """Numbers with their names, where those are known."""
    names: dict[int, str | None] = {}
    if state is not None and TARGETS[kind] is Target.PARTITIONS:
        names = {one.number: one.name for one in state.partitions}
    elif state is not None and TARGETS[kind] is Target.ZONES:
        names = {one.number: one.name for one in state.zones}
    return [f"{number} {names.get(number) or ''}".strip() for number in given]


def wrong_order(words: Words, kind: CommandKind, values: Mapping[str, str]) -> Texts:
    if TARGETS[kind] is not Target.OUTPUTS or numbers(values["numbers"]):
        return {}
    return {"numbers": words("board.which_outputs")}


# -- giving up the line


def release(words: Words, panel: Panel) -> FormView:
    return FormView(
        key=0,
        title=words("panel.release"),
        subject=panel.name,
        explain=(words("panel.release_explain"),),
        confirm=words("panel.release_now"),
        fields=(
            FieldView(name="minutes", label=words("panel.release_minutes", most=MAX_MINUTES), value="30"),
            FieldView(name="reason", label=words("service.reason"), kind=FieldKind.LONG),
        ),
        danger=True,
    )


def wrong_release(words: Words, values: Mapping[str, str]) -> Texts:
    text = values["minutes"].strip()
    wrong = {} if text.isdecimal() and 1 <= int(text) <= MAX_MINUTES else {"minutes": words("form.no_number")}
    if len(values["reason"].strip()) < MIN_REASON:
        wrong["reason"] = words("form.reason")
    return wrong


def confirm_delete(words: Words, panel: Panel) -> FormView:
    return FormView(
        key=0,
        title=words("panel.delete"),
        subject=panel.name,
        explain=(words("panel.delete_explain"),),
        confirm=words("panel.delete_now"),
        danger=True,
    )


# -- zones


def zone_labels(words: Words) -> Texts:
    return {name: words(f"zone.{name}") for name in ZONE}


def zone_texts(json: Mapping[str, Any]) -> Texts:
    """An override by alarm type, which this form cannot say, stays as it is unless somebody chooses one for all."""
    override = json.get("priority_override") or {}
    return {
        "name": json["name"],
        "partition": _text(json.get("partition")),
        "alarm_type": json.get("alarm_type") or "",
        "priority_override": override.get("priority", "BY_TYPE" if override else ""),
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def zone_members(values: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in ZONE:
        if name not in values or values[name] == "BY_TYPE":
            continue
        text = values[name].strip()
        if name == "partition":
            made[name] = int(text) if text else None
        elif name == "priority_override":
            made[name] = {"priority": text} if text else None
        else:
            made[name] = text or None
    return made


def change_zone(words: Words, zone: Zone, start: Texts) -> FormView:
    by_type = start["priority_override"] == "BY_TYPE"
    return FormView(
        key=0,
        title=words("zone.change", n=zone.number),
        subject=zone.name,
        confirm=words("object.save"),
        fields=_zone_fields(words, start, by_type=by_type),
    )


def new_zone(words: Words) -> FormView:
    number = FieldView(name="number", label=words("zone.number"))
    fields = _zone_fields(words, dict.fromkeys(ZONE, ""))
    return FormView(key=0, title=words("zone.new"), confirm=words("zone.add"), fields=(number, *fields))


def wrong_zone(words: Words, values: Mapping[str, str]) -> Texts:
    wrong = wrong_numbers(words, values, "partition", "number")
    needed = [name for name in ("name", "number") if name in values and not values[name].strip()]
    return wrong | {name: words("form.needed") for name in needed}


def _zone_fields(words: Words, start: Texts, *, by_type: bool = False) -> tuple[FieldView, ...]:
    labels = zone_labels(words)
    kinds = (("", words("zone.as_panel")), *((kind.value, words(f"type.{kind}")) for kind in AlarmType))
    classes = [("", words("config.usual")), *((one.value, f"P{one.rank} {words(f'class.{one}')}") for one in Priority)]
    if by_type:
        classes.append(("BY_TYPE", words("zone.by_type")))
    return (
        FieldView(name="name", label=labels["name"], value=start["name"]),
        FieldView(name="partition", label=labels["partition"], value=start["partition"]),
        FieldView(
            name="alarm_type", label=labels["alarm_type"], value=start["alarm_type"], kind=FieldKind.CHOICE, options=kinds
        ),
        FieldView(
            name="priority_override",
            label=labels["priority_override"],
            value=start["priority_override"],
            kind=FieldKind.CHOICE,
            options=tuple(classes),
        ),
    )


# -- names of partitions: one line each, `1: Ground floor`


def partition_texts(json: Mapping[str, Any]) -> Texts:
    return {"names": "\n".join(f"{one['number']}: {one['name']}" for one in json["partitions"])}


def partition_names(text: str) -> dict[int, str] | None:
    """None: that is no such list."""
    found: dict[int, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        number, colon, name = line.partition(":")
        if not colon or not number.strip().isdecimal() or not name.strip() or int(number) in found:
            return None
        found[int(number)] = name.strip()
    return found


def change_partitions(words: Words, start: Texts) -> FormView:
    names = FieldView(
        name="names", label=words("partition.names"), value=start["names"], kind=FieldKind.LONG, hint=words("partition.hint")
    )
    return FormView(
        key=0,
        title=words("partition.title"),
        explain=(words("partition.hint"),),
        confirm=words("object.save"),
        fields=(names,),
    )


def wrong_partitions(words: Words, values: Mapping[str, str]) -> Texts:
    return {} if partition_names(values["names"]) is not None else {"names": words("partition.wrong")}
