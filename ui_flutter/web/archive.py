"""The console's Python as one archive for the browser: our code and the pure-Python packages it needs.

Everything is taken from this installation, nothing is downloaded. Compiled parts (`.so`) are left out: `msgpack` falls
back to its pure form by itself, and a package that cannot work without its compiled part does not belong in `VENDORED`.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "ui_flutter" / "assets"  # pictures, which the client asks for by name
OWN = ("ui_flutter", "api/client", "workflows/domain")
OWN_FILES = ("api/__init__.py", "workflows/__init__.py")
NOT_ON_THE_CLIENT = ("ui_flutter/web/", "ui_flutter/native/")
VENDORED = ("flet", "flet-audio", "msgpack", "repath", "six", "cattrs", "attrs", "typing_extensions", "segno")
# Parts of the vendored packages that only a server, a developer or the OAuth log-in of Flet would import.
UNUSED = ("flet/testing/", "flet/fastapi/", "flet/auth/providers/", "flet/cli.py", "flet/pytest_plugin.py", "segno/cli.py")
ENTRY = "from ui_flutter.main import start\n\nstart()\n"


class PackagingError(Exception):
    """The console cannot be packed from this installation; the text says what is missing."""


def python_archive() -> bytes:
    """Our code as an archive Python imports from; equal input gives equal bytes."""
    return packed({"main.py": ENTRY.encode(), **dict(own_files()), **dict(_vendored_files())})


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip file of ``files``: sorted, without times, not compressed (the transfer is, and an import need not unpack)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return buffer.getvalue()


def own_files() -> Iterator[tuple[str, bytes]]:
    """Names and contents of our own modules that run on the client."""
    for name in OWN_FILES:
        yield name, (ROOT / name).read_bytes()
    for folder in OWN:
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(NOT_ON_THE_CLIENT):
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
