"""What the terminal shows while the stack starts and runs: one aligned line per event, colour only on a terminal."""

import time
from collections.abc import Iterable

import typer

from deploy.local.errors import StartupError
from deploy.local.supervisor import Service

GOOD, BAD, AGAIN = ("✓", typer.colors.GREEN), ("✗", typer.colors.RED), ("↻", typer.colors.YELLOW)


class TerminalReporter:
    """``names``: all services, for the width of the first column. Times are seconds since the service could start."""

    def __init__(self, names: Iterable[str]) -> None:
        self._width = max(map(len, names), default=0)
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start of the stack."""
        return time.monotonic() - self._began

    def ready(self, service: Service, seconds: float) -> None:
        self._line(GOOD, service.name, f"{seconds:5.1f} s   {service.note}")

    def failed(self, service: Service, error: StartupError) -> None:
        self._line(BAD, service.name, str(error))

    def died(self, service: Service, code: int, again_in: float) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._line(AGAIN, service.name, f"{how}; starting it again in {again_in:g} s. Its log: {service.log}")

    def back(self, service: Service, seconds: float) -> None:
        self._line(GOOD, service.name, f"is back after {seconds:.1f} s")

    def stopped(self, service: Service) -> None:
        self._line(("■", typer.colors.BRIGHT_BLACK), service.name, "stopped")

    def _line(self, sign: tuple[str, str], name: str, text: str) -> None:
        mark, colour = sign
        typer.echo(f"  {typer.style(mark, fg=colour)} {name:<{self._width}}  {text.rstrip()}")
