"""R-LOG: what was done on account of a request is found by its id in the log of every process."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.scenarios.site import SAFE
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.domain.bundle import BundleStatus

pytestmark = pytest.mark.timeout(240)


def lines(story: Story, process: str, request_id: str) -> list[dict[str, Any]]:
    """What the processes of that name logged about the request."""
    logs = sorted(Path(story.system.composition.root / "log").glob(f"{process}*.log"))
    said = [line for log in logs for line in log.read_bytes().splitlines() if request_id.encode() in line]
    return [line for line in map(orjson.loads, said) if line.get("request_id") == request_id]


def events(story: Story, process: str, request_id: str) -> set[str]:
    return {line["event"] for line in lines(story, process, request_id)}


async def test_the_change_of_a_panel_is_followed_from_the_api_to_the_line(story: Story) -> None:
    site, master = await story.site(), await story.person("master")
    panel = await master.client.panel(site.panel_id)
    request_id = f"panel-{site.panel_id}"
    async with _http(story, master.client.session.access_token, request_id) as http:
        change = {"version": panel.version, "time_zone": "Europe/London"}
        (await http.patch(f"/api/panels/{site.panel_id}", json=change)).raise_for_status()
    await eventually(lambda: "panel.held" in events(story, "ingest", request_id), within=30, what="the line is held anew")
    await eventually(lambda: "panel.config_changed" in events(story, "worker", request_id), what="the workflow has heard")
    assert "http" in events(story, "api", request_id)
    assert "panel.lease_wanted" in events(story, "worker", request_id)
    (held,) = [line for line in lines(story, "ingest", request_id) if line["event"] == "panel.held"]
    assert (held["workflow_id"], held["activity"]) == (f"panel/{site.panel_id}", "hold_panel_line")
    told = [line for line in lines(story, "worker", request_id) if line["event"] == "panel.config_changed"]
    assert [line["workflow_id"] for line in told] == [f"panel/{site.panel_id}"], "said once"


async def test_a_claim_is_followed_from_the_api_to_the_activity(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.violate(SAFE)
    alarm = await olga.sees(site, status=BundleStatus.NEW)
    request_id = f"claim-{alarm.id}"
    async with _http(story, olga.client.session.access_token, request_id) as http:
        (await http.post(f"/api/alarms/{alarm.id}/claim", json={"version": alarm.version})).raise_for_status()
    assert "http" in events(story, "api", request_id)
    (asked,) = [line for line in lines(story, "worker", request_id) if line["event"] == "alarm.asked"]
    (done,) = [line for line in lines(story, "worker", request_id) if line["event"] == "bundle.transition"]
    assert asked["workflow_id"] == done["workflow_id"] == f"bundle/{alarm.id}"
    assert done["activity"] == "transition_bundle"


def _http(story: Story, token: str | None, request_id: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id}
    return httpx.AsyncClient(base_url=story.system.api_url, headers=headers, trust_env=False, timeout=15)
