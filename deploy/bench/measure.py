"""Numbers and how they are told: percentiles, the machine, and the table of `docs/benchmarks.md`."""

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` in 0 … 1. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A distribution in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float

    @staticmethod
    def of_seconds(values: Sequence[float]) -> "Latency":
        milliseconds = [value * 1000 for value in values]
        return Latency(
            count=len(milliseconds),
            p50=percentile(milliseconds, 0.50),
            p95=percentile(milliseconds, 0.95),
            p99=percentile(milliseconds, 0.99),
            worst=max(milliseconds),
        )

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} · p95 {self.p95:.1f} · p99 {self.p99:.1f} · worst {self.worst:.1f} ms (n={self.count})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what was measured, what must be reached, what came out, and the floor beside it."""

    name: str
    must: str
    measured: str
    met: bool
    floor: str = ""
    ratio: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one benchmark says. `raw` holds the figures behind the sentence."""

    benchmark: str
    rows: tuple[Row, ...]
    taken_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    raw: dict[str, object] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.benchmark}.json"
        path.write_text(json.dumps(asdict(self), indent=1, default=str))
        return path


def machine() -> str:
    """One line that says on what the figures were taken."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({_cpu_model()}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


_HEAD = """# Benchmarks

`make bench` runs them all and rewrites this file; `stam bench NAME` runs one. Nothing here is asserted by a test.

Machine: {machine}. The servers, all services, the simulated panels and the measuring clients share it.

A *floor* is measured in the same run, against the same servers: what the unavoidable steps alone cost. The ratio tells
how close we are.

| What | Must | Measured | Met | Floor | Ratio | Notes |
|---|---|---|---|---|---|---|
"""


def render(folder: Path) -> str:
    """The Markdown page of all results saved in ``folder``."""
    lines = [_HEAD.format(machine=machine())]
    for path in _saved(folder):
        saved = json.loads(path.read_text())
        for row in saved["rows"]:
            met = "yes" if row["met"] else "**no**"
            cells = (row["name"], row["must"], row["measured"], met, row["floor"], row["ratio"], row["notes"])
            lines.append("| " + " | ".join(cells) + " |\n")
    lines.append("\nTaken: " + ", ".join(f"{p.stem} {json.loads(p.read_text())['taken_at']}" for p in _saved(folder)))
    return "".join(lines) + ".\n"


def _saved(folder: Path) -> list[Path]:
    """In the order of their numbers."""
    return sorted(folder.glob("*.json"), key=lambda path: int(path.stem.partition("-")[0]))
