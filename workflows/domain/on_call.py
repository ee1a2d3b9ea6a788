"""Who is on call (R-ESCALATE): a weekly rotation by the clock on the wall, and overrides, which win. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """``members`` take a week each, in their order; the first one's begins on ``first_on`` at ``handover_at`` in ``time_zone``.
    Every handover is on that weekday."""

    members: tuple[UUID, ...]
    first_on: date
    handover_at: time
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in. Of two that overlap the later one in the list wins."""

    user_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    user_id: UUID
    since: datetime
    until: datetime
    overridden: bool = False


def on_call(rota: Rota, overrides: Sequence[Override], now: datetime) -> UUID | None:
    """None: the rota has no members, and nobody stands in."""
    standing_in = _standing_in(overrides, now)
    return standing_in if standing_in is not None else _by_turn(rota, now)


def _standing_in(overrides: Sequence[Override], now: datetime) -> UUID | None:
    return next((one.user_id for one in reversed(overrides) if one.since <= now < one.until), None)


def _by_turn(rota: Rota, now: datetime) -> UUID | None:
    if not rota.members:
        return None
    weeks = (_week_of(rota, now) - rota.first_on).days // 7
    return rota.members[weeks % len(rota.members)]


def _week_of(rota: Rota, now: datetime) -> date:
    """The day of the last handover. A day is a day on the wall: weeks with a change of the clock are an hour off."""
    today = now.astimezone(ZoneInfo(rota.time_zone)).date()
    day = today - timedelta(days=(today - rota.first_on).days % 7)
    return day if _handover(rota, day) <= now else day - WEEK


def _handover(rota: Rota, day: date) -> datetime:
    """A time that the change to summer skips counts as an hour later; one that comes twice is the first."""
    return datetime.combine(day, rota.handover_at, ZoneInfo(rota.time_zone)).astimezone(UTC)


def shifts(rota: Rota, overrides: Sequence[Override], *, since: datetime, until: datetime) -> list[Shift]:
    """Who is on call from ``since`` to ``until``, without gaps but where nobody is; what belongs together is one shift."""
    found: list[Shift] = []
    edges = sorted({since, until, *_edges(rota, overrides, since, until)})
    for begin, end in pairwise(edges):
        user_id = on_call(rota, overrides, begin)
        if user_id is None:
            continue
        overridden = _standing_in(overrides, begin) is not None
        last = found[-1] if found else None
        if last is not None and (last.until, last.user_id, last.overridden) == (begin, user_id, overridden):
            found[-1] = Shift(user_id=user_id, since=last.since, until=end, overridden=overridden)
        else:
            found.append(Shift(user_id=user_id, since=begin, until=end, overridden=overridden))
    return found


def _edges(rota: Rota, overrides: Sequence[Override], since: datetime, until: datetime) -> Iterator[datetime]:
    yield from (at for one in overrides for at in (one.since, one.until) if since < at < until)
    day = _week_of(rota, since)
    while (at := _handover(rota, day)) < until:
        if at > since:
            yield at
        day += WEEK
