"""Brute force (R-AUTH): 5 failed tries a minute from one address block it for a minute; 10 failures lock the account.

The count per address is kept in Redis, so that all API replicas share it, and in this process while Redis is away. The
lock of an account is in its row (`sessions.py`) and needs no Redis.
"""

import time
from collections import defaultdict, deque

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

TRIES, WINDOW = 5, 60  # failures, s
_REMEMBERED = 10_000  # addresses in this process


class Attempts:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._local: defaultdict[str, deque[float]] = defaultdict(deque)

    async def blocked_for(self, address: str) -> int:
        """Seconds until ``address`` may try again; 0: now."""
        try:
            pipeline = self._redis.pipeline()
            pipeline.get(_key(address))
            pipeline.ttl(_key(address))
            count, left = await pipeline.execute()
        except (RedisError, OSError):
            return self._blocked_locally(address)
        return max(int(left), 1) if count is not None and int(count) >= TRIES else self._blocked_locally(address)

    async def failed(self, address: str) -> None:
        self._remember(address)
        try:
            pipeline = self._redis.pipeline()
            pipeline.incr(_key(address))
            pipeline.expire(_key(address), WINDOW)
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("auth.attempts_local_only", error=type(error).__name__)

    def _remember(self, address: str) -> None:
        if len(self._local) >= _REMEMBERED:
            self._local.pop(next(iter(self._local)))
        self._local[address].append(time.monotonic())

    def _blocked_locally(self, address: str) -> int:
        if address not in self._local:
            return 0
        times, now = self._local[address], time.monotonic()
        while times and times[0] < now - WINDOW:
            times.popleft()
        if not times:
            del self._local[address]
            return 0
        return int(times[-TRIES] + WINDOW - now) + 1 if len(times) >= TRIES else 0


def _key(address: str) -> str:
    return f"login:failed:{address}"
