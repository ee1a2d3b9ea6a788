"""When a signing key is due for another one, and how the two overlap (R-AUTH)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ROTATED_AFTER: Final = timedelta(days=90)
ACCEPTED_FOR: Final = timedelta(days=7)  # the old key, after the new one has begun to sign
# A new key is published before it signs: by then every process has read it, and whoever caches the JWKS has asked again.
PUBLISHED_BEFORE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """`signs_at`: of the new key; `not_after`: of all before it."""

    signs_at: datetime
    not_after: datetime


def due(newest_signs_at: datetime | None, now: datetime) -> bool:
    """``newest_signs_at`` None: there is no key, and the first is made where it is needed."""
    return newest_signs_at is not None and now - newest_signs_at >= ROTATED_AFTER


def planned(now: datetime) -> Rotation:
    signs_at = now + PUBLISHED_BEFORE
    return Rotation(signs_at=signs_at, not_after=signs_at + ACCEPTED_FOR)


def emergency(now: datetime, *, revoke_old: bool) -> Rotation:
    """The new key signs at once. ``revoke_old``: whatever the old ones signed is refused from now on."""
    return Rotation(signs_at=now, not_after=now if revoke_old else now + ACCEPTED_FOR)
