"""What `stam up` runs: three servers (those not given from outside), three jobs, and the processes of the system."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from activities.infra.crypto import new_key
from deploy.local import ports, probes
from deploy.local.config import StackSettings
from deploy.local.postgres import Postgres
from deploy.local.process import Command
from deploy.local.secret_file import keep_secret
from deploy.local.server import Server
from deploy.local.supervisor import Birth, Service
from deploy.local.temporal import NAMESPACE, Temporal
from deploy.local.valkey import Valkey
from workflows.contracts.names import CORE_QUEUE, PANELS_QUEUE

_Probe = Callable[[Birth], Awaitable[bool]]
RELAYS, WORKER = ("relay-1", "relay-2"), "worker"
RELAY_SESSION = "stam-relay"  # application_name of activities.relay


FIRST_VISIT: Final = 60.0  # s


async def _first_visit() -> None:
    await asyncio.sleep(FIRST_VISIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything is, embedded or not."""

    database_url: str
    owner_database_url: str
    redis_url: str
    temporal_address: str
    temporal_ui_url: str
    api_url: str


class Composition:
    """The services for ``settings``, and the environment that leads every process to the servers."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.root = settings.root
        self.console = self.root / "console"
        self._postgres = Postgres(self.root, port=settings.postgres_port)
        self._valkey = Valkey(self.root, port=settings.valkey_port)
        self._temporal = Temporal(
            self.root,
            port=settings.temporal_port,
            http_port=settings.temporal_http_port,
            ui_port=settings.temporal_ui_port,
        )

    @property
    def embedded(self) -> tuple[Server, ...]:
        """The servers that are ours to start."""
        settings = self.settings
        given = {
            self._postgres: settings.database_url,
            self._valkey: settings.redis_url,
            self._temporal: settings.temporal_address,
        }
        return tuple(server for server, address in given.items() if address is None)

    def addresses(self) -> Addresses:
        settings = self.settings
        database, redis, temporal = settings.database_url, settings.redis_url, settings.temporal_address
        owner = settings.migration_database_url or database
        ui = settings.temporal_ui_url or f"http://{ports.LOOPBACK}:{settings.temporal_ui_port}"
        return Addresses(
            database_url=database.get_secret_value() if database else self._postgres.url,
            owner_database_url=owner.get_secret_value() if owner else self._postgres.owner_url,
            redis_url=redis.get_secret_value() if redis else self._valkey.url,
            temporal_address=temporal or self._temporal.url,
            temporal_ui_url=ui,
            api_url=f"http://{_reachable(settings.api_host)}:{settings.api_port}",
        )

    def secret_keys(self) -> str:
        """Those given, or one of this data folder's own."""
        given = self.settings.secret_keys
        return given.get_secret_value() if given else keep_secret(self.root / "secrets" / "field.keys", new_key)

    def environment(self) -> dict[str, str]:
        """Settings of every process, as `STAM_*` variables."""
        settings, where = self.settings, self.addresses()
        return {
            "STAM_DATABASE_URL": where.database_url,
            "STAM_REDIS_URL": where.redis_url,
            "STAM_TEMPORAL_ADDRESS": where.temporal_address,
            "STAM_TEMPORAL_UI_URL": where.temporal_ui_url,
            "STAM_API_HOST": settings.api_host,
            "STAM_API_PORT": str(settings.api_port),
            "STAM_CONSOLE_DIR": str(self.console),
            "STAM_SECRET_KEYS": self.secret_keys(),
            "STAM_ENVIRONMENT": settings.environment.value,
            "STAM_COOKIE_SECURE": "false",  # the demo speaks http on loopback
            "STAM_DEMO": "true",
            "STAM_SIMULATED_PANELS": str(settings.simulated_panels),
            "STAM_SIMULATOR_PORT": str(settings.simulator_port),
            "STAM_METRICS_PORT": "0",  # one port for all would be taken by the first: each process is given its own
        }

    def owners_environment(self) -> dict[str, str]:
        """Of what changes the schema: no process of the system gets it."""
        return {**self.environment(), "STAM_MIGRATION_DATABASE_URL": self.addresses().owner_database_url}

    def metrics_urls(self) -> dict[str, str]:
        """Where each process tells Prometheus what it knows, by the name of its service."""
        urls = {name: f"http://{ports.LOOPBACK}:{port}/metrics" for name, port in self._metrics_ports.items()}
        return {"api": f"{self.addresses().api_url}/metrics", **urls}

    @property
    def _metrics_ports(self) -> dict[str, int]:
        """Of the processes without HTTP of their own."""
        names = (*RELAYS, WORKER, *(f"ingest-{host}" for host in self._hosts))
        return {name: self.settings.metrics_base_port + number for number, name in enumerate(names)}

    @property
    def _hosts(self) -> tuple[str, ...]:
        return tuple(f"local-{number}" for number in range(1, self.settings.ingest_processes + 1))

    def api_port(self) -> ports.Stretch:
        settings = self.settings
        return ports.Stretch(purpose="the API", setting="STAM_API_PORT", first=settings.api_port, host=settings.api_host)

    def metrics_ports(self) -> ports.Stretch:
        return ports.Stretch(
            purpose="the metrics",
            setting="STAM_METRICS_BASE_PORT",
            first=self.settings.metrics_base_port,
            count=len(self._metrics_ports),
        )

    def simulator_ports(self) -> Iterator[ports.Stretch]:
        settings = self.settings
        if settings.simulated_panels:
            control, first = settings.simulator_control_port, settings.simulator_port
            yield ports.Stretch(purpose="the simulator's control", setting="STAM_SIMULATOR_CONTROL_PORT", first=control)
            yield ports.Stretch(
                purpose="the simulated panels", setting="STAM_SIMULATOR_PORT", first=first, count=settings.simulated_panels
            )

    def services(self) -> list[Service]:
        return [*self._servers(), *self._jobs(), *self._processes(), *self._simulator()]

    def _servers(self) -> Iterator[Service]:
        for server in self.embedded:
            yield Service.of(server)

    def _jobs(self) -> Iterator[Service]:
        yield self._console_job("console", "build", "--no-compress")
        compression = self._console_job("compression", "compress")
        # A browser on this machine needs none, but both processors: whoever starts a demo opens it at once.
        yield replace(compression, depends_on=("console",), afterwards=True, prepare=_first_visit)
        yield self._job("migrate", after=self._if_ours(self._postgres), env=self.owners_environment)
        if self._to_seed():
            seed = self._job("seed", after=("migrate",), env=self.environment)
            yield replace(seed, settle=self._remember_seed)

    def _console_job(self, name: str, *arguments: str) -> Service:
        command = _stam("console", *arguments, "--target", str(self.console))
        return Service(name=name, command=lambda: command, log=self._log(name), once=True, essential=False, start_within=120.0)

    def _job(self, name: str, *, after: tuple[str, ...], env: Callable[[], dict[str, str]]) -> Service:
        return Service(
            name=name,
            command=lambda: _stam(name, env=env()),
            log=self._log(name),
            depends_on=after,
            once=True,
            start_within=60.0,
        )

    def _processes(self) -> Iterator[Service]:
        where = self.addresses()
        for name in RELAYS:
            yield self._process(name, ("relay",), ready=self._relay_is_connected)
        yield self._process(WORKER, ("worker",), ready=self._polls(CORE_QUEUE))
        api = self._process("api", ("api",), ready=lambda _: probes.answers_http(f"{where.api_url}/readyz"))
        yield replace(api, prepare=self._require_api_port, note=where.api_url)
        for host in self._hosts:
            yield self._process(f"ingest-{host}", ("ingest", "satel"), ready=self._polls(PANELS_QUEUE), STAM_HOST_ID=host)

    def _process(self, name: str, arguments: tuple[str, ...], *, ready: _Probe, **env: str) -> Service:
        port = self._metrics_ports.get(name)
        own = env if port is None else {**env, "STAM_METRICS_PORT": str(port)}
        return Service(
            name=name,
            command=lambda: _stam(*arguments, env={**self.environment(), **own}),
            log=self._log(name),
            ready=ready,
            prepare=lambda: self._require_metrics_port(port),
            depends_on=(
                "seed" if self._to_seed() else "migrate",
                *self._if_ours(self._valkey),
                *self._if_ours(self._temporal),
            ),
        )

    def _simulator(self) -> Iterator[Service]:
        settings = self.settings
        if settings.simulated_panels == 0:
            return
        options = {
            "--count": settings.simulated_panels,
            "--base-port": settings.simulator_port,
            "--control-port": settings.simulator_control_port,
            "--life": settings.simulator_life,
        }
        command = _stam("simulate", "panel", *(str(part) for pair in options.items() for part in pair))
        control = settings.simulator_control_port
        yield Service(
            name="panels",
            command=lambda: command,
            log=self._log("panels"),
            ready=lambda _: probes.accepts_tcp(ports.LOOPBACK, control),
            prepare=self._require_simulator_ports,
            essential=False,
            note=f"{settings.simulated_panels} simulated, ports from {settings.simulator_port}",
        )

    # -- parts

    @property
    def nursery_log(self) -> Path:
        return self._log("nursery")

    def _log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"

    def _if_ours(self, server: Server) -> tuple[str, ...]:
        return (server.name,) if server in self.embedded else ()

    def _polls(self, queue: str, *, identity: str | None = None) -> _Probe:
        address = self.addresses().temporal_address
        return lambda birth: probes.polls_queue(address, NAMESPACE, queue, since=birth.at, pid=birth.pid)

    async def _relay_is_connected(self, birth: Birth) -> bool:
        """It holds the leader's lock, or waits for it."""
        return await probes.connected_to_database(self.addresses().database_url, RELAY_SESSION, since=birth.at)

    async def _require_metrics_port(self, port: int | None) -> None:
        if port is not None:
            replace(self.metrics_ports(), first=port, count=1).require_free()

    async def _require_api_port(self) -> None:
        self.api_port().require_free()

    async def _require_simulator_ports(self) -> None:
        for stretch in self.simulator_ports():
            stretch.require_free()

    # -- the seed of the demo: once per data folder and number of panels

    @property
    def _seed_mark(self) -> Path:
        return self.root / "seeded"

    def _to_seed(self) -> bool:
        try:
            return self._seed_mark.read_text() != self._seed_of()
        except FileNotFoundError:
            return True

    async def _remember_seed(self) -> None:
        self._seed_mark.write_text(self._seed_of())

    def _seed_of(self) -> str:
        settings = self.settings
        return f"{settings.simulated_panels} panels from port {settings.simulator_port}\n"


def _reachable(host: str) -> str:
    return ports.LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104 - not bound here


def _stam(*arguments: str, env: Mapping[str, str] | None = None) -> Command:
    return Command(argv=(sys.executable, "-m", "deploy.cli", *arguments), env=env or {}, stam=arguments)
