"""The `stam` command. Each part is imported when its command runs: `stam --help` is quick, and a part can be away."""

import asyncio
import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from deploy.local.config import StackSettings
from deploy.local.errors import StartupError, unusable_settings
from deploy.local.folder import read_environment
from deploy.people_cli import keys_app, token_app, user_app

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    name="stam",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""STAM Replacer: receives alarms of Satel INTEGRA panels and brings them to operators.

    "stam up" starts everything on this machine, with a demo. The other commands start single processes, as a real
    installation does; their settings are STAM_* environment variables, or files of that name in /run/secrets. In a
    second terminal they find the servers of a running "stam up" by themselves (by its data folder, STAM_DATA_DIR).""",
)
ingest_app = typer.Typer(no_args_is_help=True, help="Processes that hold the lines to devices.")
console_app = typer.Typer(no_args_is_help=True, help="The operators' console (runs in the browser).")
secrets_app = typer.Typer(no_args_is_help=True, help="Keys of the encrypted fields (STAM_SECRET_KEYS).")
audit_app = typer.Typer(no_args_is_help=True, help="The audit log's chain: does it hold?")
app.add_typer(audit_app, name="audit")
outbox_app = typer.Typer(no_args_is_help=True, help="What Temporal refused for good: nothing of it is dropped.")
app.add_typer(outbox_app, name="outbox")
app.add_typer(ingest_app, name="ingest")
app.add_typer(console_app, name="console")
app.add_typer(secrets_app, name="secrets")
app.add_typer(user_app, name="user")
app.add_typer(token_app, name="token")
app.add_typer(keys_app, name="keys")


@app.command()
def up(
    data_dir: Annotated[Path | None, typer.Option(help="Keeps everything; else STAM_DATA_DIR, else .stam.")] = None,
    port: Annotated[int | None, typer.Option(help="Of console and API; else STAM_API_PORT, else 8000.")] = None,
    panels: Annotated[
        int | None, typer.Option(min=0, max=500, help="Simulated ones; else STAM_SIMULATED_PANELS, else 6.")
    ] = None,
    no_simulator: Annotated[bool, typer.Option("--no-simulator", help="No simulated panels: bring your own.")] = False,
) -> None:
    """Start everything: PostgreSQL, Valkey, Temporal with its web UI, all processes, simulated panels, the console.

    Needs neither docker nor root. The data folder is kept: the next start goes on where this one ended. Ctrl-C stops
    all in order; a second Ctrl-C hurries.

    Ports, all on loopback: STAM_API_PORT 8000, STAM_TEMPORAL_UI_PORT 8233, STAM_TEMPORAL_PORT 7233,
    STAM_TEMPORAL_HTTP_PORT 7243, STAM_POSTGRES_PORT 15432, STAM_VALKEY_PORT 16379, STAM_SIMULATOR_PORT 7094 and
    following, STAM_SIMULATOR_CONTROL_PORT 7080, STAM_METRICS_BASE_PORT 9464 and following (relays, worker, ingest; the API has
    /metrics on its own port). With STAM_DATABASE_URL, STAM_REDIS_URL or STAM_TEMPORAL_ADDRESS set,
    that server is taken from there and none is started.
    """
    chosen = {"data_dir": data_dir, "api_port": port, "simulated_panels": 0 if no_simulator else panels}
    settings = StackSettings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    _part("deploy.local.up", "up")(settings)


@app.command()
def api() -> None:
    """Serve the HTTP API, the WebSocket and the console (STAM_API_HOST, STAM_API_PORT)."""
    _serve("api.main")


@app.command()
def worker() -> None:
    """Run the workflows and the activities that touch the database. Start as many as you like."""
    _serve("activities.worker")


@app.command()
def relay() -> None:
    """Publish what was recorded: to Redis for the screens, to Temporal for the workflows.

    One of several is active; the others wait and take over when it dies.
    """
    _serve("activities.relay")


@ingest_app.command("satel")
def ingest_satel() -> None:
    """Hold the lines to Satel INTEGRA panels. Several processes share them and take over from a dead one (STAM_HOST_ID)."""
    _serve("ingest.main")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat; run it before the processes of a new version.

    As the schema's owner (STAM_MIGRATION_DATABASE_URL), where the processes connect as the application's role.
    """
    settings = _settings()
    owner = settings.migration_database_url or settings.database_url
    with _settings_explained():
        _part("migrations.run", "upgrade")(owner.get_secret_value())
    typer.echo("The database has the newest schema.")


@app.command()
def seed() -> None:
    """Fill the database with demo data: objects, panels, users with printed passwords. Safe to repeat."""
    asyncio.run(_part("activities.seed", "seed")(_settings()))


@app.command(context_settings=_PASS_ON)
def simulate(context: typer.Context) -> None:
    """Simulate devices: `stam simulate panel --help`."""
    simulate_app = _part("ingest.satel.simulator.cli", "simulate_app")
    typer.main.get_command(simulate_app).main(args=context.args, prog_name="stam simulate")


@console_app.command("build")
def console_build(
    target: Annotated[Path | None, typer.Option(help="Folder for the files; else build/console.")] = None,
    compress: Annotated[bool, typer.Option(help="Also pack the compressed forms that the network wants.")] = True,
) -> None:
    """Pack the console into static files that need no outside host; the API serves them (STAM_CONSOLE_DIR)."""
    folder = _part("ui_flutter.web.packer", "build")(target, compressing=compress)
    typer.echo(f"The console is in {folder}")


@console_app.command("compress")
def console_compress(
    target: Annotated[Path | None, typer.Option(help="Folder of the console; else build/console.")] = None,
) -> None:
    """Add what "stam console build --no-compress" left out, at the lowest priority, while the console is served."""
    _part("deploy.local.process", "go_last")()
    folder = _part("ui_flutter.web.packer", "compress")(target)
    typer.echo(f"The console in {folder} is compressed")


@console_app.command("project")
def console_project(
    target: Annotated[Path, typer.Argument(help="Folder to make or renew.")],
    server: Annotated[str, typer.Option(help="Address of the server these consoles talk to, as https://stam.example.")],
) -> None:
    """Lay out what `flet build` makes the console for Android, iOS, Windows, Linux and macOS from (docs/packaging.md)."""
    folder = _part("ui_flutter.native.project", "lay_out")(target, server)
    typer.echo(f"The project is in {folder}")


@outbox_app.command("parked")
def outbox_parked() -> None:
    """List the parked rows, each with its reason."""
    _part("deploy.outbox", "show")(_settings())


@outbox_app.command("replay")
def outbox_replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="As listed; else all.")] = None,
) -> None:
    """Have parked rows tried again, once the reason is gone. Exit code 1 if one that is named is not parked."""
    raise typer.Exit(0 if _part("deploy.outbox", "replay")(_settings(), ids or ()) else 1)


@secrets_app.command("new-key")
def secrets_new_key() -> None:
    """Print a new key. Put it first in STAM_SECRET_KEYS; keep the older ones behind it, they still decrypt."""
    typer.echo(_part("activities.infra.crypto", "new_key")())


@audit_app.command("verify")
def audit_verify(
    from_anchor: Annotated[
        str | None, typer.Option(help="seq:hash noted earlier (`stam audit head`, or audit.anchor in the worker's log).")
    ] = None,
) -> None:
    """Check the whole chain of the audit log, and name the first thing that is wrong. Exit code 1 if anything is.

    A chain that somebody made anew as a whole, or cut off at its end, is only found by an anchor kept elsewhere.
    """
    from deploy.audit import verify

    raise typer.Exit(0 if verify(_settings(), from_anchor) else 1)


@audit_app.command("head")
def audit_head() -> None:
    """Print the newest link as seq:hash: an anchor to keep where the database's owner cannot reach it."""
    from deploy.audit import head

    found = head(_settings())
    typer.echo(found or "Nothing has been audited yet.", err=found is None)
    raise typer.Exit(0 if found else 1)


@secrets_app.command("rotate")
def secrets_rotate() -> None:
    """Encrypt every field anew under the first key of STAM_SECRET_KEYS, while everything runs. Safe to stop and repeat.

    Put a new key first, the old ones behind it, restart all processes, then rotate; drop an old key when
    "stam secrets status" shows nothing under it. Exit code 1 if any field cannot be read.
    """
    with _settings_explained():
        raise typer.Exit(0 if _part("deploy.secrets", "rotate")(_settings()) else 1)


@secrets_app.command("status")
def secrets_status() -> None:
    """How many encrypted fields are under which key. Exit code 1 if a key is missing."""
    with _settings_explained():
        raise typer.Exit(0 if _part("deploy.secrets", "status")(_settings()) else 1)


@app.command(context_settings=_PASS_ON)
def bench(context: typer.Context) -> None:
    """Measure what the requirements promise; results go into docs/benchmarks.md (`stam bench --help`)."""
    _part("deploy.bench.main", "main")(context.args)


@app.command()
def doctor() -> None:
    """Check this installation: packages, folder, ports, servers, schema, clock. Exit code 1 if anything is wrong."""
    raise typer.Exit(0 if _part("deploy.doctor", "examine")(_stack_settings()) else 1)


def _serve(module: str) -> None:
    run, settings = _part(module, "run"), _settings()
    with _settings_explained():
        settings.flags()  # every process refuses what one of them would trip over later
        asyncio.run(run(settings))


@contextlib.contextmanager
def _settings_explained() -> Iterator[None]:
    """What is wrong with STAM_SECRET_KEYS or the feature flags is said in a paragraph."""
    bad_keys, bad_flags = _part("activities.infra.crypto", "BadKeys"), _part("activities.infra.flags", "BadFlags")
    try:
        yield
    except (bad_keys, bad_flags) as error:
        raise StartupError(str(error)) from None


def _part(module: str, name: str) -> Any:
    """``name`` of ``module``. Raises StartupError when this installation lacks it."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise StartupError(
                f"""The Python package {error.name} is not installed. Install the project with all it needs:
                pip install 'stam-replacer[stack,console]'."""
            ) from error
        raise StartupError(f"{module} is not part of this installation. Install the whole project again.") from error


def _settings() -> Any:
    """activities.infra.settings.Settings, led to the servers of a running `stam up` where the environment names none."""
    _adopt_running_stack()
    return _part("activities.infra.settings", "Settings")()


def _stack_settings() -> StackSettings:
    _adopt_running_stack()
    return StackSettings()


def _adopt_running_stack() -> None:
    for name, value in read_environment(StackSettings().root).items():
        os.environ.setdefault(name, value)


def main() -> None:
    """Entry point. A StartupError is a paragraph for a human, not a traceback."""
    try:
        app()
    except StartupError as error:
        _give_up(error)
    except ValidationError as error:
        if not error.title.endswith("Settings"):
            raise
        _give_up(unusable_settings(error))


def _give_up(error: StartupError) -> NoReturn:
    typer.secho(str(error), fg=typer.colors.RED, err=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
