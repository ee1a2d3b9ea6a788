"""What clients send that was wanted while they had no connection."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.schemas.requests import Body, NoteText, Version
from api.schemas.text import Moment
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.intent import MOST


class QueuedEntry(Body):
    """It happened at the intent's `made_at`."""

    kind: EntryKind
    contact_id: UUID | None = Field(default=None, description="Whom a CALL called: a contact of the object.")
    outcome: CallOutcome | None = Field(default=None, description="Of a CALL; never the code word itself.")
    text: NoteText | None = Field(default=None, description="Required for a NOTE.")


class QueuedCallback(Body):
    contact_id: UUID | None = Field(default=None, description="Whom to call: a contact of the object.")
    due_at: Moment = Field(description="At most 30 days from now. What has become due meanwhile rings at once.")
    text: NoteText


class Intent(Body):
    """For an alarm or for an object; an entry or a call-back."""

    id: UUID = Field(description="Made by the client: what is sent under it again is answered the same again.")
    made_at: Moment
    expires_at: Moment = Field(description="At most 24 hours after `made_at`; from then on it is not applied.")
    bundle_id: UUID | None = None
    object_id: UUID | None = None
    version: Version | None = Field(default=None, description="Of the alarm: rejected when it has another one by now.")
    entry: QueuedEntry | None = None
    callback: QueuedCallback | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.bundle_id is None) == (self.object_id is None):
            raise ValueError("give bundle_id or object_id")
        if (self.entry is None) == (self.callback is None):
            raise ValueError("give entry or callback")
        if self.version is not None and self.bundle_id is None:
            raise ValueError("version is an alarm's: give bundle_id with it")
        return self


class Sync(Body):
    intents: Annotated[list[Intent], Field(min_length=1, max_length=MOST, description="In the order in which they were made.")]
