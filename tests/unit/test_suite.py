"""What failed beside the others is tried once more, alone, when it is little."""

from pathlib import Path

import pytest

from tests.support.suite import A_FEW, main

_RACE = """
from pathlib import Path

def test_a_race():
    seen = Path("seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # quick to start
    (tmp_path / "pytest.ini").write_text("[pytest]")
    return tmp_path


def test_a_race_is_passed_and_named(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "test_it.py").write_text(_RACE)
    assert main(["-q"], project) == 0
    told = capfd.readouterr().out
    assert "Once more, alone: 1" in told
    assert told.rstrip().endswith("test_it.py::test_a_race")


def test_what_fails_alone_fails(project: Path) -> None:
    (project / "test_it.py").write_text("def test_it(): assert False")
    assert main(["-q"], project) == 1


def test_more_than_a_few_are_no_race(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    many = f"import pytest\n\n@pytest.mark.parametrize('n', range({A_FEW + 1}))\ndef test_it(n):"
    (project / "test_it.py").write_text(_RACE.replace("def test_a_race():", many).replace('"seen"', 'f"seen{n}"'))
    assert main(["-q"], project) == 1
    assert "Once more" not in capfd.readouterr().out


def test_what_cannot_be_run_is_not_tried_again(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "test_it.py").write_text("def test_it(:")
    assert main(["-q"], project) == 2
    assert "Once more" not in capfd.readouterr().out
