"""Given a site and people, when something happens at the site, then this person sees that: what a scenario is told with."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from temporalio.client import Client

from activities.infra.temporal import DATA_CONVERTER
from activities.seed import ASSIGNED
from activities.seed_place import Place
from deploy.local.system import System
from deploy.local.temporal import NAMESPACE
from ingest.satel.simulator.fleet import FleetOptions, running_fleet
from tests.scenarios.people import Person, at_work
from tests.scenarios.site import Site


@dataclass(slots=True)
class Grounds:
    """The sites of a running system, each given to one scenario only, so that none disturbs another. The first six places are
    never given: they are for tests elsewhere."""

    system: System
    assigned: Iterator[int] = field(init=False)  # to the technician and to the field worker
    others: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        count = self.system.composition.settings.simulated_panels
        self.assigned, self.others = iter(range(ASSIGNED // 2, ASSIGNED)), iter(range(ASSIGNED, count))

    def take(self, *, assigned: bool) -> Place:
        index = next(self.assigned if assigned else self.others, None)
        if index is None:
            raise AssertionError("there are more scenarios than simulated panels: raise their number in tests/conftest.py")
        return Place(index)


@dataclass(slots=True)
class Story:
    """One scenario: hands out sites and people, and sends the people home at its end."""

    system: System
    grounds: Grounds
    cleanup: AsyncExitStack
    _people: dict[str, Person] = field(default_factory=dict)

    # -- people

    async def person(self, username: str) -> Person:
        """One of the demo's users, logged in and live."""
        if username not in self._people:
            self._people[username] = await self.cleanup.enter_async_context(at_work(self.system.api_url, username))
        return self._people[username]

    async def olga(self) -> Person:
        """An operator."""
        return await self.person("operator")

    async def oskar(self) -> Person:
        """Another operator."""
        return await self.person("operator2")

    # -- sites

    async def site(self, *, assigned: bool = False) -> Site:
        """A quiet, disarmed site whose panel is connected; ``assigned``: to the technician and the field worker."""
        place = self.grounds.take(assigned=assigned)
        control = await self._control(self.system.simulator_url)
        port = self.system.composition.settings.simulator_port + place.index
        return Site(name=place.name, object_id=place.object_id, panel_id=place.panel_id, port=port, control=control)

    async def panels_nobody_knows(self, count: int = 1, *, key: str | None = None, zones: int = 16) -> list[Site]:
        """Simulated panels the system has not been told of; their ids are nobody's yet."""
        options = FleetOptions(count=count, base_port=0, control_port=0, key=key, zones=zones, latency=0.001)
        running = await self.cleanup.enter_async_context(running_fleet(options))
        assert running.control_url is not None
        control, nobody = await self._control(running.control_url), UUID(int=0)
        return [
            Site(name=panel.config.name, object_id=nobody, panel_id=nobody, port=panel.port, control=control)
            for panel in running.fleet.panels.values()
        ]

    async def _control(self, url: str) -> httpx.AsyncClient:
        return await self.cleanup.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=30))

    # -- behind the scenes

    async def database(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """What no screen offers yet."""
        connection = await asyncpg.connect(self.system.database_url.replace("+asyncpg", ""))
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def history_of(self, workflow_id: str) -> bytes:
        """Everything Temporal keeps of a workflow, texts in it readable as UTF-8."""
        address = self.system.composition.addresses().temporal_address
        client = await Client.connect(address, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
        history = await client.get_workflow_handle(workflow_id).fetch_history()
        return b"".join(event.SerializeToString() for event in history.events)
