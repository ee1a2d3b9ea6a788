"""What clients send about their sound."""

from typing import Final

from pydantic import Field

from api.schemas.requests import Body
from workflows.domain.sound import MUTE_FOR

_MOST: Final = int(MUTE_FOR.total_seconds())


class Mute(Body):
    seconds: int = Field(ge=0, le=_MOST, description="How long it is quiet from now; 0: it sounds again.", examples=[_MOST])
