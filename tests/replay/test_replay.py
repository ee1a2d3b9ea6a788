"""Executions that are running when the code changes must go on (design §5)."""

import json
import re
from difflib import unified_diff
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from activities.infra.temporal import DATA_CONVERTER
from tests.replay.fingerprint import fingerprint
from tests.replay.record import HISTORIES, committed_fingerprints, live
from tests.replay.scenarios import SCENARIOS
from workflows.registry import WORKFLOWS, workflow_runner

RECORDED = sorted(HISTORIES.glob("*.json"))
HELP = """
The commands of {name} are no longer the committed ones (tests/replay/fingerprints.json):

{diff}

Every running execution replays its history against this code. If its old commands no longer fit (test_replay of the recorded
histories tells), guard the change with `workflow.patched`. If the change is meant, renew the fingerprint:
    python -m tests.replay.record --fingerprints {name}
and record what such executions look like from now on, beside the old recordings.
"""


def read(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, json.loads(file.read_text()))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
async def test_a_recorded_history_replays_on_todays_code(file: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=workflow_runner())
    await replayer.replay_workflow(read(file))


def test_every_scenario_has_been_recorded() -> None:
    assert {file.stem for file in RECORDED} >= SCENARIOS.keys()
    assert committed_fingerprints().keys() == SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_commands_are_the_committed_ones(name: str) -> None:
    committed, now = committed_fingerprints()[name], fingerprint(await live(name))
    diff = "\n".join(unified_diff(committed, now, "committed", "now", lineterm=""))
    assert committed == now, HELP.format(name=name, diff=diff)


async def test_a_replay_notices_a_foreign_history() -> None:
    """The rule above would hold if the replayer saw nothing."""
    history = read(HISTORIES / "worked_and_closed.json")
    for event in history.events:
        if event.activity_task_scheduled_event_attributes.activity_type.name == "read_bundle":
            event.activity_task_scheduled_event_attributes.activity_type.name = "something_else"
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=workflow_runner())
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_history_names_no_folder_of_a_machine(path: Path) -> None:
    assert re.findall(r'File \\"/[^"]*', path.read_text()) == []
