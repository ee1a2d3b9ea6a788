"""PanelNames: the names are read wherever the line is, and a failure says why."""

from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.support.fakes import FakeNames
from tests.workflows.support import names_served, replay
from workflows.contracts.panel_names import Holder, NamesEnd, NamesInput, NamesOutcome, NamesResult, start_options
from workflows.domain.panel_names import ReadFailure
from workflows.panel_names import TRIES, PanelNames

READ = NamesResult(end=NamesEnd.READ, found=3)
LOST = NamesResult(end=NamesEnd.LINK_LOST)


async def outcome(env: WorkflowEnvironment, fake: FakeNames, *hosts: str) -> NamesOutcome:
    given = NamesInput(panel_id=uuid4(), object_id=uuid4(), read_id=uuid4())
    async with names_served(env.client, fake, *hosts):
        handle = await env.client.start_workflow(PanelNames.run, given, **start_options(given))
        result = await handle.result()
        await replay(env.client, handle.id)
    assert all((asked.panel_id, asked.read_id) == (given.panel_id, given.read_id) for asked in fake.asked)
    return result


@pytest.mark.parametrize(
    "first", [NamesResult(end=NamesEnd.NOT_HELD), LOST, ConnectionError("gone")], ids=["not held", "link lost", "failed"]
)
async def test_a_try_that_was_cut_off_is_repeated_where_the_line_is_then(
    env: WorkflowEnvironment, first: NamesResult | Exception
) -> None:
    fake = FakeNames([Holder(host="one"), Holder(host="two")], [first, READ])
    assert await outcome(env, fake, "one", "two") == NamesOutcome(found=3)
    assert (len(fake.asked), fake.failed) == (2, [])


async def test_a_process_that_is_not_there_is_not_waited_for(env: WorkflowEnvironment) -> None:
    fake = FakeNames([Holder(host="dead"), Holder(host="two")], [READ])
    assert await outcome(env, fake, "two") == NamesOutcome(found=3)
    assert len(fake.asked) == 1


async def test_a_holder_that_comes_later_is_found(env: WorkflowEnvironment) -> None:
    fake = FakeNames([Holder(), Holder(), Holder(host="one")], [READ])
    assert await outcome(env, fake, "one") == NamesOutcome(found=3)


@pytest.mark.parametrize(
    ("holder", "result", "failure", "tries"),
    [
        (Holder(), READ, ReadFailure.NO_HOLDER, 0),
        (Holder(wanted=False), READ, ReadFailure.GONE, 0),
        (Holder(host="one"), NamesResult(end=NamesEnd.NOT_CONNECTED), ReadFailure.NOT_CONNECTED, 1),
        (Holder(host="one"), NamesResult(end=NamesEnd.SILENT), ReadFailure.SILENT, 1),
        (Holder(host="one"), LOST, ReadFailure.INTERRUPTED, TRIES),
    ],
)
async def test_what_cannot_be_read_fails_with_its_reason(
    env: WorkflowEnvironment, holder: Holder, result: NamesResult, failure: ReadFailure, tries: int
) -> None:
    fake = FakeNames([holder], [result])
    assert await outcome(env, fake, "one") == NamesOutcome(failure=failure)
    assert (len(fake.asked), fake.failed) == (tries, [failure])
