"""Many simulated panels in one process, with their control API and their daily life."""

import asyncio
import contextlib
import json
import resource
import signal
import socket
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from pydantic import TypeAdapter

from ingest.satel.simulator.control import control_app
from ingest.satel.simulator.examples import furnish, site_names, some_partitions
from ingest.satel.simulator.installation import (
    ModuleModel,
    OutputConfig,
    OutputFunction,
    PanelConfig,
    PanelModel,
    PartitionConfig,
    ZoneConfig,
    ZoneReaction,
)
from ingest.satel.simulator.panels import Fleet, FleetError

_UNLIMITED = 1 << 31  # open files
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOptions:
    """What to simulate. ``panels_file`` (JSON or TOML) replaces ``count`` and everything about single panels.

    Panel n listens on ``base_port`` + n (from 0), or on any free port if that is 0. ``control_port`` None: no control
    API. ``life_rate``: episodes a minute over the whole fleet. ``latency``: seconds from request to answer.
    """

    count: int = 1
    panels_file: Path | None = None
    host: str = "127.0.0.1"
    base_port: int = 7094
    control_host: str = "127.0.0.1"
    control_port: int | None = 7080
    model: PanelModel = PanelModel.INTEGRA_128_PLUS
    module: ModuleModel = ModuleModel.ETHM_1_PLUS
    key: str | None = field(default=None, repr=False)
    partitions: int = 2
    zones: int = 16
    latency: float = 0.02
    life_rate: float = 0.0
    seed: int = 1


def fleet_configs(options: FleetOptions) -> list[PanelConfig]:
    """The panels that the options order. FleetError if the panels file cannot be used."""
    if options.panels_file is not None:
        panels = _read_panels(options.panels_file)
        if not panels:
            raise FleetError(f"{options.panels_file} lists no panels")
        return [_with_defaults(spec, number, options) for number, spec in enumerate(panels)]
    return [
        furnish(
            PanelConfig(
                name=name,
                host=options.host,
                port=options.base_port + number if options.base_port else 0,
                model=options.model,
                module=options.module,
                key=options.key,
                latency=options.latency,
                seed=options.seed + number,
            ),
            partitions=options.partitions,
            zones=options.zones,
        )
        for number, name in zip(range(options.count), site_names(), strict=False)
    ]


def _with_defaults(spec: dict[str, Any], number: int, options: FleetOptions) -> PanelConfig:
    """One entry of the panels file; ``partitions``, ``zones`` and ``outputs`` may be lists or just numbers."""
    sizes = {key: spec.pop(key) for key in ("partitions", "zones", "outputs") if isinstance(spec.get(key), int)}
    _check_keys(PanelConfig, [spec])
    for name, kind in (("partitions", PartitionConfig), ("zones", ZoneConfig), ("outputs", OutputConfig)):
        _check_keys(kind, spec.get(name, []))
    for zone in spec.get("zones", []):
        zone["reaction"] = _member(ZoneReaction, zone.get("reaction", "instant"))
    for output in spec.get("outputs", []):
        output["function"] = _member(OutputFunction, output.get("function", "bi"))
    defaults = {
        "host": options.host,
        "port": options.base_port + number if options.base_port else 0,
        "latency": options.latency,
        "seed": options.seed + number,
        "partitions": some_partitions(sizes.get("partitions", options.partitions)),
    }
    try:
        return furnish(TypeAdapter(PanelConfig).validate_python(defaults | spec), **sizes)
    except ValueError as error:
        raise FleetError(f"panel {spec.get('name', '?')!r} in the panels file: {error}") from error


def _check_keys(kind: type, given: list[dict[str, Any]]) -> None:
    known = {field.name for field in fields(kind)}
    if unknown := {key for one in given for key in one} - known:
        raise FleetError(f"the panels file has {sorted(unknown)}, known here are {sorted(known)}")


def _member(kind: type[ZoneReaction] | type[OutputFunction], value: str | int) -> int:
    """An enumeration's value from its name in any case, or from the number itself."""
    try:
        return kind[value.upper()].value if isinstance(value, str) else value
    except KeyError:
        raise FleetError(f"{value!r} is none of {', '.join(member.name.lower() for member in kind)}") from None


def _read_panels(path: Path) -> list[dict[str, Any]]:
    """A JSON list of panels, or TOML with ``[[panels]]``."""
    try:
        text = path.read_text("utf-8")
        panels = tomllib.loads(text)["panels"] if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, KeyError) as error:
        raise FleetError(f"{path} cannot be read as a list of panels: {error!r}") from error
    return TypeAdapter(list[dict[str, Any]]).validate_python(panels)


class _ControlServer(uvicorn.Server):
    """The fleet owns the signals of its process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """A fleet with its background tasks; ``control_url`` is None without a control API."""

    fleet: Fleet
    control_url: str | None
    tasks: tuple[asyncio.Task[None], ...]


@contextlib.asynccontextmanager
async def running_fleet(options: FleetOptions) -> AsyncIterator[RunningFleet]:
    """A fleet that listens, lives and can be controlled, for the time of the context."""
    configs = fleet_configs(options)
    _allow_open_files(needed=2 * len(configs) + 100)  # a listening and a connected socket each
    fleet = Fleet(configs, life_rate=options.life_rate, seed=options.seed)
    listening = _listen(options)
    server = _ControlServer(uvicorn.Config(control_app(fleet), log_config=None, lifespan="off"))
    await fleet.start()
    tasks = [asyncio.create_task(fleet.live(), name="daily life")]
    if listening is not None:
        tasks.append(asyncio.create_task(server.serve([listening]), name="control API"))
    try:
        yield RunningFleet(fleet, _url(listening), tuple(tasks))
    finally:
        server.should_exit = True
        tasks[0].cancel()
        await asyncio.wait(tasks)
        fleet.stop()


def _allow_open_files(needed: int) -> None:
    """Raise the soft limit, to twice what is needed if possible. FleetError if the hard limit is too low."""
    soft, hard = (_UNLIMITED if limit == resource.RLIM_INFINITY else limit for limit in _open_file_limits())
    if needed > hard:
        raise FleetError(f"{needed} open files are needed and the system allows {hard}: raise `ulimit -n`")
    if (wanted := min(2 * needed, hard)) > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, _open_file_limits()[1]))


def _open_file_limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def _listen(options: FleetOptions) -> socket.socket | None:
    if options.control_port is None:
        return None
    try:
        return socket.create_server((options.control_host, options.control_port))
    except OSError as error:
        raise FleetError(f"the control API cannot use port {options.control_port}: {error.strerror}") from error


def _url(listening: socket.socket | None) -> str | None:
    if listening is None:
        return None
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


async def run_fleet(options: FleetOptions) -> None:
    """Simulate until SIGTERM or SIGINT. FleetError if it cannot start; what breaks on the way is raised."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with running_fleet(options) as running:
        ports = [panel.port for panel in running.fleet.panels.values()]
        _log.info("simulator_ready", panels=len(ports), ports=_span(ports), control=running.control_url)
        stop = asyncio.create_task(stopped.wait())
        done, _ = await asyncio.wait({stop, *running.tasks}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        for task in done - {stop}:
            task.result()
    _log.info("simulator_stopped")


def _span(ports: list[int]) -> str:
    consecutive = ports == list(range(ports[0], ports[0] + len(ports)))
    return f"{ports[0]}-{ports[-1]}" if consecutive and len(ports) > 1 else ",".join(map(str, ports))
