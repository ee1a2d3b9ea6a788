"""A socket's queue, without a socket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from activities.db.repositories.users import Person
from api.callers import Caller
from api.realtime.subscriber import Subscriber
from workflows.domain.permissions import Role


@pytest.fixture
async def subscriber() -> Subscriber:
    person = Person(
        id=uuid7(),
        username="olga",
        display_name="Olga",
        role=Role.OPERATOR,
        locale="pl",
        must_change_password=False,
        assigned=frozenset(),
    )
    caller = Caller(person=person, family_id=uuid7(), expires_at=datetime.now(UTC) + timedelta(minutes=15))
    return Subscriber(caller, heard=0)


async def test_nobody_waits_for_a_queue_that_nobody_empties(subscriber: Subscriber) -> None:
    """R-MODES: else whoever catches a socket up would wait for ever, and the server could not stop."""
    stuck = asyncio.Event()

    async def never_taken(_: str) -> None:
        stuck.set()
        await asyncio.Event().wait()

    subscriber.tell("one")
    subscriber.tell("two")
    sending = asyncio.create_task(subscriber.send_to(never_taken))
    await stuck.wait()
    waiting = asyncio.create_task(subscriber.drained())
    sending.cancel()
    async with asyncio.timeout(10):
        await waiting
        subscriber.tell("three")
        await subscriber.drained()
    assert subscriber.is_gone
