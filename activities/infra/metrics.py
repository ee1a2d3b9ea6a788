"""The metrics port of a process that has no HTTP of its own (R-METRICS)."""

from collections.abc import Callable

import prometheus_client
import structlog

from activities.infra.settings import Settings

log = structlog.get_logger(__name__)


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
