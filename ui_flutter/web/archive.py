"""The console's Python as one archive for the browser: our code and the pure-Python packages it needs.

Everything is taken from this installation, nothing is downloaded. Compiled parts (`.so`) are left out: `msgpack` falls
back to its pure form by itself, and a package that cannot work without its compiled part does not belong in `VENDORED`.
"""

import gzip
import io
import tarfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
OWN = ("ui_flutter", "api/client", "workflows/domain")
OWN_FILES = ("api/__init__.py", "workflows/__init__.py")
VENDORED = ("flet", "msgpack", "repath", "six", "cattrs", "attrs", "typing_extensions", "segno")
# Parts of the vendored packages that only a server, a developer or the OAuth log-in of Flet would import.
UNUSED = ("flet/testing/", "flet/fastapi/", "flet/auth/providers/", "flet/cli.py", "flet/pytest_plugin.py", "segno/cli.py")
ENTRY = "from ui_flutter.main import start\n\nstart()\n"


class PackagingError(Exception):
    """The console cannot be packed from this installation; the text says what is missing."""


def python_archive() -> bytes:
    """The bytes of `app.tar.gz`; equal input gives equal bytes (sorted names, no times, no owners)."""
    files = {"main.py": ENTRY.encode(), **dict(_own_files()), **dict(_vendored_files())}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            archive.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def _own_files() -> Iterator[tuple[str, bytes]]:
    for name in OWN_FILES:
        yield name, (ROOT / name).read_bytes()
    for folder in OWN:
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("ui_flutter/web/"):
                yield name, _checked(path)


def _checked(path: Path) -> bytes:
    """The file's bytes; a syntax error is found here and not by the first operator."""
    content = path.read_bytes()
    try:
        compile(content, str(path), "exec")
    except SyntaxError as error:
        raise PackagingError(f"{path.relative_to(ROOT)}:{error.lineno}: {error.msg}") from error
    return content


def _vendored_files() -> Iterator[tuple[str, bytes]]:
    for package in VENDORED:
        try:
            files = distribution(package).files or []
        except PackageNotFoundError as error:
            raise PackagingError(f"{package} is not installed (the `console` extra brings it)") from error
        for file in files:
            if _is_wanted(PurePosixPath(file)):
                yield f"__pypackages__/{file.as_posix()}", Path(str(file.locate())).read_bytes()


def _is_wanted(file: PurePosixPath) -> bool:
    name = file.as_posix()
    if ".." in file.parts or name.startswith(UNUSED):
        return False
    is_licence = ".dist-info" in name and file.name.upper().startswith(("LICENSE", "COPYING"))
    return file.suffix == ".py" or file.name == "icons.json" or is_licence
