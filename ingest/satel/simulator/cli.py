"""``stam simulate``: simulated panels from the command line."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ingest.satel.simulator.fleet import FleetOptions, run_fleet
from ingest.satel.simulator.installation import ModuleModel, PanelModel
from ingest.satel.simulator.panels import FleetError

simulate_app = typer.Typer(no_args_is_help=True, help="Simulated devices for tests and demonstrations.")


@simulate_app.callback()
def _simulate() -> None:
    """Simulated devices for tests and demonstrations."""


@simulate_app.command()
def panel(
    count: Annotated[int, typer.Option(min=1, max=2000, help="How many panels.")] = 1,
    panels_file: Annotated[
        Path | None,
        typer.Option("--panels", exists=True, dir_okay=False, help="JSON list, or TOML with [[panels]], instead of --count."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address the panels listen on.")] = "127.0.0.1",
    base_port: Annotated[int, typer.Option(help="Port of the first panel, the others follow; 0 picks free ones.")] = 7094,
    control_host: Annotated[str, typer.Option(help="Address of the control API. It has no login.")] = "127.0.0.1",
    control_port: Annotated[int, typer.Option(help="Port of the control API (open it in a browser); -1 for none.")] = 7080,
    model: Annotated[PanelModel, typer.Option(help="Panel model.")] = PanelModel.INTEGRA_128_PLUS,
    module: Annotated[ModuleModel, typer.Option(help="Communication module.")] = ModuleModel.ETHM_1_PLUS,
    key: Annotated[str | None, typer.Option(envvar="STAM_SIMULATED_KEY", help="Integration key: encrypt.")] = None,
    partitions: Annotated[int, typer.Option(min=1, max=32, help="Partitions of each panel.")] = 2,
    zones: Annotated[int, typer.Option(min=1, max=256, help="Zones of each panel.")] = 16,
    latency: Annotated[float, typer.Option(min=0, help="Seconds from a request to its answer.")] = 0.02,
    life: Annotated[float, typer.Option(min=0, help="Daily life: episodes a minute over all panels.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same life.")] = 1,
) -> None:
    """Simulate Satel INTEGRA panels behind ETHM-1 modules.

    Every panel answers the integration protocol on its own TCP port; the user code is 1234. The control API violates
    zones, arms, cuts power, breaks links and starts bursts of alarms. Ends cleanly with Ctrl-C or SIGTERM.

    A panels file lists panels with any of: name, port, model, module, key, partitions, zones, outputs (numbers or
    lists), alarm_time, clock_skew, latency, and so on. Example (TOML):

        [[panels]]
        name = "Jubiler Lipowa"
        port = 10004
        key = "Klucz2026abc"
        zones = [{ number = 1, name = "Sejf", reaction = "burglary_24h" }]
        partitions = [{ number = 1, name = "Sklep", exit_delay = 15 }]
    """
    options = FleetOptions(
        count=count,
        panels_file=panels_file,
        host=host,
        base_port=base_port,
        control_host=control_host,
        control_port=None if control_port < 0 else control_port,
        model=model,
        module=module,
        key=key,
        partitions=partitions,
        zones=zones,
        latency=latency,
        life_rate=life,
        seed=seed,
    )
    try:
        asyncio.run(run_fleet(options))
    except FleetError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
