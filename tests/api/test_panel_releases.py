"""A panel's line released over the running API, Temporal and a worker (R-DLOAD)."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from temporalio.client import Client
from temporalio.service import RPCError
from uuid_utils.compat import uuid7

from activities import worker
from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_release_asks import PanelReleaseAsk
from activities.db.models.panel_releases import PanelRelease
from activities.db.session import Database
from activities.housekeeping import PANELS_RELEASED, measure_releases
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.models import Panel
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from tests.api.test_object_admin import fields, refused
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.contracts.panel import PanelSnapshot
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus
from workflows.domain.panel_release import BEGIN_WITHIN, AskState

Login = Callable[..., Any]
REASON = "New users, technician on site"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def admin(whole_api: Api, login: Login) -> StamClient:
    client: StamClient = await login(whole_api, "admin")
    return client


@pytest.fixture
async def panel(admin: StamClient, db: Database, temporal_client: Client) -> AsyncIterator[Panel]:
    """Its line is wanted, and no ingest process is there to take it."""
    made = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.1")
    yield made
    with contextlib.suppress(RPCError):  # most have none
        await temporal_client.get_workflow_handle(names.panel_workflow_id(made.id)).terminate()


async def snapshot(client: Client, panel_id: UUID) -> PanelSnapshot:
    handle = client.get_workflow_handle(names.panel_workflow_id(panel_id))
    told: PanelSnapshot = await handle.query(names.SNAPSHOT, result_type=PanelSnapshot)
    return told


async def audited(db: Database) -> list[AuditEntry]:
    async with db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action.like("panel.release%")).order_by(AuditEntry.id)
        return list(await session.scalars(query))


async def test_a_released_line_is_free_and_everybody_who_may_see_the_panel_is_told(
    admin: StamClient, panel: Panel, login: Login, whole_api: Api, db: Database, temporal_client: Client, people: People
) -> None:
    release = await admin.releases.release(panel.id, minutes=30, reason=f" {REASON} ")
    assert (release.panel_id, release.requested_by, release.reason) == (panel.id, people["admin"], REASON)
    assert release.until - release.begun_at == 30 * MINUTE
    assert release.freed_at is not None
    assert not (await snapshot(temporal_client, panel.id)).leased

    operator: StamClient = await login(whole_api, "operator")
    for shown in (await operator.panel(panel.id), *(await operator.panels()).items):
        assert shown.release is not None
        assert (shown.release.id, shown.release.until, shown.release.reason) == (release.id, release.until, REASON)
    link = (await operator.panel_state(panel.id)).link
    assert (link.status, link.since, link.until) == (LinkStatus.RELEASED, release.freed_at, release.until)
    assert (await operator.panel_history(panel.id)).items[0].state == LinkStatus.RELEASED
    assert (await operator.releases.of_panel(panel.id)).items == (release,)

    async with db.read() as session:
        told = list(await session.scalars(select(OutboxRow).where(OutboxRow.push).order_by(OutboxRow.id)))
    assert [row.type for row in told] == [
        names.PANEL_RELEASE_CHANGED,
        names.PANEL_STATE_CHANGED,
        names.PANEL_RELEASE_CHANGED,
    ]
    assert {row.object_id for row in told} == {panel.object_id}
    assert all(REASON not in str(row.payload) for row in told)
    (entry,) = await audited(db)
    assert entry.detail is not None
    assert (entry.action, entry.subject_id, entry.actor_id) == ("panel.released", panel.id, people["admin"])
    assert (entry.detail["reason"], entry.detail["minutes"]) == (REASON, 30)


async def test_no_reason_enters_the_workflow(admin: StamClient, panel: Panel, temporal_client: Client) -> None:
    await admin.releases.release(panel.id, minutes=30, reason=REASON)
    history = await temporal_client.get_workflow_handle(names.panel_workflow_id(panel.id)).fetch_history()
    assert "technician" not in history.to_json()


async def test_asking_again_moves_the_end_and_leaves_one_release(admin: StamClient, panel: Panel, db: Database) -> None:
    first = await admin.releases.release(panel.id, minutes=30, reason=REASON)
    second = await admin.releases.release(panel.id, minutes=120, reason="It takes longer")
    assert (second.id, second.freed_at) == (first.id, first.freed_at)
    assert second.until > first.until + 80 * MINUTE
    assert [entry.action for entry in await audited(db)] == ["panel.released", "panel.release_extended"]
    assert len((await admin.releases.of_panel(panel.id)).items) == 1


async def test_resuming_ends_it_once(
    admin: StamClient, panel: Panel, db: Database, temporal_client: Client, people: People
) -> None:
    release = await admin.releases.release(panel.id, minutes=30, reason=REASON)
    ended = await admin.releases.resume(panel.id)
    assert (ended.id, ended.ended_by) == (release.id, people["admin"])
    assert ended.ended_at is not None
    assert (await refused(admin.releases.resume(panel.id))).code is ErrorCode.CONFLICT
    await eventually(lambda: _leased(temporal_client, panel.id), what="a lease is wanted again")
    shown = await admin.panel(panel.id)
    assert shown.release is None
    assert (await admin.panel_state(panel.id)).link.status is LinkStatus.UNKNOWN, "no process has taken it"
    assert [entry.action for entry in await audited(db)] == ["panel.released", "panel.release_ended"]
    again = await admin.releases.release(panel.id, minutes=1, reason=REASON)
    assert [each.id for each in (await admin.releases.of_panel(panel.id)).items] == [again.id, release.id]


async def _leased(client: Client, panel_id: UUID) -> bool:
    return (await snapshot(client, panel_id)).leased


async def test_a_release_that_ran_out_unnoticed_is_over_for_everybody_and_is_replaced(
    admin: StamClient, panel: Panel, db: Database
) -> None:
    """No worker was there, say."""
    release = await admin.releases.release(panel.id, minutes=30, reason=REASON)
    await pass_time(db, 31 * MINUTE)
    assert (await admin.panel(panel.id)).release is None
    assert (await admin.panel_state(panel.id)).link.status is LinkStatus.UNKNOWN
    assert (await refused(admin.releases.resume(panel.id))).code is ErrorCode.CONFLICT
    again = await admin.releases.release(panel.id, minutes=30, reason=REASON)
    old = (await admin.releases.of_panel(panel.id)).items[1]
    assert again.id != release.id
    assert (old.id, old.ended_at, old.ended_by) == (release.id, old.until, None)


async def pass_time(db: Database, by: timedelta) -> None:
    """For all releases, as the database's clock would."""
    async with db.write() as session:
        times = {name: getattr(PanelRelease, name) - by for name in ("begun_at", "freed_at", "until")}
        await session.execute(update(PanelRelease).values(**times))


async def test_the_gauge_counts_the_panels_that_are_released_now(admin: StamClient, panel: Panel, db: Database) -> None:
    await admin.releases.release(panel.id, minutes=30, reason=REASON)
    await measure_releases(db)
    assert PANELS_RELEASED._value.get() == 1
    assert (await admin.system_status()).panels.total == 0, "it is not missing"
    await pass_time(db, 31 * MINUTE)
    await measure_releases(db)
    assert PANELS_RELEASED._value.get() == 0


async def test_a_disabled_panel_is_not_released_and_a_disabled_one_no_longer(
    admin: StamClient, panel: Panel, db: Database, temporal_client: Client
) -> None:
    release = await admin.releases.release(panel.id, minutes=30, reason=REASON)
    changed = await admin.change_panel(panel.id, version=1, enabled=False)
    assert changed.release is not None
    handle = temporal_client.get_workflow_handle(names.panel_workflow_id(panel.id))
    await handle.signal(names.CONFIG_CHANGED, {"config_version": 2, "request_id": ""})  # as the relay does
    ended = await eventually(lambda: _ended(admin, panel.id), what="the release is over")
    assert ended is not None
    assert (ended.id, ended.ended_by) == (release.id, None)
    assert (await audited(db))[-1].detail == {
        "why": "DISABLED",
        "release_id": str(release.id),
        "object_id": str(panel.object_id),
    }
    error = await refused(admin.releases.release(panel.id, minutes=5, reason=REASON))
    assert (error.status, error.code) == (409, ErrorCode.CONFLICT)
    assert len(await all_rows(db, PanelReleaseAsk)) == 1


async def _ended(admin: StamClient, panel_id: UUID) -> Any:
    (release,) = (await admin.releases.of_panel(panel_id)).items
    return release if release.ended_at is not None else None


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"minutes": 0, "reason": REASON}, "minutes"),
        ({"minutes": 241, "reason": REASON}, "minutes"),
        ({"minutes": 30, "reason": " why "}, "reason"),
        ({"minutes": 30, "reason": "x" * 501}, "reason"),
        ({"minutes": "30", "reason": REASON}, "minutes"),
    ],
)
async def test_bad_members_are_named(admin: StamClient, panel: Panel, members: dict[str, Any], field: str) -> None:
    assert await fields(admin.releases.release(panel.id, **members)) == [field]


async def test_a_panel_that_is_not_there_is_not_found(admin: StamClient, panel: Panel) -> None:
    for call in (
        admin.releases.release(uuid7(), minutes=5, reason=REASON),
        admin.releases.resume(uuid7()),
        admin.releases.of_panel(uuid7()),
    ):
        assert (await refused(call)).code is ErrorCode.NOT_FOUND


async def test_a_technician_sees_releases_of_his_objects_and_makes_none(
    admin: StamClient, panel: Panel, whole_api: Api, login: Login, db: Database, people: People
) -> None:
    technician: StamClient = await login(whole_api, "technician")
    assert (await refused(technician.releases.of_panel(panel.id))).code is ErrorCode.NOT_FOUND
    await assign(db, people["technician"], panel.object_id)
    technician = await login(whole_api, "technician")
    assert (await technician.releases.of_panel(panel.id)).items == ()
    error = await refused(technician.releases.release(panel.id, minutes=5, reason=REASON))
    assert error.code is ErrorCode.FORBIDDEN


# -- without Temporal


async def test_without_temporal_nothing_is_released(api: Api, login: Login, db: Database) -> None:
    admin: StamClient = await login(api, "admin")
    panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.1")
    error = await refused(admin.releases.release(panel.id, minutes=5, reason=REASON))
    assert (error.status, error.code, error.retry_after) == (503, ErrorCode.TEMPORAL_UNAVAILABLE, 2)
    assert await all_rows(db, PanelRelease) == []
    (asked,) = await all_rows(db, PanelReleaseAsk)
    assert asked.state is AskState.WITHDRAWN
    assert await audited(db) == []


async def test_what_was_answered_with_no_is_not_done_later(
    settings: Settings, people: People, login: Login, db: Database, temporal_client: Client, temporal_address: str
) -> None:
    """Temporal took it, but no worker was there."""
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with serving(with_temporal) as api:
        admin: StamClient = await login(api, "admin")
        panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.1")
        error = await refused(admin.releases.release(panel.id, minutes=5, reason=REASON))
        assert error.code is ErrorCode.TEMPORAL_UNAVAILABLE
        async with worker.build(temporal_client, db, with_temporal):
            await eventually(lambda: _leased(temporal_client, panel.id), within=40, what="the workflow runs")
            assert await all_rows(db, PanelRelease) == []
        await temporal_client.get_workflow_handle(names.panel_workflow_id(panel.id)).terminate()


async def test_a_request_nobody_waits_for_any_more_is_not_granted(
    admin: StamClient, panel: Panel, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API died between the row and the answer."""
    monkeypatch.setattr("workflows.domain.panel_release.BEGIN_WITHIN", -BEGIN_WITHIN)
    error = await refused(admin.releases.release(panel.id, minutes=5, reason=REASON))
    assert error.code is ErrorCode.TEMPORAL_UNAVAILABLE
    assert await all_rows(db, PanelRelease) == []
