"""The console as an application of its own: what `flet build` gets is whole and starts."""

import subprocess
import sys
import tomllib
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ui_flutter.native.project import lay_out
from ui_flutter.web.archive import VENDORED

ADDRESS = "https://stam.example"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "left_over.py").touch()
    return lay_out(tmp_path, ADDRESS)


def test_the_project_has_the_clients_sources_and_nothing_of_the_server(project: Path) -> None:
    source = project / "src"
    assert {one.name for one in source.iterdir()} == {"main.py", "api", "ui_flutter", "workflows", "assets"}
    assert [one.name for one in (source / "api").iterdir() if one.is_dir()] == ["client"]
    assert not (source / "ui_flutter" / "web").exists()
    assert (source / "assets" / "icon.png").read_bytes().startswith(b"\x89PNG")
    assert {f"blink-{rank}.webp" for rank in (1, 2, 3, 4)} < {one.name for one in (source / "assets").iterdir()}


def test_what_it_needs_is_pinned_as_the_whole_is(project: Path) -> None:
    with (project / "pyproject.toml").open("rb") as file:
        found = tomllib.load(file)
    assert found["project"]["version"] == version("stam-replacer")
    ours = [Requirement(one) for one in requires("stam-replacer") or []]
    wanted = {one.name: str(one.specifier) for one in ours}
    needed = {one.name: str(one.specifier) for one in map(Requirement, found["project"]["dependencies"])}
    assert set(VENDORED) & (wanted.keys() | {"msgpack"}) <= needed.keys()
    del needed["msgpack"]  # of flet's
    assert needed == {name: wanted[name] for name in needed}


def test_its_sources_import_by_themselves_and_talk_to_the_server_they_were_made_for(project: Path) -> None:
    """In a Python that has the installed packages but not this checkout."""
    script = (project / "src" / "main.py").read_text().replace("start()", "from ui_flutter.main import make_client")
    script += "\nprint(make_client().session._base, __import__('ui_flutter').__path__[0])"
    environment = {"PYTHONPATH": str(project / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == [ADDRESS, str(project / "src" / "ui_flutter")]
