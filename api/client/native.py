"""The transport of a Python that runs on a machine."""

import ssl
from collections.abc import Mapping
from functools import cache

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from api.client.errors import SocketClosed, Unreachable
from api.client.transport import Response, Socket

LARGEST_FRAME = 4 * 1024 * 1024
ABNORMAL = 1006  # RFC 6455: the connection just broke


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed: read once for all clients of this process, which takes 30 ms."""
    return httpx.create_ssl_context(trust_env=False)


class NativeTransport:
    keeps_cookies = False

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(verify=_authorities(), trust_env=False, follow_redirects=False)

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 10.0
    ) -> Response:
        try:
            answer = await self._http.request(method, url, headers=headers, content=body, timeout=timeout)
        except httpx.TransportError as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return Response(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

    async def connect(self, url: str, *, timeout: float = 10.0) -> Socket:
        try:
            # The server pings in its own words (R-PUSH), so the library need not.
            connection = await connect(url, proxy=None, open_timeout=timeout, max_size=LARGEST_FRAME, ping_interval=None)
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return _NativeSocket(connection)

    async def close(self) -> None:
        await self._http.aclose()


class _NativeSocket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise _closed(error) from None

    async def receive(self) -> str:
        try:
            return await self._connection.recv(decode=True)
        except ConnectionClosed as error:
            raise _closed(error) from None

    async def close(self) -> None:
        await self._connection.close()


def _closed(error: ConnectionClosed) -> SocketClosed:
    return SocketClosed(error.rcvd.code, error.rcvd.reason) if error.rcvd else SocketClosed(ABNORMAL)
