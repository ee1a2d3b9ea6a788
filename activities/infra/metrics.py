"""Metrics that several rooms share, and the metrics port of a process that has no HTTP of its own (R-METRICS)."""

from collections.abc import Callable
from enum import StrEnum

import prometheus_client
import structlog
from prometheus_client import Counter, Gauge, Histogram

from activities.infra.settings import Settings

log = structlog.get_logger(__name__)


class Stage(StrEnum):
    """The way of an alarm to the screen; each stage is measured from the stamp before it (design §4.5)."""

    RECORDED = "recorded"  # received -> committed
    PUBLISHED = "published"  # committed -> sequenced and in the stream
    SENT = "sent"  # published -> handed to the operator's socket
    ORCHESTRATED = "orchestrated"  # committed -> its workflow knows


STAGE_SECONDS = Histogram(
    "stage_seconds",
    "Time an alarm spends in each stage on its way",
    ["stage"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1, 2, 5, 15, 60, 300),
)
SIGNALS = Counter("signals_recorded", "Ledger rows written, by source and outcome", ["source", "outcome"])
RECORDING_RETRIES = Counter("recording_retries", "Transactions tried again, by SQLSTATE", ["sqlstate"])
LEDGER_UNACCOUNTED = Gauge("ledger_unaccounted_signals", "Ledger rows without an outcome: must be 0")
DEFAULT_PARTITION_ROWS = Gauge("default_partition_rows", "Rows outside the monthly partitions: should be 0", ["table"])
ALARMS_ACTIVE = Gauge("alarms_active", "Bundles not closed", ["priority"])
STALE_BUNDLES = Gauge("stale_alarm_report_bundles", "CRITICAL bundles open for more than 24 h")
AUDIT_CHAIN_LENGTH = Gauge("audit_chain_length", "Links in the chain over the audit log: never falls")
OUTBOX_PENDING = Gauge("outbox_pending_count", "Outbox rows waiting, by consumer", ["consumer"])
OUTBOX_PARKED = Gauge("outbox_parked_count", "Outbox rows that Temporal refused for good")
OUTBOX_RELAYED = Counter("outbox_relayed", "Outbox rows done, by consumer", ["consumer"])
RELAY_ACTIVE = Gauge("outbox_relay_active_instances", "1 in the relay that holds the lock")
TASK_QUEUE_BACKLOG = Gauge("temporal_task_queue_backlog", "Tasks waiting for a worker", ["queue", "kind"])
REDIS_OUTAGES = Counter("redis_outages", "Times Redis was found away, by user", ["user"])


def serve(settings: Settings) -> Callable[[], None]:
    """Serve this process's Prometheus metrics on `metrics_port`, if it is not 0. Returns what stops it."""
    if not settings.metrics_port:
        return lambda: None
    server, thread = prometheus_client.start_http_server(settings.metrics_port, addr=settings.metrics_host)
    log.info("metrics.serving", port=settings.metrics_port)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
