"""The floor under a latency: the steps nobody can leave out, each measured alone against the very servers of the run.

A signal must cross a socket, be committed durably once, be appended to the stream once, and leave as one WebSocket frame.
"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg
import redis.asyncio as redis
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from deploy.bench.measure import Latency

_ROUNDS = 300
_FRAME = b"x" * 600  # about the size of an alarm message


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Median of every step, in milliseconds."""

    loopback: float
    commit: float
    stream: float
    frame: float

    @property
    def total(self) -> float:
        return self.loopback + self.commit + self.stream + self.frame

    def __str__(self) -> str:
        return (
            f"{self.total:.2f} ms (loopback {self.loopback:.2f} + commit {self.commit:.2f} + "
            f"stream {self.stream:.2f} + frame {self.frame:.2f})"
        )


async def measure_floor(database_dsn: str, redis_url: str) -> Floor:
    """``database_dsn`` without a driver in its scheme. Leaves nothing behind in either server."""
    return Floor(
        loopback=await _loopback(),
        commit=await _commit(database_dsn),
        stream=await _stream(redis_url),
        frame=await _frame(),
    )


async def _loopback() -> float:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    took = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        writer.write(_FRAME[:40])
        await reader.readexactly(40)
        took.append(time.perf_counter() - start)
    writer.close()
    server.close()
    return Latency.of_seconds(took).p50


async def _commit(dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS bench_floor (at timestamptz, body text)")
    took = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        await connection.execute("INSERT INTO bench_floor VALUES (now(), $1)", "x" * 300)
        took.append(time.perf_counter() - start)
    await connection.execute("DROP TABLE bench_floor")
    await connection.close()
    return Latency.of_seconds(took).p50


async def _stream(url: str) -> float:
    client = redis.Redis.from_url(url)
    took = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        await client.xadd("bench:floor", {b"m": _FRAME}, maxlen=100)
        took.append(time.perf_counter() - start)
    await client.delete("bench:floor")
    await client.aclose()
    return Latency.of_seconds(took).p50


async def _frame() -> float:
    """One frame there and one back, halved: an alarm's frame goes one way."""

    async def echo(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        async with connect(f"ws://{host}:{port}") as socket:
            took = []
            for _ in range(_ROUNDS):
                start = time.perf_counter()
                await socket.send(_FRAME)
                await socket.recv()
                took.append((time.perf_counter() - start) / 2)
    return Latency.of_seconds(took).p50
