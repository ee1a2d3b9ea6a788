"""`stam bench`: run benchmarks, keep their figures in `docs/benchmarks/`, and write `docs/benchmarks.md` from them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from deploy.bench import (
    actions,
    commands,
    console,
    importing,
    listing,
    logins,
    measure,
    objects,
    panels,
    pipeline,
    recording,
    recovery,
    schedules,
    startup,
)

BENCHMARKS: dict[str, Callable[[], Awaitable[measure.Result]]] = {
    "idle": pipeline.idle,
    "burst": pipeline.burst,
    "recording": recording.recording,
    "panels": panels.panels,
    "claim": actions.actions,
    "list": listing.listing,
    "recovery": recovery.recovery,
    "startup": startup.startup,
    "objects": objects.objects,
    "login": logins.logins,
    "import": importing.importing,
    "command": commands.commands,
    "schedules": schedules.schedules,
    "console": console.console,
}

bench_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@bench_app.command()
def bench(
    chosen: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(BENCHMARKS)}; none: all.")] = None,
    docs: Annotated[Path, typer.Option(help="Where benchmarks.md and benchmarks/*.json are written.")] = Path("docs"),
) -> None:
    """Measure what the requirements promise, each beside its floor, on this machine."""
    unknown = set(chosen or ()) - BENCHMARKS.keys()
    if unknown:
        raise typer.BadParameter(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in chosen or BENCHMARKS:
        typer.echo(f"{name} …")
        result = asyncio.run(_run(name))
        result.save(docs / "benchmarks")
        for row in result.rows:
            typer.echo(
                f"  {'✓' if row.met else '✗'} {row.name}: {row.measured}   (must: {row.must}; floor: {row.floor or '–'})"
            )
    (docs / "benchmarks.md").write_text(measure.render(docs / "benchmarks"))


async def _run(name: str) -> measure.Result:
    return await BENCHMARKS[name]()


def main(arguments: list[str]) -> None:
    typer.main.get_command(bench_app).main(args=arguments, prog_name="stam bench")
