"""How often one caller may ask (docs/security.md, "Limits").

Token buckets in this process: they need no server, so they hold while Redis is away. Of n replicas each allows as much; what
must hold across replicas (logins) is counted in Redis by `activities.auth.attempts`.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from starlette.types import Scope

from activities.infra.settings import Settings

BURST: Final = 20  # s; so long a silence is saved up
_REMEMBERED: Final = 20_000  # callers of a kind; forgetting the oldest gives it a full bucket, nothing more


class Buckets:
    """One bucket a key. ``rate``: tokens a second; 0: no limit."""

    def __init__(self, rate: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._full, self._clock = rate, max(rate * BURST, 1.0), clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> tokens, when

    def take(self, key: str) -> int:
        """Take a token. Seconds until there is one again; 0: it was taken."""
        if not self._rate:
            return 0
        now = self._clock()
        tokens, since = self._held.pop(key, (self._full, now))
        tokens = min(self._full, tokens + (now - since) * self._rate)
        granted = tokens >= 1
        self._held[key] = (tokens - 1 if granted else tokens), now
        if len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)
        return 0 if granted else math.ceil((1 - tokens) / self._rate)


class Rates:
    """The limits of this process: of an address, of those of its requests that bring no token, of a session."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = Buckets(settings.rate_address)
        self._anonymous = Buckets(settings.rate_anonymous)
        self._sessions = Buckets(settings.rate_session)

    def of_address(self, address: str, *, anonymous: bool) -> int:
        """Seconds to wait; 0: go on."""
        return self._addresses.take(address) or (self._anonymous.take(address) if anonymous else 0)

    def of_session(self, family_id: UUID) -> int:
        return self._sessions.take(str(family_id))


def address_of(scope: Scope) -> str:
    """Who is counted as one: an IPv4 address, or the /64 of an IPv6 customer."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else host
