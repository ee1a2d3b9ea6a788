"""R-HISTORY over HTTP: the dispatcher's journal and the steps of procedures."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from activities.db.models.audit_log import AuditEntry
from activities.db.models.dispatch_log import DispatchEntry as Row
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.outbox import OutboxRow
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import TimelineKind
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.dispatch import CallOutcome, EntryKind, Oddity
from workflows.domain.errors import ErrorCode
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind

Login = Callable[..., Any]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scene:
    object_id: UUID
    alarm_id: UUID
    contact_id: UUID


@pytest.fixture
async def scene(db: Database) -> Scene:
    """An object with one alarm, one contact and a procedure of four steps."""
    object_id = await add_object(db)
    (alarm_id,) = await add_alarms(db, object_id, Priority.HIGH)
    contact = ObjectContact(id=uuid4(), object_id=object_id, position=1, name="Jan Kowalski", phone="+48 600 100 200")
    kinds = (StepKind.TEXT, StepKind.CALL, StepKind.CHECK, StepKind.DISPATCH)
    async with db.write() as session:
        session.add(contact)
        await session.flush()
        session.add_all(
            ObjectProcedure(
                object_id=object_id,
                position=number,
                kind=kind,
                text=f"step {number}",
                contact_id=contact.id if kind is StepKind.CALL else None,
            )
            for number, kind in enumerate(kinds, 1)
        )
    return Scene(object_id, alarm_id, contact.id)


@pytest.fixture
async def olga(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "operator")
    return client


async def refused(call: Any) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


async def audited(db: Database) -> list[AuditEntry]:
    """What was done beside logging in."""
    return [row for row in await all_rows(db, AuditEntry) if row.action.startswith(("dispatch.", "procedure."))]


# -- the journal


async def test_a_line_is_in_the_list_in_the_timeline_in_the_audit_log_and_on_its_way_to_the_screens(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    entry = await olga.dispatch.add(
        EntryKind.CALL,
        alarm_id=scene.alarm_id,
        contact_id=scene.contact_id,
        outcome=CallOutcome.ANSWERED_WRONG_CODE_WORD,
        text="sounded drunk",
    )
    assert (entry.contact_name, entry.user_name, entry.bundle_id) == ("Jan Kowalski", "Operator", scene.alarm_id)
    (listed,) = (await olga.dispatch.entries(bundle_id=scene.alarm_id)).items
    assert listed == entry
    (item,) = [one for one in (await olga.timeline(scene.alarm_id)).items if one.kind is TimelineKind.DISPATCH]
    assert (item.dispatch, item.at) == (entry, entry.occurred_at)
    (row,) = await audited(db)
    assert (row.action, row.subject_id) == ("dispatch.added", entry.id)
    (pushed,) = await all_rows(db, OutboxRow)
    assert (pushed.type, pushed.push, pushed.object_id) == (names.DISPATCH_ADDED, True, scene.object_id)
    assert pushed.payload["entry"]["id"] == str(entry.id)
    for told in (row.detail, pushed.payload):
        assert "drunk" not in str(told)
        assert "Kowalski" not in str(told)


async def test_the_same_key_writes_one_line_and_is_answered_the_same(olga: StamClient, scene: Scene, db: Database) -> None:
    first = await olga.dispatch.add(EntryKind.PATROL_SENT, alarm_id=scene.alarm_id, idempotency_key="patrol-1")
    again = await olga.dispatch.add(EntryKind.PATROL_SENT, alarm_id=scene.alarm_id, idempotency_key="patrol-1")
    assert again == first
    assert len(await all_rows(db, Row)) == len(await audited(db)) == len(await all_rows(db, OutboxRow)) == 1
    other = await refused(olga.dispatch.add(EntryKind.PATROL_LEFT, alarm_id=scene.alarm_id, idempotency_key="patrol-1"))
    assert other.code is ErrorCode.CONFLICT


async def test_a_key_sent_about_two_objects_at_once_writes_one_line(olga: StamClient, scene: Scene, db: Database) -> None:
    """Each object has a turn of its own: the database says which was first."""
    places = [scene.object_id, *[await add_object(db) for _ in range(3)]]
    sent = [olga.dispatch.add(EntryKind.PATROL_SENT, object_id=place, idempotency_key="patrol-1") for place in places]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    lost = [one.code for one in answers if isinstance(one, ApiError)]
    assert lost == 3 * [ErrorCode.CONFLICT]
    assert len(await all_rows(db, Row)) == 1


async def test_a_patrol_that_cannot_have_left_is_refused_and_an_odd_one_taken_with_a_warning(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    assert (await refused(olga.dispatch.add(EntryKind.PATROL_LEFT, alarm_id=scene.alarm_id))).code is ErrorCode.CONFLICT
    assert await all_rows(db, Row) == []
    assert (await olga.dispatch.add(EntryKind.PATROL_ON_SITE, alarm_id=scene.alarm_id)).oddity is Oddity.NOT_SENT
    left = await olga.dispatch.add(EntryKind.PATROL_LEFT, object_id=scene.object_id)
    assert (left.oddity, left.bundle_id) == (None, None), "a patrol belongs to the place, whichever alarm sent it"


async def test_what_is_written_down_later_counts_where_it_happened(olga: StamClient, scene: Scene) -> None:
    now = datetime.now(UTC)
    await olga.dispatch.add(EntryKind.PATROL_ON_SITE, alarm_id=scene.alarm_id, occurred_at=now - 5 * MINUTE)
    sent = await olga.dispatch.add(EntryKind.PATROL_SENT, alarm_id=scene.alarm_id, occurred_at=now - 20 * MINUTE)
    assert sent.oddity is None
    left = await olga.dispatch.add(EntryKind.PATROL_LEFT, alarm_id=scene.alarm_id)
    assert left.oddity is None
    kinds = [entry.kind for entry in (await olga.dispatch.entries(bundle_id=scene.alarm_id)).items]
    assert kinds == [EntryKind.PATROL_LEFT, EntryKind.PATROL_ON_SITE, EntryKind.PATROL_SENT]


async def test_a_correction_is_a_new_line_and_what_it_corrects_no_longer_counts(olga: StamClient, scene: Scene) -> None:
    wrong = await olga.dispatch.add(EntryKind.PATROL_SENT, alarm_id=scene.alarm_id)
    right = await olga.dispatch.add(EntryKind.NOTE, alarm_id=scene.alarm_id, text="no patrol was sent", corrects=wrong.id)
    assert right.corrects == wrong.id
    by_id = {entry.id: entry for entry in (await olga.dispatch.entries(bundle_id=scene.alarm_id)).items}
    assert by_id[wrong.id].corrected_by == right.id
    assert (await refused(olga.dispatch.add(EntryKind.PATROL_LEFT, alarm_id=scene.alarm_id))).code is ErrorCode.CONFLICT
    again = olga.dispatch.add(EntryKind.NOTE, alarm_id=scene.alarm_id, text="twice", corrects=wrong.id)
    assert (await refused(again)).code is ErrorCode.CONFLICT
    elsewhere = olga.dispatch.add(EntryKind.NOTE, object_id=scene.object_id, text="other journal", corrects=right.id)
    assert [error.field for error in (await refused(elsewhere)).errors] == ["corrects"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"kind": EntryKind.CALL}, "outcome"),
        ({"kind": EntryKind.NOTE}, "text"),
        ({"kind": EntryKind.NOTE, "text": "x", "outcome": CallOutcome.BUSY}, "kind"),
        ({"kind": EntryKind.NOTE, "text": "x", "occurred_at": datetime(2200, 1, 1, tzinfo=UTC)}, "occurred_at"),
        ({"kind": EntryKind.NOTE, "text": "x", "occurred_at": datetime(2020, 1, 1, tzinfo=UTC)}, "occurred_at"),
        ({"kind": EntryKind.CALL, "outcome": CallOutcome.BUSY, "contact_id": uuid4()}, "contact_id"),
        ({"kind": EntryKind.NOTE, "text": "x", "corrects": uuid4()}, "corrects"),
    ],
)
async def test_a_bad_line_is_refused_by_its_field(
    olga: StamClient, scene: Scene, members: dict[str, Any], field: str, db: Database
) -> None:
    error = await refused(olga.dispatch.add(members.pop("kind"), alarm_id=scene.alarm_id, **members))
    assert (error.code, [one.field for one in error.errors]) == (ErrorCode.VALIDATION, [field])
    assert await all_rows(db, Row) == []


async def test_the_journal_is_found_by_each_filter_page_by_page(api: Api, login: Login, olga: StamClient, scene: Scene) -> None:
    master = await login(api, "master")
    now = datetime.now(UTC)
    first = await olga.dispatch.add(EntryKind.PATROL_SENT, alarm_id=scene.alarm_id, occurred_at=now - 30 * MINUTE)
    second = await master.dispatch.add(EntryKind.NOTE, object_id=scene.object_id, text="quiet", occurred_at=now - 20 * MINUTE)
    third = await olga.dispatch.add(EntryKind.PATROL_ON_SITE, alarm_id=scene.alarm_id)

    async def found(**filters: Any) -> list[UUID]:
        return [entry.id for entry in (await olga.dispatch.entries(**filters)).items]

    assert await found(object_id=scene.object_id) == [third.id, second.id, first.id]
    assert await found(bundle_id=scene.alarm_id) == [third.id, first.id]
    assert await found(user_id=second.user_id) == [second.id]
    assert await found(kind=[EntryKind.NOTE, EntryKind.PATROL_SENT]) == [second.id, first.id]
    assert await found(from_=now - 25 * MINUTE, to=now - 10 * MINUTE) == [second.id]
    page = await olga.dispatch.entries(limit=2)
    rest = await olga.dispatch.entries(limit=2, cursor=page.next_cursor)
    assert [entry.id for entry in (*page.items, *rest.items)] == [third.id, second.id, first.id]


async def test_a_line_about_a_closed_alarm_is_taken_and_about_none_is_not(olga: StamClient, db: Database) -> None:
    object_id = await add_object(db)
    (closed,) = await add_alarms(db, object_id, Priority.HIGH, status=BundleStatus.CLOSED)
    assert (await olga.dispatch.add(EntryKind.PATROL_ON_SITE, alarm_id=closed)).bundle_id == closed
    add = olga.dispatch.add
    for call in (add(EntryKind.PATROL_SENT, alarm_id=uuid4()), add(EntryKind.PATROL_SENT, object_id=uuid4())):
        assert (await refused(call)).code is ErrorCode.NOT_FOUND


# -- the procedure


async def test_an_alarm_is_worked_off_by_the_steps_of_its_type_and_by_the_general_ones_where_there_are_none(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    (fire,) = await add_alarms(db, scene.object_id, Priority.CRITICAL, alarm_type=AlarmType.FIRE)
    async with db.write() as session:
        for number, (kind, alarm_type) in enumerate([("DISPATCH", "FIRE"), ("TEXT", "HOLDUP"), ("CALL", "FIRE")], 5):
            step = {"position": number, "kind": StepKind(kind), "alarm_type": AlarmType(alarm_type)}
            session.add(ObjectProcedure(object_id=scene.object_id, text=f"step {number}", **step))
    shown = await olga.dispatch.procedure(fire)
    assert [(step.number, step.text) for step in shown.steps] == [(1, "step 5"), (2, "step 7")]
    begun = await olga.dispatch.begin(fire)
    assert [step.text for step in begun.steps] == ["step 5", "step 7"]
    general = await olga.dispatch.begin(scene.alarm_id)
    assert [step.text for step in general.steps] == ["step 1", "step 2", "step 3", "step 4"]


async def test_an_alarm_without_steps_of_its_type_or_general_ones_has_none(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    async with db.write() as session:
        await session.execute(update(ObjectProcedure).values(alarm_type=AlarmType.FIRE))
    assert (await olga.dispatch.procedure(scene.alarm_id)).steps == ()
    assert (await refused(olga.dispatch.begin(scene.alarm_id))).code is ErrorCode.CONFLICT


async def test_a_run_copies_the_steps_and_whoever_changes_the_plan_changes_nothing_in_it(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    before = await olga.dispatch.procedure(scene.alarm_id)
    assert (before.version, [step.text for step in before.steps]) == (0, ["step 1", "step 2", "step 3", "step 4"])
    begun = await olga.dispatch.begin(scene.alarm_id)
    assert (begun.version, begun.next_step, begun.started_by_name) == (1, 1, "Operator")
    async with db.write() as session:
        for row in await session.scalars(select(ObjectProcedure)):
            row.text = "changed"
        await session.delete(await session.get_one(ObjectContact, scene.contact_id))
    again = await olga.dispatch.begin(scene.alarm_id)
    assert again == begun
    call = again.steps[1]
    assert (call.text, call.contact_name, call.contact_phone) == ("step 2", "Jan Kowalski", "+48 600 100 200")
    assert [row.action for row in await audited(db)] == ["procedure.begun"]


async def test_steps_are_done_or_skipped_and_a_call_and_a_patrol_write_their_lines(
    olga: StamClient, scene: Scene, db: Database
) -> None:
    run = await olga.dispatch.begin(scene.alarm_id)
    decide = olga.dispatch.decide_step
    run = await decide(scene.alarm_id, 2, StepState.DONE, version=1, outcome=CallOutcome.NO_ANSWER)
    assert (run.next_step, run.steps[1].decided_by_name) == (1, "Operator")
    run = await decide(scene.alarm_id, 1, StepState.SKIPPED, version=2, text="known")
    run = await decide(scene.alarm_id, 3, StepState.DONE, version=3, finding=Finding.DIFFERENT, text="door open")
    assert (run.next_step, run.completed_at) == (4, None)
    run = await decide(scene.alarm_id, 4, StepState.DONE, version=4)
    assert run.next_step is None
    assert run.completed_at is not None
    assert [step.state for step in run.steps] == [StepState.SKIPPED, *3 * [StepState.DONE]]
    lines = {entry.id: entry for entry in (await olga.dispatch.entries(bundle_id=scene.alarm_id)).items}
    assert [lines[step.entry_id].kind for step in run.steps if step.entry_id] == [EntryKind.CALL, EntryKind.PATROL_SENT]
    call = lines[run.steps[1].entry_id or uuid4()]
    assert (call.outcome, call.contact_id, call.contact_name) == (CallOutcome.NO_ANSWER, scene.contact_id, "Jan Kowalski")
    actions = [row.action for row in await audited(db)]
    assert actions == ["procedure.begun", "procedure.step_done", "procedure.step_skipped", *2 * ["procedure.step_done"]]
    assert "door open" not in str([row.detail for row in await audited(db)])


async def test_two_who_decide_at_once_decide_once(api: Api, login: Login, olga: StamClient, scene: Scene) -> None:
    master = await login(api, "master")
    run = await olga.dispatch.begin(scene.alarm_id)
    await olga.dispatch.decide_step(scene.alarm_id, 1, StepState.DONE, version=run.version)
    late = await refused(master.dispatch.decide_step(scene.alarm_id, 1, StepState.DONE, version=run.version))
    assert late.code is ErrorCode.STALE_VERSION
    assert late.current is not None
    assert late.current["version"] == 2
    decided = await refused(master.dispatch.decide_step(scene.alarm_id, 1, StepState.DONE, version=2))
    assert decided.code is ErrorCode.CONFLICT


async def test_a_step_decided_again_with_its_key_is_answered_again(olga: StamClient, scene: Scene, db: Database) -> None:
    await olga.dispatch.begin(scene.alarm_id)
    call: dict[str, Any] = {"version": 1, "outcome": CallOutcome.BUSY, "idempotency_key": "step-2-once"}
    first = await olga.dispatch.decide_step(scene.alarm_id, 2, StepState.DONE, **call)
    assert await olga.dispatch.decide_step(scene.alarm_id, 2, StepState.DONE, **call) == first
    assert len(await all_rows(db, Row)) == 1


@pytest.mark.parametrize(
    ("number", "state", "result", "field"),
    [
        (1, StepState.SKIPPED, {}, "text"),
        (2, StepState.DONE, {}, "outcome"),
        (3, StepState.DONE, {}, "finding"),
        (3, StepState.DONE, {"finding": Finding.DIFFERENT}, "text"),
        (1, StepState.DONE, {"outcome": CallOutcome.BUSY}, "state"),
        (1, StepState.PENDING, {}, "state"),
    ],
)
async def test_a_step_without_what_it_needs_is_refused_by_the_field(
    olga: StamClient, scene: Scene, number: int, state: StepState, result: dict[str, Any], field: str
) -> None:
    await olga.dispatch.begin(scene.alarm_id)
    error = await refused(olga.dispatch.decide_step(scene.alarm_id, number, state, version=1, **result))
    assert (error.code, [one.field for one in error.errors]) == (ErrorCode.VALIDATION, [field])


async def test_there_is_nothing_to_begin_without_steps_or_after_the_end(olga: StamClient, scene: Scene, db: Database) -> None:
    (bare,) = await add_alarms(db, await add_object(db), Priority.HIGH)
    assert (await refused(olga.dispatch.begin(bare))).code is ErrorCode.CONFLICT
    (closed,) = await add_alarms(db, scene.object_id, Priority.HIGH, status=BundleStatus.CLOSED)
    assert (await refused(olga.dispatch.begin(closed))).code is ErrorCode.WRONG_STATUS
    unbegun = olga.dispatch.decide_step(scene.alarm_id, 1, StepState.DONE, version=1)
    assert (await refused(unbegun)).code is ErrorCode.NOT_FOUND
    await olga.dispatch.begin(scene.alarm_id)
    nowhere = olga.dispatch.decide_step(scene.alarm_id, 5, StepState.DONE, version=1)
    assert (await refused(nowhere)).code is ErrorCode.NOT_FOUND
