"""Timed reveals over the running API, Temporal and a worker (R-REVEAL)."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from temporalio.client import Client

from activities import worker
from activities.db.models.audit_log import AuditEntry
from activities.db.models.secret_reveals import SecretReveal
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.secrets import Reveal
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from tests.api.secret_data import add_secret
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.domain import reveal as rules
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role
from workflows.domain.reveal import VISIBLE_FOR, RevealState

Login = Callable[..., Any]
REASON = "Patrol at the gate"
VALUE = "zielona furtka 4711"


async def refused(call: Coroutine[Any, Any, Any]) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


@pytest.fixture
async def secret(db: Database) -> UUID:
    return await add_secret(db, await add_object(db), VALUE)


async def row_of(db: Database, reveal_id: UUID) -> SecretReveal:
    async with db.read() as session:
        return await session.get_one(SecretReveal, reveal_id)


async def pass_time(db: Database, by: timedelta) -> None:
    """For all reveals, as the database's clock would."""
    async with db.write() as session:
        times = {name: getattr(SecretReveal, name) - by for name in ("asked_at", "opened_at", "expires_at")}
        await session.execute(update(SecretReveal).values(**times))


# -- seeing it


async def test_it_is_told_once_to_who_asked_and_says_until_when(
    whole_api: Api, login: Login, db: Database, secret: UUID
) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, f"  {REASON} ")
    assert (asked.state, asked.reason, asked.label, asked.username) == (RevealState.VISIBLE, REASON, "Back door", "operator")
    assert asked.expires_at is not None
    assert asked.expires_at - asked.asked_at >= VISIBLE_FOR
    async with whole_api.http(operator.session.access_token) as http:
        answer = await http.get(f"/api/reveals/{asked.id}/secret")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["value"] == VALUE
    again = await refused(operator.secrets.value(asked.id))
    assert (again.status, again.code) == (409, ErrorCode.REVEAL_SPENT)


async def test_two_who_fetch_at_once_get_it_once(whole_api: Api, login: Login, secret: UUID) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    answers = await asyncio.gather(*(operator.secrets.value(asked.id) for _ in range(4)), return_exceptions=True)
    told = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert [answer.value for answer in told] == [VALUE]
    assert VALUE not in repr(told)


async def test_another_session_of_the_same_user_and_another_user_are_told_nothing(
    whole_api: Api, login: Login, secret: UUID
) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    for other in (await login(whole_api, "operator"), await login(whole_api, "master")):
        assert (await refused(other.secrets.value(asked.id))).code is ErrorCode.NOT_FOUND
    assert (await operator.secrets.value(asked.id)).value == VALUE


async def test_after_its_minute_it_is_refused_by_the_clock(whole_api: Api, login: Login, db: Database, secret: UUID) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    await pass_time(db, VISIBLE_FOR)
    over = await refused(operator.secrets.value(asked.id))
    assert (over.status, over.code) == (410, ErrorCode.REVEAL_OVER)
    assert (await operator.secrets.reveals()).items[0].state is RevealState.EXPIRED
    assert (await row_of(db, asked.id)).state is RevealState.VISIBLE, "its workflow has not said so yet"


async def test_without_a_worker_nothing_shows_late_and_the_end_is_caught_up(
    settings: Settings,
    people: People,
    login: Login,
    db: Database,
    secret: UUID,
    temporal_client: Client,
    temporal_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker stops while the secret is visible; the minute is shorter here."""
    monkeypatch.setattr(rules, "VISIBLE_FOR", timedelta(seconds=2))  # of the workflow
    monkeypatch.setattr("activities.reveals.VISIBLE_FOR", timedelta(seconds=2))
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with serving(with_temporal) as api:
        operator = await login(api, "operator")
        async with worker.build(temporal_client, db, with_temporal):
            asked = await operator.secrets.reveal(secret, REASON)
        assert asked.expires_at is not None
        ends_at = asked.expires_at
        await eventually(lambda: datetime.now(UTC) > ends_at)
        assert (await refused(operator.secrets.value(asked.id))).code is ErrorCode.REVEAL_OVER
        assert (await row_of(db, asked.id)).state is RevealState.VISIBLE
        async with worker.build(temporal_client, db, with_temporal):
            row = await eventually(lambda: _ended(db, asked.id), within=40)
    assert row is not None
    assert (row.state, row.ended_by, row.spent_at) == (RevealState.EXPIRED, None, None)


async def _ended(db: Database, reveal_id: UUID) -> SecretReveal | None:
    row = await row_of(db, reveal_id)
    return row if row.ended_at is not None else None


async def test_a_deleted_secret_is_told_no_more(whole_api: Api, login: Login, db: Database, secret: UUID) -> None:
    operator, admin = await login(whole_api, "operator"), await login(whole_api, "admin")
    asked = await operator.secrets.reveal(secret, REASON)
    (kept,) = (await admin.secrets.of_object(asked.object_id)).items
    await admin.secrets.delete(kept)
    assert (await refused(operator.secrets.value(asked.id))).code is ErrorCode.REVEAL_OVER
    assert (await refused(operator.secrets.reveal(secret, REASON))).code is ErrorCode.NOT_FOUND


async def test_a_secret_under_a_lost_key_says_so_and_is_not_spent(
    whole_api: Api, login: Login, db: Database, secret: UUID
) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    async with db.write() as session:
        await session.execute(text("UPDATE secrets SET key_id = 'lost'"))
    error = await refused(operator.secrets.value(asked.id))
    assert (error.status, error.code) == (500, ErrorCode.SECRET_UNREADABLE)
    assert (await row_of(db, asked.id)).spent_at is None


# -- hiding it


async def test_hiding_ends_it_at_once_and_can_be_repeated(whole_api: Api, login: Login, db: Database, secret: UUID) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    hidden = await operator.secrets.hide(asked.id)
    again = await operator.secrets.hide(asked.id)
    assert (hidden.state, hidden.ended_by) == (RevealState.HIDDEN, operator.user.id)
    assert again == hidden
    assert (await refused(operator.secrets.value(asked.id))).code is ErrorCode.REVEAL_OVER
    assert (await row_of(db, asked.id)).state is RevealState.HIDDEN


async def test_the_master_hides_what_others_reveal_and_nobody_else_does(whole_api: Api, login: Login, secret: UUID) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    for other in ("operator2", "admin", "auditor"):
        assert (await refused((await login(whole_api, other)).secrets.hide(asked.id))).code is ErrorCode.NOT_FOUND
    master = await login(whole_api, "master")
    hidden = await master.secrets.hide(asked.id)
    assert (hidden.state, hidden.ended_by) == (RevealState.HIDDEN, master.user.id)
    assert (await refused(operator.secrets.hide(uuid4()))).code is ErrorCode.NOT_FOUND


async def test_hiding_takes_effect_even_when_its_workflow_cannot_be_reached(
    whole_api: Api, login: Login, db: Database, secret: UUID, temporal_client: Client
) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    await temporal_client.get_workflow_handle(names.reveal_workflow_id(asked.id)).terminate()
    assert (await refused(operator.secrets.hide(asked.id))).code is ErrorCode.TEMPORAL_UNAVAILABLE
    assert (await refused(operator.secrets.value(asked.id))).code is ErrorCode.REVEAL_SPENT


# -- asking


async def test_without_temporal_nothing_is_visible_and_nothing_counts(
    api: Api, login: Login, db: Database, secret: UUID
) -> None:
    operator = await login(api, "operator")
    for _ in range(2):
        error = await refused(operator.secrets.reveal(secret, REASON))
        assert (error.status, error.code, error.retry_after) == (503, ErrorCode.TEMPORAL_UNAVAILABLE, 2)
    rows = await all_rows(db, SecretReveal)
    assert {(row.state, row.opened_at) for row in rows} == {(RevealState.EXPIRED, None)}
    for row in rows:
        assert (await refused(operator.secrets.value(row.id))).code is ErrorCode.REVEAL_OVER


async def test_a_workflow_that_comes_too_late_opens_nothing(
    settings: Settings,
    people: People,
    login: Login,
    db: Database,
    secret: UUID,
    temporal_client: Client,
    temporal_address: str,
) -> None:
    """Temporal took the start, but no worker was there: who asked was told no, and so it stays."""
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with serving(with_temporal) as api:
        operator = await login(api, "operator")
        assert (await refused(operator.secrets.reveal(secret, REASON))).code is ErrorCode.TEMPORAL_UNAVAILABLE
        (row,) = await all_rows(db, SecretReveal)
        handle = temporal_client.get_workflow_handle(names.reveal_workflow_id(row.id))
        async with worker.build(temporal_client, db, with_temporal):
            assert (await handle.result())["state"] == RevealState.EXPIRED
        assert (await refused(operator.secrets.value(row.id))).code is ErrorCode.REVEAL_OVER
    (row,) = await all_rows(db, SecretReveal)
    assert (row.state, row.opened_at) == (RevealState.EXPIRED, None)


@pytest.mark.parametrize("reason", ["", "    x    ", "abcd", "a" * 501, "with a \x00 inside"])
async def test_a_reason_is_five_characters_or_more(api: Api, login: Login, db: Database, secret: UUID, reason: str) -> None:
    operator = await login(api, "operator")
    error = await refused(operator.secrets.reveal(secret, reason))
    assert ([found.field for found in error.errors], error.status) == (["reason"], 422)
    assert await all_rows(db, SecretReveal) == []


async def test_who_what_when_and_why_are_audited(whole_api: Api, login: Login, db: Database, secret: UUID) -> None:
    operator = await login(whole_api, "operator")
    asked = await operator.secrets.reveal(secret, REASON)
    await operator.secrets.value(asked.id)
    await operator.secrets.hide(asked.id)
    async with db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action.startswith("reveal.")).order_by(AuditEntry.id)
        entries = (await session.scalars(query)).all()
    assert [entry.action for entry in entries] == ["reveal.asked", "reveal.shown", "reveal.hidden"]
    assert {entry.actor_id for entry in entries} == {operator.user.id}
    assert entries[0].subject_id == secret
    assert entries[0].detail is not None
    assert (entries[0].detail["reason"], entries[0].detail["reveal_id"]) == (REASON, str(asked.id))


async def test_assigned_people_reveal_the_secrets_of_their_objects_alone(
    whole_api: Api, login: Login, db: Database, people: People
) -> None:
    ours, other = await add_object(db), await add_object(db)
    inside, outside = await add_secret(db, ours, VALUE), await add_secret(db, other, VALUE)
    for username in ("technician", "field_worker"):
        await assign(db, people[username], ours)
        somebody = await login(whole_api, username)
        asked = await somebody.secrets.reveal(inside, REASON)
        assert (await somebody.secrets.value(asked.id)).value == VALUE
        assert (await refused(somebody.secrets.reveal(outside, REASON))).code is ErrorCode.NOT_FOUND


# -- how often


async def reveal_before(db: Database, secret: UUID, user_id: UUID, *ages: timedelta, opened: bool = True) -> None:
    """Reveals of the past."""
    async with db.write() as session:
        object_id = await session.scalar(text("SELECT object_id FROM secrets WHERE id = :id"), {"id": secret})
        for age in ages:
            at = datetime.now(UTC) - age
            session.add(
                SecretReveal(
                    secret_id=secret,
                    object_id=object_id,
                    user_id=user_id,
                    family_id=uuid4(),
                    role=Role.OPERATOR,
                    reason="before",
                    state=RevealState.EXPIRED,
                    asked_at=at,
                    opened_at=at if opened else None,
                )
            )


async def test_the_hours_limit_is_a_429_that_says_when_and_is_audited(
    whole_api: Api, login: Login, db: Database, people: People, secret: UUID
) -> None:
    minutes = [timedelta(minutes=each) for each in (50, 40, 30, 20, 15, 10, 5, 4, 3)]
    await reveal_before(db, secret, people["operator"], timedelta(minutes=61), *minutes)
    await reveal_before(db, secret, people["operator"], timedelta(minutes=1), opened=False)
    operator = await login(whole_api, "operator")
    await operator.secrets.reveal(secret, REASON)
    error = await refused(operator.secrets.reveal(secret, REASON))
    assert (error.status, error.code) == (429, ErrorCode.RATE_LIMITED)
    assert error.retry_after is not None
    assert 570 < error.retry_after <= 600  # the oldest of the hour is 50 minutes old
    async with db.read() as session:
        refusals = select(AuditEntry).where(AuditEntry.action == "reveal.refused")
        assert [entry.actor_id for entry in await session.scalars(refusals)] == [people["operator"]]


async def test_requests_side_by_side_cannot_exceed_the_limit(
    whole_api: Api, login: Login, db: Database, people: People, secret: UUID
) -> None:
    await reveal_before(db, secret, people["operator"], *[timedelta(minutes=each) for each in range(1, 9)])
    sessions = [await login(whole_api, "operator") for _ in range(2)]
    asking = [sessions[number % 2].secrets.reveal(secret, REASON) for number in range(6)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(answer, Reveal) for answer in answers) == 2
    assert [answer.code for answer in answers if isinstance(answer, ApiError)] == [ErrorCode.RATE_LIMITED] * 4


async def test_admins_have_no_limit(whole_api: Api, login: Login, db: Database, people: People, secret: UUID) -> None:
    await reveal_before(db, secret, people["admin"], *[timedelta(minutes=1)] * 30)
    assert (await (await login(whole_api, "admin")).secrets.reveal(secret, REASON)).state is RevealState.VISIBLE


# -- who sees what was revealed


@pytest.fixture
async def some(whole_api: Api, login: Login, secret: UUID) -> tuple[StamClient, list[Reveal]]:
    """An operator, his reveal and one of the second operator."""
    operator, second = await login(whole_api, "operator"), await login(whole_api, "operator2")
    return operator, [await operator.secrets.reveal(secret, REASON), await second.secrets.reveal(secret, "Burglary, police")]


async def test_one_sees_ones_own_reveals_and_the_auditor_everybodys_with_reasons(
    whole_api: Api, login: Login, people: People, secret: UUID, some: tuple[StamClient, list[Reveal]]
) -> None:
    operator, (own, other) = some
    assert [found.id for found in (await operator.secrets.reveals()).items] == [own.id]
    assert (await refused(operator.secrets.reveals(user_id=people["operator2"]))).code is ErrorCode.FORBIDDEN
    auditor = await login(whole_api, "auditor")
    everybodys = (await auditor.secrets.reveals(secret_id=secret)).items
    assert [(found.id, found.reason) for found in everybodys] == [(other.id, "Burglary, police"), (own.id, REASON)]
    assert [found.id for found in (await auditor.secrets.reveals(user_id=people["operator"])).items] == [own.id]
    assert (await auditor.secrets.reveals(until=own.asked_at)).items == ()
    first = await auditor.secrets.reveals(limit=1)
    rest = await auditor.secrets.reveals(limit=1, cursor=first.next_cursor)
    assert [found.id for found in (*first.items, *rest.items)] == [other.id, own.id]
