from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from deploy.local.system import System
from tests.scenarios.story import Grounds, Story


@pytest.fixture(scope="session")
def grounds(system: System) -> Grounds:
    return Grounds(system)


@pytest.fixture
async def story(system: System, grounds: Grounds) -> AsyncIterator[Story]:
    """What a scenario is told with."""
    async with AsyncExitStack() as cleanup:
        yield Story(system, grounds, cleanup)
