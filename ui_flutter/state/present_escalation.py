"""From the section of escalation to what is drawn: ladders, rotas, addresses, and the log of deliveries. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from api.client.escalation import (
    EscalationLevel,
    EscalationPolicy,
    NotificationChannel,
    OnCallNow,
    OnCallRota,
    OnCallShift,
)
from api.client.notification import Notification
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import ListPhase, Mood
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose

WEEKS: Final = 4  # of a rota that are drawn
OBJECTS_SHOWN: Final = 4
_MOODS: Final = {
    DeliveryStatus.SENT: Mood.GOOD,
    DeliveryStatus.FAILED: Mood.WARN,
    DeliveryStatus.REFUSED: Mood.BAD,
    DeliveryStatus.NOBODY: Mood.BAD,
}


class Tab(StrEnum):
    POLICIES = "policies"
    ROTAS = "rotas"
    CHANNELS = "channels"
    LOG = "log"


class Show(StrEnum):
    """Which deliveries are listed."""

    ALL = "all"
    FAILED = "failed"
    NOBODY = "nobody"

    @property
    def statuses(self) -> tuple[DeliveryStatus, ...]:
        if self is Show.FAILED:
            return (DeliveryStatus.FAILED, DeliveryStatus.REFUSED)
        return (DeliveryStatus.NOBODY,) if self is Show.NOBODY else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RungView:
    """A level: `L1`, when it rings, and (channel, name) of whom."""

    name: str
    when: str
    targets: tuple[tuple[Channel, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    id: str
    title: str
    is_default: bool
    scope: str
    rungs: tuple[RungView, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanView:
    """A part of a week: `share` of its minutes."""

    name: str
    detail: str
    share: int
    overridden: bool
    now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInView:
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaView:
    """`weeks`: (from – to, its parts)."""

    id: str
    title: str
    detail: str
    now: str
    nobody: bool
    weeks: tuple[tuple[str, tuple[SpanView, ...]], ...]
    stand_ins: tuple[StandInView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesView:
    """`missing`: there is no default one, and what that means."""

    phase: ListPhase
    error: str
    items: tuple[PolicyView, ...]
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotasView:
    phase: ListPhase
    error: str
    span: str
    items: tuple[RotaView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    show: Show
    nobody: str
    table: TableView


def policies(listing: Listing[EscalationPolicy], objects: Mapping[UUID, str], words: Words) -> PoliciesView:
    ready = listing.phase is ListPhase.READY
    has_default = any(one.is_default for one in listing.items)
    return PoliciesView(
        phase=listing.phase,
        error=listing.error,
        items=tuple(_policy(one, objects, words) for one in listing.items),
        missing="" if has_default or not ready else words("escalation.no_default"),
    )


def _policy(policy: EscalationPolicy, objects: Mapping[UUID, str], words: Words) -> PolicyView:
    names = sorted(objects.get(one, "—") for one in policy.object_ids)
    shown = ", ".join(names[:OBJECTS_SHOWN])
    if len(names) > OBJECTS_SHOWN:
        shown = words("escalation.and_more", names=shown, n=len(names) - OBJECTS_SHOWN)
    scope = [words("escalation.for_all")] if policy.is_default else []
    scope += [shown] if names else []
    left, repeat = policy.left_after_seconds, policy.repeat_after_seconds
    return PolicyView(
        id=str(policy.id),
        title=policy.name,
        is_default=policy.is_default,
        scope=f"{words(f'class.{policy.priority}')} · {' · '.join(scope) if scope else words('escalation.for_none')}",
        rungs=tuple(_rung(number, level, words) for number, level in enumerate(policy.levels, 1)),
        notes=(
            words("escalation.left", n=left // 60) if left else words("escalation.never_left"),
            words("escalation.repeat", n=repeat // 60) if repeat else words("escalation.never_repeat"),
            words("escalation.attempts", n=policy.attempts, seconds=policy.retry_after_seconds),
        ),
    )


def _rung(number: int, level: EscalationLevel, words: Words) -> RungView:
    return RungView(
        name=f"L{number}",
        when=after(level.after_seconds, words),
        targets=tuple((step.channel, step.target_name or "—") for step in level.steps),
    )


def after(seconds: int, words: Words) -> str:
    """`od razu`, `po 10 min`, `po 90 s`."""
    if seconds == 0:
        return words("escalation.at_once")
    if seconds % 60:
        return words("escalation.after_seconds", n=seconds)
    return words("escalation.after_minutes", n=seconds // 60)


# -- rotas


def rotas(
    listing: Listing[OnCallRota],
    on_call: Mapping[UUID, OnCallNow],
    shifts: Mapping[UUID, tuple[OnCallShift, ...]],
    since: datetime,
    words: Words,
    now: datetime,
) -> RotasView:
    items = tuple(_rota(one, on_call.get(one.id), shifts.get(one.id, ()), since, words, now) for one in listing.items)
    span = f"{since.astimezone():%d.%m} – {(since + timedelta(weeks=WEEKS) - timedelta(hours=12)).astimezone():%d.%m.%Y}"
    return RotasView(phase=listing.phase, error=listing.error, span=span, items=items)


def _rota(
    rota: OnCallRota, on_call: OnCallNow | None, shifts: tuple[OnCallShift, ...], since: datetime, words: Words, now: datetime
) -> RotaView:
    names = {one.user_id: one.user_name for one in rota.people}
    detail = words(
        "escalation.handover",
        day=words(f"day.{rota.first_on.isoweekday()}"),
        at=f"{rota.handover_at:%H:%M}",
        zone=rota.time_zone,
    )
    return RotaView(
        id=str(rota.id),
        title=rota.name,
        detail=detail,
        now=(on_call.user_name or words("escalation.nobody_on_call")) if on_call else "",
        nobody=on_call is not None and on_call.user_id is None,
        weeks=tuple(
            (_span_of(since + timedelta(weeks=n)), _spans(shifts, since + timedelta(weeks=n), now)) for n in range(WEEKS)
        ),
        stand_ins=tuple(
            StandInView(
                id=str(one.id),
                text=words(
                    "escalation.stand_in_line",
                    name=names.get(one.user_id, "—"),
                    since=f"{one.since.astimezone():%d.%m %H:%M}",
                    until=f"{one.until.astimezone():%d.%m %H:%M}",
                ),
            )
            for one in rota.overrides
        ),
    )


def _span_of(monday: datetime) -> str:
    first, last = monday.astimezone(), (monday + timedelta(days=6, hours=12)).astimezone()
    return f"{first:%d.%m} – {last:%d.%m}"


def _spans(shifts: tuple[OnCallShift, ...], since: datetime, now: datetime) -> tuple[SpanView, ...]:
    until = since + timedelta(weeks=1)
    found = []
    for one in shifts:
        begin, end = max(one.since, since), min(one.until, until)
        if begin < end:
            detail = f"{begin.astimezone():%d.%m %H:%M} – {end.astimezone():%d.%m %H:%M}"
            share = max(1, int((end - begin).total_seconds() // 60))
            is_now = begin <= now < end
            found.append(SpanView(name=one.user_name, detail=detail, share=share, overridden=one.overridden, now=is_now))
    return tuple(found)


# -- addresses


def channels(listing: Listing[NotificationChannel], people: Mapping[UUID, str], words: Words) -> TableView:
    columns = (
        Column(title=words("escalation.label")),
        Column(title=words("escalation.channel"), width=130),
        Column(title=words("escalation.address")),
        Column(title=words("escalation.whose"), width=190),
        Column(title=words("escalation.state"), width=130),
    )
    rows = tuple(
        TableRow(
            id=str(one.id),
            faded=not one.enabled,
            cells=(
                TableCell(text=one.label),
                TableCell(text=words(f"channel.{one.kind}")),
                TableCell(text=one.address or "—", mono=bool(one.address)),
                TableCell(text=people.get(one.user_id, "—") if one.user_id else words("escalation.installation")),
                TableCell(
                    text=words("escalation.on" if one.enabled else "escalation.off"),
                    mood=Mood.GOOD if one.enabled else Mood.QUIET,
                ),
            ),
        )
        for one in listing.items
    )
    return table(listing, columns, rows, empty=words("escalation.empty.channels"), footer=words("page.shown", n=len(rows)))


# -- what was delivered


def log(listing: Listing[Notification], show: Show, objects: Mapping[UUID, str], words: Words, now: datetime) -> LogView:
    columns = (
        Column(title=words("escalation.when"), width=120),
        Column(title=words("escalation.object"), leads=True),
        Column(title=words("escalation.to")),
        Column(title=words("escalation.answer")),
        Column(title=words("escalation.state"), width=210),
    )
    rows = tuple(_delivery(one, objects, words, now) for one in listing.items)
    nobody = sum(one.status is DeliveryStatus.NOBODY for one in listing.items)
    shown = table(listing, columns, rows, empty=words(f"escalation.empty.{show}"), footer=words("page.shown", n=len(rows)))
    return LogView(show=show, nobody=words("escalation.nobody_line", n=nobody) if nobody else "", table=shown)


def _delivery(one: Notification, objects: Mapping[UUID, str], words: Words, now: datetime) -> TableRow:
    nobody = one.status is DeliveryStatus.NOBODY
    what = words(f"escalation.purpose.{one.purpose}")
    if one.purpose is Purpose.RING and one.level:
        what = words("escalation.level", level=one.level, round=one.round)
    to = one.user_name or one.target_label or ("—" if nobody else words("escalation.installation"))
    channel = words(f"channel.{one.channel}") if one.channel else ""
    attempt = words("escalation.attempt", n=one.attempt) if one.attempt > 1 else ""
    code = words.get(f"escalation.nobody.{one.code}", one.code) if nobody else one.code
    took = f"{one.latency_ms} ms" if one.latency_ms is not None else ""
    return TableRow(
        id=str(one.id),
        cells=(
            TableCell(text=formats.moment(one.at, now), mono=True),
            TableCell(text=objects.get(one.object_id, "—") if one.object_id else "—", detail=what),
            TableCell(text="—" if nobody else to, detail=channel),
            TableCell(text=code or "—", detail=" · ".join(part for part in (attempt, took) if part)),
            TableCell(text=words(f"escalation.status.{one.status}"), mood=_MOODS[one.status]),
        ),
    )
