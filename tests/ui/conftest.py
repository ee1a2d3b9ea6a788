from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.ports import free_port
from tests.ui.chromium import Desks, chromium


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desks() -> AsyncIterator[Desks]:
    """Consoles in the one Chromium of a test run. Tests that use it run in the session's loop."""
    async with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def console_port() -> int:
    """Where small servers of the console stand, one after the other: to the browser they are one."""
    return free_port()
