"""The live picture of a panel in Redis: what is so now, gone when nobody confirms it (R-MODES, design §8).

One JSON document per part under `panel:{id}:{part}`, with a life of `LIVE_STATE_TTL` seconds. Parts and their shapes:

    link        {"status", "since", "holder", "model", "firmware", "clock_offset_seconds", "last_frame_at"}
    zones       {"violated": [..], "tamper": [..], "alarm": [..], "tamper_alarm": [..], "alarm_memory": [..],
                 "tamper_memory": [..], "bypassed": [..], "isolated": [..], "no_violation": [..], "long_violation": [..],
                 "masked": [..], "at"}
    partitions  {"states": {"1": "ARMED_FULL", ..}, "at"}
    outputs     {"on": [..], "at"}
    troubles    {"items": [{"kind", "source"}, ..], "at"}

Redis is a cache here: whoever writes it writes again every `LIVE_STATE_REFRESH` seconds, so an outage heals by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from redis.asyncio import Redis

from activities.infra import metrics
from activities.infra.redis import AWAY
from workflows.contracts.names import panel_state_key
from workflows.domain.panel import LIVE_STATE_TTL, LinkStatus

log = structlog.get_logger(__name__)

PARTS: Final = ("link", "zones", "partitions", "outputs", "troubles")
Part = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePanel:
    """The parts as written; None: UNKNOWN. `available` False: Redis is away and says nothing about any panel."""

    link: Part | None = None
    zones: Part | None = None
    partitions: Part | None = None
    outputs: Part | None = None
    troubles: Part | None = None
    available: bool = True


class LiveState:
    """Reads and writes live pictures. Never raises because Redis is away: writes are dropped and counted."""

    def __init__(self, redis: Redis, *, ttl: int = LIVE_STATE_TTL) -> None:
        self._redis, self._ttl, self._away = redis, ttl, False

    async def write(self, panel_id: UUID, part: str, data: Mapping[str, object]) -> None:
        await self.write_many({(panel_id, part): data})

    async def write_many(self, parts: Mapping[tuple[UUID, str], Mapping[str, object]]) -> None:
        """Write parts of any panels in one round trip; `(panel id, part)` -> document."""
        pipe = self._redis.pipeline(transaction=False)
        for (panel_id, part), data in parts.items():
            pipe.set(panel_state_key(panel_id, part), orjson.dumps(data), ex=self._ttl)
        try:
            await pipe.execute()
            self._is_away(None)
        except AWAY as error:
            self._is_away(error)

    async def refresh(self, panel_id: UUID) -> None:
        """Let what is there live on unchanged."""
        pipe = self._redis.pipeline(transaction=False)
        for part in PARTS:
            pipe.expire(panel_state_key(panel_id, part), self._ttl)
        try:
            await pipe.execute()
            self._is_away(None)
        except AWAY as error:
            self._is_away(error)

    async def read(self, panel_id: UUID) -> LivePanel:
        """The picture of one panel."""
        return (await self.read_many([panel_id]))[panel_id]

    async def links(self, panel_ids: list[UUID]) -> dict[UUID, LinkStatus] | None:
        """The states of lines alone; a panel nobody tells of is left out. None: Redis is away."""
        if not panel_ids:
            return {}
        try:
            found = await self._redis.mget([panel_state_key(panel_id, "link") for panel_id in panel_ids])
            self._is_away(None)
        except AWAY as error:
            self._is_away(error)
            return None
        told = zip(panel_ids, found, strict=True)
        return {panel_id: LinkStatus(orjson.loads(document)["status"]) for panel_id, document in told if document}

    async def read_many(self, panel_ids: list[UUID]) -> dict[UUID, LivePanel]:
        """Pictures of several panels in one round trip."""
        keys = [panel_state_key(panel_id, part) for panel_id in panel_ids for part in PARTS]
        if not keys:
            return {}
        try:
            found = await self._redis.mget(keys)
            self._is_away(None)
        except AWAY as error:
            self._is_away(error)
            return dict.fromkeys(panel_ids, LivePanel(available=False))
        rows = [found[start : start + len(PARTS)] for start in range(0, len(found), len(PARTS))]
        return {panel_id: _picture(row) for panel_id, row in zip(panel_ids, rows, strict=True)}

    def _is_away(self, error: Exception | None) -> None:
        """Say it once per outage."""
        if error is not None and not self._away:
            metrics.REDIS_OUTAGES.labels("live_state").inc()
            log.warning("live_state.redis_away", error=str(error)[:200])
        if error is None and self._away:
            log.info("live_state.redis_back")
        self._away = error is not None


def _picture(documents: Sequence[bytes | str | None]) -> LivePanel:
    parts: dict[str, Any] = {
        part: orjson.loads(document) if document else None for part, document in zip(PARTS, documents, strict=True)
    }
    return LivePanel(**parts)
