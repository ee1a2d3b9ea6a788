"""Rules of the house that import-linter and ruff do not know."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.db.encrypted import SEALED
from activities.db.schema import METADATA
from tests.architecture.tree import ROOT, Source, sources
from workflows.contracts import names, policies

LONGEST_FUNCTION = 60  # lines; at the median it is about ten
ADDRESS_BOOK = "workflows/contracts/names.py"
ACTIVITY_CALLS = {"execute_activity", "start_activity", "execute_local_activity", "start_local_activity"}
POLICIES = {name for name in vars(policies) if not name.startswith("_")}


def test_the_rooms_import_only_downwards() -> None:
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert linter is not None, "import-linter is not installed"
    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_names_with_a_slash_are_built_in_the_address_book_alone() -> None:
    kinds = ("bundle", "panel", "panel-names", "command", "reveal", "service", "escalation", "auto-arm", "import")
    prefixes = tuple(f"{kind}/" for kind in kinds)
    built = [
        source.at(node)
        for source in sources("workflows", "activities", "ingest", "api", "deploy")
        if source.path != ADDRESS_BOOK
        for node in ast.walk(source.tree)
        if isinstance(node, ast.JoinedStr) and _begins_with(node, prefixes)
    ]
    assert built == [], f"use workflows.contracts.names: {built}"


def _begins_with(string: ast.JoinedStr, prefixes: tuple[str, ...]) -> bool:
    first = string.values[0] if string.values else None
    return isinstance(first, ast.Constant) and str(first.value).startswith(prefixes)


def test_names_of_queues_and_workflow_types_are_spelled_in_the_address_book_alone() -> None:
    types = {names.BUNDLE_ALARM, names.PANEL_CONNECTION, names.PANEL_NAMES, names.SECRET_REVEAL, names.OBJECT_IMPORT}
    spelled = types | {names.OUTBOX_CHANNEL, names.PUSHED_CHANNEL, names.PUSH_STREAM}
    elsewhere = [
        f"{source.at(node)} {node.value!r}"
        for source in sources("workflows", "activities", "ingest", "api")
        if source.path != ADDRESS_BOOK
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and node.value in spelled and not _is_export(source, node)
    ]
    assert elsewhere == [], f"use workflows.contracts.names: {elsewhere}"


def _is_export(source: Source, constant: ast.Constant) -> bool:
    """A class's own name in `__all__` or in a forward reference is no name of a queue."""
    return any(isinstance(node, ast.ClassDef) and node.name == constant.value for node in ast.walk(source.tree))


def test_every_activity_call_names_its_policy() -> None:
    bare = [source.at(call) for source, call in _activity_calls() if not _names_a_policy(call)]
    assert bare == [], f"say **policies.SOMETHING: {bare}"


def test_activity_calls_are_found_at_all() -> None:
    """The rule above would hold in an empty house, too."""
    assert len(list(_activity_calls())) >= 4


def _activity_calls() -> Iterator[tuple[Source, ast.Call]]:
    for source in sources("workflows"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ACTIVITY_CALLS:
                yield source, node


def _names_a_policy(call: ast.Call) -> bool:
    """`**policies.NAME` or `**policies.name(...)`, and no timeout beside it."""
    starred = [keyword.value for keyword in call.keywords if keyword.arg is None]
    named = [value.func if isinstance(value, ast.Call) else value for value in starred]
    own = {keyword.arg for keyword in call.keywords if keyword.arg} & policies.ActivityOptions.__annotations__.keys()
    return not own and any(
        isinstance(value, ast.Attribute)
        and isinstance(value.value, ast.Name)
        and value.value.id == "policies"
        and value.attr in POLICIES
        for value in named
    )


@pytest.mark.parametrize("room", ["workflows", "activities", "ingest", "api", "ui_flutter", "deploy"])
def test_a_function_fits_on_a_screen(room: str) -> None:
    long = [
        f"{source.at(function)} {function.name}: {_length(function)} lines"
        for source in sources(room)
        for function in source.functions()
        if _length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_workflows_ask_no_clock_and_no_chance_of_the_machine() -> None:
    """The sandbox would catch it at run time; here it is caught at home."""
    forbidden = {"utcnow", "today", "monotonic", "perf_counter", "time_ns"}
    found = [
        source.at(node)
        for source in sources("workflows")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and (
            node.attr in forbidden
            or (node.attr == "now" and isinstance(node.value, ast.Name) and node.value.id == "datetime")
            or (node.attr == "uuid4" and isinstance(node.value, ast.Name) and node.value.id == "uuid")
        )
    ]
    assert found == []


def test_every_sealed_column_is_in_the_register() -> None:
    """Else the rotation of keys would pass it by, and dropping the old key would lose it."""
    sealed = {
        (table.name, column.name)
        for table in METADATA.tables.values()
        for column in table.columns
        if column.name == "ciphertext" or column.name.endswith("_sealed")
    }
    assert sealed == {(entry.table.name, entry.ciphertext) for entry in SEALED}
    assert all(name in entry.table.c for entry in SEALED for name in (entry.ciphertext, entry.key_id, entry.row_id))
    places = [entry.place("x") for entry in SEALED]
    assert len(set(places)) == len(places)


def test_packages_have_empty_inits() -> None:
    full = [source.path for source in sources() if source.path.endswith("__init__.py") and source.tree.body]
    assert full == []
