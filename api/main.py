"""The API process (`stam api`)."""

import asyncio
import contextlib
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from activities.infra import log as logging
from activities.infra.lifetime import until_told_to_stop
from activities.infra.settings import Settings
from api.app import create_app
from api.http_protocol import hurried
from api.tls import server_context

log = structlog.get_logger(__name__)

_LARGEST_FRAME = 16 * 1024  # bytes; clients say hello and pong
_IDLE = 15  # s; a connection without a request


class Server(uvicorn.Server):
    """Ends in two steps: first the doors, so that whoever comes late gets an answer; then the port and the sockets."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        within, began = self.config.timeout_graceful_shutdown or 0, time.monotonic()
        await self.config.app.state.doors.close(within=within)  # type: ignore[union-attr]
        self.config.timeout_graceful_shutdown = max(1, within - int(time.monotonic() - began))
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `until_told_to_stop`'s."""
        yield


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then take nothing new, close the sockets with 1012, and finish what is in flight within
    `shutdown_seconds`."""
    logging.setup(settings)
    await until_told_to_stop(_serve(Server(server_config(settings))))


def server_config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # its lines would hold tickets; api.observe writes ours
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # uvicorn's own default would believe anybody on this machine
        forwarded_allow_ips=settings.trusted_proxies,
        http=hurried(settings.head_seconds),
        limit_concurrency=settings.most_connections,
        timeout_keep_alive=_IDLE,
        ssl_context_factory=_tls(settings),
        ws_max_size=_LARGEST_FRAME,
        ws_per_message_deflate=False,  # frames are small, and compressing for each socket costs more than it saves
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )


def _tls(settings: Settings) -> Callable[..., ssl.SSLContext] | None:
    certificate = settings.tls_cert
    return (lambda *_: server_context(certificate, settings.tls_key)) if certificate is not None else None


async def _serve(server: uvicorn.Server) -> None:
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        log.info("api.stopping")
        server.should_exit = True
        await serving
        raise
