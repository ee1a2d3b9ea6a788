"""R-METRICS: every promised name is told by the processes that know it, and by no other."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from deploy.local.system import System
from tests.scenarios.site import SAFE
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.alarm import Priority
from workflows.domain.bundle import Action, BundleStatus

pytestmark = pytest.mark.timeout(240)

API, WORKER = frozenset({"api"}), frozenset({"worker"})
RELAYS, INGEST = frozenset({"relay-1", "relay-2"}), frozenset({"ingest-local-1", "ingest-local-2"})

# The name as it is scraped -> the processes that may tell it. What only the active relay or the holder of a line knows is told
# by one of them at least.
PLACES: Final = {
    "alarms_active": WORKER,
    "alarm_response_time_seconds_count": WORKER,
    "claiming_timeout_reverts_total": WORKER,
    "stale_alarm_report_bundles": WORKER,
    "service_modes_active": WORKER,
    "service_suppressed_events_total": INGEST | RELAYS | WORKER,
    "temporal_task_queue_backlog": WORKER,
    "panels_released": WORKER,
    "satel_connection_status": INGEST,
    "outbox_pending_count": RELAYS,
    "outbox_relay_active_instances": RELAYS,
    "ledger_unaccounted_signals": RELAYS,
    "ws_replay_tier2_queries_total": API,
    "ws_replay_overflow_count": API,
    "intent_sync_rejected_total": API,
}


class Scrape:
    """What every process of the system told at one moment."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._samples = {name: list(_samples(text)) for name, text in texts.items()}

    def tellers(self, metric: str) -> set[str]:
        return {name for name, samples in self._samples.items() if any(one.name == metric for one in samples)}

    def values(self, metric: str, **labels: str) -> list[float]:
        told = [one for samples in self._samples.values() for one in samples if one.name == metric]
        return [one.value for one in told if labels.items() <= one.labels.items()]


def _samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from family.samples


async def scrape(system: System) -> Scrape:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        urls = system.composition.metrics_urls()
        return Scrape({name: (await http.get(url)).raise_for_status().text for name, url in urls.items()})


async def test_every_promised_metric_is_told_by_the_process_that_knows_it_and_is_true(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    await site.violate(SAFE)
    alarm = await olga.sees(site, status=BundleStatus.NEW)
    await olga.client.act(alarm.id, Action.CLAIM, version=alarm.version)

    async def told() -> Scrape | None:
        told = await scrape(story.system)
        [row] = await story.database("SELECT count(*) AS open FROM bundle_alarms WHERE status <> 'CLOSED'")
        return told if sum(told.values("alarms_active")) == row["open"] > 0 else None

    told_now = await eventually(told, within=60, every=1, what="the gauges have seen the alarm")
    assert told_now is not None
    for metric, may in PLACES.items():
        tellers = told_now.tellers(metric)
        assert tellers, f"nobody tells {metric}"
        assert tellers <= may, metric
    _is_true(told_now, panels=story.system.composition.settings.simulated_panels)


def _is_true(told: Scrape, *, panels: int) -> None:
    assert len(told.values("alarms_active")) == len(Priority)
    assert sum(told.values("alarm_response_time_seconds_count")) >= 1
    assert sum(told.values("outbox_relay_active_instances")) == 1
    assert told.tellers("outbox_relay_active_instances") == RELAYS, "each says whether it is the one"
    assert len(told.tellers("outbox_pending_count")) == 1, "the one that only waits knows nothing"
    assert all(0 <= told.values("outbox_pending_count", consumer=who)[0] < 100 for who in ("push", "orchestration"))
    assert told.values("ledger_unaccounted_signals") == [0]
    lines = told.values("satel_connection_status")
    assert sum(lines) >= panels - 1
    assert len(lines) <= panels + 1, "each line is told by its holder alone"
    assert len(told.values("temporal_task_queue_backlog", queue=names.PANELS_QUEUE)) == 2, "workflow and activity"
    for counted in ("claiming_timeout_reverts_total", "ws_replay_tier2_queries_total", "ws_replay_overflow_count"):
        assert len(told.values(counted)) == 1
    assert told.values("stale_alarm_report_bundles")[0] >= 0
