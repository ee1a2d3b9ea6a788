from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import scratch_folder
from tests.support.providers import MailServer
from tests.support.system import SystemThread
from tests.ui.conftest import desks

__all__ = ["desks"]

SET_ASIDE = 24  # panels that no burst arms: for work that is in hand


@pytest.fixture(scope="session")
def whole(mail: MailServer, console_folder: Path) -> Iterator[SystemThread]:
    """One whole system with 124 quiet panels for all kills, as `stam up` runs it; bursts leave the first ones alone."""
    with scratch_folder() as folder:
        thread = SystemThread(folder, console_folder, panels=100 + SET_ASIDE)
        try:
            yield thread
        finally:
            thread.close()
