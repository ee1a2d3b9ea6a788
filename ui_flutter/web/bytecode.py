"""Compiled forms of the console's Python, made by the Python that will run it: Pyodide's, in Node.

Its bytecode is no other Python's, so without Node there is none; the console then compiles what it imports at each start,
which takes a browser seconds.
"""

import hashlib
import io
import logging
import marshal
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ui_flutter.web.archive import PackagingError, packed

logger = logging.getLogger("stam.console")
SCRIPT = Path(__file__).parent / "compile.mjs"
# What the start imports of Python's library, and sqlite3 for the offline cache. All else stays source: it would only make the
# download larger. To find out by importing costs more than to compile; a test looks whether the list is whole.
IMPORTED = Path(__file__).parent / "library.txt"
CONSOLE_PLACE, LIBRARY_PLACE = "/console.zip", "/lib/python314.zip"  # in the browser; tracebacks name them
PATIENCE = 300  # s; it takes 6 s of processor, and the machine may be busy
_GENTLY = ("-n", "10")  # whatever starts beside it is more urgent
_MARSHAL = 4  # the newest format that both Pythons write


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
    recipe = (SCRIPT.read_bytes(), IMPORTED.read_bytes(), archives.library, archives.console)
    digest = hashlib.sha256(b"".join(recipe)).hexdigest()[:16]
    console, library = (cache / f"{part}-{digest}.zip" for part in ("console", "library"))
    if not (_is_whole(console) and _is_whole(library)):
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        try:
            made = _compile(node, archives, pyodide)
        except subprocess.TimeoutExpired:
            logger.warning("compiling the console's Python took more than %s s: it is packed as source", PATIENCE)
            return archives
        console.write_bytes(made.console)
        library.write_bytes(made.library)
    return Archives(console=console.read_bytes(), library=library.read_bytes())


def _is_whole(archive: Path) -> bool:
    """False also after a crash, or a bad disk, in the middle of it."""
    try:
        with zipfile.ZipFile(archive) as files:
            return files.testzip() is None
    except (FileNotFoundError, zipfile.BadZipFile):
        return False


def _compile(node: str, archives: Archives, pyodide: Path) -> Archives:
    console, library = _files(archives.console), _files(archives.library)
    ours = [name for name in console if name.endswith(".py")]
    theirs = [name for name in IMPORTED.read_text().split() if name in library]
    sources = [(f"{CONSOLE_PLACE}/{name}", console[name]) for name in ours]
    sources += [(f"{LIBRARY_PLACE}/{name}", library[name]) for name in theirs]
    bytecode = _bytecode(node, sources, pyodide)
    return Archives(
        console=packed(_with_bytecode(console, ours, bytecode[: len(ours)])),
        library=packed(_with_bytecode(library, theirs, bytecode[len(ours) :])),
    )


def _files(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name) for name in files.namelist() if not name.endswith("/")}


def _with_bytecode(files: dict[str, bytes], names: Collection[str], bytecode: Collection[bytes]) -> dict[str, bytes]:
    """Each of ``names`` is replaced by its compiled form."""
    rest = {name: content for name, content in files.items() if name not in set(names)}
    return rest | {f"{name}c": content for name, content in zip(names, bytecode, strict=True)}


def _bytecode(node: str, sources: list[tuple[str, bytes]], pyodide: Path) -> list[bytes]:
    """The `.pyc` of each (path, content). Raises PackagingError when one does not compile, TimeoutExpired."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "sources", Path(name) / "bytecode"
        source.write_bytes(marshal.dumps(sources, _MARSHAL))
        command: list[str | Path] = [node, SCRIPT, pyodide.resolve(), source, target]
        if (nice := shutil.which("nice")) is not None:
            command = [nice, *_GENTLY, *command]
        try:
            subprocess.run(  # noqa: S603 - our script and files of this installation
                command, check=True, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.CalledProcessError as error:
            raise PackagingError(f"the console's Python does not compile: {error.stderr.strip()[-2000:]}") from error
        made: list[bytes] = marshal.loads(target.read_bytes())  # noqa: S302 - our own script wrote it
        return made
