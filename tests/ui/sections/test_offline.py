"""What the device keeps, drawn; and what was queued, until somebody has seen its answer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from activities.db.models.object_contacts import ObjectContact
from activities.db.session import Database
from api.client.intents import Intent, IntentAnswer, QueuedEntry
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.state.offline import Queued
from workflows.domain.dispatch import EntryKind
from workflows.domain.intent import IntentOutcome

NOW = datetime.now(UTC)


@pytest.mark.parametrize("width", [1440, 390])
async def test_the_kept_objects_are_found_and_opened_with_whom_to_call(api: Api, at: At, db: Database, width: int) -> None:
    object_id = await add_object(db)
    async with db.write() as session:
        session.add(ObjectContact(object_id=object_id, position=1, name="Jan Kowalski", phone="+48 600 100 200"))
    screen = await at(api, "operator", "/offline", width=width)
    await eventually(lambda: f"row-{object_id}" in screen.identifiers())
    await screen.click(f"row-{object_id}")
    await eventually(lambda: "Jan Kowalski · +48 600 100 200" in screen.texts())
    screen.controller.go("/offline")
    await eventually(lambda: "kept-object" not in screen.identifiers())
    await screen.type("kept-search", "no such place")
    await eventually(lambda: f"row-{object_id}" not in screen.identifiers())


async def test_what_is_queued_stands_over_the_page_until_it_is_closed(api: Api, at: At) -> None:
    screen = await at(api, "operator")
    offline = screen.controller.store.offline
    made = [
        Intent(
            id=uuid4(),
            made_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            bundle_id=uuid4(),
            entry=QueuedEntry(kind=EntryKind.NOTE, text=f"note {number}"),
        )
        for number in range(4)
    ]
    answer = IntentAnswer(id=made[3].id, outcome=IntentOutcome.REJECTED, settled_at=NOW, code="NOT_FOUND")
    for intent in made:
        offline.add(Queued(intent=intent, object_name="Hurtownia Żółw"))
    offline.answered([answer])
    screen.controller.dismiss_queued(uuid4())
    await eventually(lambda: f"queued-{made[3].id}" in screen.identifiers())
    assert "queue-more" in screen.identifiers()
    assert any("odrzucone" in text for text in screen.texts())
    await screen.click(f"queued-close-{made[3].id}")
    await eventually(lambda: f"queued-{made[3].id}" not in screen.identifiers())
    await screen.click(f"queued-close-{made[0].id}")
    await eventually(lambda: f"queued-{made[0].id}" not in screen.identifiers())
