"""Contacts in call order and the steps of a procedure while somebody edits them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.client.object_admin import Contact, ResponsePlan, Step

Member = dict[str, Any]


class Part(StrEnum):
    CONTACTS = "contacts"
    STEPS = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """``version``: of the plan it is based on; the members are as the server takes them, each with an id."""

    version: int
    contacts: tuple[Member, ...] = ()
    steps: tuple[Member, ...] = ()

    def of(self, part: Part) -> tuple[Member, ...]:
        return self.contacts if part is Part.CONTACTS else self.steps

    def with_(self, part: Part, members: Sequence[Member]) -> "PlanDraft":
        given = tuple(members)
        return replace(self, contacts=given) if part is Part.CONTACTS else replace(self, steps=given)


def draft_of(plan: ResponsePlan) -> PlanDraft:
    return PlanDraft(version=plan.version, contacts=tuple(map(_contact, plan.contacts)), steps=tuple(map(_step, plan.steps)))


def moved(draft: PlanDraft, part: Part, place: int, by: int) -> PlanDraft:
    """One place up or down; at the edge nothing happens."""
    members, to = list(draft.of(part)), place + by
    if 0 <= to < len(members):
        members[place], members[to] = members[to], members[place]
    return draft.with_(part, members)


def without(draft: PlanDraft, part: Part, place: int) -> PlanDraft:
    """Steps that call a contact who goes call whoever their text names."""
    gone = draft.of(part)[place]["id"]
    rest = [member for number, member in enumerate(draft.of(part)) if number != place]
    left = draft.with_(part, rest)
    if part is Part.STEPS:
        return left
    return left.with_(
        Part.STEPS, [{**step, "contact_id": None} if step["contact_id"] == gone else step for step in draft.steps]
    )


def put(draft: PlanDraft, part: Part, place: int | None, member: Member) -> PlanDraft:
    """In the place of another one, or (None) behind all."""
    members = list(draft.of(part))
    if place is None:
        members.append(member)
    else:
        members[place] = {**members[place], **member}
    return draft.with_(part, members)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[int, int]:
    """How many contacts and steps are others in the plan as it is now."""
    changed = []
    for part in Part:
        old = {one["id"]: one for one in before[part]}
        new = {one["id"]: one for one in now[part]}
        changed.append(sum(1 for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)))
    return changed[0], changed[1]


def _contact(contact: Contact) -> Member:
    hours = {name: _hour(getattr(contact, name)) for name in ("call_from", "call_until")}
    return {**asdict(contact), **hours, "id": str(contact.id)}


def _step(step: Step) -> Member:
    called: UUID | None = step.contact_id
    return {
        **asdict(step),
        "id": str(step.id),
        "kind": step.kind.value,
        "contact_id": str(called) if called else None,
        "alarm_type": step.alarm_type.value if step.alarm_type else None,
    }


def _hour(at: Any) -> str | None:
    return at.strftime("%H:%M") if at is not None else None
