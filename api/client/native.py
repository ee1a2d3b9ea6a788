"""The native transport: httpx and websockets."""

from collections.abc import Mapping

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.client.errors import Unreachable
from api.client.transport import Response, Socket, SocketClosed

_MAX_FRAME = 4 * 1024 * 1024  # bytes


class NativeTransport:
    def __init__(self, *, timeout: float) -> None:
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Response:
        try:
            answer = await self._http.request(method, url, headers=dict(headers), content=body)
        except httpx.HTTPError as error:
            raise Unreachable(f"{method} {url}: {error!r}") from error
        return Response(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)

    async def connect(self, url: str) -> Socket:
        try:
            return _NativeSocket(await connect(url, max_size=_MAX_FRAME, ping_interval=None, proxy=None))
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise Unreachable(f"{url.partition('?')[0]}: {error!r}") from error

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
    frame = error.rcvd
    return SocketClosed(frame.code, frame.reason) if frame else SocketClosed(1006)
