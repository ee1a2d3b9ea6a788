"""What crosses the border of the KeyRotation workflow, and the activities it calls (typed stubs)."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotationInput:
    """Nothing to say: whether a key is due follows from the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """`rotated`: the new key's id, None when none was due. `removal_at`: when the next replaced key is to go."""

    rotated: str | None = None
    removal_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotationResult:
    """How a run ended; key ids are public."""

    rotated: str | None = None
    removed: int = 0


@activity.defn(name="rotate_signing_key")
async def rotate_signing_key(start: KeyRotationInput) -> KeyState:
    """Make the next signing key if one is due. Safe to repeat: a key just made is not due."""
    raise NotImplementedError


@activity.defn(name="remove_retired_keys")
async def remove_retired_keys(start: KeyRotationInput) -> KeyRotationResult:
    """Delete the keys whose time of acceptance is over, the private ones with them. Safe to repeat."""
    raise NotImplementedError
