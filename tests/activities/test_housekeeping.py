"""What is kept for a time is gone after it, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from activities import housekeeping
from activities.db.models.notification_log import NotificationAttempt
from activities.db.session import Database
from activities.infra.settings import Settings
from tests.support.bundles import seed_scene
from tests.support.rows import all_rows
from workflows.domain.bundle import BundleStatus
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose

KEPT = timedelta(days=Settings().notification_log_days)
OLD, YOUNG = KEPT + timedelta(minutes=1), KEPT - timedelta(minutes=1)


async def add_try(db: Database, bundle_id: UUID | None, age: timedelta) -> UUID:
    row = NotificationAttempt(
        id=uuid7(),
        bundle_id=bundle_id,
        purpose=Purpose.TEST if bundle_id is None else Purpose.RING,
        round=1,
        level=1,
        channel=Channel.EMAIL,
        attempt=1,
        at=datetime.now(UTC) - age,
        status=DeliveryStatus.SENT,
        code="250",
        key=str(uuid7()),
    )
    async with db.write() as session:
        session.add(row)
    return row.id


async def kept(db: Database) -> set[UUID]:
    return {row.id for row in await all_rows(db, NotificationAttempt)}


async def test_tries_to_reach_people_go_after_their_time_but_not_those_of_an_open_alarm(db: Database) -> None:
    closed, open_ = await seed_scene(db, status=BundleStatus.CLOSED), await seed_scene(db, status=BundleStatus.RESOLVED)
    await add_try(db, closed.bundle_id, OLD)
    await add_try(db, None, OLD)
    stays = {
        await add_try(db, closed.bundle_id, YOUNG),
        await add_try(db, open_.bundle_id, OLD),
        await add_try(db, None, YOUNG),
    }
    await housekeeping.purge_notifications(db, KEPT)
    assert await kept(db) == stays


async def test_more_than_a_chunk_goes_in_one_round(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "CHUNK", 2)
    for _ in range(5):
        await add_try(db, None, OLD)
    await housekeeping.purge_notifications(db, KEPT)
    assert await kept(db) == set()
