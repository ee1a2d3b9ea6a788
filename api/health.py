"""Whether what the API leans on works, looked at every two seconds: the mode of R-MODES."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from sqlalchemy import text
from temporalio.client import Client
from temporalio.service import RPCError

from activities.db.repositories.pushed import oldest_waiting
from activities.db.session import Database, DatabaseUnavailable
from activities.infra.redis import AWAY
from api.client.models import SystemMode
from api.realtime.hub import Hub

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 2.0  # s
_PATIENCE: Final = timedelta(seconds=1.5)
_RELAY_LATE: Final = timedelta(seconds=5)  # an outbox row that waits longer means that no relay works


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What worked when it was last looked at."""

    database: bool = False
    redis: bool = False
    temporal: bool = False
    relay: bool = False

    @property
    def mode(self) -> SystemMode:
        well = self.database and self.redis and self.temporal and self.relay
        return SystemMode.NORMAL if well else SystemMode.DEGRADED


@dataclass(slots=True)
class Health:
    db: Database
    redis: Redis
    temporal: Client
    hub: Hub
    picture: Picture = field(default_factory=Picture)

    async def run(self) -> None:
        while True:
            before, self.picture = self.picture, await self.look()
            if before != self.picture:
                log.info("health.changed", mode=self.picture.mode, **_parts(self.picture))
            self.hub.change_mode(self.picture.mode.value)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> Picture:
        database, redis, temporal = await asyncio.gather(
            self._database(), _works(self._ping(), AWAY), _works(self._temporal(), (RPCError, RuntimeError))
        )
        return Picture(database=database is not None, relay=bool(database), redis=redis, temporal=temporal)

    async def _database(self) -> bool | None:
        """Whether the relay keeps up; None: the database is away."""
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()), self.db.read() as session:
                since = await oldest_waiting(session)
        except (DatabaseUnavailable, TimeoutError):
            return None
        return since is None or datetime.now(UTC) - since < _RELAY_LATE

    async def _ping(self) -> None:
        await self.redis.get("ping")  # `ping` itself is typed for both kinds of client

    async def _temporal(self) -> None:
        await self.temporal.service_client.check_health(timeout=_PATIENCE)


async def is_ready(db: Database) -> bool:
    """Whether the database answers, asked now."""
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()), db.read() as session:
            await session.execute(text("SELECT 1"))
    except (DatabaseUnavailable, TimeoutError):
        return False
    return True


async def _works(attempt: Awaitable[Any], failures: tuple[type[Exception], ...]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            await attempt
    except TimeoutError:
        return False
    except failures:
        return False
    return True


def _parts(picture: Picture) -> dict[str, bool]:
    return {"database": picture.database, "redis": picture.redis, "temporal": picture.temporal, "relay": picture.relay}
