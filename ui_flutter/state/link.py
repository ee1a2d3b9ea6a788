"""The connection to the server as the operator must see it: what it is, how old the picture is, when we try again.

A picture without a sign of life from the server for `STALE_AFTER` is stale, whatever the socket believes: an old list
that looks fresh is the worst failure of an alarm console.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

STALE_AFTER = timedelta(seconds=10)  # the server pings every 5 s: one lost ping is forgiven
SKEW_IGNORED = timedelta(seconds=2)  # less cannot be told from the way of the message


class Phase(StrEnum):
    CONNECTING = "connecting"
    CATCHING_UP = "catching_up"
    RELOADING = "reloading"
    LIVE = "live"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`heard_at` is the last sign of life (None: never yet); times are this computer's own unless `server_now` says."""

    phase: Phase = Phase.CONNECTING
    heard_at: datetime | None = None
    lost_at: datetime | None = None
    retry_at: datetime | None = None
    mode: str = "NORMAL"
    clock_offset: timedelta = timedelta()
    missed: frozenset[UUID] = frozenset()  # alarms that opened while we were away; gathered until LIVE again

    def heard(self, now: datetime, server_time: datetime | None = None) -> "Link":
        """A sign of life; `server_time` also tells how far this computer's clock is off."""
        if server_time is None:
            return replace(self, heard_at=now)
        offset = server_time - now
        return replace(self, heard_at=now, clock_offset=offset if abs(offset) > SKEW_IGNORED else timedelta())

    def lost(self, now: datetime, retry_in: timedelta) -> "Link":
        """The connection broke or could not be made; the next try is due."""
        since = self.lost_at if self.phase is Phase.LOST else now
        return replace(self, phase=Phase.LOST, lost_at=since, retry_at=now + retry_in)

    def is_stale(self, now: datetime) -> bool:
        """Whether the picture may no longer be trusted."""
        return self.heard_at is not None and now - self.heard_at > STALE_AFTER

    def server_now(self, now: datetime) -> datetime:
        """The server's present, by which ages are counted."""
        return now + self.clock_offset
