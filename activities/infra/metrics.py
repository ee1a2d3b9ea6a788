"""Metrics that several rooms share, and the metrics port of a process that has no HTTP of its own (R-METRICS).

What only one kind of process knows is defined beside that process, so that no other tells a constant zero of it.
"""

from collections.abc import Callable
from enum import StrEnum

import prometheus_client
import structlog
from prometheus_client import Counter, Histogram

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
