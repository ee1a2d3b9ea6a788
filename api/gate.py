"""What is asked of every request and socket before a route sees it: the host, the origin, the query's text, how often."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

import structlog
from prometheus_client import Counter as Metric
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from activities.infra.settings import Settings
from api.problems import Problem, render
from api.rates import Rates, address_of
from api.schemas.text import fault
from workflows.domain.errors import ErrorCode

log = structlog.get_logger(__name__)

REFUSED: Final = Metric("requests_refused", "Requests and sockets turned away before any route", ["why"])

_PROBES: Final = frozenset({"/livez", "/readyz"})  # a monitor must never be told to wait
_MOST_PARAMETERS: Final = 100
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")  # RFC 9110 7.2, without what no name has


class GateMiddleware:
    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates) -> None:
        self._app = app
        self._rates = rates
        self._hosts = frozenset(host.lower() for host in settings.allowed_hosts)
        self._origins = frozenset(settings.cors_origins)
        self._most_sockets = settings.sockets_per_address
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._request(scope, receive, send)
            case "websocket":
                await self._socket(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = None if scope["path"] in _PROBES else self._problem(scope)
        if problem is None:
            await self._app(scope, receive, send)
            return
        _note(problem.code)
        await render(problem)(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            return Problem(ErrorCode.MISDIRECTED)
        anonymous = scope["path"].startswith("/api/") and "authorization" not in headers
        wait = self._rates.of_address(address_of(scope), anonymous=anonymous)
        if wait:
            return Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
        errors = list(_faults(scope))
        return Problem(ErrorCode.VALIDATION, errors=errors) if errors else None

    def _is_ours(self, host: str) -> bool:
        return _name(host) in self._hosts if self._hosts else not host or bool(_name(host))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sockets are refused without a word: no browser shows one."""
        headers, address = Headers(scope=scope), address_of(scope)
        origin = headers.get("origin")
        if not self._is_ours(headers.get("host", "")) or not self._is_same(origin, headers.get("host", "")):
            _note(ErrorCode.MISDIRECTED)
            await WebSocketClose()(scope, receive, send)
            return
        if self._sockets[address] >= self._most_sockets or self._rates.of_address(address, anonymous=False):
            _note(ErrorCode.RATE_LIMITED)
            await WebSocketClose()(scope, receive, send)
            return
        self._sockets[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]

    def _is_same(self, origin: str | None, host: str) -> bool:
        """Programs have no origin; a page must be of this host, or of one that CORS allows."""
        return origin is None or origin in self._origins or origin.lower().partition("://")[2] == host.lower()


def _name(host: str) -> str:
    """A Host header without its port, in lower case; empty for what is none."""
    return found[1].lower() if (found := _HOST.fullmatch(host)) else ""


def _faults(scope: Scope) -> Iterable[dict[str, str]]:
    """The bad texts of the path and the query, whatever the route: PostgreSQL refuses some, people misread others."""
    if why := fault(scope["path"]):
        yield {"field": "path", "reason": why}
    try:
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        yield {"field": "query", "reason": f"must not have more than {_MOST_PARAMETERS} parameters"}
        return
    for name, value in given:
        if why := fault(name) or fault(value):
            yield {"field": name[:100].encode("ascii", "backslashreplace").decode(), "reason": why}


def _note(code: ErrorCode) -> None:
    REFUSED.labels(code.value).inc()
    log.info("api.refused", code=code.value)
