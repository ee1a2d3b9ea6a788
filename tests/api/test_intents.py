"""R-OFFLINE over HTTP: what was queued without a connection is applied once, expired, or rejected with its reason."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from activities.db.models.audit_log import AuditEntry
from activities.db.models.callbacks import CallbackRow
from activities.db.models.dispatch_log import DispatchEntry
from activities.db.models.intents import IntentRow
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.intents import Intent, QueuedCallback, QueuedEntry, as_json
from tests.api.alarm_data import add_alarms, add_object
from tests.api.conftest import Api
from tests.support.rows import all_rows
from workflows.domain.alarm import Priority
from workflows.domain.dispatch import EntryKind
from workflows.domain.errors import ErrorCode
from workflows.domain.intent import IntentOutcome

Login = Callable[..., Any]
MINUTE = timedelta(minutes=1)
NOTE = QueuedEntry(kind=EntryKind.NOTE, text="the gate was open")


@pytest.fixture
async def alarm_id(db: Database) -> UUID:
    (made,) = await add_alarms(db, await add_object(db), Priority.HIGH)
    return made


@pytest.fixture
async def olga(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "operator")
    return client


def intent(alarm_id: UUID | None, *, ago: timedelta = 5 * MINUTE, lives: timedelta = 60 * MINUTE, **what: Any) -> Intent:
    made_at = datetime.now(UTC) - ago
    members = what or {"entry": NOTE}
    return Intent(id=uuid4(), made_at=made_at, expires_at=made_at + lives, bundle_id=alarm_id, **members)


async def test_what_was_queued_is_written_once_with_the_time_at_which_it_was_made(
    olga: StamClient, alarm_id: UUID, db: Database
) -> None:
    sent = intent(alarm_id)
    answers = [*await olga.intents.sync([sent]), *await olga.intents.sync([sent])]
    (row,) = await all_rows(db, DispatchEntry)
    assert {(one.id, one.outcome, one.result_id) for one in answers} == {(sent.id, IntentOutcome.APPLIED, row.id)}
    assert (row.occurred_at, row.text, row.bundle_id) == (sent.made_at, "the gate was open", alarm_id)
    audited = [entry.action for entry in await all_rows(db, AuditEntry) if entry.subject_kind in {"dispatch", "intent"}]
    assert audited == ["dispatch.added"]


async def test_two_screens_that_send_the_same_at_the_same_time_write_one_line(
    olga: StamClient, alarm_id: UUID, db: Database
) -> None:
    sent = intent(alarm_id)
    answers = await asyncio.gather(*(olga.intents.sync([sent]) for _ in range(4)))
    assert len({answer for (answer,) in answers}) == len(await all_rows(db, DispatchEntry)) == 1


async def test_they_are_applied_in_their_order_and_one_that_is_rejected_keeps_none_back(
    olga: StamClient, alarm_id: UUID, db: Database
) -> None:
    before = REGISTRY.get_sample_value("intent_sync_rejected_total", {"outcome": "REJECTED"}) or 0
    kinds = (EntryKind.PATROL_LEFT, EntryKind.PATROL_SENT, EntryKind.PATROL_ON_SITE)
    sent = [intent(alarm_id, ago=(9 - n) * MINUTE, entry=QueuedEntry(kind=kind)) for n, kind in enumerate(kinds)]
    answers = await olga.intents.sync(sent)
    assert [(one.outcome, one.code) for one in answers] == [
        (IntentOutcome.REJECTED, ErrorCode.CONFLICT),
        (IntentOutcome.APPLIED, None),
        (IntentOutcome.APPLIED, None),
    ]
    assert answers[0].reason == "No patrol is under way or on site."
    assert [row.oddity for row in await all_rows(db, DispatchEntry)] == [None, None]
    assert REGISTRY.get_sample_value("intent_sync_rejected_total", {"outcome": "REJECTED"}) == before + 1
    assert [entry.detail["outcome"] for entry in await all_rows(db, AuditEntry) if entry.action == "intent.refused"] == [
        "REJECTED"
    ]


async def test_what_has_expired_is_not_done_but_what_was_done_before_stays_done(
    olga: StamClient, alarm_id: UUID, db: Database
) -> None:
    late, done = intent(alarm_id, ago=70 * MINUTE), intent(alarm_id, lives=10 * MINUTE)
    (first,) = await olga.intents.sync([done])
    over = replace(done, made_at=done.made_at - 60 * MINUTE, expires_at=done.expires_at - 60 * MINUTE)
    answers = await olga.intents.sync([late, over])
    assert [one.outcome for one in answers] == [IntentOutcome.EXPIRED, IntentOutcome.APPLIED]
    assert answers[1] == first
    assert len(await all_rows(db, DispatchEntry)) == 1


async def test_an_alarm_that_has_changed_is_a_reason_where_the_intent_says_so(olga: StamClient, alarm_id: UUID) -> None:
    version = (await olga.alarm(alarm_id)).version
    answers = await olga.intents.sync(
        [replace(intent(alarm_id), version=version + 1), replace(intent(alarm_id), version=version)]
    )
    assert [(one.outcome, one.code) for one in answers] == [
        (IntentOutcome.REJECTED, ErrorCode.STALE_VERSION),
        (IntentOutcome.APPLIED, None),
    ]


async def test_a_call_back_that_became_due_meanwhile_rings_at_once(olga: StamClient, alarm_id: UUID, db: Database) -> None:
    wanted = QueuedCallback(due_at=datetime.now(UTC) - 2 * MINUTE, text="Ask about the keys")
    (answer,) = await olga.intents.sync([intent(alarm_id, callback=wanted)])
    (row,) = await all_rows(db, CallbackRow)
    assert (answer.outcome, answer.result_id) == (IntentOutcome.APPLIED, row.id)
    assert (row.text, row.due_at > wanted.due_at) == ("Ask about the keys", True)


async def test_what_is_about_nothing_there_is_rejected(olga: StamClient, db: Database) -> None:
    nowhere, there = replace(intent(None), object_id=uuid4()), replace(intent(None), object_id=await add_object(db))
    answers = await olga.intents.sync([intent(uuid4()), nowhere, there])
    assert [one.code for one in answers] == [ErrorCode.NOT_FOUND, ErrorCode.NOT_FOUND, None]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"object_id": str(uuid4())}, "intents.0"),
        ({"entry": None}, "intents.0"),
        ({"expires_at": "tomorrow"}, "intents.0.expires_at"),
        ({"entry": {"kind": "ACK"}}, "intents.0.entry.kind"),
    ],
)
async def test_what_is_no_intent_at_all_is_refused_with_the_field(
    olga: StamClient, alarm_id: UUID, db: Database, changed: dict[str, Any], field: str
) -> None:
    body = {"intents": [as_json(intent(alarm_id)) | changed]}
    with pytest.raises(ApiError) as error:
        await olga.session.call("POST", "/api/intents/sync", body=body)
    assert error.value.code is ErrorCode.VALIDATION
    assert [one.field for one in error.value.errors] == [field]
    assert await all_rows(db, IntentRow) == []


async def test_a_key_of_somebody_else_is_no_key_of_mine(api: Api, login: Login, olga: StamClient, alarm_id: UUID) -> None:
    sent = intent(alarm_id)
    other = await login(api, "master")
    (mine,), (theirs,) = await olga.intents.sync([sent]), await other.intents.sync([sent])
    assert mine.outcome is theirs.outcome is IntentOutcome.APPLIED
    assert mine.result_id != theirs.result_id
