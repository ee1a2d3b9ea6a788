import fcntl
from pathlib import Path

import pytest

from ui_flutter.web import packer
from ui_flutter.web.folder import MANIFEST


@pytest.fixture(scope="session")
def console_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The console, packed once per test run: the workers of xdist share it."""
    run = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        run = run.parent  # each worker has a folder of its own below the run's
    folder = run / "console"
    with (run / "console.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder if (folder / MANIFEST).exists() else packer.build(folder)
