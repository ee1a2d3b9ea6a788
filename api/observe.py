"""What each request leaves behind: one log line and one observation, by the route's template, never with its query (R-LOG)."""

import time

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("api.request")

REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})


class ObserveMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            _note(scope, status, time.perf_counter() - began)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "")
    REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(seconds)
    if scope["path"] not in _QUIET and route.startswith("/api/"):
        log.info("http", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1))
