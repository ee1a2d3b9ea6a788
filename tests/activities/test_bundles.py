"""The activities of BundleAlarm on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from temporalio.exceptions import ApplicationError

from activities.bundles import BundleActivities
from activities.db.models.audit_log import AuditEntry
from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.outbox import OutboxRow
from activities.db.session import Database
from deploy.local.ports import free_port
from tests.support.bundles import Scene, add_note, seed_scene, set_columns
from tests.support.rows import all_rows
from workflows.contracts import policies
from workflows.contracts.bundle import BundleRef, Transition, TransitionRequest
from workflows.domain.bundle import Action, BundleStatus, Refusal, ResultCode


@pytest.fixture
def bundles(db: Database) -> BundleActivities:
    return BundleActivities(db)


def ask(scene: Scene, action: Action, version: int | None, **more: Any) -> TransitionRequest:
    actor = {} if version is None else {"actor_id": scene.anna}
    fields: dict[str, Any] = {"action_id": uuid4(), "expected_version": version, **actor, **more}
    return TransitionRequest(bundle_id=scene.bundle_id, action=action, **fields)


async def row(db: Database) -> BundleAlarm:
    (bundle,) = await all_rows(db, BundleAlarm)
    assert isinstance(bundle, BundleAlarm)
    return bundle


async def walk(bundles: BundleActivities, scene: Scene, *actions: Action) -> Transition:
    """Anna does ``actions`` from the fresh bundle on; the last answer."""
    for version, action in enumerate(actions, start=1):
        transition = await bundles.transition_bundle(ask(scene, action, version))
        assert transition.refusal is None
    return transition


TO_RESOLVED = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE)


async def test_a_claim_changes_the_row_and_leaves_its_traces_in_one_transaction(
    db: Database, bundles: BundleActivities
) -> None:
    scene = await seed_scene(db)
    request = ask(scene, Action.CLAIM, 1, request_id="req-1")

    transition = await bundles.transition_bundle(request)

    assert transition.state.status is BundleStatus.CLAIMING
    assert (transition.state.version, transition.state.claimed_by) == (2, scene.anna)
    bundle = await row(db)
    assert (bundle.status, bundle.version, bundle.claimed_by, bundle.joinable) == (BundleStatus.CLAIMING, 2, scene.anna, True)
    assert bundle.claimed_at == bundle.status_changed_at == transition.state.status_changed_at
    (action,) = await all_rows(db, BundleAction)
    assert (action.id, action.actor_id, action.from_status, action.to_status, action.version) == (
        request.action_id,
        scene.anna,
        BundleStatus.NEW,
        BundleStatus.CLAIMING,
        2,
    )
    (audit,) = await all_rows(db, AuditEntry)
    assert (audit.actor_id, audit.action, audit.subject_id, audit.request_id) == (
        scene.anna,
        "alarm.claim",
        scene.bundle_id,
        "req-1",
    )


async def test_every_change_is_pushed_but_needs_no_orchestration(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    await bundles.transition_bundle(ask(scene, Action.CLAIM, 1))

    (message,) = await all_rows(db, OutboxRow)
    assert (message.type, message.push, message.orchestrate) == ("alarm.updated", True, False)
    assert (message.object_id, message.bundle_id) == (scene.object_id, scene.bundle_id)
    assert message.payload["alarm"]["status"] == "CLAIMING"
    assert message.payload["alarm"]["claimed_by"] == str(scene.anna)
    assert message.payload["alarm"]["opened_at"].endswith("Z")
    assert message.payload["events"] == []


async def test_a_stale_version_is_refused_with_the_row_as_it_is(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    await bundles.transition_bundle(ask(scene, Action.CLAIM, 1))

    refused = await bundles.transition_bundle(ask(scene, Action.CLAIM, 1, actor_id=scene.bartek))

    assert refused.refusal is Refusal.STALE_VERSION
    assert (refused.state.version, refused.state.claimed_by) == (2, scene.anna)
    assert len(await all_rows(db, BundleAction)) == len(await all_rows(db, OutboxRow)) == 1


async def test_of_two_claims_at_the_same_time_exactly_one_wins(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    rivals = [ask(scene, Action.CLAIM, 1, actor_id=actor) for actor in (scene.anna, scene.bartek)]

    answers = await asyncio.gather(*(bundles.transition_bundle(rival) for rival in rivals))

    assert sorted(answer.refusal or "won" for answer in answers) == [Refusal.STALE_VERSION, "won"]
    assert (await row(db)).version == 2


async def test_a_repeated_action_id_answers_as_the_first_time(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    request = ask(scene, Action.CLAIM, 1)

    first = await bundles.transition_bundle(request)
    again = await bundles.transition_bundle(request)

    assert again == first
    assert len(await all_rows(db, BundleAction)) == 1


async def test_a_repetition_after_later_actions_still_tells_the_first_outcome(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    claim = ask(scene, Action.CLAIM, 1)
    await bundles.transition_bundle(claim)
    await bundles.transition_bundle(ask(scene, Action.RELEASE, 2))

    again = await bundles.transition_bundle(claim)

    assert again.refusal is None
    assert (again.state.status, again.state.version, again.state.claimed_by) == (BundleStatus.CLAIMING, 2, scene.anna)


async def test_two_attempts_of_one_action_at_the_same_time_do_it_once(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    request = ask(scene, Action.CLAIM, 1)

    first, second = await asyncio.gather(*(bundles.transition_bundle(request) for _ in range(2)))

    assert first == second
    assert first.refusal is None
    assert (await row(db)).version == 2


async def test_an_action_id_used_for_another_action_is_not_an_answer(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    claim = ask(scene, Action.CLAIM, 1)
    await bundles.transition_bundle(claim)

    misused = await bundles.transition_bundle(replace(claim, action=Action.START))

    assert misused.refusal is Refusal.STALE_VERSION


async def test_the_whole_way_stamps_every_station_and_ends_joining_at_resolved(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    await walk(bundles, scene, *TO_RESOLVED[:-1])
    assert (await row(db)).joinable
    await bundles.transition_bundle(ask(scene, Action.RESOLVE, 4, result_code=ResultCode.FALSE_ALARM))
    assert not (await row(db)).joinable

    await bundles.transition_bundle(ask(scene, Action.CLOSE, 5))

    bundle = await row(db)
    assert (bundle.status, bundle.version, bundle.result_code) == (BundleStatus.CLOSED, 6, "FALSE_ALARM")
    stations = [bundle.claimed_at, bundle.acked_at, bundle.resolved_at, bundle.closed_at]
    assert stations == sorted(moment for moment in stations if moment is not None)
    assert [action.action for action in sorted(await all_rows(db, BundleAction), key=lambda a: a.version)] == [
        *TO_RESOLVED,
        Action.CLOSE,
    ]


async def test_a_bundle_whose_window_passed_stays_unjoinable_after_release(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    await bundles.transition_bundle(ask(scene, Action.CLAIM, 1))
    await set_columns(db, scene, joinable=False)

    await bundles.transition_bundle(ask(scene, Action.RELEASE, 2))

    bundle = await row(db)
    assert (bundle.status, bundle.joinable, bundle.claimed_by) == (BundleStatus.NEW, False, None)


async def test_requires_note_means_a_note_that_exists_on_this_bundle(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db, requires_note=True)
    await walk(bundles, scene, Action.CLAIM, Action.START)

    without = await bundles.transition_bundle(ask(scene, Action.ACK, 3))
    invented = await bundles.transition_bundle(ask(scene, Action.ACK, 3, note_id=uuid4()))
    note_id = await add_note(db, scene)
    accepted = await bundles.transition_bundle(ask(scene, Action.ACK, 3, note_id=note_id))

    assert (without.refusal, invented.refusal) == (Refusal.NOTE_REQUIRED, Refusal.NOTE_REQUIRED)
    assert accepted.state.status is BundleStatus.ACK
    assert [action.note_id for action in await all_rows(db, BundleAction) if action.action is Action.ACK] == [note_id]


async def test_a_note_is_an_activity_and_leaves_the_status_alone(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    opened = (await row(db)).last_activity_at
    note_id = await add_note(db, scene)

    transition = await bundles.transition_bundle(ask(scene, Action.ADD_NOTE, 1, note_id=note_id))

    assert (transition.state.status, transition.state.version) == (BundleStatus.NEW, 2)
    assert transition.state.last_activity_at > opened


async def test_a_claim_expires_only_when_its_time_by_the_database_is_over(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    await bundles.transition_bundle(ask(scene, Action.CLAIM, 1))
    early = await bundles.transition_bundle(ask(scene, Action.EXPIRE_CLAIM, None))
    await set_columns(db, scene, status_changed_at=datetime.now(UTC) - timedelta(seconds=31))
    before = REGISTRY.get_sample_value("claiming_timeout_reverts_total") or 0

    expired = await bundles.transition_bundle(ask(scene, Action.EXPIRE_CLAIM, None))

    assert early.refusal is Refusal.NOT_DUE
    assert (expired.state.status, expired.state.claimed_by) == (BundleStatus.NEW, None)
    assert REGISTRY.get_sample_value("claiming_timeout_reverts_total") == before + 1


async def test_a_timer_repeated_after_a_new_claim_expired_too_does_nothing_more(
    db: Database, bundles: BundleActivities
) -> None:
    scene = await seed_scene(db)
    expire = ask(scene, Action.EXPIRE_CLAIM, None)
    for version in (1, 3):
        await bundles.transition_bundle(ask(scene, Action.CLAIM, version))
        await set_columns(db, scene, status_changed_at=datetime.now(UTC) - timedelta(seconds=31))
        answer = await bundles.transition_bundle(expire)
        assert (answer.state.status, answer.state.version) == (BundleStatus.NEW, 3)

    assert (await row(db)).status is BundleStatus.CLAIMING


async def test_marking_stale_is_no_activity(db: Database, bundles: BundleActivities) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    scene = await seed_scene(db, opened_at=yesterday, last_activity_at=yesterday)

    marked = await bundles.transition_bundle(ask(scene, Action.MARK_STALE, None))

    assert (marked.state.stale, marked.state.last_activity_at) == (True, yesterday)


async def test_response_time_counts_from_opening_to_the_first_claim_only(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db, opened_at=datetime.now(UTC) - timedelta(seconds=7))
    sample = ("alarm_response_time_seconds_count", {"priority": "HIGH"})
    before = REGISTRY.get_sample_value(*sample) or 0

    await walk(bundles, scene, Action.CLAIM, Action.RELEASE, Action.CLAIM)

    assert REGISTRY.get_sample_value(*sample) == before + 1


async def test_a_missing_bundle_fails_for_good(db: Database, bundles: BundleActivities) -> None:
    nowhere = Scene(object_id=uuid4(), bundle_id=uuid4(), anna=uuid4(), bartek=uuid4())

    with pytest.raises(ApplicationError) as failed:
        await bundles.transition_bundle(ask(nowhere, Action.CLAIM, 1))

    assert (failed.value.type, failed.value.non_retryable) == (policies.MISSING, True)
    assert (await bundles.read_bundle(BundleRef(bundle_id=nowhere.bundle_id))).state is None


async def test_read_bundle_tells_the_state_and_the_type(db: Database, bundles: BundleActivities) -> None:
    scene = await seed_scene(db)
    answered = await walk(bundles, scene, Action.CLAIM)

    read = await bundles.read_bundle(BundleRef(bundle_id=scene.bundle_id))

    assert (read.state, read.alarm_type) == (answered.state, "INTRUSION")


async def test_a_database_that_is_away_is_tried_again_and_tells_no_secret() -> None:
    away = Database.connect(f"postgresql+asyncpg://stam:hunter2@127.0.0.1:{free_port()}/stam")
    try:
        with pytest.raises(ApplicationError) as failed:
            await BundleActivities(away).read_bundle(BundleRef(bundle_id=UUID(int=1)))
    finally:
        await away.dispose()

    assert (failed.value.type, failed.value.non_retryable) == ("DatabaseUnavailable", False)
    assert "hunter2" not in str(failed.value)
    assert failed.value.__cause__ is None
