"""The project's own source as syntax trees, for rules that no linter knows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("workflows", "activities", "ingest", "api", "ui_flutter", "deploy", "migrations")


@dataclass(frozen=True, slots=True)
class Source:
    path: str  # relative to the project
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def sources(*rooms: str) -> Iterator[Source]:
    for room in rooms or ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield Source(str(file.relative_to(ROOT)), ast.parse(file.read_text(), filename=str(file)))
