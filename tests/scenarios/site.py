"""A guarded place, and what happens there: its simulated panel by the simulator's own control (no part of the system helps)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

# Zones of every simulated panel (ingest/satel/simulator/examples.py): the first eight belong to partition 1, the rest to 2.
FRONT_DOOR = 1  # watched while armed, with a delay to disarm
OFFICE, STORE, WINDOW = 3, 11, 4  # watched while armed; the store belongs to partition 2
SAFE, SILENT_PANIC, SMOKE, FLOOD, SHOP_WINDOW = 5, 6, 7, 8, 13  # watched around the clock
COLD_STORE = 23  # only panels with 24 zones
OWNER, UNDER_DURESS = 1, 4  # users of every simulated panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """``port`` is its panel's; ``since`` is when the scenario came to it (the demo's history is older). Everything returns when
    the panel has taken note of it."""

    name: str
    object_id: UUID
    panel_id: UUID
    port: int
    control: httpx.AsyncClient
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    # -- at the site

    async def violate(self, *zones: int) -> None:
        for zone in zones:
            await self._do(f"zones/{zone}/violate")

    async def restore(self, *zones: int) -> None:
        for zone in zones:
            await self._do(f"zones/{zone}/restore")

    async def tamper(self, zone: int, *, on: bool = True) -> None:
        await self._do(f"zones/{zone}/tamper", on=on)

    async def arm(self, partition: int = 1, *, mode: int = 0, delay: float = 0) -> None:
        await self._do(f"partitions/{partition}/arm", mode=mode, user=OWNER, delay=delay)

    async def disarm_with(self, user: int, *, partition: int = 1) -> None:
        """Somebody enters the user's code at the keypad."""
        await self._do(f"partitions/{partition}/disarm", user=user)

    async def mains_off(self) -> None:
        await self._do("troubles/mains", on=True)

    async def mains_on(self) -> None:
        await self._do("troubles/mains", on=False)

    async def erase_log(self) -> None:
        await self._do("log/erase")

    # -- on the way to it

    async def cut_line(self) -> None:
        await self._do("link/cable", on=False)

    async def mend_line(self) -> None:
        await self._do("link/cable", on=True)

    async def lose_line_silently(self) -> None:
        """Nothing comes through any more, and nobody is told; a new connection would."""
        await self._do("link/half-open", keep_slot=False)

    async def go_busy(self) -> None:
        """Somebody else takes the module's only slot."""
        await self._do("link/busy", on=True)

    async def be_free(self) -> None:
        await self._do("link/busy", on=False)

    async def has_a_client(self) -> bool:
        answer = await self.control.get(f"/panels/{self.port}")
        return bool(answer.raise_for_status().json()["connected"])

    async def log_records(self) -> list[dict[str, Any]]:
        """What the panel itself wrote down, newest first: at, code, restore, partition, source."""
        answer = await self.control.get(f"/panels/{self.port}/log")
        return list(answer.raise_for_status().json())

    async def _do(self, what: str, **details: object) -> None:
        answer = await self.control.post(f"/panels/{self.port}/{what}", json=details)
        answer.raise_for_status()
