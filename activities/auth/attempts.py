"""Brute force (R-AUTH): 5 failed tries a minute from one address block it for a minute.

Counted in Redis, so that all API replicas share it, and in this process while Redis is away. A try counts before the password
is looked at, so that tries side by side cannot slip through, and is taken back when it succeeds: a whole shift may log in
from one address. The lock of an account (10 failures) is in its row (`proof.py`) and needs no Redis.

Tokens that nobody could guess count only when they are unknown (`failed`): a whole shift renews its tokens side by side.
"""

import hashlib
import ipaddress
import time
from collections import OrderedDict
from enum import StrEnum
from typing import Final

import structlog
from redis.asyncio import Redis

from activities.infra.redis import AWAY

log = structlog.get_logger(__name__)

TRIES: Final = 5
WINDOW: Final = 60  # s
_REMEMBERED: Final = 10_000  # addresses in this process
# One step for the server: DECR alone would make a key of -1 that never expires where the window has just ended.
_TAKE_BACK: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end return 0"


class Kind(StrEnum):
    """What is tried; each is counted by itself, so that an old token blocks no login."""

    LOGIN = "login"  # passwords and second factors
    REFRESH = "refresh"
    SERVICE = "service"


class Attempts:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._local: OrderedDict[str, tuple[int, float]] = OrderedDict()  # key -> count, end of its window

    async def begin(self, address: str, kind: Kind = Kind.LOGIN) -> int:
        """Count a try. Seconds until ``address`` may try again; 0: this try may go on."""
        key = _key(address, kind)
        try:
            pipeline = self._redis.pipeline()
            pipeline.incr(key)
            pipeline.expire(key, WINDOW, nx=True)
            pipeline.ttl(key)
            count, _, left = await pipeline.execute()
            if count == TRIES + 1:
                await self._redis.expire(key, WINDOW)
                left = WINDOW
        except AWAY as error:
            log.warning("auth.attempts_local_only", error=type(error).__name__)
            count, left = self._count_locally(key)
        return max(int(left), 1) if count > TRIES else 0

    async def failed(self, address: str, kind: Kind) -> None:
        """A try that was not counted before it was judged."""
        await self.begin(address, kind)

    async def blocked(self, address: str, kind: Kind) -> int:
        """Seconds until ``address`` may try again; 0: it may now. Counts nothing."""
        key = _key(address, kind)
        try:
            pipeline = self._redis.pipeline()
            pipeline.get(key)
            pipeline.ttl(key)
            count, left = await pipeline.execute()
        except AWAY as error:
            log.warning("auth.attempts_local_only", error=type(error).__name__)
            count, until = self._local.get(key, (0, 0.0))
            left = until - time.monotonic()
        return max(int(left), 0) if int(count or 0) >= TRIES else 0

    async def take_back(self, address: str, kind: Kind = Kind.LOGIN) -> None:
        """That try succeeded, or could not be judged."""
        key = _key(address, kind)
        try:
            await self._redis.eval(_TAKE_BACK, 1, key)
        except AWAY:
            if key in self._local:
                count, until = self._local[key]
                self._local[key] = count - 1, until

    def _count_locally(self, key: str) -> tuple[int, float]:
        now = time.monotonic()
        count, until = self._local.pop(key, (0, 0.0))
        if until <= now:
            count, until = 0, now + WINDOW
        if count == TRIES:
            until = now + WINDOW
        self._local[key] = count + 1, until
        if len(self._local) > _REMEMBERED:
            self._local.popitem(last=False)
        return count + 1, until - now


def _key(address: str, kind: Kind) -> str:
    """Addresses are personal data: only a digest leaves this process. One IPv6 customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        who = address
    else:
        who = str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
    return f"{kind}:tries:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
