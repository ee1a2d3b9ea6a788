"""The activities of a release on a real PostgreSQL: each is done once, however often it is asked for (R-DLOAD)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, update
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_release_asks import PanelReleaseAsk
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.panels import Panel
from activities.db.repositories import panel_releases
from activities.db.session import Database
from activities.panel_releases import OVERDUE, ReleaseActivities, end_overdue
from deploy.local.ports import free_port
from tests.support.bundles import Scene, seed_scene
from tests.support.rows import all_rows
from workflows.contracts import policies
from workflows.contracts.panel_release import EndRelease, ReleaseAsk, ReleaseRef
from workflows.domain.panel_release import BEGIN_WITHIN, AskState

REASON = "New users, technician on site"


@pytest.fixture
def releases(db: Database) -> ReleaseActivities:
    return ReleaseActivities(db)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await seed_scene(db)


@pytest.fixture
async def panel_id(db: Database, scene: Scene) -> UUID:
    made = Panel(id=uuid7(), object_id=scene.object_id, name="Main", host="10.0.0.1")
    async with db.write() as session:
        session.add(made)
    return made.id


async def ask(db: Database, panel_id: UUID, user_id: UUID, *, minutes: int = 30) -> ReleaseAsk:
    async with db.write() as session:
        asked = await panel_releases.ask(
            session, panel_id, user_id=user_id, minutes=minutes, reason=REASON, request_id="request-1"
        )
    return ReleaseAsk(ask_id=asked.id)


async def traces(db: Database) -> tuple[list[str], int]:
    """What was audited, and how many pushes there are."""
    actions = [entry.action for entry in await all_rows(db, AuditEntry)]
    return sorted(actions), len(await all_rows(db, OutboxRow))


async def test_a_request_is_granted_once(db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene) -> None:
    wanted = await ask(db, panel_id, scene.anna)
    first = await releases.begin_release(wanted)
    assert await releases.begin_release(wanted) == first
    assert await traces(db) == (["panel.released"], 1)
    (row,) = await all_rows(db, PanelRelease)
    assert (row.requested_by, row.reason, row.request_id) == (scene.anna, REASON, "request-1")
    assert row.until - row.begun_at == timedelta(minutes=30)


async def test_another_request_extends_what_is_open(
    db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene
) -> None:
    first = await releases.begin_release(await ask(db, panel_id, scene.anna))
    second = await releases.begin_release(await ask(db, panel_id, scene.anna, minutes=240))
    assert second.release_id == first.release_id
    assert second.until > first.until
    assert await traces(db) == (["panel.release_extended", "panel.released"], 2)


async def test_that_the_line_is_closed_is_noted_once(
    db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene
) -> None:
    row = await releases.begin_release(await ask(db, panel_id, scene.anna))
    kept = await releases.keep_release(ReleaseRef(release_id=row.release_id))
    assert kept == replace(row, freed=True)
    assert await releases.keep_release(ReleaseRef(release_id=row.release_id)) == kept
    (history,) = await all_rows(db, PanelStateHistory)
    assert (history.state, history.partition) == ("RELEASED", None)


async def test_the_first_end_counts(db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene) -> None:
    row = await releases.begin_release(await ask(db, panel_id, scene.anna))
    ended = await releases.end_release(EndRelease(release_id=row.release_id, actor_id=scene.anna))
    assert await releases.end_release(EndRelease(release_id=row.release_id)) == ended == replace(row, ended=True)
    assert (await releases.keep_release(ReleaseRef(release_id=row.release_id))).ended
    (stored,) = await all_rows(db, PanelRelease)
    assert (stored.ended_by, stored.freed_at) == (scene.anna, None)
    assert await traces(db) == (["panel.release_ended", "panel.released"], 2)


async def run_out(db: Database, by: timedelta) -> datetime:
    """Every release, so long ago; when its time was over."""
    async with db.write() as session:
        await session.execute(update(PanelRelease).values(begun_at=func.now() - 2 * by, until=func.now() - by))
    (row,) = await all_rows(db, PanelRelease)
    until: datetime = row.until
    return until


async def test_one_that_ran_out_unnoticed_is_ended_at_its_time_by_the_next(
    db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene
) -> None:
    first = await releases.begin_release(await ask(db, panel_id, scene.anna))
    until = await run_out(db, timedelta(hours=1))
    second = await releases.begin_release(await ask(db, panel_id, scene.anna))
    assert second.release_id != first.release_id
    ended, begun = sorted(await all_rows(db, PanelRelease), key=lambda row: row.begun_at)
    assert (ended.ended_at, ended.ended_by, begun.ended_at) == (until, None, None)
    assert await traces(db) == (["panel.release_ended", "panel.released", "panel.released"], 3)


async def test_one_whose_time_was_over_while_all_was_down_is_ended_once_as_of_that_time(
    db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene
) -> None:
    row = await releases.begin_release(await ask(db, panel_id, scene.anna))
    assert await end_overdue(db) == 0, "its time is not over"
    await run_out(db, OVERDUE / 2)
    assert await end_overdue(db) == 0, "its workflow does that"
    until = await run_out(db, timedelta(hours=1))
    assert [await end_overdue(db), await end_overdue(db)] == [1, 0]
    (stored,) = await all_rows(db, PanelRelease)
    assert (stored.ended_at, stored.ended_by) == (until, None)
    assert await traces(db) == (["panel.release_ended", "panel.released"], 2)
    (entry,) = [entry for entry in await all_rows(db, AuditEntry) if entry.action == "panel.release_ended"]
    assert entry.detail["why"] == "TIME"
    assert (await releases.end_release(EndRelease(release_id=row.release_id))).ended, "a workflow that comes late agrees"


async def test_what_is_not_there_is_over(releases: ReleaseActivities) -> None:
    assert (await releases.keep_release(ReleaseRef(release_id=uuid7()))).ended
    assert (await releases.end_release(EndRelease(release_id=uuid7()))).ended


@pytest.mark.parametrize("why", ["too late", "withdrawn", "disabled"])
async def test_what_must_not_begin_leaves_nothing(
    db: Database, releases: ReleaseActivities, panel_id: UUID, scene: Scene, why: str
) -> None:
    wanted = await ask(db, panel_id, scene.anna)
    async with db.write() as session:
        if why == "disabled":
            await session.execute(update(Panel).values(enabled=False))
        elif why == "withdrawn":
            assert await panel_releases.settle(session, wanted.ask_id) is None
        else:
            late = PanelReleaseAsk.asked_at - BEGIN_WITHIN - timedelta(seconds=1)
            await session.execute(update(PanelReleaseAsk).values(asked_at=late))
    with pytest.raises(ApplicationError) as refused:
        await releases.begin_release(wanted)
    assert (refused.value.type, refused.value.non_retryable) == (policies.REFUSED, True)
    assert (await all_rows(db, PanelRelease), await traces(db)) == ([], ([], 0))
    (asked,) = await all_rows(db, PanelReleaseAsk)
    assert asked.state is (AskState.WITHDRAWN if why == "withdrawn" else AskState.PENDING)


async def test_a_database_that_is_away_is_tried_again(panel_id: UUID) -> None:
    away = Database.connect(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(ApplicationError) as failed:
        await ReleaseActivities(away).end_release(EndRelease(release_id=uuid7()))
    assert not failed.value.non_retryable
    await away.dispose()
