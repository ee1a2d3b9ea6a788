"""Record histories and fingerprints: `python -m tests.replay.record [--histories] [--fingerprints] [scenario …]`.

A history that was recorded stands for executions that may still be running: record new ones beside the old after a change
that `workflow.patched` guards, and drop an old one only when no execution of its time can be left.
"""

import argparse
import asyncio
import json
import logging
import re
from pathlib import Path

from temporalio.client import WorkflowHistory

from tests.replay.fingerprint import fingerprint
from tests.replay.scenarios import SCENARIOS
from tests.workflows.conftest import time_skipping

FOLDER = Path(__file__).parent
HISTORIES = FOLDER / "histories"
FINGERPRINTS = FOLDER / "fingerprints.json"


async def live(scenario: str) -> WorkflowHistory:
    """The history of ``scenario`` on today's code."""
    async with time_skipping() as env:
        workflow_id, run_id = await SCENARIOS[scenario](env)
        return await env.client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()


def committed_fingerprints() -> dict[str, list[str]]:
    return json.loads(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}


async def record(scenarios: list[str], *, histories: bool, fingerprints: bool) -> None:
    HISTORIES.mkdir(exist_ok=True)
    prints = committed_fingerprints()
    for name in scenarios:
        history = await live(name)
        prints[name] = fingerprint(history)
        if histories:
            (HISTORIES / f"{name}.json").write_text(_anonymous(json.dumps(json.loads(history.to_json()), indent=1)) + "\n")
        print(f"{name}: {len(history.events)} events, {len(prints[name])} commands")
    if fingerprints:
        FINGERPRINTS.write_text(
            json.dumps({name: prints[name] for name in sorted(prints)}, indent=2, ensure_ascii=False) + "\n"
        )


def _anonymous(history: str) -> str:
    """Who recorded it, on what machine and in which folder, is nobody's business."""
    history = re.sub(r'"identity": "[^"]*"', '"identity": "recorded"', history)
    return re.sub(r'(File \\")/[^"]*?/((?:site-packages|workflows|activities|tests)/)', r"\1\2", history)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS])
    parser.add_argument("--histories", action="store_true")
    parser.add_argument("--fingerprints", action="store_true")
    given = parser.parse_args()
    logging.getLogger("temporalio").setLevel(logging.ERROR)  # failures are part of the scenarios
    asyncio.run(record(given.scenarios or list(SCENARIOS), histories=given.histories, fingerprints=given.fingerprints))


if __name__ == "__main__":
    main()
