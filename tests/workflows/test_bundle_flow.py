"""BundleAlarm with its real activities, on the real PostgreSQL and the real Temporal server."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import SearchAttributeKey, WorkflowIDConflictPolicy

from activities.db.models.bundle_actions import BundleAction
from activities.db.models.outbox import OutboxRow
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.worker import build, ensure_search_attributes
from tests.support.bundles import Scene, add_note, seed_scene
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from tests.workflows.support import replay
from workflows.bundle_alarm import BundleAlarm
from workflows.contracts import names
from workflows.contracts.bundle import ActionRequest, BundleInput, BundleSnapshot, start_options
from workflows.contracts.refusals import refusal_of
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, Refusal


@pytest.fixture
async def queue(temporal_client: Client, db: Database) -> AsyncIterator[str]:
    """The real worker, on a queue of this test's own."""
    name = f"core-{uuid4()}"
    await ensure_search_attributes(temporal_client)
    async with build(temporal_client, db, Settings(), task_queue=name):
        yield name


async def update_with_start(client: Client, queue: str, scene: Scene, action: Action, request: ActionRequest) -> BundleSnapshot:
    """As the API does it: whether the workflow is there or not."""
    given = BundleInput(bundle_id=scene.bundle_id, object_id=scene.object_id, alarm_type=AlarmType.INTRUSION)
    options = start_options(given, status=BundleStatus.NEW, priority=Priority.HIGH)
    options["task_queue"] = queue
    answer: BundleSnapshot = await client.execute_update_with_start_workflow(
        action.value,
        request,
        start_workflow_operation=WithStartWorkflowOperation(
            names.BUNDLE_ALARM, given, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **options
        ),
        result_type=BundleSnapshot,
    )
    return answer


def ask(scene: Scene, version: int, **more: object) -> ActionRequest:
    return ActionRequest(action_id=uuid4(), actor_id=scene.anna, expected_version=version, **more)  # type: ignore[arg-type]


def handle_of(client: Client, scene: Scene) -> WorkflowHandle[BundleAlarm, BundleSnapshot]:
    return client.get_workflow_handle_for(BundleAlarm.run, names.bundle_workflow_id(scene.bundle_id))


async def test_from_claim_to_close_row_workflow_and_web_ui_agree(temporal_client: Client, db: Database, queue: str) -> None:
    scene = await seed_scene(db)
    note_id = await add_note(db, scene, "the keyholder was asleep")
    steps = [(Action.CLAIM, None), (Action.START, None), (Action.ACK, note_id), (Action.RESOLVE, None)]
    for version, (action, note) in enumerate(steps, start=1):
        request = ask(scene, version, note_id=note)
        snapshot = await update_with_start(temporal_client, queue, scene, action, request)
    assert snapshot.status is BundleStatus.RESOLVED

    handle = handle_of(temporal_client, scene)
    description = await handle.describe()
    shown = {
        key: description.typed_search_attributes.get(SearchAttributeKey.for_keyword(key)) for key in names.SEARCH_ATTRIBUTES
    }
    assert shown == {
        names.OBJECT_ID: str(scene.object_id),
        names.PANEL_ID: None,
        names.ALARM_TYPE: "INTRUSION",
        names.ALARM_STATUS: "RESOLVED",
        names.PRIORITY: "HIGH",
    }
    assert await description.static_summary() == f"INTRUSION at object {scene.object_id}"

    await update_with_start(temporal_client, queue, scene, Action.CLOSE, ask(scene, 5))
    assert (await handle.result()).status is BundleStatus.CLOSED
    assert len(await all_rows(db, BundleAction)) == len(await all_rows(db, OutboxRow)) == 5
    await replay(temporal_client, handle.id)


async def test_no_text_of_people_enters_the_history(temporal_client: Client, db: Database, queue: str) -> None:
    scene = await seed_scene(db)
    note_id = await add_note(db, scene, "the keyholder was asleep")
    await update_with_start(temporal_client, queue, scene, Action.ADD_NOTE, ask(scene, 1, note_id=note_id))
    history = (await handle_of(temporal_client, scene).fetch_history()).to_json()
    for secret in ("asleep", "Pharmacy", "Main Street", "An operator"):
        assert secret not in history


async def test_an_action_on_a_bundle_whose_workflow_has_ended_is_refused_and_repeated(
    temporal_client: Client, db: Database, queue: str
) -> None:
    scene = await seed_scene(db)
    for version, action in enumerate((Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE), start=1):
        await update_with_start(temporal_client, queue, scene, action, ask(scene, version))
    closing = ask(scene, 5)
    closed = await update_with_start(temporal_client, queue, scene, Action.CLOSE, closing)
    await handle_of(temporal_client, scene).result()

    again = await update_with_start(temporal_client, queue, scene, Action.CLOSE, closing)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await update_with_start(temporal_client, queue, scene, Action.CLOSE, ask(scene, 6))

    assert (again.status, again.version) == (closed.status, closed.version)
    assert refusal_of(failed.value) == Refusal.WRONG_STATUS
    assert (await handle_of(temporal_client, scene).result()).status is BundleStatus.CLOSED


async def test_a_claim_survives_the_death_of_its_worker(temporal_client: Client, db: Database) -> None:
    """Another worker goes on from the history alone."""
    scene, name = await seed_scene(db), f"core-{uuid4()}"
    await ensure_search_attributes(temporal_client)
    async with build(temporal_client, db, Settings(shutdown_seconds=0.1), task_queue=name):
        await update_with_start(temporal_client, name, scene, Action.CLAIM, ask(scene, 1))
    async with build(temporal_client, db, Settings(), task_queue=name):
        started = await update_with_start(temporal_client, name, scene, Action.START, ask(scene, 2))
        snapshot = await eventually(lambda: handle_of(temporal_client, scene).query(BundleAlarm.snapshot))
    assert started.status is snapshot.status is BundleStatus.IN_PROGRESS


async def test_the_web_ui_is_told_the_story_without_texts(temporal_client: Client, db: Database, queue: str) -> None:
    scene = await seed_scene(db)
    await update_with_start(temporal_client, queue, scene, Action.CLAIM, ask(scene, 1))
    with pytest.raises(WorkflowUpdateFailedError):
        await update_with_start(temporal_client, queue, scene, Action.ACK, ask(scene, 2))

    metadata = await handle_of(temporal_client, scene).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)

    headline, _, *story = metadata.current_details.splitlines()
    assert headline.startswith(f"**INTRUSION** is **CLAIMING**, HIGH, v2, claimed by `{scene.anna}`")
    assert [line.split(maxsplit=3)[3] for line in story if " by " in line] == [
        f"claim by `{scene.anna}` → **CLAIMING** v2",
        f"ack by `{scene.anna}` → refused: WRONG_STATUS",
    ]
