"""R-HISTORY as dispatchers live it: the journal, the procedure, and a call-back that outlives a shift."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.client.models import TimelineKind
from tests.scenarios.people import Person
from tests.scenarios.site import OFFICE
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.bundle import BundleStatus
from workflows.domain.callback import CallbackState, Decision
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind

pytestmark = pytest.mark.timeout(240)

REASON = "Zażółć: ask the keyholder whether he has arrived"


def _told(person: Person, kind: str, member: str) -> list[dict[str, object]]:
    return [message.data[member] for message in person.screen.told if message.event == kind]


async def test_a_patrol_a_call_the_procedure_and_a_call_back_that_rings_for_the_next_shift(story: Story) -> None:
    site, olga, oskar = await story.site(), await story.olga(), await story.oskar()
    await site.arm()
    await site.violate(OFFICE)
    alarm = await olga.sees(site, status=BundleStatus.NEW)
    await olga.works(alarm, up_to=BundleStatus.IN_PROGRESS)

    desk = olga.client.dispatch
    sent = await desk.add(EntryKind.PATROL_SENT, alarm_id=alarm.id)
    await eventually(
        lambda: str(sent.id) in [entry["id"] for entry in _told(oskar, names.DISPATCH_ADDED, "entry")],
        what="Oskar is told that a patrol was sent",
    )
    run = await desk.begin(alarm.id)
    assert [step.kind for step in run.steps] == [StepKind.CHECK, StepKind.CALL, StepKind.DISPATCH, StepKind.TEXT]
    decide = desk.decide_step
    await decide(alarm.id, 1, StepState.DONE, version=1, finding=Finding.AS_EXPECTED)
    run = await decide(alarm.id, 2, StepState.DONE, version=2, outcome=CallOutcome.NO_ANSWER)
    run = await decide(alarm.id, 3, StepState.SKIPPED, version=3, text="is on the way already")
    assert run.next_step == 4

    promised = await desk.set_callback(
        alarm_id=alarm.id, contact_id=run.steps[1].contact_id, due_at=datetime.now(UTC) + timedelta(seconds=3), text=REASON
    )
    names_of_both = [*2 * [olga.display_name], *2 * [oskar.display_name]]
    await olga.client.logout()  # her shift is over
    await eventually(
        lambda: str(promised.id) in [one["id"] for one in _told(oskar, names.CALLBACK_DUE, "callback")],
        within=30,
        what="the call-back rings at Oskar's",
    )
    (due,) = (await oskar.client.dispatch.callbacks(bundle_id=alarm.id)).items
    assert (due.state, due.text, due.contact_name) == (CallbackState.DUE, REASON, run.steps[1].contact_name)
    done = await oskar.client.dispatch.decide(promised.id, Decision.DONE, version=due.version)
    assert (done.state, done.decided_by_name) == (CallbackState.DONE, oskar.display_name)

    for kind in (EntryKind.PATROL_ON_SITE, EntryKind.PATROL_LEFT):
        assert (await oskar.client.dispatch.add(kind, alarm_id=alarm.id)).oddity is None
    items = (await oskar.client.timeline(alarm.id)).items
    journal = [item.dispatch for item in items if item.kind is TimelineKind.DISPATCH and item.dispatch is not None]
    assert [entry.kind for entry in journal] == [
        *(EntryKind.PATROL_SENT, EntryKind.CALL, EntryKind.PATROL_ON_SITE, EntryKind.PATROL_LEFT)
    ]
    assert [entry.user_name for entry in journal] == names_of_both
    await _require_history_without_words(story, promised.id)


async def _require_history_without_words(story: Story, callback_id: UUID) -> None:
    history = await story.history_of(names.callback_workflow_id(callback_id))
    assert str(callback_id).encode() in history, "the history cannot be read: what it does not contain says nothing"
    assert b"keyholder" not in history
