import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.ui.serve import ConsoleApp
from ui_flutter.web import archive, bytecode, packer

pytestmark = pytest.mark.timeout(300)  # whichever test is first waits for the packing
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


def test_the_browser_gets_bytecode_of_everything_the_start_imports(console: ConsoleApp) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node here")
    urls = list(console.manifest["files"])
    ours = names_in(content(console, next(url for url in urls if url.startswith("/static/app-"))))
    library = names_in(content(console, next(url for url in urls if url.endswith("/python_stdlib.zip"))))
    assert "ui_flutter/main.pyc" in ours
    assert not [name for name in ours if name.endswith(".py")]
    assert {"asyncio/__init__.pyc", "dataclasses.pyc", "sqlite3/__init__.pyc", "xmlrpc/client.py"} <= library
    assert not {"asyncio/__init__.py", "dataclasses.py"} & library


def test_without_node_the_sources_are_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ui_flutter.web.bytecode.shutil.which", lambda _: None)
    source = bytecode.Archives(console=b"ours", library=b"theirs")
    assert bytecode.compiled(source, tmp_path, tmp_path / "cache") is source


def test_where_compiling_takes_too_long_the_sources_are_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def endless(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr("ui_flutter.web.bytecode.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("ui_flutter.web.bytecode.subprocess.run", endless)
    source = bytecode.Archives(console=b"ours", library=b"theirs")
    assert bytecode.compiled(source, tmp_path, tmp_path / "cache") is source


def names_in(packed: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        return set(files.namelist())


def test_a_second_build_gives_the_same_folder_and_removes_what_is_stale(console_folder: Path, tmp_path: Path) -> None:
    stale = tmp_path / "static" / "0123456789abcdef"
    stale.mkdir(parents=True)
    (tmp_path / "static" / "app-0123456789abcdef.zip").write_bytes(b"old")
    shutil.copytree(console_folder / ".bytecode", tmp_path / ".bytecode")  # compiling takes a busy machine a minute
    packer.build(tmp_path)

    def listing(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert not stale.exists()
    assert listing(tmp_path) == listing(console_folder)


def test_versions_that_differ_are_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packer, "version", {"flet": "1.0.5", "flet-web": "1.0.6"}.__getitem__)
    with pytest.raises(archive.PackagingError, match=r"flet 1\.0\.5 and flet-web 1\.0\.6 differ"):
        packer.build(tmp_path)
