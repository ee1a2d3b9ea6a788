"""`stam console project`: a folder from which `flet build` makes the console for Android, iOS, Windows, Linux and macOS.

The same sources as the web console's, with the packages a machine needs beside them named and not packed.
"""

import shutil
from importlib.metadata import version
from pathlib import Path

from ui_flutter.web.archive import ASSETS, own_files

HERE = Path(__file__).parent
ICON = HERE.parent / "web" / "icon-512.png"
# Where the console runs as an application there is no page whose origin the server could be.
ENTRY = """import os

os.environ.setdefault("STAM_URL", {server!r})

from ui_flutter.main import start

start()
"""


def lay_out(target: Path, server: str) -> Path:
    """Make ``target`` such a folder, for consoles that talk to ``server``, and return it. What was there of an earlier one is
    replaced."""
    source = target / "src"
    if source.exists():
        shutil.rmtree(source)
    for name, content in [("main.py", ENTRY.format(server=server).encode()), *own_files()]:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shutil.copytree(ASSETS, source / "assets")
    shutil.copyfile(ICON, source / "assets" / "icon.png")
    template = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    (target / "pyproject.toml").write_text(template.replace('"0.0.0"', f'"{version("stam-replacer")}"'), encoding="utf-8")
    return target
