"""The whole system as `stam up` runs it, for chaos tests and benchmarks: started in a folder, watched, and hurt on purpose."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import psutil

from deploy.local import ports
from deploy.local.composition import RELAY_SESSION, RELAYS, Composition
from deploy.local.config import StackSettings
from deploy.local.errors import StartupError
from deploy.local.supervisor import Service, Supervisor

_LOCK_HOLDER = """
    SELECT client_port FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND granted AND application_name = $1
"""
_PORT_RANGE = range(20_000, 32_000)  # below the kernel's ephemeral ports, so that no client takes one meanwhile


@dataclass(slots=True)
class Journal:
    """A reporter that remembers: when each service was first ready, died, and came back (s, monotonic)."""

    ready_at: dict[str, float] = field(default_factory=dict)
    deaths: dict[str, list[float]] = field(default_factory=dict)
    returns: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    returned: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self, service: Service, seconds: float) -> None:
        self.ready_at[service.name] = time.monotonic()

    def failed(self, service: Service, error: StartupError) -> None:
        self.failures[service.name] = str(error)

    def died(self, service: Service, code: int, again_in: float) -> None:
        self.deaths.setdefault(service.name, []).append(time.monotonic())

    def back(self, service: Service, seconds: float) -> None:
        self.returns.setdefault(service.name, []).append(time.monotonic())
        self.returned.set()

    def stopped(self, service: Service) -> None:
        return None


@dataclass(frozen=True, slots=True)
class System:
    """A running system. Names of services are those `stam up` prints: postgres, relay-1, ingest-local-2 …"""

    composition: Composition
    supervisor: Supervisor
    journal: Journal

    @property
    def api_url(self) -> str:
        return self.composition.addresses().api_url

    @property
    def database_url(self) -> str:
        return self.composition.addresses().database_url

    @property
    def owner_database_url(self) -> str:
        return self.composition.addresses().owner_database_url

    @property
    def redis_url(self) -> str:
        return self.composition.addresses().redis_url

    @property
    def simulator_url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.composition.settings.simulator_control_port}"

    def pid(self, name: str) -> int:
        """The service's present process. Raises ValueError when it has none."""
        found = self.supervisor.pid(name)
        if found is None:
            raise ValueError(f"{name} has no process")
        return found

    async def active_relay(self) -> str:
        """The relay that publishes: its database session holds the advisory lock, and is found by its client port."""
        connection = await asyncpg.connect(self.database_url.replace("+asyncpg", ""))
        try:
            port = await connection.fetchval(_LOCK_HOLDER, RELAY_SESSION)
        finally:
            await connection.close()
        return next(name for name in RELAYS if port in self._local_ports(name))

    def _local_ports(self, name: str) -> set[int]:
        root = psutil.Process(self.pid(name))
        family = (root, *root.children(recursive=True))
        return {connection.laddr.port for one in family for connection in one.net_connections("tcp")}

    def kill(self, name: str) -> float:
        """kill -9 the service with all its children; the supervisor starts it again. Returns the moment (monotonic)."""
        parent = psutil.Process(self.pid(name))
        for process in (*parent.children(recursive=True), parent):
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                os.kill(process.pid, signal.SIGKILL)
        return time.monotonic()

    async def until_back(self, name: str, *, since: float, within: float = 60.0) -> float:
        """Wait until the supervisor reports ``name`` ready again after ``since``; seconds from then to that moment."""
        async with asyncio.timeout(within):
            while not (back := [at for at in self.journal.returns.get(name, []) if at > since]):
                self.journal.returned.clear()
                await self.journal.returned.wait()
        return back[0] - since

    async def until_connected(self, panels: int, *, within: float = 120.0) -> None:
        """Wait until that many simulated panels have a client. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while await self.panels_connected() < panels:  # noqa: ASYNC110 - another process knows; it can only be asked
                await asyncio.sleep(0.25)

    async def panels_connected(self) -> int:
        """How many simulated panels have a client."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            panels = (await http.get(f"{self.simulator_url}/panels")).raise_for_status().json()
        return sum(1 for panel in panels if panel["connected"])


@contextlib.asynccontextmanager
async def running_system(folder: Path, *, panels: int, life: float = 0.0, ingest_processes: int = 2) -> AsyncIterator[System]:
    """Start everything in ``folder`` on free ports; it runs inside the block. Raises StartupError."""
    settings = StackSettings(
        data_dir=folder,
        simulated_panels=panels,
        simulator_life=life,
        ingest_processes=ingest_processes,
        **free_ports(panels=panels, ingest_processes=ingest_processes),  # type: ignore[arg-type]
    )
    composition = Composition(settings)
    journal = Journal()
    async with Supervisor(composition.services(), journal, nursery_log=composition.nursery_log) as supervisor:
        yield System(composition, supervisor, journal)


_NAMES = (
    "postgres_port",
    "valkey_port",
    "temporal_port",
    "temporal_http_port",
    "temporal_ui_port",
    "api_port",
    "simulator_control_port",
    "metrics_base_port",  # the other processes' follow it
)


def free_ports(*, panels: int, ingest_processes: int = 2) -> dict[str, int]:
    """Settings with consecutive free ports for everything. Raises StartupError when there is no such stretch."""
    panels_after = len(_NAMES) + len(RELAYS) + ingest_processes  # the worker is the first of them
    wanted = panels_after + panels
    for first in _stretches(wanted):
        if all(map(_is_free, range(first, first + wanted))):
            single = {name: first + number for number, name in enumerate(_NAMES)}
            return {**single, "simulator_port": first + panels_after}
    raise StartupError(f"There are no {wanted} free ports side by side between {_PORT_RANGE.start} and {_PORT_RANGE.stop}.")


def _stretches(wanted: int) -> Iterator[int]:
    """Beginnings of stretches, starting at a place that differs between processes."""
    offset = os.getpid() * 37 % len(_PORT_RANGE)
    for step in range(0, len(_PORT_RANGE), wanted):
        first = _PORT_RANGE.start + (offset + step) % len(_PORT_RANGE)
        if first + wanted <= _PORT_RANGE.stop:
            yield first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((ports.LOOPBACK, port))
        except OSError:
            return False
    return True
