"""R-HISTORY over HTTP: call-backs are set, listed and decided; Temporal away loses none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from activities.db.models.callbacks import CallbackRow
from activities.db.models.outbox import OutboxRow
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.domain.alarm import Priority
from workflows.domain.callback import CallbackState, Decision
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]
HOUR = timedelta(hours=1)


def soon() -> datetime:
    return datetime.now(UTC) + HOUR


async def refused(call: Any) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


@pytest.fixture
async def object_id(db: Database) -> UUID:
    return await add_object(db)


async def test_while_temporal_is_away_one_is_set_and_none_is_decided_and_nothing_is_half_done(
    api: Api, login: Login, object_id: UUID, db: Database
) -> None:
    olga: StamClient = await login(api, "operator")
    made = await olga.dispatch.set_callback(object_id=object_id, due_at=soon(), text="ask", idempotency_key="call-back-1")
    again = await olga.dispatch.set_callback(object_id=object_id, due_at=soon(), text="ask", idempotency_key="call-back-1")
    assert (made.state, made.created_by_name, made.object_name) == (CallbackState.PENDING, "Operator", "Pharmacy")
    assert again == made
    (told,) = await all_rows(db, OutboxRow)
    assert (told.type, told.orchestrate, told.push) == (names.CALLBACK_SET, True, True)
    assert told.payload == {"callback_id": str(made.id)}
    for decision in Decision:
        error = await refused(olga.dispatch.decide(made.id, decision, version=1, minutes=5))
        assert (error.code, error.status) == (ErrorCode.TEMPORAL_UNAVAILABLE, 503)
    assert await olga.dispatch.callback(made.id) == made


async def test_the_list_has_what_is_due_first_and_open_ones_unless_told_otherwise(
    api: Api, login: Login, object_id: UUID, db: Database
) -> None:
    olga: StamClient = await login(api, "operator")
    (alarm_id,) = await add_alarms(db, object_id, Priority.HIGH)
    later = await olga.dispatch.set_callback(object_id=object_id, due_at=soon() + HOUR, text="later")
    sooner = await olga.dispatch.set_callback(alarm_id=alarm_id, due_at=soon(), text="sooner")
    due = await olga.dispatch.set_callback(object_id=object_id, due_at=datetime.now(UTC), text="now")
    over = await olga.dispatch.set_callback(object_id=object_id, due_at=soon(), text="over")
    async with db.write() as session:
        (await session.get_one(CallbackRow, over.id)).state = CallbackState.DONE

    async def found(**filters: Any) -> list[UUID]:
        return [one.id for one in (await olga.dispatch.callbacks(**filters)).items]

    assert await found() == [due.id, sooner.id, later.id]
    assert await found(state=[CallbackState.DONE]) == [over.id]
    assert await found(bundle_id=alarm_id) == [sooner.id]
    assert await found(to=datetime.now(UTC) + HOUR / 2) == [due.id]
    page = await olga.dispatch.callbacks(limit=2)
    assert [one.id for one in (await olga.dispatch.callbacks(limit=2, cursor=page.next_cursor)).items] == [later.id]
    assert page.items[0].state is CallbackState.DUE, "by the clock, though its workflow has not come to say so"
    decided = await refused(olga.dispatch.decide(over.id, Decision.DONE, version=1))
    assert (decided.code, (decided.current or {})["state"]) == (ErrorCode.CONFLICT, "DONE")


async def test_a_call_back_of_nowhere_or_of_no_time_is_refused_by_its_field(api: Api, login: Login, object_id: UUID) -> None:
    olga: StamClient = await login(api, "operator")
    bad: tuple[tuple[dict[str, Any], str], ...] = (
        ({"object_id": object_id, "due_at": datetime.now(UTC) - HOUR}, "due_at"),
        ({"object_id": object_id, "due_at": datetime.now(UTC) + timedelta(days=31)}, "due_at"),
        ({"object_id": object_id, "due_at": soon(), "contact_id": uuid4()}, "contact_id"),
        ({"due_at": soon()}, "body"),
    )
    for members, field in bad:
        error = await refused(olga.dispatch.set_callback(text="ask", **members))
        assert (error.code, [one.field for one in error.errors]) == (ErrorCode.VALIDATION, [field])
    to_set = olga.dispatch.set_callback
    for call in (to_set(object_id=uuid4(), text="ask", due_at=soon()), to_set(alarm_id=uuid4(), text="ask", due_at=soon())):
        assert (await refused(call)).code is ErrorCode.NOT_FOUND
    assert (await refused(olga.dispatch.decide(uuid4(), Decision.DONE, version=1))).code is ErrorCode.NOT_FOUND


async def test_people_decide_once_and_who_comes_late_is_shown_what_is(whole_api: Api, login: Login, object_id: UUID) -> None:
    olga, master = await login(whole_api, "operator"), await login(whole_api, "master")
    made = await olga.dispatch.set_callback(object_id=object_id, due_at=soon(), text="ask")
    put_off = {"version": 1, "minutes": 30, "idempotency_key": "put-off-1"}
    later = await olga.dispatch.decide(made.id, Decision.POSTPONE, **put_off)
    assert (later.version, later.due_at - made.due_at, later.decided_by_name) == (2, HOUR / 2, "Operator")
    assert await olga.dispatch.decide(made.id, Decision.POSTPONE, **put_off) == later
    stale = await refused(master.dispatch.decide(made.id, Decision.CANCEL, version=1))
    assert (stale.code, (stale.current or {})["version"]) == (ErrorCode.STALE_VERSION, 2)
    done = await master.dispatch.decide(made.id, Decision.DONE, version=2)
    assert (done.state, done.decided_by_name) == (CallbackState.DONE, "Master")
    assert (await olga.dispatch.callbacks()).items == ()
