"""From the card of an object to what is drawn. Pure; its lists have a file of their own."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api.client.models import ObjectStatus, Panel, PanelState
from api.client.object_admin import AlarmConfig, Contact, ObjectDetail, Step
from api.client.service_modes import ServiceMode
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present_object_lists as lists
from ui_flutter.state.object_tabs import CardTab, tabs_of
from ui_flutter.state.plan_draft import Member, Part
from ui_flutter.state.present_panel_words import link_words, partition_mood, partition_words
from ui_flutter.state.store import Store
from ui_flutter.state.tables import TableView
from ui_flutter.state.views import FactView, ListPhase, Mood
from workflows.domain.permissions import Permission
from workflows.domain.service import ServiceState

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard
    from ui_flutter.sections.object_plan import PlanEditor


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOfPlan:
    """A contact or a step: `number` in its order, what it is, what is quieter, what can be copied."""

    number: int
    title: str
    detail: str = ""
    note: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    contacts: tuple[LineOfPlan, ...]
    steps: tuple[LineOfPlan, ...]
    editing: bool = False
    can_edit: bool = False
    busy: bool = False
    error: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelLine:
    """A panel of the object with the words of its partitions."""

    id: str
    name: str
    link: str
    mood: Mood
    detail: str
    partitions: tuple[tuple[str, Mood], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """Service mode in force, or waiting for a second person."""

    id: str
    title: str
    left: str
    detail: str
    can_manage: bool
    can_release: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """``title`` empty: nothing is known of the object yet. ``table`` is that of the tab, where it has one."""

    phase: ListPhase
    error: str = ""
    title: str = ""
    address: str = ""
    status: str = ""
    mood: Mood = Mood.QUIET
    tab: CardTab = CardTab.OVERVIEW
    tabs: tuple[tuple[str, str], ...] = ()
    can_edit: bool = False
    can_add_panel: bool = False
    can_begin_service: bool = False
    closed: bool = False
    facts: tuple[FactView, ...] = ()
    alarms: str = ""
    config: tuple[FactView, ...] = ()
    plan: PlanView | None = None
    services: tuple[ServiceLine, ...] = ()
    panels: tuple[PanelLine, ...] = ()
    table: TableView | None = None
    closed_alarms: bool = False
    document: str = ""  # the title of the chosen one
    busy: bool = False
    work_error: str = ""


def card(state: "ObjectCard", store: Store, now: datetime) -> CardView:
    words, user, detail = store.words, store.user, state.detail
    names = tuple((tab.value, words(f"object.tab.{tab}")) for tab in tabs_of(user, state.section.flags))
    if detail is None or user is None:
        return CardView(phase=state.phase, error=state.error, tab=state.tab, tabs=names)
    can_edit = user.may(Permission.OBJECT_EDIT)
    return CardView(
        phase=ListPhase.READY,
        error=state.error,
        title=detail.name,
        address=detail.address,
        status=words(f"object.status.{detail.status}"),
        mood=_MOODS[detail.status],
        tab=state.tab,
        tabs=names,
        can_edit=can_edit,
        can_add_panel=user.may(Permission.PANEL_EDIT),
        can_begin_service=user.may(Permission.SERVICE_MANAGE) and detail.status is not ObjectStatus.CLOSED,
        closed=detail.status is ObjectStatus.CLOSED,
        facts=_facts(detail, words, now),
        alarms=words("object.open", n=detail.open_alarms) if detail.open_alarms else "",
        config=_config(detail.alarm_config, words),
        plan=_plan(state.plan, detail, words, can_edit=can_edit),
        services=tuple(_service(mode, store, now) for mode in detail.service_modes),
        panels=tuple(_panel(panel, state.states.get(panel.id), words, now) for panel in detail.panels),
        table=lists.of(state, store, now),
        closed_alarms=state.closed_alarms,
        document=next((one.title for one in state.documents.items if str(one.id) == state.chosen_document), ""),
        busy=state.working.busy,
        work_error=state.working.error,
    )


_MOODS = {ObjectStatus.ACTIVE: Mood.GOOD, ObjectStatus.SERVICE: Mood.WARN, ObjectStatus.CLOSED: Mood.QUIET}


def _facts(detail: ObjectDetail, words: Words, now: datetime) -> tuple[FactView, ...]:
    where = "—" if detail.lat is None or detail.lon is None else f"{detail.lat:.5f}, {detail.lon:.5f}"
    facts = [
        FactView(label=words("object.address"), value=detail.address),
        FactView(label=words("object.kind"), value=detail.kind),
        FactView(label=words("object.external_number"), value=detail.external_number, mono=True),
        FactView(label=words("object.where"), value=where, mono=True),
        FactView(label=words("object.since"), value=formats.moment(detail.created_at, now), mono=True),
    ]
    return tuple(facts)


def _config(config: AlarmConfig, words: Words) -> tuple[FactView, ...]:
    """What differs from the usual; nothing: all is usual."""
    facts = []
    if config.join_window_seconds is not None:
        window = words("config.seconds", n=config.join_window_seconds)
        facts.append(FactView(label=words("config.join_window_short"), value=window))
    if config.service_max_minutes is not None:
        most = words("age.minutes", n=config.service_max_minutes)
        facts.append(FactView(label=words("config.service_max_short"), value=most))
    facts += [
        FactView(label=words(f"type.{kind}"), value=f"P{one.rank} {words(f'class.{one}')}")
        for kind, one in config.priorities.items()
    ]
    required = [words(f"type.{kind}") for kind, is_required in config.requires_note.items() if is_required]
    if required:
        facts.append(FactView(label=words("config.requires_note_short"), value=", ".join(required)))
    if config.never_silenced:
        loud = ", ".join(words(f"type.{kind}") for kind in config.never_silenced)
        facts.append(FactView(label=words("config.never_silenced_short"), value=loud))
    if config.two_person:
        facts.append(FactView(label=words("config.two_person_short"), value=words("config.yes")))
    return tuple(facts)


# -- contacts and procedure


def _plan(editor: "PlanEditor", detail: ObjectDetail, words: Words, *, can_edit: bool) -> PlanView:
    draft = editor.draft
    if draft is None:
        people = {contact.id: contact.name for contact in detail.plan.contacts}
        return PlanView(
            contacts=tuple(_contact(number, one) for number, one in enumerate(detail.plan.contacts, 1)),
            steps=tuple(
                _step(number, one, people.get(one.contact_id, "") if one.contact_id else "", words)
                for number, one in enumerate(detail.plan.steps, 1)
            ),
            can_edit=can_edit,
        )
    names = {one["id"]: one["name"] for one in draft.contacts}
    changed = ""
    if editor.changed is not None:
        contacts, steps = editor.changed
        changed = words("object.plan_changed", contacts=contacts, steps=steps)
    return PlanView(
        contacts=tuple(_drafted(number, one, Part.CONTACTS, names, words) for number, one in enumerate(draft.contacts, 1)),
        steps=tuple(_drafted(number, one, Part.STEPS, names, words) for number, one in enumerate(draft.steps, 1)),
        editing=True,
        can_edit=can_edit,
        busy=editor.saving.busy,
        error=_reasons(editor),
        changed=changed,
    )


def _reasons(editor: "PlanEditor") -> str:
    fields = "; ".join(f"{name}: {reason}" for name, reason in editor.saving.fields.items())
    return editor.saving.error if not fields or fields in editor.saving.error else f"{editor.saving.error} {fields}"


def _contact(number: int, one: Contact) -> LineOfPlan:
    hours = f"{one.call_from:%H:%M}–{one.call_until:%H:%M}" if one.call_from and one.call_until else ""
    return LineOfPlan(number=number, title=one.name, detail=one.phone, note=_joined(hours, one.note), copy=one.phone)


def _step(number: int, one: Step, called: str, words: Words) -> LineOfPlan:
    kind = words(f"step.kind.{one.kind}").capitalize()
    return LineOfPlan(number=number, title=one.text, detail=_joined(kind, called, _meant_for(one.alarm_type, words)))


def _meant_for(alarm_type: str | None, words: Words) -> str:
    """Of a step: for which alarms alone."""
    return words("object.step.only", type=words.get(f"type.{alarm_type}", alarm_type)) if alarm_type else ""


def _drafted(number: int, one: Member, part: Part, names: dict[str, str], words: Words) -> LineOfPlan:
    if part is Part.STEPS:
        kind = words(f"step.kind.{one['kind']}").capitalize()
        called, only = names.get(one["contact_id"] or "", ""), _meant_for(one["alarm_type"], words)
        return LineOfPlan(number=number, title=one["text"], detail=_joined(kind, called, only))
    hours = f"{one['call_from'][:5]}–{one['call_until'][:5]}" if one["call_from"] and one["call_until"] else ""
    return LineOfPlan(number=number, title=one["name"], detail=one["phone"], note=_joined(hours, one["note"]))


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


# -- panels and service mode


def _panel(panel: Panel, state: PanelState | None, words: Words, now: datetime) -> PanelLine:
    text, mood = link_words(panel, state, words, now)
    found = state.partitions if state is not None else ()
    return PanelLine(
        id=str(panel.id),
        name=panel.name,
        link=text,
        mood=mood,
        detail=_joined(panel.model, panel.firmware, f"{panel.host}:{panel.port}"),
        partitions=tuple(
            (f"{one.name or one.number}: {partition_words(one.state, words)}", partition_mood(one.state)) for one in found
        ),
    )


def _service(mode: ServiceMode, store: Store, now: datetime) -> ServiceLine:
    words, user = store.words, store.user
    waiting = mode.state is ServiceState.AWAITING_RELEASE
    may = user is not None and user.may(Permission.SERVICE_MANAGE)
    scope = []
    if mode.zones is not None:
        scope += [words("service.some_zones", zones=", ".join(map(str, one.numbers))) for one in mode.zones]
    if mode.alarm_types is not None:
        scope.append(", ".join(words(f"type.{kind}") for kind in mode.alarm_types))
    left = mode.ends_at - store.link.server_now(now)
    return ServiceLine(
        id=str(mode.id),
        title=words("service.waits" if waiting else "service.until", time=formats.moment(mode.ends_at, now)),
        left="" if waiting else words("service.left", age=formats.spoken(left, words)),
        detail=_joined(mode.username, mode.reason, *(scope or [words("service.whole")])),
        can_manage=may and not waiting,
        can_release=may and waiting and user is not None and mode.requested_by != user.id,
    )
