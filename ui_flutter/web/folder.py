"""The folder of a packed console: how its files are written, compressed and described (format: packer.py).

What may be kept for ever has its digest in its name, so a compressed form of it that is there is the right one. All else is
small, and compressed whenever it is written. `console.json` is written last: whoever is killed leaves the console before it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ui_flutter.web.archive import PackagingError

MANIFEST = "console.json"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".otf": "font/otf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".zip": "application/zip",
}
INCOMPRESSIBLE = {".woff2", ".png", ".webp"}
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",  # Flutter sets styles on its host elements
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "media-src 'self' blob: data:",  # the tones, which the console makes itself
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
FOREVER = "public, max-age=31536000, immutable"
ASK = "no-cache"
_TEMPORARY = ".tmp-"

Entry = dict[str, Any]
Compressor = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to serve: its URL path, content and caching rule."""

    url: str
    content: bytes
    cache: str = FOREVER

    @property
    def name(self) -> str:
        return "index.html" if self.url == "/" else self.url.removeprefix("/")

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder, or wait for it. The kernel lets go of it when the process dies, however it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.rglob(f"{_TEMPORARY}*"):  # by one who was killed
            left.unlink()
        yield


def write_all(folder: Path, files: Sequence[File], *, compressing: bool) -> dict[str, Entry]:
    """Write the files, and their compressed forms unless they are large and to be made later; URL path → manifest entry."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib and brotli release the GIL
        entries = pool.map(partial(_write, folder, compressing=compressing), files)
        return dict(zip((file.url for file in files), entries, strict=True))


def _write(folder: Path, file: File, *, compressing: bool) -> Entry:
    path = folder / file.name
    is_same = path.is_file() and path.read_bytes() == file.content
    variants = {}
    for encoding, (suffix, compress) in _compressors(file.suffix).items():
        name = file.name + suffix
        if not (is_same and (folder / name).is_file()):
            if file.cache == FOREVER and not compressing:
                continue
            _replace(folder / name, compress(file.content))
        variants[encoding] = name
    if not is_same:
        _replace(path, file.content)
    return {"path": file.name, "headers": _headers(file), "variants": variants}


def compress_entry(folder: Path, entry: Entry) -> bool:
    """Make the compressed forms that are missing in ``entry``, and name them there. False: none was."""
    path = folder / entry["path"]
    missing = {name: how for name, how in _compressors(path.suffix).items() if name not in entry["variants"]}
    for encoding, (suffix, compress) in missing.items():
        _replace(path.with_name(path.name + suffix), compress(path.read_bytes()))
        entry["variants"][encoding] = entry["path"] + suffix
    return bool(missing)


def _compressors(suffix: str) -> dict[str, tuple[str, Compressor]]:
    """Encoding → ending of its files and how to make them, for files that end in ``suffix``."""
    if suffix in INCOMPRESSIBLE:
        return {}
    try:
        import brotli
    except ImportError:  # a fifth larger on the wire, nothing else
        return {"gzip": (".gz", _gzip_form)}
    return {"br": (".br", lambda content: bytes(brotli.compress(content, quality=6))), "gzip": (".gz", _gzip_form)}


def _gzip_form(content: bytes) -> bytes:
    deflate = zlib.compressobj(6, wbits=31)
    return deflate.compress(content) + deflate.flush()


def _headers(file: File) -> dict[str, str]:
    headers = {
        "Content-Type": TYPES.get(file.suffix, "application/octet-stream"),
        "Cache-Control": file.cache,
        "ETag": f'"{digest(file.content)}"',
        **SECURITY,
    }
    return headers if file.suffix in INCOMPRESSIBLE else {**headers, "Vary": "Accept-Encoding"}


def digest(*parts: bytes) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()[:16]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises PackagingError when the folder holds no console."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise PackagingError(f"there is no console in {folder}: pack it first (stam console build)") from error
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, object]) -> None:
    _replace(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())


def remove_stale(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Remove what earlier builds left below `static/`."""
    kept = {Path(entry["path"]).parts[1] for url, entry in entries.items() if url.startswith("/static/")}
    for path in (folder / "static").iterdir():
        if path.name.removesuffix(".br").removesuffix(".gz") in kept or path.name in kept:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader, also one after a power cut, sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(handle)
    os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp made it private
    Path(temporary).replace(path)
