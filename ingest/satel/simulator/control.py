"""HTTP control of a simulated fleet: what happens at the sites, and to their links.

For tests, benchmarks and demonstrations; it has no login and belongs on the loopback interface. Panels are addressed
by name or by port.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from ingest.satel.simulator.blocks import Block, indexes, size_of
from ingest.satel.simulator.log import Entry
from ingest.satel.simulator.panels import Fleet, FleetError, Violation
from ingest.satel.simulator.server import NetworkPanel
from ingest.satel.simulator.troubles import PLACES, Trouble, ZoneFault

_ZONE_BLOCKS = {
    "violated": Block.ZONES_VIOLATED,
    "tampered": Block.ZONES_TAMPERED,
    "alarm": Block.ZONES_ALARM,
    "alarm_memory": Block.ZONES_ALARM_MEMORY,
    "tamper_alarm": Block.ZONES_TAMPER_ALARM,
    "bypassed": Block.ZONES_BYPASSED,
    "isolated": Block.ZONES_ISOLATED,
    "masked": Block.ZONES_MASKED,
}
_PARTITION_BLOCKS = {
    "armed": Block.ARMED,
    "exit_time": Block.EXIT_TIME_LONG,
    "last_exit_time": Block.EXIT_TIME_SHORT,
    "entry_time": Block.ENTRY_TIME,
    "alarm": Block.ALARM,
    "alarm_memory": Block.ALARM_MEMORY,
    "fire_alarm": Block.FIRE_ALARM,
    "fire_memory": Block.FIRE_MEMORY,
}


class Switch(BaseModel):
    on: bool


class TroubleSwitch(Switch):
    number: int | None = Field(None, description="expander address, output, bus or radio zone, where there are many")


class FaultSwitch(Switch):
    fault: ZoneFault


class Arming(BaseModel):
    mode: Literal[0, 1, 2, 3] = 0
    user: int = 254
    delay: float | None = Field(None, description="s of exit time; null takes the partition's, 0 arms at once")


class Person(BaseModel):
    user: int = 1


class Power(Switch):
    scramble_indexes: bool = Field(False, description="give the log records new indexes, as some restarts do")


class HalfOpen(BaseModel):
    keep_slot: bool = Field(True, description="refuse other clients until the idle cut")


class Garbage(BaseModel):
    size: int = Field(32, ge=1, le=4096, description="random bytes")


class Temperature(BaseModel):
    celsius: float


class Conditions(BaseModel):
    """What is left out stays as it is."""

    latency: float | None = Field(None, ge=0, description="s from request to answer")
    clock_skew: float | None = Field(None, description="s the panel's clock is ahead")
    idle_cut: float | None = Field(None, gt=0, description="s without a byte from the client")
    service_mode: bool | None = None
    arming_refused: bool | None = None
    segment: int | None = Field(None, ge=0, description="bytes per TCP segment, 0 = whole")
    segment_gap: float | None = Field(None, ge=0)
    glue: int | None = Field(None, ge=1, description="frames per TCP segment")
    garbage: int | None = Field(None, ge=0, description="random bytes before each frame")
    loss: float | None = Field(None, ge=0, le=1, description="share of frames that vanish")
    delay: float | None = Field(None, ge=0, description="s on top of the latency")
    lost_commands: int | None = Field(None, ge=0, description="so many of the next control commands vanish")
    lost_results: int | None = Field(None, ge=0, description="so many are carried out and never answered")


class Burst(BaseModel):
    alarms: int = Field(500, ge=1)
    seconds: float = Field(10.0, ge=0)
    panels: int = Field(100, ge=1)
    settle: float = Field(0.0, ge=0, description="s between making the panels quiet and the first alarm")
    first: int = Field(0, ge=0, description="number of the first panel")
    skip: int = Field(0, ge=0, description="alarm zones of each panel to pass over, so that two bursts use different ones")


class LifeRate(BaseModel):
    rate: float = Field(ge=0, description="episodes a minute over the whole fleet")


def control_app(fleet: Fleet) -> FastAPI:
    """The control API of ``fleet``. Every handler runs on the fleet's own event loop."""
    app = FastAPI(title="Simulated INTEGRA panels", description=__doc__ or "", docs_url="/", redoc_url=None)
    app.state.fleet = fleet
    app.add_exception_handler(ValueError, _refuse)
    app.add_exception_handler(FleetError, _refuse)
    _add_fleet_routes(app, fleet)
    _add_site_routes(app)
    _add_link_routes(app)
    return app


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=422)


async def _panel(name: str, request: Request) -> NetworkPanel:
    fleet: Fleet = request.app.state.fleet
    if (panel := fleet.find(name)) is None:
        raise HTTPException(404, f"there is no panel {name!r}")
    return panel


PanelOf = Annotated[NetworkPanel, Depends(_panel)]


def _add_fleet_routes(app: FastAPI, fleet: Fleet) -> None:
    @app.get("/panels", summary="All panels")
    async def panels() -> list[dict[str, Any]]:
        return [_summary(panel) for panel in fleet.panels.values()]

    @app.post("/burst", summary="Many alarms at once; answers when the last zone is violated")
    async def burst(body: Burst) -> list[Violation]:
        return await fleet.burst(**body.model_dump())

    @app.put("/life", summary="Daily life", status_code=204)
    async def life(body: LifeRate) -> None:
        fleet.set_life_rate(body.rate)

    @app.get("/panels/{name}", summary="One panel's state")
    async def panel(panel: PanelOf) -> dict[str, Any]:
        return _state(panel)

    @app.get("/panels/{name}/log", summary="The newest log records, newest first")
    async def log(panel: PanelOf, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[dict[str, Any]]:
        return [_entry(entry) for entry in panel.log.entries()[: -limit - 1 : -1]]


def _add_site_routes(app: FastAPI) -> None:
    """What happens at the site."""

    @app.post("/panels/{name}/zones/{zone}/violate", status_code=204)
    async def violate(panel: PanelOf, zone: int) -> None:
        panel.violate(zone)

    @app.post("/panels/{name}/zones/{zone}/restore", status_code=204)
    async def restore(panel: PanelOf, zone: int) -> None:
        panel.restore(zone)

    @app.post("/panels/{name}/zones/{zone}/tamper", status_code=204)
    async def tamper(panel: PanelOf, zone: int, body: Switch) -> None:
        panel.tamper(zone, body.on)

    @app.post("/panels/{name}/zones/{zone}/fault", status_code=204)
    async def fault(panel: PanelOf, zone: int, body: FaultSwitch) -> None:
        panel.zone_fault(zone, body.fault, body.on)

    @app.post("/panels/{name}/zones/{zone}/temperature", status_code=204)
    async def temperature(panel: PanelOf, zone: int, body: Temperature) -> None:
        panel.set_temperature(zone, body.celsius)

    @app.post("/panels/{name}/partitions/{partition}/arm", status_code=204)
    async def arm(panel: PanelOf, partition: int, body: Arming) -> None:
        panel.arm(partition, mode=body.mode, user=body.user, delay=body.delay)

    @app.post("/panels/{name}/partitions/{partition}/disarm", status_code=204)
    async def disarm(panel: PanelOf, partition: int, body: Person) -> None:
        panel.disarm(partition, user=body.user)

    @app.post("/panels/{name}/partitions/{partition}/clear", status_code=204)
    async def clear(panel: PanelOf, partition: int, body: Person) -> None:
        panel.clear_alarm(partition, user=body.user)

    @app.post("/panels/{name}/partitions/{partition}/panic", status_code=204)
    async def panic(panel: PanelOf, partition: int) -> None:
        panel.keypad_panic(partition)

    @app.post("/panels/{name}/troubles/{trouble}", summary="mains, battery, ...", status_code=204)
    async def trouble(panel: PanelOf, trouble: Trouble, body: TroubleSwitch) -> None:
        panel.trouble(trouble, body.on, body.number)

    @app.post("/panels/{name}/log/erase", status_code=204)
    async def erase(panel: PanelOf) -> None:
        panel.erase_log()

    @app.post("/panels/{name}/power", summary="All power; the log survives", status_code=204)
    async def power(panel: PanelOf, body: Power) -> None:
        if body.on:
            await panel.plug_in(scramble_indexes=body.scramble_indexes)
        else:
            panel.unplug()


def _add_link_routes(app: FastAPI) -> None:
    """What happens to the link."""

    @app.post("/panels/{name}/link/drop", status_code=204)
    async def drop(panel: PanelOf) -> None:
        panel.drop_link()

    @app.post("/panels/{name}/link/cable", summary="Off: the module cannot be reached, the panel lives on", status_code=204)
    async def cable(panel: PanelOf, body: Switch) -> None:
        if body.on:
            await panel.mend_line()
        else:
            panel.cut_line()

    @app.post("/panels/{name}/link/half-open", status_code=204)
    async def half_open(panel: PanelOf, body: HalfOpen) -> None:
        panel.half_open(keep_slot=body.keep_slot)

    @app.post("/panels/{name}/link/busy", status_code=204)
    async def busy(panel: PanelOf, body: Switch) -> None:
        panel.occupy(body.on)

    @app.post("/panels/{name}/link/garbage", status_code=204)
    async def garbage(panel: PanelOf, body: Garbage) -> None:
        panel.inject_garbage(body.size)

    @app.post("/panels/{name}/link/event-hint", summary="Push an 8C nobody asked for", status_code=204)
    async def event_hint(panel: PanelOf) -> None:
        panel.send_event_hint()

    @app.patch("/panels/{name}/conditions", summary="Latency, clock, faults on the wire", status_code=204)
    async def conditions(panel: PanelOf, body: Conditions) -> None:
        _apply(panel, body.model_dump(exclude_none=True))


def _apply(panel: NetworkPanel, changes: dict[str, Any]) -> None:
    if (skew := changes.pop("clock_skew", None)) is not None:
        panel.set_skew(skew)
    if (service := changes.pop("service_mode", None)) is not None:
        panel.set_service_mode(service)
    for name, value in changes.items():
        setattr(panel if name in ("latency", "idle_cut", "arming_refused") else panel.faults, name, value)


def _numbers(panel: NetworkPanel, block: Block) -> list[int]:
    return [index + 1 for index in indexes(panel.blocks.data(block, size_of(block)))]


def _summary(panel: NetworkPanel) -> dict[str, Any]:
    return {
        "name": panel.config.name,
        "host": panel.host,
        "port": panel.port,
        "model": panel.config.model,
        "module": panel.config.module,
        "encrypted": panel.config.key is not None,
        "powered": panel.powered,
        "connected": panel.connected,
        "partitions": len(panel.partitions),
        "zones": len(panel.zones),
        "armed": _numbers(panel, Block.ARMED),
        "alarm": _numbers(panel, Block.ALARM),
    }


def _state(panel: NetworkPanel) -> dict[str, Any]:
    partitions = {name: _numbers(panel, block) for name, block in _PARTITION_BLOCKS.items()}
    zones = {name: _numbers(panel, block) for name, block in _ZONE_BLOCKS.items()}
    return _summary(panel) | {
        "clock": panel.wall().isoformat(timespec="seconds"),
        "service_mode": panel.service_mode,
        "zone_states": zones,
        "partition_states": partitions,
        "outputs_on": _numbers(panel, Block.OUTPUTS),
        "troubles": _troubles(panel),
        "log_records": len(panel.log),
        "zone_list": [
            {"number": zone.number, "name": zone.name, "partition": zone.partition, "reaction": zone.reaction.name.lower()}
            for zone in panel.zones.values()
        ],
        "statistics": asdict(panel.statistics),
    }


def _troubles(panel: NetworkPanel) -> list[dict[str, Any]]:
    return [
        {"trouble": trouble, "number": place.lowest + step}
        for trouble, place in PLACES.items()
        for step in range(place.count)
        if panel.blocks.has(place.block, place.bit + step)
    ]


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(timespec="seconds"),
        "code": entry.code,
        "restore": entry.restore,
        "partition": entry.partition,
        "source": entry.source,
    }
