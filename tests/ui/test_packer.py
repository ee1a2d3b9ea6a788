import io
import json
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flet_web
import pytest

from tests.ui.serve import ConsoleApp
from ui_flutter.web import archive, bytecode, packer

pytestmark = pytest.mark.timeout(300)  # whichever test is first waits for the packing
PYODIDE = Path(flet_web.__file__).parent / "web" / "pyodide"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
HASH = re.compile(r"^/static/([0-9a-f]{16}/|(app|boot|worker)-[0-9a-f]{16}\.)")


@pytest.fixture
def console(console_folder: Path) -> ConsoleApp:
    return ConsoleApp(console_folder)


def content(console: ConsoleApp, url: str) -> bytes:
    path: str = console.manifest["files"][url]["path"]
    return (console.folder / path).read_bytes()


def test_every_file_and_variant_of_the_manifest_is_there(console: ConsoleApp) -> None:
    for entry in console.manifest["files"].values():
        for name in (entry["path"], *entry["variants"].values()):
            assert (console.folder / name).stat().st_size > 0


def test_what_may_be_cached_for_ever_has_its_hash_in_its_name(console: ConsoleApp) -> None:
    for url, entry in console.manifest["files"].items():
        assert ("immutable" in entry["headers"]["Cache-Control"]) == bool(HASH.match(url)), url


def test_every_answer_carries_the_isolation_and_content_policies(console: ConsoleApp) -> None:
    for entry in console.manifest["files"].values():
        assert entry["headers"]["Cross-Origin-Opener-Policy"] == "same-origin"
        assert entry["headers"]["Cross-Origin-Embedder-Policy"] == "require-corp"
        policy = entry["headers"]["Content-Security-Policy"]
        assert "'unsafe-eval'" not in policy
        assert "http" not in policy


def test_the_client_fetches_code_from_no_outside_host(console: ConsoleApp) -> None:
    for url in console.manifest["files"]:
        if url == "/" or url.endswith(("boot.js", "main.dart.js", "rive_native.js")) or "/boot-" in url:
            assert b"cdn.jsdelivr.net" not in content(console, url), url
    assert b"//" not in re.sub(rb"<!--.*?-->", b"", content(console, "/"))


def test_pictures_are_served_by_the_names_python_has_for_them(console: ConsoleApp) -> None:
    for rank in (1, 2, 3, 4):
        assert content(console, f"/blink-{rank}.webp").startswith(b"RIFF")
        assert console.manifest["files"][f"/blink-{rank}.webp"]["headers"]["Content-Type"] == "image/webp"


def test_deep_links_get_the_page_but_api_paths_do_not(console: ConsoleApp) -> None:
    page = console.find("/")
    assert console.find("/alarms/0198c0de-0000-7000-8000-000000000001") == page
    for path in ("/api/alarms", "/static/absent.js", "/ws", "/metrics"):
        assert console.find(path) is None


def test_fallback_fonts_are_answered_from_our_own(console: ConsoleApp) -> None:
    engine = next(url for url in console.manifest["files"] if url.endswith("/main.dart.js")).removesuffix("main.dart.js")
    entry = console.find(f"{engine}assets/fonts/notosansjp/v55/something.119.woff2")
    assert entry is not None
    assert entry["headers"]["Content-Type"] == "font/woff2"


def test_the_python_archive_is_pure_and_complete() -> None:
    names = names_in(archive.python_archive())
    assert {"main.py", "ui_flutter/main.py", "workflows/domain/bundle.py", "__pypackages__/flet/app.py"} <= names
    assert {"__pypackages__/repath.py", "__pypackages__/six.py", "__pypackages__/msgpack/fallback.py"} <= names
    assert not [name for name in names if name.endswith((".so", ".pyc")) or name.startswith("ui_flutter/web/")]


@needs_node
def test_the_browser_gets_all_of_our_code_as_bytecode(console: ConsoleApp) -> None:
    ours = names_in(content(console, next(url for url in console.manifest["files"] if url.startswith("/static/app-"))))
    assert "ui_flutter/main.pyc" in ours
    assert not [name for name in ours if name.endswith(".py")]


@needs_node
def test_the_start_imports_nothing_that_is_packed_as_source(console: ConsoleApp) -> None:
    """What it names belongs into ui_flutter/web/library.txt."""
    archive_url = next(url for url in console.manifest["files"] if url.startswith("/static/app-"))
    engine = next(url for url in console.manifest["files"] if url.endswith("/pyodide.mjs"))
    script = Path(__file__).with_name("imported.mjs")
    program = ["node", script, (console.folder / engine[1:]).parent, console.folder / archive_url[1:]]
    done = subprocess.run(program, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout)
    assert "/lib/python314.zip/asyncio/__init__.pyc" in imported
    assert not [name for name in imported if name.endswith(".py")]


@needs_node
def test_a_syntax_error_is_told_with_its_place(tmp_path: Path) -> None:
    broken = bytecode.Archives(console=archive.packed({"ui_flutter/odd.py": b"a = 1\nb = = 2\n"}), library=archive.packed({}))
    with pytest.raises(archive.PackagingError, match=r"/console\.zip/ui_flutter/odd\.py:2: invalid syntax"):
        bytecode.compiled(broken, PYODIDE, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@needs_node
def test_damaged_bytecode_is_compiled_again(tmp_path: Path) -> None:
    source = bytecode.Archives(
        console=archive.packed({"main.py": b"a = 1\n", "licence": b"free"}),
        library=archive.packed({"ast.py": b"b = 2\n", "unused.py": b"c = 3\n"}),
    )
    made = bytecode.compiled(source, PYODIDE, tmp_path)
    assert names_in(made.console) == {"main.pyc", "licence"}
    assert names_in(made.library) == {"ast.pyc", "unused.py"}
    for kept in tmp_path.iterdir():
        kept.write_bytes(kept.read_bytes()[:-30])  # as after a power cut
    assert bytecode.compiled(source, PYODIDE, tmp_path) == made


def test_without_node_the_sources_are_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ui_flutter.web.bytecode.shutil.which", lambda _: None)
    source = bytecode.Archives(console=b"ours", library=b"theirs")
    assert bytecode.compiled(source, tmp_path, tmp_path / "cache") is source


def test_where_compiling_takes_too_long_the_sources_are_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def endless(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr("ui_flutter.web.bytecode.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("ui_flutter.web.bytecode.subprocess.run", endless)
    source = bytecode.Archives(console=archive.packed({}), library=archive.packed({}))
    assert bytecode.compiled(source, tmp_path, tmp_path / "cache") is source


def names_in(packed: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        return set(files.namelist())


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def uncompressed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without what `compress` adds."""
    return {name: content for name, content in files.items() if not name.endswith((".br", ".gz")) and name != "console.json"}


@pytest.fixture
def folder(console_folder: Path, tmp_path: Path) -> Path:
    """An empty one that knows the bytecode already: compiling takes a busy machine long."""
    shutil.copytree(console_folder / ".bytecode", tmp_path / "packed" / ".bytecode")
    return tmp_path / "packed"


def test_compressed_later_it_is_the_same_folder_and_what_is_stale_is_gone(console_folder: Path, folder: Path) -> None:
    stale = folder / "static" / "0123456789abcdef"
    stale.mkdir(parents=True)
    (folder / "static" / "app-0123456789abcdef.zip").write_bytes(b"old")
    packer.build(folder, compressing=False)
    entries = ConsoleApp(folder).manifest["files"]
    large = [url for url, entry in entries.items() if "immutable" in entry["headers"]["Cache-Control"]]
    assert not [url for url in large if entries[url]["variants"]]
    assert entries["/"]["variants"]
    assert not stale.exists()
    packer.compress(folder)
    assert listing(folder) == listing(console_folder)


def test_a_build_without_compressing_keeps_what_was_compressed_before(console_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(console_folder, tmp_path / "packed")
    packer.build(folder, compressing=False)
    assert listing(folder) == listing(console_folder)


def test_who_is_killed_while_packing_leaves_the_console_before_it_and_no_rest(console_folder: Path, folder: Path) -> None:
    code = f"""
        import os, pathlib, signal
        from ui_flutter.web import packer

        def die(self, target):
            if target.name == "main.dart.js":
                os.kill(os.getpid(), signal.SIGKILL)
            return replace(self, target)

        replace, pathlib.Path.replace = pathlib.Path.replace, die
        packer.build(pathlib.Path({str(folder)!r}), compressing=False)
    """
    folder.joinpath("console.json").write_text("the one before")
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], timeout=240)
    assert killed.returncode == -signal.SIGKILL
    assert list(folder.rglob(".tmp-*"))
    assert folder.joinpath("console.json").read_text() == "the one before"
    packer.build(folder, compressing=False)
    assert uncompressed(listing(folder)) == uncompressed(listing(console_folder))


def test_two_builds_of_one_folder_at_once_give_one_whole_console(console_folder: Path, folder: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: packer.build(folder, compressing=False), range(2)))
    assert uncompressed(listing(folder)) == uncompressed(listing(console_folder))


def test_where_nothing_was_packed_nothing_can_be_compressed(tmp_path: Path) -> None:
    with pytest.raises(archive.PackagingError, match="there is no console in"):
        packer.compress(tmp_path)


def test_versions_that_differ_are_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packer, "version", {"flet": "1.0.5", "flet-web": "1.0.6"}.__getitem__)
    with pytest.raises(archive.PackagingError, match=r"flet 1\.0\.5 and flet-web 1\.0\.6 differ"):
        packer.build(tmp_path)
