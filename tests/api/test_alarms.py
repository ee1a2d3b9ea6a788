"""The alarm list, detail and timeline (R-BUNDLE, R-RBAC)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.events import EventRow
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.zones import Zone
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import TimelineKind
from tests.api.alarm_data import START, add_alarms, add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.support.bundles import Scene, seed_scene, set_columns
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Family, Priority, SignalSource, Source
from workflows.domain.bundle import Action, BundleStatus
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]
C, H, M, L = Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW


async def _all_ids(client: StamClient, **query: Any) -> list[UUID]:
    """Every page after the other."""
    found: list[UUID] = []
    cursor = None
    while True:
        page = await client.alarms(cursor=cursor, **query)
        found += [alarm.id for alarm in page.items]
        if (cursor := page.next_cursor) is None:
            return found


async def test_urgency_puts_the_oldest_of_the_most_urgent_first(api: Api, login: Login, db: Database) -> None:
    low, critical, high, critical2 = await add_alarms(db, await add_object(db), L, C, H, C)
    client = await login(api, "operator")
    assert await _all_ids(client, limit=3) == [critical, critical2, high, low]
    assert await _all_ids(client, order="newest", limit=3) == [critical2, high, critical, low]


async def test_lines_lost_together_tell_what_they_have_in_common(api: Api, login: Login, db: Database) -> None:
    where = await add_object(db)
    (lost,) = await add_alarms(db, where, M, alarm_type=AlarmType.COMM_LOSS, cause="198.51.100.7")
    (alone,) = await add_alarms(db, where, H)
    client = await login(api, "operator")
    listed = {alarm.id: alarm.cause for alarm in (await client.alarms()).items}
    assert listed == {lost: "198.51.100.7", alone: ""}
    assert (await client.alarm(lost)).cause == "198.51.100.7"


async def test_pages_stay_whole_while_alarms_are_inserted_and_none_is_shown_twice(api: Api, login: Login, db: Database) -> None:
    where = await add_object(db)
    before = await add_alarms(db, where, *[H, C, M, L, H] * 6)
    client = await login(api, "operator")
    seen: list[UUID] = []
    cursor = None
    for number in range(100):
        page = await client.alarms(limit=4, cursor=cursor)
        seen += [alarm.id for alarm in page.items]
        if (cursor := page.next_cursor) is None:
            break
        await add_alarms(db, where, C, L, first_at=START + timedelta(days=1, minutes=number))
    assert len(seen) == len(set(seen))
    assert [alarm for alarm in seen if alarm in set(before)] == await _all_ids(client, to=START + timedelta(hours=1))


async def test_filters_narrow_the_list(api: Api, login: Login, db: Database) -> None:
    shop, bank = await add_object(db, "Shop"), await add_object(db, "Bank Łódź")
    new, _ = await add_alarms(db, shop, C, L)
    (closed,) = await add_alarms(db, shop, C, status=BundleStatus.CLOSED, alarm_type=AlarmType.FIRE)
    (acked,) = await add_alarms(db, bank, M, status=BundleStatus.ACK, first_at=START + timedelta(days=2))
    client = await login(api, "operator")
    assert await _all_ids(client, open=False) == [closed]
    assert await _all_ids(client, open=True, priority=[C]) == [new]
    assert await _all_ids(client, status=[BundleStatus.ACK, BundleStatus.CLOSED]) == [closed, acked]
    assert await _all_ids(client, open=True, status=[BundleStatus.ACK, BundleStatus.CLOSED]) == [acked]
    assert await _all_ids(client, alarm_type=[AlarmType.FIRE]) == [closed]
    assert await _all_ids(client, object_id=bank) == await _all_ids(client, q="łódź") == [acked]
    assert await _all_ids(client, from_=START + timedelta(days=1)) == [acked]
    assert await _all_ids(client, q="%") == []


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "limit=0", "limit=201", "status=NOPE", "from=yesterday", "from=2026-11-01T00:00:00"]
)
async def test_a_bad_query_is_a_validation_problem_that_names_the_field(api: Api, login: Login, query: str) -> None:
    client = await login(api, "operator")
    async with api.http(client.session.access_token) as http:
        answer = await http.get(f"/api/alarms?{query}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "VALIDATION")
    assert problem["errors"][0]["field"].split(".")[0] == query.split("=")[0]


async def test_a_technician_sees_alarms_of_assigned_objects_only(api: Api, login: Login, db: Database, people: People) -> None:
    mine, other = await add_object(db, "Mine"), await add_object(db, "Other")
    (visible,) = await add_alarms(db, mine, H)
    (hidden,) = await add_alarms(db, other, C)
    await assign(db, people["technician"], mine)
    client = await login(api, "technician")
    assert await _all_ids(client) == [visible]
    assert await _all_ids(client, object_id=other) == []
    assert (await client.alarm(visible)).allowed_actions == ()
    for look in (client.alarm(hidden), client.timeline(hidden), client.object(other)):
        with pytest.raises(ApiError) as refused:
            await look
        assert refused.value.code is ErrorCode.NOT_FOUND
    with pytest.raises(ApiError) as refused:
        await client.act(visible, Action.CLAIM, version=1)
    assert refused.value.code is ErrorCode.FORBIDDEN


async def _event(db: Database, scene: Scene, panel_id: UUID, at: datetime, **values: Any) -> None:
    row = {
        "id": uuid7(),
        "minute": at.replace(second=0, microsecond=0),
        "dedup_key": str(uuid7()),
        "source": SignalSource.EDGE,
        "object_id": scene.object_id,
        "panel_id": panel_id,
        "bundle_id": scene.bundle_id,
        "alarm_type": AlarmType.INTRUSION,
        "priority": Priority.HIGH,
        "code": 130,
        "family": Family.ZONE_ALARM,
        "source_kind": Source.ZONE,
        "source_number": 5,
        "partition": 1,
        "occurred_at": at,
        "received_at": at,
        "recorded_at": at,
        "last_seen_at": at,
    }
    async with db.write() as session:
        await session.execute(insert(EventRow), [row | values])


async def _panel(db: Database, scene: Scene) -> UUID:
    panel = Panel(id=uuid7(), object_id=scene.object_id, name="Main", host="10.0.0.1")
    async with db.write() as session:
        session.add(panel)
        await session.flush()
        session.add(Zone(panel_id=panel.id, number=5, name="Magazyn"))
    return panel.id


async def test_the_detail_tells_zone_names_texts_and_what_one_may_do(
    api: Api, login: Login, db: Database, people: People
) -> None:
    scene = await seed_scene(db)
    panel_id = await _panel(db, scene)
    headline = {"code": 130, "source_kind": "ZONE", "source_number": 5, "panel_id": str(panel_id)}
    await set_columns(db, scene, headline=headline)
    await _event(db, scene, panel_id, datetime.now(UTC))
    detail = await (await login(api, "operator")).alarm(scene.bundle_id)
    assert detail.object.name == detail.object_name == "Pharmacy"
    assert detail.headline.source_name == detail.events[0].source_name == "Magazyn"
    assert detail.events[0].text.en
    assert detail.events[0].text.pl
    assert detail.events[0].text.en != detail.events[0].text.pl
    assert detail.allowed_actions == (Action.CLAIM, Action.ADD_NOTE)
    assert detail.workflow_id == names.bundle_workflow_id(scene.bundle_id)
    assert detail.temporal_url.endswith(f"/namespaces/default/workflows/bundle%2F{scene.bundle_id}")
    await set_columns(db, scene, status=BundleStatus.IN_PROGRESS, claimed_by=people["operator"])
    assert (await (await login(api, "operator2")).alarm(scene.bundle_id)).allowed_actions == (Action.TAKE_OVER, Action.ADD_NOTE)
    assert Action.ACK in (await (await login(api, "master")).alarm(scene.bundle_id)).allowed_actions


async def test_the_timeline_tells_the_whole_story_in_order_and_what_comes_next(
    api: Api, login: Login, db: Database, people: People
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=3)
    scene = await seed_scene(db)
    panel_id = await _panel(db, scene)
    await _event(db, scene, panel_id, began)
    note_id = uuid7()
    step: dict[str, Any] = {"bundle_id": scene.bundle_id, "actor_id": people["operator"], "note_id": None}
    new, claiming = {"from_status": BundleStatus.NEW}, {"from_status": BundleStatus.CLAIMING}
    actions: list[dict[str, Any]] = [
        {"action": Action.CLAIM, "at": began + timedelta(seconds=10), **new, "to_status": BundleStatus.CLAIMING, "version": 2},
        {
            "action": Action.EXPIRE_CLAIM,
            "actor_id": None,
            "at": began + timedelta(seconds=40),
            **claiming,
            "to_status": BundleStatus.NEW,
            "version": 3,
        },
        {
            "action": Action.ADD_NOTE,
            "at": began + timedelta(seconds=50),
            **new,
            "to_status": BundleStatus.NEW,
            "version": 4,
            "note_id": note_id,
        },
        {"action": Action.CLAIM, "at": began + timedelta(seconds=60), **new, "to_status": BundleStatus.CLAIMING, "version": 5},
    ]
    async with db.write() as session:
        for id_, text in ((note_id, "rang the keyholder"), (uuid7(), "of a refused action")):
            at = began + timedelta(seconds=50)
            session.add(BundleNote(id=id_, bundle_id=scene.bundle_id, author_id=people["operator"], text=text, at=at))
        await session.flush()
        await session.execute(insert(BundleAction), [step | action | {"id": uuid7()} for action in actions])
    claimed_at = datetime.now(UTC)
    await set_columns(db, scene, status=BundleStatus.CLAIMING, status_changed_at=claimed_at, claimed_by=people["operator"])
    story = await (await login(api, "auditor")).timeline(scene.bundle_id)
    kinds = TimelineKind
    assert [item.kind for item in story.items] == [
        kinds.EVENT,
        kinds.ACTION,
        kinds.TIMER,
        kinds.NOTE,
        kinds.ACTION,
        kinds.SCHEDULED,
    ]
    event, claim, expired, note, _, scheduled = story.items
    assert event.event is not None
    assert event.event.source_name == "Magazyn"
    assert (claim.action, claim.actor_name, claim.version) == (Action.CLAIM, "Operator", 2)
    assert (expired.action, expired.actor_name) == (Action.EXPIRE_CLAIM, None)
    assert note.note is not None
    assert note.note.text == "rang the keyholder"
    assert (scheduled.action, scheduled.due_at) == (Action.EXPIRE_CLAIM, claimed_at + timedelta(seconds=30))


async def test_an_alarm_that_does_not_exist_is_not_found(api: Api, login: Login) -> None:
    client = await login(api, "operator")
    with pytest.raises(ApiError) as refused:
        await client.alarm(uuid7())
    assert (refused.value.status, refused.value.code) == (404, ErrorCode.NOT_FOUND)


async def test_an_alarm_of_an_object_that_was_deleted_since_is_still_shown(api: Api, login: Login, db: Database) -> None:
    scene = await seed_scene(db)
    async with db.write() as session:
        (await session.get_one(GuardedObject, scene.object_id)).deleted_at = datetime.now(UTC)
    client = await login(api, "operator")
    assert (await client.alarm(scene.bundle_id)).object.name == "Pharmacy"
    assert (await client.objects()).items == ()


async def test_events_are_listed_newest_first_and_filtered(api: Api, login: Login, db: Database) -> None:
    scene = await seed_scene(db)
    panel_id = await _panel(db, scene)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for minute in range(5):
        await _event(db, scene, panel_id, began + timedelta(minutes=minute), code=130 + minute)
    await _event(db, scene, panel_id, began, code=400, alarm_type=None, priority=None, bundle_id=None)
    client = await login(api, "operator")
    page = await client.events(bundle_id=scene.bundle_id, limit=3)
    rest = await client.events(bundle_id=scene.bundle_id, limit=3, cursor=page.next_cursor)
    assert [event.code for event in (*page.items, *rest.items)] == [134, 133, 132, 131, 130]
    assert rest.next_cursor is None
    assert len((await client.events(panel_id=panel_id)).items) == 6
    assert len((await client.events(panel_id=panel_id, alarms_only=True)).items) == 5
    narrow = await client.events(object_id=scene.object_id, from_=began + timedelta(minutes=1), to=began + timedelta(minutes=3))
    assert [event.code for event in narrow.items] == [132, 131]
    with pytest.raises(ApiError) as refused:
        await (await login(api, "field_worker")).events()
    assert refused.value.code is ErrorCode.FORBIDDEN
