from pathlib import Path

import pytest

from ui_flutter.web import packer


@pytest.fixture(scope="session")
def console_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console, packed once per test run."""
    return packer.build(tmp_path_factory.mktemp("console"))
