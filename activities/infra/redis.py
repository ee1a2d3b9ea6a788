"""The one way to a Redis client: short deadlines, because everything here can do without Redis for a while (R-MODES)."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from activities.infra.settings import Settings

TIMEOUT = 1.0  # s; a server that needs longer is as good as away
# What a client raises when the server is away, starting, full, or hangs.
AWAY: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)


def connect(settings: Settings, *, timeout: float | None = TIMEOUT) -> Redis:
    """A client that connects at first use. ``timeout`` None is for blocking reads, which bring their own."""
    return connect_url(settings.redis_url.get_secret_value(), timeout=timeout)


def connect_url(url: str, *, timeout: float | None = TIMEOUT) -> Redis:
    """`connect` by a URL. No retries inside: who uses it knows better when."""
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=TIMEOUT,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )
