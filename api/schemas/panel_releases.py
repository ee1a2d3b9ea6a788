"""What clients send to have a panel's line given up."""

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.requests import Body
from workflows.domain.panel_release import MAX_MINUTES, MIN_MINUTES, MIN_REASON

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=MIN_REASON, max_length=500)]


class NewRelease(Body):
    minutes: int = Field(ge=MIN_MINUTES, le=MAX_MINUTES, description="From now on.", examples=[30])
    reason: Reason = Field(description="Why. Kept for the auditors.", examples=["New users, technician Nowak on site"])
