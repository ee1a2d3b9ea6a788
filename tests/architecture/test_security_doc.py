"""What docs/security.md cites exists, and it has a row for every requirement."""

import re
import subprocess
from functools import cache
from typing import Final, NamedTuple

import pytest

from tests.architecture.tree import ROOT

DOCUMENT: Final = (ROOT / "docs/security.md").read_text(encoding="utf-8")
STATES: Final = {"met", "partly", "no", "n/a"}
# Requirements of levels 1 and 2 in each chapter of ASVS 5.0.0: 253 together.
COUNTS: Final = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}

_ROW = re.compile(r"^\| (\d[\d., ]*) \| ([12, ]+) \| (.+?) \| (\S+) \| (.+) \|$", re.MULTILINE)
_FILE = re.compile(r"`([\w./-]+/[\w.-]+\.\w+|requirements\.lock|pyproject\.toml|Makefile)`")
_TEST = re.compile(r"`(test_\w+)`")


class Row(NamedTuple):
    ids: tuple[str, ...]
    state: str
    text: str


ROWS: Final = [Row(tuple(found[0].split(", ")), found[3], found[4]) for found in _ROW.findall(DOCUMENT)]


def _missing(text: str) -> list[str]:
    files = [name for name in _FILE.findall(text) if not (ROOT / name).exists()]
    return files + [name for name in _TEST.findall(text) if name not in _tests()]


@cache
def _tests() -> frozenset[str]:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py"))
    return frozenset(re.findall(r"def (test_\w+)", sources))


def test_every_file_and_test_it_names_exists() -> None:
    assert len(_FILE.findall(DOCUMENT)) > 100
    assert _missing(DOCUMENT) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.ids[0])
def test_a_row_has_a_state_and_says_why(row: Row) -> None:
    assert row.state in STATES
    assert len(row.text) > 3


@pytest.mark.parametrize(("chapter", "count"), COUNTS.items())
def test_each_requirement_of_levels_1_and_2_has_one_row(chapter: int, count: int) -> None:
    ids = [one for row in ROWS for one in row.ids if one.split(".")[0] == str(chapter)]
    assert len(set(ids)) == len(ids), "twice"
    assert len(ids) == count, ids


def test_the_rooms_of_security_are_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert tracked.returncode != 0 or "docs/security.md" in tracked.stdout
