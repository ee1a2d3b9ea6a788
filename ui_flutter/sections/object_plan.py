"""Editing contacts, their order and the procedure: a draft that no failure loses, sent as a whole. No Flet."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from api.client.codec import decode
from api.client.errors import ApiError
from api.client.object_admin import ResponsePlan
from ui_flutter.sections.forms import Values
from ui_flutter.state import plan_draft
from ui_flutter.state.listing import Sending
from ui_flutter.state.plan_draft import Member, Part, PlanDraft
from ui_flutter.state.plan_forms import clock, contact_form, step_form, wrong_hours
from workflows.domain.errors import ErrorCode

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard


class PlanEditor:
    """``draft`` None: nobody edits. ``changed``: what somebody else did meanwhile, in numbers of contacts and steps."""

    def __init__(self, card: "ObjectCard") -> None:
        self._card = card
        self.draft: PlanDraft | None = None
        self.saving = Sending()
        self.changed: tuple[int, int] | None = None

    # -- intents

    def begin(self) -> None:
        if self._card.detail is not None:
            self.draft, self.saving, self.changed = plan_draft.draft_of(self._card.detail.plan), Sending(), None
            self._card.section.tools.changed()

    def cancel(self) -> None:
        if not self.saving.busy:
            self.draft = None
            self._card.section.tools.changed()

    def move(self, part: Part, place: int, by: int) -> None:
        self._edit(lambda draft: plan_draft.moved(draft, part, place, by))

    def remove(self, part: Part, place: int) -> None:
        self._edit(lambda draft: plan_draft.without(draft, part, place))

    def edit(self, part: Part, place: int | None = None) -> None:
        """The form of one contact or step; ``place`` None: of a new one."""
        draft, section = self.draft, self._card.section
        if draft is None:
            return
        member = draft.of(part)[place] if place is not None else None
        form = (
            contact_form(section.words, member) if part is Part.CONTACTS else step_form(section.words, member, draft.contacts)
        )

        async def take(values: Values) -> None:
            made = _contact(values) if part is Part.CONTACTS else _step(values)
            made |= {} if member is not None else {"id": str(uuid4())}
            self._edit(lambda now: plan_draft.put(now, part, place, made))

        section.forms.open(form, take, check=lambda values: wrong_hours(section.words, values))

    def save(self) -> None:
        draft, card = self.draft, self._card

        async def put() -> None:
            assert draft is not None
            try:
                await card.section.tools.client.object_admin.put_plan(
                    card.id, version=draft.version, contacts=draft.contacts, steps=draft.steps
                )
            except ApiError as error:
                self._note(error)
                raise
            self.draft, self.changed = None, None
            card.section.said(card.section.words("object.saved"))
            card.load()

        if draft is not None:
            card.section.send(self.saving, put)

    def _edit(self, how: Callable[[PlanDraft], PlanDraft]) -> None:
        if self.draft is not None:
            self.draft = how(self.draft)
            self._card.section.tools.changed()

    def _note(self, error: ApiError) -> None:
        """Somebody else changed the plan: the draft stays, and its next try is based on what is there now."""
        if error.code != ErrorCode.STALE_VERSION or error.current is None or self.draft is None or self._card.detail is None:
            return
        now = decode(error.current, ResponsePlan)
        before, after = plan_draft.draft_of(self._card.detail.plan), plan_draft.draft_of(now)
        self.changed = plan_draft.differences(
            {part.value: before.of(part) for part in Part}, {part.value: after.of(part) for part in Part}
        )
        self.draft = PlanDraft(version=now.version, contacts=self.draft.contacts, steps=self.draft.steps)


def _contact(values: Values) -> Member:
    return {
        "name": values["name"].strip(),
        "phone": values["phone"].strip(),
        "call_from": clock(values["call_from"]),
        "call_until": clock(values["call_until"]),
        "note": values["note"].strip() or None,
    }


def _step(values: Values) -> Member:
    is_call = values["kind"] == "CALL"
    return {
        "kind": values["kind"],
        "text": values["text"].strip(),
        "contact_id": (values["contact_id"] or None) if is_call else None,
        "alarm_type": values["alarm_type"] or None,
    }
