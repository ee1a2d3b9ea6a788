"""What the relay tells Prometheus (R-METRICS)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

RELAY_ACTIVE = Gauge("outbox_relay_active_instances", "1 in the relay that holds the lock")
OUTBOX_RELAYED = Counter("outbox_relayed", "Outbox rows done, by consumer", ["consumer"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the active relay counts in the database."""

    unpushed: int
    unorchestrated: int
    parked: int
    unaccounted: int
    default_rows: Mapping[str, int]  # by table

    def families(self) -> Iterator[GaugeMetricFamily]:
        pending = GaugeMetricFamily("outbox_pending_count", "Outbox rows waiting, by consumer", labels=["consumer"])
        pending.add_metric(["push"], self.unpushed)
        pending.add_metric(["orchestration"], self.unorchestrated)
        yield pending
        yield GaugeMetricFamily("outbox_parked_count", "Outbox rows that Temporal refused for good", self.parked)
        yield GaugeMetricFamily("ledger_unaccounted_signals", "Ledger rows without an outcome: must be 0", self.unaccounted)
        rows = GaugeMetricFamily("default_partition_rows", "Rows outside the monthly partitions: should be 0", labels=["table"])
        for table, count in self.default_rows.items():
            rows.add_metric([table], count)
        yield rows


class OfTheLeader(Collector):
    """Tells the last measurement while there is one: a relay that only waits knows nothing, and says nothing."""

    last: Measurement | None = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self.last.families() if self.last is not None else ()


MEASURED = OfTheLeader()
REGISTRY.register(MEASURED)
