"""What docs/runbook.md tells somebody to use at three in the morning exists, and the Polish one tells the same."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import orjson
import pytest
import typer

from activities.db.schema import METADATA
from activities.infra.settings import Settings
from api.openapi_export import document as openapi
from deploy.cli import app
from deploy.local.config import StackSettings
from tests.architecture.tree import ROOT, sources
from workflows.domain.flags import Flag

LANGUAGES: Final = {"en": "runbook.md", "pl": "runbook.pl.md"}
CUSTOMERS: Final = {"RUN-001", "RUN-002", "RUN-003", "RUN-004", "RUN-005", "RUN-010", "RUN-011", "RUN-012", "RUN-013"} | {
    *("RUN-014", "RUN-015", "RUN-016", "RUN-017", "RUN-018", "RUN-05")
}
FOREIGN: Final = ("df ", "dmesg ", "nc ", "createdb ", "pg_dump ", "pg_restore ", "SELECT ")  # programs and a query, not ours
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

_METRIC: Final = re.compile(r"([a-z][a-z0-9_]+)(?:\{(\w+)=\"\w+\"\})?")
_PLACEHOLDER: Final = re.compile(r"[A-Z:]+")  # of a command's argument


def text(language: str) -> str:
    return (ROOT / "docs" / LANGUAGES[language]).read_text(encoding="utf-8")


def tokens(written: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", written)


def sections(language: str) -> dict[str, str]:
    """By heading number, "" for what comes before the first."""
    parts = re.split(r"^## (RUN-\d+)(.*)$", text(language), flags=re.MULTILINE)
    return {"": parts[0]} | {parts[at]: parts[at + 1] + parts[at + 2] for at in range(1, len(parts), 3)}


def fault(token: str) -> str | None:
    """What is wrong with it; None: it exists."""
    method, _, rest = token.partition(" ")
    if method in METHODS:
        return _route_fault(method, rest)
    if method == "stam":
        return _command_fault(rest.split())
    if token.startswith("STAM_"):
        return None if token.removeprefix("STAM_").lower() in _settings() else "no setting"
    if token.startswith(FOREIGN):
        return None
    if "/" in token:
        return None if (ROOT / token).exists() else "no file"
    metric = _METRIC.fullmatch(token)
    if metric and (metric[1] in _metrics() or metric[2]):
        return None if metric[2] in (None, *_metrics().get(metric[1], ())) else "no such label"
    return None if token in _columns() or token in set(Flag) or token in _constants() else "nobody knows this word"


def _route_fault(method: str, url: str) -> str | None:
    path, _, query = url.partition("?")
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return "no route"
    known = {parameter["name"] for parameter in operation.get("parameters", ())}
    unknown = [part.split("=")[0] for part in query.split("&") if query and part.split("=")[0] not in known]
    return f"no parameter {unknown}" if unknown else None


def _command_fault(words: list[str]) -> str | None:
    command: Any = typer.main.get_command(app)  # typer brings a click of its own, whose classes are not click's
    while (commands := getattr(command, "commands", None)) is not None and words:
        if words[0] not in commands:
            return f"no command {words[0]}"
        command, words = commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts}
    strange = [word for word in words if word not in options and not _PLACEHOLDER.fullmatch(word)]
    return f"neither option nor placeholder: {strange}" if strange else None


@cache
def document() -> dict[str, Any]:
    """As the API would serve it now."""
    found: dict[str, Any] = orjson.loads(openapi())
    return found


@cache
def _settings() -> frozenset[str]:
    return frozenset(Settings.model_fields) | frozenset(StackSettings.model_fields)


@cache
def _columns() -> frozenset[str]:
    return frozenset(METADATA.tables) | {column.name for table in METADATA.tables.values() for column in table.columns}


@cache
def _constants() -> frozenset[str]:
    """Every string our own source holds: log events, codes, states, members of bodies and answers."""
    found = {one for source in sources() for node in ast.walk(source.tree) for one in _told(node)}
    return frozenset(found) | {name for schema in document()["components"]["schemas"].values() for name in _members(schema)}


def _told(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _members(schema: dict[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", ())


@cache
def _metrics() -> dict[str, tuple[str, ...]]:
    """Names as Prometheus has them, with their labels."""
    found = {}
    for node in (node for source in sources() for node in ast.walk(source.tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            kind, name = node.func.id, next(_told(node.args[0]), None)
            if name is not None and kind in {"Counter", "Gauge", "Histogram", "GaugeMetricFamily"}:
                lists = [*node.args[2:], *(each.value for each in node.keywords if each.arg in {"labels", "labelnames"})]
                labels = [one for each in lists if isinstance(each, ast.List) for item in each.elts for one in _told(item)]
                found[f"{name}_total" if kind == "Counter" else name] = tuple(labels)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_route_command_metric_setting_and_word_it_names_exists(language: str) -> None:
    found = set(tokens(text(language)))
    assert len(found) > 150
    assert {token: wrong for token in sorted(found) if (wrong := fault(token)) is not None} == {}


@pytest.mark.parametrize(
    "invented",
    [
        *("GET /api/system/health", "POST /api/supervision", "GET /api/alarms?colour=red", "stam doctor --all", "stam heal"),
        *(
            "STAM_NIGHT",
            "outbox_pending_total",
            'outbox_pending_count{queue="push"}',
            "relay.asleep",
            "ALARM_LOST",
            "docs/none.md",
        ),
    ],
)
def test_what_does_not_exist_would_be_noticed(invented: str) -> None:
    assert fault(invented) is not None


def test_both_languages_have_the_same_procedures_and_name_the_same_things_in_them() -> None:
    english, polish = sections("en"), sections("pl")
    assert list(english) == list(polish)
    for number, section in english.items():
        assert _without_links(section) == _without_links(polish[number]), number


def _without_links(section: str) -> Counter[str]:
    return Counter(tokens(section))


def test_the_customers_numbers_are_kept_and_every_number_that_is_referred_to_exists() -> None:
    for language in LANGUAGES:
        written = text(language)
        there = {
            number for heading in re.findall(r"^## (.*)$", written, re.MULTILINE) for number in re.findall(r"RUN-\d+", heading)
        }
        assert there >= CUSTOMERS
        assert set(re.findall(r"RUN-\d+", written)) <= there
