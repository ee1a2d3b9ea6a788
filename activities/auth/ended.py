"""Sessions that have ended, told to every process at once (R-AUTH's token blacklist).

The database is the truth: a session ends when its row says so. Redis says it sooner, to all API processes, for as long as an
access token of that session could still be good. While Redis is away each process looks into the database again after
`api.callers.TRUSTED_FOR`. Service tokens are told of in the same way, by their ids.
"""

import time
from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from redis.asyncio import Redis

from activities.infra.redis import AWAY
from workflows.contracts import names

log = structlog.get_logger(__name__)

_PAUSE: Final = 1.0  # s; so long a Redis that was away is not asked: with every request it would cost its deadline


class EndedSessions:
    def __init__(self, redis: Redis, *, remembered_for: timedelta) -> None:
        """``remembered_for``: the life of an access token, and the clocks' difference."""
        self._redis = redis
        self._remembered_for = remembered_for
        self._asked_again_at = 0.0

    async def tell(self, session_ids: Collection[UUID]) -> None:
        """After the transaction that ended them. A Redis that is away only costs seconds."""
        if not session_ids:
            return
        try:
            pipeline = self._redis.pipeline()
            for session_id in session_ids:
                pipeline.set(names.ended_session_key(session_id), b"1", ex=self._remembered_for)
            await pipeline.execute()
        except AWAY as error:
            log.warning("auth.ended_not_told", error=type(error).__name__, sessions=len(session_ids))

    async def knows(self, session_id: UUID) -> bool:
        """Whether it was told of. False while Redis is away: the database knows."""
        if time.monotonic() < self._asked_again_at:
            return False
        try:
            return bool(await self._redis.exists(names.ended_session_key(session_id)))
        except AWAY as error:
            self._asked_again_at = time.monotonic() + _PAUSE
            log.warning("auth.ended_from_database", error=type(error).__name__)
            return False
