"""The one way to a Temporal client, so that every process speaks the same data converter."""

import asyncio

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime
from temporalio.service import RPCError, TLSConfig

from activities.infra.settings import Settings

log = structlog.get_logger(__name__)

DATA_CONVERTER = pydantic_data_converter


async def connect(settings: Settings, *, retry_every: float = 1.0, runtime: Runtime | None = None) -> Client:
    """Connect, waiting as long as it takes for the server to be there (the order of start does not matter)."""
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=DATA_CONVERTER,
                tls=tls(settings),
                runtime=runtime,
            )
        except (RPCError, RuntimeError) as error:
            log.warning("temporal.unreachable", address=settings.temporal_address, error=str(error)[:200])
            await asyncio.sleep(retry_every)


async def connect_lazily(settings: Settings) -> Client:
    """A client that connects at first use: the API must start while Temporal is away (R-MODES)."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=DATA_CONVERTER,
        tls=tls(settings),
        lazy=True,
    )


def tls(settings: Settings) -> TLSConfig | bool:
    """False: none. The files are read now, so that a missing one is told at start. Raises OSError."""
    authority, certificate, key = settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key
    if not (settings.temporal_tls or authority or certificate):
        return False
    return TLSConfig(
        server_root_ca_cert=authority.read_bytes() if authority else None,
        client_cert=certificate.read_bytes() if certificate else None,
        client_private_key=key.read_bytes() if key else None,
        domain=settings.temporal_tls_name,
    )
