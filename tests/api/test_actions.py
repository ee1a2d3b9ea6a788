"""Operators act on alarms: through Temporal, once, and with a clear answer when it cannot be (R-BUNDLE, R-MODES)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from temporalio.client import Client

from activities import worker
from activities.db.models.audit_log import AuditEntry
from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_notes import BundleNote
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import TimelineKind
from deploy.local.ports import free_port
from tests.api.conftest import Api, serving
from tests.api.people import People
from tests.support.bundles import Scene, seed_scene, set_columns
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]


async def _refused(call: Any) -> ApiError:
    with pytest.raises(ApiError) as refused:
        await call
    return refused.value


async def _count(db: Database, table: Any) -> int:
    async with db.read() as session:
        return (await session.scalar(select(func.count()).select_from(table))) or 0


async def test_an_alarm_is_worked_from_new_to_closed_even_before_the_relay_started_its_workflow(
    whole_api: Api, login: Login, db: Database, people: People, temporal_client: Client
) -> None:
    scene = await seed_scene(db, requires_note=True)
    operator: StamClient = await login(whole_api, "operator")
    claimed = await operator.act(scene.bundle_id, Action.CLAIM, version=1)
    assert (claimed.status, claimed.version, claimed.claimed_by_name) == (BundleStatus.CLAIMING, 2, "Operator")
    assert claimed.claim_expires_at is not None
    started = await operator.act(scene.bundle_id, Action.START, version=2)
    without_note = await _refused(operator.act(scene.bundle_id, Action.ACK, version=started.version))
    assert (without_note.status, without_note.code) == (422, ErrorCode.NOTE_REQUIRED)
    acked = await operator.act(scene.bundle_id, Action.ACK, version=started.version, note="rang the keyholder")
    resolved = await operator.act(scene.bundle_id, Action.RESOLVE, version=acked.version, result_code=ResultCode.FALSE_ALARM)
    assert (resolved.result_code, resolved.auto_close_at is not None) == (ResultCode.FALSE_ALARM, True)
    closed = await operator.act(scene.bundle_id, Action.CLOSE, version=resolved.version)
    assert (closed.status, closed.version) == (BundleStatus.CLOSED, 6)
    story = await operator.timeline(scene.bundle_id)
    assert [item.action for item in story.items if item.kind is TimelineKind.ACTION] == [
        Action.CLAIM,
        Action.START,
        Action.ACK,
        Action.RESOLVE,
        Action.CLOSE,
    ]
    assert [item.note.text for item in story.items if item.note] == ["rang the keyholder"]
    await _no_personal_text_in_the_history(temporal_client, scene)


async def _no_personal_text_in_the_history(client: Client, scene: Scene) -> None:
    history = await client.get_workflow_handle(names.bundle_workflow_id(scene.bundle_id)).fetch_history()
    assert "keyholder" not in history.to_json()
    assert "Pharmacy" not in history.to_json()


async def test_a_stale_version_is_refused_with_the_alarm_as_it_is_now(
    whole_api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    first, second = await login(whole_api, "operator"), await login(whole_api, "operator2")
    await first.act(scene.bundle_id, Action.CLAIM, version=1)
    refused = await _refused(second.act(scene.bundle_id, Action.CLAIM, version=1, note="mine!"))
    assert (refused.status, refused.code) == (409, ErrorCode.STALE_VERSION)
    current = StamClient.current_of(refused)
    assert current is not None
    assert (current.version, current.status, current.claimed_by) == (2, BundleStatus.CLAIMING, people["operator"])
    assert current == (await second.alarms()).items[0]
    assert await _count(db, BundleNote) == 0, "the note of a refused action is forgotten"
    wrong = await _refused(second.act(scene.bundle_id, Action.CLAIM, version=2))
    assert (wrong.status, wrong.code) == (409, ErrorCode.WRONG_STATUS)
    not_mine = await _refused(second.act(scene.bundle_id, Action.START, version=2))
    assert (not_mine.status, not_mine.code) == (409, ErrorCode.NOT_OWNER)
    taken_over = await (await login(whole_api, "master")).act(scene.bundle_id, Action.START, version=2)
    assert taken_over.claimed_by == people["master"]


async def test_who_says_why_takes_over_what_another_holds_and_both_read_the_reason(
    whole_api: Api, login: Login, db: Database, people: People, temporal_client: Client
) -> None:
    scene = await seed_scene(db)
    first, second = await login(whole_api, "operator"), await login(whole_api, "operator2")
    await first.act(scene.bundle_id, Action.CLAIM, version=1)
    claiming = await _refused(second.act(scene.bundle_id, Action.TAKE_OVER, version=2, note="She is away."))
    assert claiming.code == ErrorCode.WRONG_STATUS, "a claim falls back by itself"
    await first.act(scene.bundle_id, Action.START, version=2)
    wordless = await _refused(second.act(scene.bundle_id, Action.TAKE_OVER, version=3))
    assert (wordless.status, wordless.errors[0].field) == (422, "note")

    taken = await second.act(scene.bundle_id, Action.TAKE_OVER, version=3, note="The keyholder is away.")

    assert (taken.status, taken.claimed_by) == (BundleStatus.IN_PROGRESS, people["operator2"])
    assert (await _refused(first.act(scene.bundle_id, Action.ACK, version=4))).code == ErrorCode.NOT_OWNER
    again = await _refused(second.act(scene.bundle_id, Action.TAKE_OVER, version=4, note="Again."))
    assert again.code == ErrorCode.WRONG_STATUS, "one takes nothing over from oneself"
    told = await first.timeline(scene.bundle_id)
    assert [item.note.text for item in told.items if item.note] == ["The keyholder is away."]
    assert [item.action for item in told.items if item.action is Action.TAKE_OVER] == [Action.TAKE_OVER]
    await _no_personal_text_in_the_history(temporal_client, scene)


async def test_two_who_claim_at_the_same_moment_get_one_claim_and_one_refusal(
    whole_api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    clients = [await login(whole_api, name) for name in ("operator", "operator2", "master")]
    results = await asyncio.gather(
        *(client.act(scene.bundle_id, Action.CLAIM, version=1) for client in clients), return_exceptions=True
    )
    refusals = [result for result in results if isinstance(result, ApiError)]
    assert len(refusals) == 2
    assert {refusal.code for refusal in refusals} == {ErrorCode.STALE_VERSION}


async def test_the_same_idempotency_key_acts_once_and_is_answered_the_same(
    whole_api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    client = await login(whole_api, "operator")
    key = str(uuid4())
    claims = [client.act(scene.bundle_id, Action.CLAIM, version=1, note="once", idempotency_key=key) for _ in range(3)]
    answers = await asyncio.gather(*claims)
    assert {answer.version for answer in answers} == {2}
    assert (await client.act(scene.bundle_id, Action.CLAIM, version=1, note="once", idempotency_key=key)).version == 2
    assert await _count(db, BundleAction) == await _count(db, BundleNote) == 1
    other_key = await _refused(client.act(scene.bundle_id, Action.CLAIM, version=1))
    assert other_key.code is ErrorCode.STALE_VERSION


async def test_a_closed_alarm_is_refused_without_starting_anything(
    api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    await set_columns(db, scene, status=BundleStatus.CLOSED, version=7)
    client = await login(api, "operator")  # Temporal is away: it is not asked
    assert (await _refused(client.act(scene.bundle_id, Action.CLOSE, version=7))).code is ErrorCode.WRONG_STATUS
    assert (await _refused(client.act(scene.bundle_id, Action.CLOSE, version=6))).code is ErrorCode.STALE_VERSION


async def test_without_temporal_alarms_are_still_shown_and_actions_answer_503(
    api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    client = await login(api, "operator")
    refused = await _refused(client.act(scene.bundle_id, Action.CLAIM, version=1))
    assert (refused.status, refused.code) == (503, ErrorCode.TEMPORAL_UNAVAILABLE)
    assert refused.retry_after is not None
    assert [alarm.status for alarm in (await client.alarms()).items] == [BundleStatus.NEW]


async def test_an_action_nobody_works_on_is_given_up_within_patience(
    settings: Any, people: People, login: Login, db: Database, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import updates

    monkeypatch.setattr(updates, "PATIENCE", timedelta(seconds=0.5))
    scene = await seed_scene(db)
    async with serving(settings.model_copy(update={"temporal_address": temporal_address})) as api:
        client = await login(api, "operator")
        refused = await _refused(client.act(scene.bundle_id, Action.CLAIM, version=1))
    assert (refused.status, refused.code) == (503, ErrorCode.TEMPORAL_UNAVAILABLE)


async def test_a_database_lost_on_the_way_is_named_to_the_operator(
    settings: Any, people: People, login: Login, db: Database, temporal_address: str, temporal_client: Client
) -> None:
    scene = await seed_scene(db)
    gone = Database.connect(f"postgresql+asyncpg://stam@127.0.0.1:{free_port()}/stam")
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with worker.build(temporal_client, gone, with_temporal), serving(with_temporal) as api:
        client = await login(api, "operator")
        refused = await _refused(client.act(scene.bundle_id, Action.CLAIM, version=1))
    await gone.dispose()
    assert (refused.status, refused.code) == (503, ErrorCode.DATABASE_UNAVAILABLE)


async def test_a_stopping_api_finishes_what_was_begun_and_refuses_what_comes_late(
    settings: Any, people: People, login: Login, db: Database, temporal_address: str
) -> None:
    scene = await seed_scene(db)
    async with serving(settings.model_copy(update={"temporal_address": temporal_address})) as api:
        client, late = await login(api, "operator"), await login(api, "operator2")
        begun = asyncio.create_task(_refused(client.act(scene.bundle_id, Action.CLAIM, version=1)))  # no worker answers it
        await eventually(lambda: api.services.actions._turns.get(scene.bundle_id), what="the action is under way")
        api.server.should_exit = True
        refused = await eventually(lambda: _if_refused(late.alarms()), what="the doors are closed")
        assert refused is not None
        assert (refused.status, refused.code, refused.retry_after) == (503, ErrorCode.SHUTTING_DOWN, 1)
        async with api.http() as http:
            assert (await http.get("/livez")).status_code == 200
            assert (await http.get("/readyz")).status_code == 503
        assert not begun.done()
        assert (await begun).code is ErrorCode.TEMPORAL_UNAVAILABLE


async def _if_refused(call: Any) -> ApiError | None:
    try:
        await call
    except ApiError as error:
        return error
    return None


async def test_the_request_id_is_found_again_in_the_action_and_the_audit_row(
    whole_api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    client = await login(whole_api, "operator")
    async with whole_api.http(client.session.access_token) as http:
        answer = await http.post(
            f"/api/alarms/{scene.bundle_id}/claim", json={"version": 1}, headers={"X-Request-ID": "from-the-console-1"}
        )
    assert answer.headers["x-request-id"] == "from-the-console-1"
    async with db.read() as session:
        action = (await session.scalars(select(BundleAction))).one()
        audit = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "alarm.claim"))).one()
    assert action.request_id == audit.request_id == "from-the-console-1"


async def test_many_notes_at_once_are_queued_and_all_kept(whole_api: Api, login: Login, db: Database, people: People) -> None:
    """More than the ten updates a run takes at once: the process sends them one after the other."""
    scene = await seed_scene(db)
    client = await login(whole_api, "operator")

    async def add(number: int) -> int:
        refused = 0
        while True:
            version = (await client.alarm(scene.bundle_id)).version
            try:
                await client.add_note(scene.bundle_id, f"note {number}", version=version)
            except ApiError as error:
                if error.code is not ErrorCode.STALE_VERSION:
                    raise
                refused += 1
            else:
                return refused

    await asyncio.gather(*(add(number) for number in range(12)))
    notes = (await client.alarm(scene.bundle_id)).notes
    assert sorted(note.text for note in notes) == sorted(f"note {number}" for number in range(12))
