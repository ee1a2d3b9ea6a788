"""`stam console build`: pack the console into a folder of static files that needs no outside host.

Taken from the installed flet-web wheel (Flutter client, CanvasKit, Pyodide), our code with its vendored packages
(`archive.py`), our fonts, our page. The result:

    index.html  manifest.json          never cached without asking
    blink-<class>.webp                 pictures the console's Python names
    service-worker.js                  the list of all files with their digests: starts the console without a server
    static/<hash>/…                    the engine (Flutter, CanvasKit, Pyodide, fonts): changes with flet-web or our fonts
    static/app-<hash>.zip           the console's Python
    static/worker-<hash>.js            where it runs
    static/boot-<hash>.js              the loader with the addresses of this build
    console.json                       what to serve and how; written last, so a folder with it is complete

A server needs only `console.json` (no import of this package). Its format, version 1:

    {"format": 1,
     "build":   "<hash of the whole>",
     "files":   {"<url path>": {"path": "<file below the folder>",
                                "headers": {"<name>": "<value>", …},
                                "variants": {"br": "<file>", "gzip": "<file>"}}, …},
     "aliases": {"<url prefix>": "<url path in files>", …},
     "fallback": "/",
     "no_fallback": ["/api/", "/static/", …]}

To answer GET or HEAD of a path: 1. `files[path]`; 2. else the first alias whose prefix the path starts with; 3. else,
unless the path starts with one of `no_fallback`, `files[fallback]` with status 200 (deep links such as
`/alarms/<id>`); 4. else 404. Send the entry's headers as they are. When the entry has variants and Accept-Encoding
allows one (br before gzip), send that file with `Content-Encoding`; `Vary` is already among the headers. `ETag` is a
strong one for the identity form: with a variant, append the encoding inside the quotes (`"abc-br"`). An If-None-Match
that equals it may be answered 304.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from ui_flutter.web.archive import ASSETS, PackagingError, python_archive
from ui_flutter.web.bytecode import Archives, compiled
from ui_flutter.web.folder import (
    ASK,
    File,
    claimed,
    compress_entry,
    digest,
    read_manifest,
    remove_stale,
    write_all,
    write_manifest,
)

HERE = Path(__file__).parent
DEFAULT_TARGET = Path("build/console")
LIBRARY = "pyodide/python_stdlib.zip"

# Left out: the Wasm build of the client and its renderers (we run CanvasKit), debug symbols, the developer's half of
# Pyodide, fonts of widgets we do not draw with (FontManifest fonts are all fetched before the first frame).
DROPPED = re.compile(
    r".*\.(symbols|map|d\.ts)$|.*/(KaTeX|CupertinoIcons)[^/]*$|canvaskit/(skwasm|wimp|experimental)"
    r"|main\.dart\.(wasm|mjs)$|pyodide/(python(\.bat|\.exe|_cli_entry\.mjs)?|package\.json|pyodide\.js|.*\.whl)$"
    r"|icons/|favicon\.png$|index\.html$|manifest\.json$|version\.json$|python(-worker)?\.js$|flutter(_.*)?\.js$"
    r"|assets/fonts/roboto\.woff2$|assets/FontManifest\.json$|pyodide/pyodide-lock\.json$"
)
NEEDED = (
    "main.dart.js",
    "flutter.js",
    "flutter_bootstrap.js",
    "canvaskit/chromium/canvaskit.wasm",
    "canvaskit/canvaskit.wasm",
    "pyodide/pyodide.mjs",
    "pyodide/pyodide.asm.mjs",
    "pyodide/pyodide.asm.wasm",
    LIBRARY,
    "pyodide/pyodide-lock.json",
    "assets/fonts/MaterialIcons-Regular.otf",
)
# family, weight, file; "Roboto" is Flutter's default family: naming it here keeps the engine from asking for it.
FONTS = (
    ("Inter", 400, "Inter-Regular"),
    ("Inter", 500, "Inter-Medium"),
    ("Inter", 600, "Inter-SemiBold"),
    ("Inter", 700, "Inter-Bold"),
    ("Roboto", 400, "Inter-Regular"),
    ("JetBrains Mono", 400, "JetBrainsMono-Regular"),
    ("JetBrains Mono", 700, "JetBrainsMono-Bold"),
)
# Flet's client contains the Rive player, which fetches its runtime from a public host at every start. We draw no Rive
# animations: it gets a runtime from us that never becomes ready, which is what it gets when it is offline, too.
RIVE_HOST = b"https://cdn.jsdelivr.net/npm/@rive-app/flutter-native-wasm@44.0.0/"
RIVE_LOCAL = "/static/rive/"
RIVE_STUB = b"globalThis.RiveNative = () => new Promise(() => {});\n"
NO_FALLBACK = ("/api/", "/static/", "/ws", "/livez", "/readyz", "/metrics")


def build(target: Path | None = None, *, compressing: bool = True) -> Path:
    """Pack into `target` (default `build/console` below the working directory) and return it.

    Equal inputs give equal files. What did not change since the last build of the same folder is not compressed
    again; not `compressing`, nothing large is: `compress` does it later. The folder may be served meanwhile: new files get
    new names and `console.json` is replaced last. Raises `PackagingError`.
    """
    folder = (target or DEFAULT_TARGET).resolve()
    with claimed(folder):
        _pack(folder, compressing=compressing)
    return folder


def _pack(folder: Path, *, compressing: bool) -> None:
    web = _web_folder()
    source = Archives(console=python_archive(), library=(web / LIBRARY).read_bytes())
    python = compiled(source, web / "pyodide", folder / ".bytecode")
    engine = _engine_files(web, python.library)
    base = f"/static/{digest(*(part for name in sorted(engine) for part in (name.encode(), engine[name])))}/"
    files = [File(url=base + name, content=content) for name, content in engine.items()]
    files += _page_files(base, python.console)
    aliases = {f"{base}assets/fonts/noto": f"{base}assets/fonts/Inter-Regular.woff2"}
    files.append(_service_worker(files, aliases))
    entries = write_all(folder, files, compressing=compressing)
    manifest = {
        "format": 1,
        "build": digest(json.dumps({url: entry["headers"] for url, entry in entries.items()}, sort_keys=True).encode()),
        "files": entries,
        "aliases": aliases,
        "fallback": "/",
        "no_fallback": NO_FALLBACK,
    }
    write_manifest(folder, manifest)
    remove_stale(folder, entries)


def compress(target: Path | None = None) -> Path:
    """Compress what `build` left as it is, for browsers that are not on this machine; nothing else changes.

    Safe to stop and repeat. Returns the folder. Raises `PackagingError` when there is no console in it.
    """
    folder = (target or DEFAULT_TARGET).resolve()
    with claimed(folder):
        manifest = read_manifest(folder)
        made = [compress_entry(folder, entry) for entry in manifest["files"].values()]
        if any(made):
            write_manifest(folder, manifest)
    return folder


def _web_folder() -> Path:
    """The installed flet-web's client files, checked to be of flet's version and complete."""
    try:
        import flet_web

        flet, client = version("flet"), version("flet-web")
    except ImportError as error:
        raise PackagingError("flet-web is not installed (the `console` extra brings it)") from error
    if flet != client:
        raise PackagingError(f"flet {flet} and flet-web {client} differ; install one version of both")
    folder = Path(flet_web.__file__).parent / "web"
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise PackagingError(f"flet-web {client} lacks {', '.join(missing)}: this packer was written for flet 1.0.5")
    return folder


def _engine_files(web: Path, library: bytes) -> dict[str, bytes]:
    """Name → content of what changes only with flet-web, our fonts or our icon."""
    names = (path.relative_to(web).as_posix() for path in web.rglob("*") if path.is_file())
    files = {name: (web / name).read_bytes() for name in names if not DROPPED.match(name)}
    files["main.dart.js"] = _without_outside_host(files["main.dart.js"])
    files[LIBRARY] = library
    files["assets/FontManifest.json"] = _font_manifest()
    files["pyodide/pyodide-lock.json"] = _empty_lock(web / "pyodide/pyodide-lock.json")
    for icon in ("icon.svg", *(path.name for path in HERE.glob("icon-*.png"))):
        files[icon] = (HERE / icon).read_bytes()
    for name in {file for _, _, file in FONTS}:
        files[f"assets/fonts/{name}.woff2"] = (HERE / f"fonts/{name}.woff2").read_bytes()
    return files


def _without_outside_host(client: bytes) -> bytes:
    if client.count(RIVE_HOST) != 1:
        raise PackagingError("main.dart.js does not load Rive as flet 1.0.5 does: look for hosts it may ask for")
    return client.replace(RIVE_HOST, RIVE_LOCAL.encode())


def _font_manifest() -> bytes:
    families: dict[str, list[dict[str, object]]] = {"MaterialIcons": [{"asset": "fonts/MaterialIcons-Regular.otf"}]}
    for family, weight, file in FONTS:
        families.setdefault(family, []).append({"asset": f"fonts/{file}.woff2", "weight": weight})
    return json.dumps([{"family": name, "fonts": fonts} for name, fonts in families.items()]).encode()


def _empty_lock(path: Path) -> bytes:
    """Pyodide's package list without packages: nothing can be fetched by accident, and it is read at every start."""
    return json.dumps({**json.loads(path.read_text()), "packages": {}}).encode()


def _page_files(base: str, archive: bytes) -> list[File]:
    app = File(url=f"/static/app-{digest(archive)}.zip", content=archive)
    python = (HERE / "python-worker.js").read_bytes()
    worker = File(url=f"/static/worker-{digest(python)}.js", content=python)
    script = _boot_script(base, {"app": app.url, "worker": worker.url})
    boot = File(url=f"/static/boot-{digest(script)}.js", content=script)
    page = _fill(HERE / "index.html", {"boot": boot.url, "engine": base})
    web_manifest = _fill(HERE / "manifest.json", {"engine": base})
    return [
        app,
        worker,
        boot,
        *(File(url=f"/{path.name}", content=path.read_bytes(), cache=ASK) for path in sorted(ASSETS.iterdir())),
        File(url=f"{RIVE_LOCAL}wasm/rive_native.js", content=RIVE_STUB, cache=ASK),
        File(url="/manifest.json", content=web_manifest, cache=ASK),
        File(url="/", content=page, cache=ASK),
    ]


def _boot_script(base: str, urls: Mapping[str, str]) -> bytes:
    """Our loader behind Flutter's loader and the addresses of this build."""
    web = _web_folder()
    found = re.search(r"^_flutter\.buildConfig = (\{.*\});$", (web / "flutter_bootstrap.js").read_text(), re.MULTILINE)
    if found is None:
        raise PackagingError("flutter_bootstrap.js has no buildConfig: this packer was written for flet 1.0.5")
    config = json.loads(found[1])
    config["builds"] = [build for build in config["builds"] if build["renderer"] == "canvaskit"]
    addresses = json.dumps({"engine": base, "flutter": config, **urls})
    loader = (web / "flutter.js").read_text().split("//# sourceMappingURL")[0]
    return "\n".join((f"const STAM = {addresses};", loader, (HERE / "boot.js").read_text())).encode()


def _service_worker(files: list[File], aliases: Mapping[str, str]) -> File:
    """What keeps ``files`` in the browser; another byte of one of them is another service worker, and so an update."""
    digests = {file.url: hashlib.sha256(file.content).hexdigest() for file in sorted(files, key=lambda file: file.url)}
    script = (HERE / "service-worker.js").read_bytes()
    build = {
        "id": digest(script, json.dumps(digests).encode()),
        "files": digests,
        "aliases": aliases,
        "page": "/",
        "notPages": NO_FALLBACK,
    }
    content = f"const BUILD = {json.dumps(build)};\n".encode() + script
    return File(url="/service-worker.js", content=content, cache=ASK)


def _fill(template: Path, values: Mapping[str, str]) -> bytes:
    text = template.read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text).encode()
