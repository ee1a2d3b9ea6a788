"""Two-person release: what one person alone must not do, and who may be the second. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from workflows.domain.flags import Flag, Flags

RELEASE_WITHIN: Final = timedelta(minutes=2)
SERVICE_LONGER_THAN: Final = timedelta(hours=1)  # service mode up to this one person may order alone


class Guarded(StrEnum):
    """What may need a second person."""

    DISARM = "DISARM"
    ISOLATE = "ISOLATE"
    SERVICE_MODE = "SERVICE_MODE"


class ReleaseRefusal(StrEnum):
    """Why somebody cannot be the second person."""

    SAME_PERSON = "SAME_PERSON"
    NOT_WAITING = "NOT_WAITING"  # released, refused or run out already


def needs_second(what: Guarded | None, *, object_wants: bool, flags: Flags, lasts: timedelta | None = None) -> bool:
    """Whether ``what`` must be released by a second person. ``object_wants``: `object_alarm_config.two_person`.

    ``lasts``: of service mode from its beginning to its hard end; None: without limit.
    """
    if what is None or not object_wants or Flag.TWO_PERSON not in flags:
        return False
    return what is not Guarded.SERVICE_MODE or lasts is None or lasts > SERVICE_LONGER_THAN


def refuse_release(*, requested_by: UUID | None, actor: UUID, waiting: bool) -> ReleaseRefusal | None:
    """Whether ``actor``, who has the permission for the thing itself, may release it. None: yes."""
    if not waiting:
        return ReleaseRefusal.NOT_WAITING
    return ReleaseRefusal.SAME_PERSON if actor == requested_by else None
