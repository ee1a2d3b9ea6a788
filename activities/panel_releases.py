"""The activities of PanelConnection for releases of its line: each a transaction with its audit row and its push (R-DLOAD)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select
from temporalio import activity
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities.away import quietly_away
from activities.db import audit
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_release_asks import PanelReleaseAsk
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.panels import Panel
from activities.db.outbox import wake_holders, wake_relay
from activities.db.push import plain
from activities.db.repositories.objects import lock_panel
from activities.db.session import Database, WriteSession
from workflows.contracts import names, policies
from workflows.contracts.panel_release import EndRelease, ReleaseAsk, ReleaseRef, ReleaseRow
from workflows.domain.panel import LinkStatus
from workflows.domain.panel_release import AskState, Step, may_begin, step_of, until_of

log = structlog.get_logger(__name__)

OVERDUE: Final = timedelta(minutes=1)  # until then it is its workflow's


@dataclass(frozen=True, slots=True)
class ReleaseActivities:
    db: Database

    @activity.defn(name="begin_release")
    async def begin_release(self, ask: ReleaseAsk) -> ReleaseRow:
        """See `workflows.contracts.panel_release.begin_release`."""
        async with quietly_away(), self.db.write() as session:
            asked = await session.get(PanelReleaseAsk, ask.ask_id, with_for_update=True)
            if asked is None:
                raise ApplicationError("there is no such request", type=policies.MISSING, non_retryable=True)
            if asked.state is AskState.GRANTED:
                return _told(await session.get_one(PanelRelease, asked.release_id))
            panel = await lock_panel(session, asked.panel_id)  # who disables or deletes it waits, or has been faster
            now = await _clock(session)
            if panel is None or not panel.enabled or not may_begin(asked.state, asked.asked_at, now):
                raise ApplicationError("not to be released", type=policies.REFUSED, non_retryable=True)
            release = await _granted(session, asked, panel, now)
        return _told(release)

    @activity.defn(name="keep_release")
    async def keep_release(self, ref: ReleaseRef) -> ReleaseRow:
        """See `workflows.contracts.panel_release.keep_release`."""
        async with quietly_away(), self.db.write() as session:
            release = await session.get(PanelRelease, ref.release_id, with_for_update=True)
            if release is None:
                return _gone(ref.release_id)
            if release.ended_at is None:
                panel = await session.get_one(Panel, release.panel_id)
                await _keep(session, release, panel, await _clock(session))
        return _told(release)

    @activity.defn(name="end_release")
    async def end_release(self, request: EndRelease) -> ReleaseRow:
        """See `workflows.contracts.panel_release.end_release`."""
        async with quietly_away(), self.db.write() as session:
            release = await session.get(PanelRelease, request.release_id, with_for_update=True)
            if release is None:
                return _gone(request.release_id)
            if release.ended_at is None:
                panel = await session.get_one(Panel, release.panel_id)
                why = "TIME" if request.actor_id is None else "RESUMED"
                at = await _clock(session)
                await _end(session, release, panel, at, why, actor_id=request.actor_id, request_id=request.request_id)
        return _told(release)


async def end_overdue(db: Database) -> int:
    """End the releases whose time is over and that no workflow has ended, as of that time: theirs was lost, and the next one
    holds the line without ever knowing of them. How many there were."""
    async with db.write() as session:
        now = await _clock(session)
        overdue = PanelRelease.ended_at.is_(None) & (PanelRelease.until < now - OVERDUE)
        query = select(PanelRelease).where(overdue).order_by(PanelRelease.id).with_for_update(skip_locked=True)
        found = list(await session.scalars(query))
        for release in found:
            await _end(session, release, await session.get_one(Panel, release.panel_id), release.until, "TIME")
    for release in found:
        _told(release)
    return len(found)


async def _granted(session: WriteSession, asked: PanelReleaseAsk, panel: Panel, now: datetime) -> PanelRelease:
    """What the locked request makes of the locked panel's release."""
    query = select(PanelRelease).where(PanelRelease.panel_id == panel.id, PanelRelease.ended_at.is_(None)).with_for_update()
    there = (await session.scalars(query)).one_or_none()
    until = until_of(asked.minutes, now)
    step = step_of(there.until if there is not None else None, now)
    if there is not None and step is Step.EXTEND:
        there.until = until
        release = there
    else:
        if there is not None:
            await _end(session, there, panel, there.until, "TIME")
        release = await _begin(session, asked, now, until)
    asked.state, asked.release_id = AskState.GRANTED, release.id
    detail = {"release_id": release.id, "object_id": panel.object_id, "minutes": asked.minutes, "until": until}
    audit.record(
        session,
        "panel.release_extended" if step is Step.EXTEND else "panel.released",
        "panel",
        panel.id,
        actor_id=asked.requested_by,
        request_id=asked.request_id or "",
        detail={**detail, "reason": asked.reason},
    )
    await _push(session, release, panel)
    await wake_holders(session, [panel.id])
    return release


async def _begin(session: WriteSession, asked: PanelReleaseAsk, now: datetime, until: datetime) -> PanelRelease:
    release = PanelRelease(
        id=uuid7(),
        panel_id=asked.panel_id,
        requested_by=asked.requested_by,
        reason=asked.reason,
        begun_at=now,
        until=until,
        request_id=asked.request_id,
    )
    await session.flush()  # the one that ran out first: at most one is open
    session.add(release)
    await session.flush()
    return release


async def _keep(session: WriteSession, release: PanelRelease, panel: Panel, now: datetime) -> None:
    if panel.deleted_at is not None or not panel.enabled:
        await _end(session, release, panel, now, "DISABLED" if panel.deleted_at is None else "REMOVED")
    elif release.freed_at is None:
        release.freed_at = now
        told = {"panel_id": panel.id, "partition": None, "state": LinkStatus.RELEASED, "at": now}
        session.add(PanelStateHistory(id=uuid7(), **told, detail={"release_id": str(release.id)}))
        await _push_row(session, names.PANEL_STATE_CHANGED, panel, {**told, "object_id": panel.object_id})
        await _push(session, release, panel)


async def _end(
    session: WriteSession,
    release: PanelRelease,
    panel: Panel,
    at: datetime,
    why: str,
    *,
    actor_id: UUID | None = None,
    request_id: str = "",
) -> None:
    release.ended_at, release.ended_by = at, actor_id
    audit.record(
        session,
        "panel.release_ended",
        "panel",
        panel.id,
        actor_id=actor_id,
        request_id=request_id,
        detail={"release_id": release.id, "object_id": panel.object_id, "why": why},
    )
    await _push(session, release, panel)


async def _push(session: WriteSession, release: PanelRelease, panel: Panel) -> None:
    """To everybody who may view the panel; what was written as a reason is not among it."""
    times = {"begun_at": release.begun_at, "until": release.until, "freed_at": release.freed_at, "ended_at": release.ended_at}
    people = {"requested_by": release.requested_by, "ended_by": release.ended_by}
    told = {"release_id": release.id, "panel_id": panel.id, "object_id": panel.object_id, **people, **times}
    await _push_row(session, names.PANEL_RELEASE_CHANGED, panel, told)


async def _push_row(session: WriteSession, kind: str, panel: Panel, told: dict[str, Any]) -> None:
    payload = {name: plain(value) for name, value in told.items()}
    row = {"type": kind, "object_id": panel.object_id, "panel_id": panel.id, "payload": payload, "push": True}
    await session.execute(insert(OutboxRow).values(**row))
    await wake_relay(session)


async def _clock(session: WriteSession) -> datetime:
    """Of the database, asked after what was waited for: one clock for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


def _told(release: PanelRelease) -> ReleaseRow:
    freed, ended = release.freed_at is not None, release.ended_at is not None
    log.info("panel.release", panel_id=str(release.panel_id), release_id=str(release.id), freed=freed, ended=ended)
    return ReleaseRow(release_id=release.id, until=release.until, freed=freed, ended=ended)


def _gone(release_id: UUID) -> ReleaseRow:
    """There is no such release, so it is over."""
    return ReleaseRow(release_id=release_id, until=datetime.now(UTC), ended=True)
