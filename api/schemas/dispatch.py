"""What clients send about the dispatcher's journal, procedures and call-backs."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Header
from pydantic import BeforeValidator, Field, model_validator

from api.schemas.parameters import many, split
from api.schemas.requests import Body, NoteText, Version
from api.schemas.text import Moment
from workflows.domain.callback import MOST_MINUTES, CallbackState
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.procedure import Finding, StepState

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key asks for the answer of the same request again, however often it is sent.",
    ),
]
Kinds = Annotated[list[EntryKind] | None, BeforeValidator(split), many("Only these kinds.")]
States = Annotated[
    list[CallbackState] | None,
    BeforeValidator(split),
    many("Only these states; left out: PENDING and DUE."),
]


class NewEntry(Body):
    kind: EntryKind
    contact_id: UUID | None = Field(default=None, description="Whom a CALL called: a contact of the object.")
    outcome: CallOutcome | None = Field(default=None, description="Of a CALL; never the code word itself.")
    text: NoteText | None = Field(default=None, description="Required for a NOTE.")
    occurred_at: Moment | None = Field(default=None, description="Left out: now. At most 24 hours ago.")
    corrects: UUID | None = Field(default=None, description="The line that was wrong; it no longer counts.")


class StepDecision(Body):
    version: Version
    state: Literal[StepState.DONE, StepState.SKIPPED]
    outcome: CallOutcome | None = Field(default=None, description="Of a CALL that was made.")
    finding: Finding | None = Field(default=None, description="Of a CHECK that was done.")
    text: NoteText | None = Field(default=None, description="What was found, or why it was skipped.")


class NewCallback(Body):
    """For an alarm or for an object: one of the two."""

    bundle_id: UUID | None = None
    object_id: UUID | None = None
    contact_id: UUID | None = Field(default=None, description="Whom to call: a contact of the object.")
    due_at: Moment = Field(description="At most 30 days from now.")
    text: NoteText = Field(description="What it is about.", examples=["Ask whether the keyholder has arrived"])

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if (self.bundle_id is None) == (self.object_id is None):
            raise ValueError("give bundle_id or object_id")
        return self


class Decided(Body):
    version: Version


class Postponed(Body):
    version: Version
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES, description="From now, or from when it is due if that is later.")]
