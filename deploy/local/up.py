"""`stam up`: the whole system on one machine, until Ctrl-C."""

import asyncio

import typer

from activities.seed_data import USERS
from deploy.local.composition import Composition
from deploy.local.config import StackSettings
from deploy.local.folder import claimed, forget_environment, write_environment
from deploy.local.report import TerminalReporter
from deploy.local.supervisor import Supervisor, supervise


def up(settings: StackSettings) -> None:
    """Blocks until the stack was told to stop and has stopped. Raises StartupError."""
    with claimed(settings.root):
        asyncio.run(_up(Composition(settings)))


async def _up(composition: Composition) -> None:
    services = composition.services()
    reporter = TerminalReporter(service.name for service in services)
    typer.echo(f"Starting in {composition.root} (logs: {composition.root / 'log'})")

    def announce() -> None:
        write_environment(composition.root, composition.owners_environment())
        typer.echo(_welcome(composition, reporter.elapsed))

    try:
        await supervise(Supervisor(services, reporter, nursery_log=composition.nursery_log), announce)
    finally:
        forget_environment(composition.root)


def _welcome(composition: Composition, seconds: float) -> str:
    where, settings = composition.addresses(), composition.settings
    rows = {"Console": where.api_url, "API": f"{where.api_url}/api/docs", "Temporal": where.temporal_ui_url}
    rows["Metrics"] = f"{where.api_url}/metrics, and on the ports {composition.metrics_ports()}"
    if settings.simulated_panels:
        rows["Panels"] = f"http://127.0.0.1:{settings.simulator_control_port} (violate zones, cut lines)"
    lines = [f"  {name:<9} {typer.style(url, bold=True)}" for name, url in rows.items()]
    return "\n".join([f"\nReady in {seconds:.1f} s.\n", *lines, "", *_logins(), "Ctrl-C stops everything; the data stays.\n"])


def _logins() -> list[str]:
    users = ((user.username, user.password, user.role) for user in USERS)
    return ["  Demo logins (user / password)", *(f"    {name} / {word:<16} {role}" for name, word, role in users), ""]
