from collections.abc import Iterator

import pytest

from deploy.local.folder import scratch_folder
from tests.support.providers import MailServer
from tests.support.system import SystemThread


@pytest.fixture(scope="session")
def whole(mail: MailServer) -> Iterator[SystemThread]:
    """One whole system with 100 quiet panels for all kills, as `stam up` runs it."""
    with scratch_folder() as folder:
        thread = SystemThread(folder, panels=100)
        try:
            yield thread
        finally:
            thread.close()
