"""Compiled forms of the console's Python, made by the Python that will run it: Pyodide's, in Node.

Its bytecode is no other Python's, so without Node there is none; the console then compiles what it imports at each start,
which takes a browser seconds.
"""

import hashlib
import logging
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ui_flutter.web.archive import PackagingError

logger = logging.getLogger("stam.console")
SCRIPT = Path(__file__).parent / "compile.mjs"
PATIENCE = 300  # s; it takes 15 s of processor, and the machine may be busy
_GENTLY = ("-n", "10")  # whatever starts beside it is more urgent


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """`console`: our code; `library`: Python's own (`python_stdlib.zip`)."""

    console: bytes
    library: bytes


def compiled(archives: Archives, pyodide: Path, cache: Path) -> Archives:
    """``archives`` with bytecode, or as they are where there is no Node, or not the time.

    ``cache`` is a folder of this function's own: what was compiled once is taken from there. Raises `PackagingError`.
    """
    node = shutil.which("node")
    if node is None:
        logger.warning("there is no Node.js: the console is packed as source and starts some seconds later in each browser")
        return archives
    digest = hashlib.sha256(b"".join((SCRIPT.read_bytes(), archives.library, archives.console))).hexdigest()[:16]
    console, library = (cache / f"{part}-{digest}.zip" for part in ("console", "library"))
    if not library.is_file():
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        try:
            _compile(node, archives.console, pyodide, console, library)
        except subprocess.TimeoutExpired:
            logger.warning("compiling the console's Python took more than %s s: it is packed as source", PATIENCE)
            return archives
    return Archives(console=console.read_bytes(), library=library.read_bytes())


def _compile(node: str, archive: bytes, pyodide: Path, console: Path, library: Path) -> None:
    """The library is put in its place last: where it is, the other is, too."""
    with tempfile.TemporaryDirectory(dir=console.parent) as name:
        folder = Path(name)
        (folder / "in.zip").write_bytes(archive)
        command: list[str | Path] = [
            node,
            SCRIPT,
            pyodide.resolve(),
            folder / "in.zip",
            folder / "console.zip",
            folder / "library.zip",
        ]
        if (nice := shutil.which("nice")) is not None:
            command = [nice, *_GENTLY, *command]
        try:
            subprocess.run(  # noqa: S603 - our script and files of this installation
                command, check=True, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.CalledProcessError as error:
            raise PackagingError(f"the console's Python does not compile: {error.stderr.strip()[-2000:]}") from error
        (folder / "console.zip").replace(console)
        (folder / "library.zip").replace(library)
