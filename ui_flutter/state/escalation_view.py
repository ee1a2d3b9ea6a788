"""All that the page of escalation draws, and its forms. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from api.client.escalation import NotificationChannel, OnCallRota
from ui_flutter.i18n.words import Words
from ui_flutter.state.escalation_draft import ChannelDraft, PolicyDraft, RotaDraft
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_escalation import LogView, PoliciesView, RotasView, Tab
from ui_flutter.state.tables import TableView
from workflows.domain.escalation import OF_PEOPLE, Channel

MATCHES_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Somebody who is to stand in, as it is typed."""

    rota: str
    user: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInForm:
    typed: StandIn
    people: tuple[tuple[str, str], ...]
    busy: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """``targets``: whom a step may ring, and by what each is reached. ``objects``: those that are chosen."""

    title: str
    draft: PolicyDraft | RotaDraft | ChannelDraft
    faults: Mapping[str, str]
    error: str
    conflict: str
    busy: bool
    testing: bool
    is_new: bool
    asks_delete: bool
    people: tuple[tuple[str, str], ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    channels: Mapping[str, tuple[Channel, ...]]
    objects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationView:
    """None: not on the screen."""

    tab: Tab
    can_edit: bool
    policies: PoliciesView | None = None
    rotas: RotasView | None = None
    channels: TableView | None = None
    log: LogView | None = None
    form: FormView | None = None
    stand_in: StandInForm | None = None


class Form(Protocol):
    """What is asked of `sections.escalation_forms.Form`."""

    id: UUID | None
    saving: Sending
    tried: bool
    conflict: int | None
    asks_delete: bool

    @property
    def draft(self) -> Any: ...


class State(Protocol):
    """What is asked of `sections.escalation.Escalating`."""

    people: dict[UUID, str]
    rotas: Listing[OnCallRota]
    channels: Listing[NotificationChannel]
    testing: UUID | None


def form(state: Form, around: State, objects: Mapping[UUID, str], words: Words) -> FormView:
    draft = state.draft
    faults = {name: words(key) for name, key in draft.faults().items()} if state.tried else {}
    kind = {PolicyDraft: "policy", RotaDraft: "rota", ChannelDraft: "channel"}[type(draft)]
    people = tuple((str(id_), name) for id_, name in sorted(around.people.items(), key=lambda one: one[1].casefold()))
    targets, channels = _targets(around, words)
    chosen = tuple((one, objects.get(UUID(one), "—")) for one in draft.object_ids) if kind == "policy" else ()
    return FormView(
        title=words(f"escalation.new.{kind}") if state.id is None else (getattr(draft, "name", "") or draft.label),
        draft=draft,
        faults={**faults, **{name.partition(".")[0]: reason for name, reason in state.saving.fields.items()}},
        error=state.saving.error,
        conflict=words("escalation.conflict") if state.conflict is not None else "",
        busy=state.saving.busy,
        testing=around.testing is not None,
        is_new=state.id is None,
        asks_delete=state.asks_delete,
        people=people,
        targets=targets,
        channels=channels,
        objects=chosen,
    )


def _targets(around: State, words: Words) -> tuple[tuple[tuple[str, str], ...], dict[str, tuple[Channel, ...]]]:
    """Rotas first: whoever is on call is what one wants most."""
    of_people = tuple(channel for channel in Channel if channel in OF_PEOPLE)
    found = [(f"ROTA:{one.id}", words("escalation.target.rota", name=one.name), of_people) for one in around.rotas.items]
    found += [(f"USER:{id_}", name, of_people) for id_, name in sorted(around.people.items(), key=lambda one: one[1])]
    found += [
        (f"ADDRESS:{one.id}", words("escalation.target.address", name=one.label), (one.kind,))
        for one in around.channels.items
        if one.kind is not Channel.PUSH and one.user_id is None
    ]
    return tuple((key, label) for key, label, _ in found), {key: kinds for key, _, kinds in found}


def matches(text: str, objects: Mapping[UUID, str], chosen: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Objects whose name has what was typed, but those that are chosen."""
    wanted = text.strip().casefold()
    if not wanted:
        return ()
    found = [(str(id_), name) for id_, name in objects.items() if wanted in name.casefold() and str(id_) not in chosen]
    return tuple(sorted(found, key=lambda one: one[1].casefold())[:MATCHES_MOST])


def stand_in(typed: StandIn, people: Mapping[UUID, str], sending: Sending) -> StandInForm:
    known = tuple((str(id_), name) for id_, name in sorted(people.items(), key=lambda one: one[1].casefold()))
    return StandInForm(typed=typed, people=known, busy=sending.busy, error=sending.error)
