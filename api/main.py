"""The API process (`stam api`)."""

import asyncio
import contextlib
import math
import ssl
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


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `until_told_to_stop`'s."""
        yield


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then take nothing new, close the sockets with 1012, and finish what is in flight within
    `shutdown_seconds`."""
    logging.setup(settings)
    await until_told_to_stop(_serve(_Server(server_config(settings))))


def server_config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # its lines would hold tickets; api.observe writes ours
        server_header=False,
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
