"""The dispatcher's work beside the alarm itself: the journal, the steps of a procedure, and call-backs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import DispatchEntry, Page
from api.client.session import Session
from workflows.domain.callback import CallbackState, Decision
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureStep:
    """`remark` is what was found, or why it was skipped; `entry_id` the line it left in the journal."""

    number: int
    kind: StepKind
    text: str
    contact_id: UUID | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    state: StepState = StepState.PENDING
    outcome: CallOutcome | None = None
    finding: Finding | None = None
    remark: str | None = None
    decided_by: UUID | None = None
    decided_by_name: str | None = None
    decided_at: datetime | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The steps for one alarm as they were when somebody began them; `version` 0: nobody has, and these are the object's.

    `next_step` is the first that nobody has decided; None: there is none left.
    """

    bundle_id: UUID
    object_id: UUID
    version: int
    steps: tuple[ProcedureStep, ...]
    next_step: int | None = None
    started_by: UUID | None = None
    started_by_name: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Somebody is to be called back. It belongs to whoever is on shift when it is due, and rings until somebody decides."""

    id: UUID
    object_id: UUID
    object_name: str
    text: str
    state: CallbackState
    due_at: datetime
    version: int
    rings: int
    created_by: UUID
    created_by_name: str
    created_at: datetime
    bundle_id: UUID | None = None
    contact_id: UUID | None = None
    contact_name: str | None = None
    rang_at: datetime | None = None
    decided_by: UUID | None = None
    decided_by_name: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    session: Session

    # -- the journal

    async def add(
        self,
        kind: EntryKind,
        *,
        alarm_id: UUID | None = None,
        object_id: UUID | None = None,
        contact_id: UUID | None = None,
        outcome: CallOutcome | None = None,
        text: str | None = None,
        occurred_at: datetime | None = None,
        corrects: UUID | None = None,
        idempotency_key: str | None = None,
    ) -> DispatchEntry:
        """A line about an alarm, or about an object. ``corrects``: the line that was wrong and no longer counts."""
        path = f"/api/alarms/{alarm_id}/dispatch" if alarm_id else f"/api/objects/{object_id}/dispatch"
        body = {
            "kind": kind,
            "contact_id": contact_id,
            "outcome": outcome,
            "text": text,
            "occurred_at": occurred_at,
            "corrects": corrects,
        }
        return await self.session.send_idempotent(path, DispatchEntry, body, idempotency_key)

    async def entries(
        self,
        *,
        object_id: UUID | None = None,
        bundle_id: UUID | None = None,
        user_id: UUID | None = None,
        kind: Sequence[EntryKind] = (),
        from_: datetime | None = None,
        to: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[DispatchEntry]:
        """The latest first."""
        return await self.session.get(
            "/api/dispatch",
            Page[DispatchEntry],
            object_id=object_id,
            bundle_id=bundle_id,
            user_id=user_id,
            kind=kind,
            to=to,
            cursor=cursor,
            limit=limit,
            **{"from": from_},
        )

    # -- the procedure

    async def procedure(self, alarm_id: UUID) -> Procedure:
        return await self.session.get(f"/api/alarms/{alarm_id}/procedure", Procedure)

    async def begin(self, alarm_id: UUID) -> Procedure:
        """Copy the object's steps for this alarm; if somebody has, get them."""
        return await self.session.send("POST", f"/api/alarms/{alarm_id}/procedure", Procedure)

    async def decide_step(
        self,
        alarm_id: UUID,
        number: int,
        state: StepState,
        *,
        version: int,
        outcome: CallOutcome | None = None,
        finding: Finding | None = None,
        text: str | None = None,
        idempotency_key: str | None = None,
    ) -> Procedure:
        """DONE, with the result of its kind, or SKIPPED, with the reason as ``text``."""
        path = f"/api/alarms/{alarm_id}/procedure/steps/{number}"
        body = {"version": version, "state": state, "outcome": outcome, "finding": finding, "text": text}
        return await self.session.send_idempotent(path, Procedure, body, idempotency_key)

    # -- call-backs

    async def set_callback(
        self,
        *,
        due_at: datetime,
        text: str,
        alarm_id: UUID | None = None,
        object_id: UUID | None = None,
        contact_id: UUID | None = None,
        idempotency_key: str | None = None,
    ) -> Callback:
        """For an alarm, or for an object."""
        body = {"due_at": due_at, "text": text, "bundle_id": alarm_id, "object_id": object_id, "contact_id": contact_id}
        return await self.session.send_idempotent("/api/callbacks", Callback, body, idempotency_key)

    async def callbacks(
        self,
        *,
        state: Sequence[CallbackState] = (),
        object_id: UUID | None = None,
        bundle_id: UUID | None = None,
        to: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Callback]:
        """Those nobody has dealt with, unless ``state`` says otherwise; what is due first. ``to``: due before."""
        return await self.session.get(
            "/api/callbacks",
            Page[Callback],
            state=state,
            object_id=object_id,
            bundle_id=bundle_id,
            to=to,
            cursor=cursor,
            limit=limit,
        )

    async def callback(self, callback_id: UUID) -> Callback:
        return await self.session.get(f"/api/callbacks/{callback_id}", Callback)

    async def decide(
        self, callback_id: UUID, decision: Decision, *, version: int, minutes: int = 0, idempotency_key: str | None = None
    ) -> Callback:
        """``minutes``: of a postponement."""
        body = {"version": version} | ({"minutes": minutes} if decision is Decision.POSTPONE else {})
        path = f"/api/callbacks/{callback_id}/{decision.value}"
        return await self.session.send_idempotent(path, Callback, body, idempotency_key)
