"""The watchers (principle 7, ADR-0033). The active relay watches panels and everything else; workers watch the relay.

A watcher looks every `LOOK_EVERY` seconds by the database's clock, keeps nothing but how long it has been able to look, and
lives through everything: whatever went wrong, it was blind, says so, and looks again. The relay's watcher leaves that one thing
to whoever watches after it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from activities.db.session import Database, DatabaseUnavailable
from activities.supervision.panels import look_at_panels
from activities.supervision.sources import CORE, PROMISES, WATCH, beat, ensure_centre, is_any_of, look_at_sources
from workflows.domain.supervision import GRACE, LOOK_EVERY, Sight, SourceKind

log = structlog.get_logger(__name__)

OVERDUE: Final = Gauge("supervised_sources_overdue", "Sources silent for longer than promised, in the watching relay", ["kind"])

BEAT_EVERY: Final = timedelta(seconds=5)
PANEL: Final = "PANEL"
_RELAY: Final = (SourceKind.RELAY, WATCH)
_WORKER: Final = (SourceKind.WORKER, CORE)

# Of the watcher itself, and how far behind the relay's two consumers are.
_RELAY_BEATS: Final = """
    UPDATE supervised_sources s SET last_seen_at = b.at FROM (VALUES
        ('watch', now()),
        ('push', (SELECT coalesce(min(created_at), now()) FROM outbox WHERE push AND sequence_id IS NULL)),
        ('orchestration', (SELECT coalesce(min(created_at), now()) FROM outbox
                           WHERE orchestrate AND orchestrated_at IS NULL AND parked_at IS NULL))
    ) AS b(key, at) WHERE s.kind = 'RELAY' AND s.key = b.key
"""

# A database that was started since may have been away: those that had to speak could not.
_RECALL: Final = """
    SELECT since, looked_at FROM watcher_sights WHERE watcher = $1 AND looked_at > pg_postmaster_start_time()
"""
_KEEP: Final = """
    INSERT INTO watcher_sights (watcher, since, looked_at) VALUES ($1, $2, $3)
    ON CONFLICT (watcher) DO UPDATE SET since = excluded.since, looked_at = excluded.looked_at
"""

Look = Callable[[Sight], Awaitable[None]]


async def watch(
    db: Database, look: Look, *, grace: timedelta = GRACE, every: timedelta = LOOK_EVERY, heir_of: str | None = None
) -> None:
    """Look until cancelled. ``heir_of``: whose sight this watcher goes on with, and leaves behind; None: nobody's."""
    sight: Sight | None = None
    blinded = False  # since it began: then it has nothing to go on with
    while True:
        try:
            now = await _now(db)
            begins = sight is None and not blinded
            before = await _recalled(db, heir_of) if begins and heir_of is not None else sight
            seen = before.looking(now, grace=grace) if before is not None else Sight.begun(now)
            if sight is None or seen.since != sight.since:
                log.info("supervision.sees", since=seen.since.isoformat())
            await look(seen)
            sight = seen
            if heir_of is not None:
                await _keep(db, heir_of, sight)
        except DatabaseUnavailable as error:
            if sight is not None:
                log.warning("supervision.blind", error=str(error)[:200])
            sight, blinded = None, True
        except Exception:  # a bug of ours: neither the process nor the next look must suffer
            log.exception("supervision.failed")
            sight, blinded = None, True
        await asyncio.sleep(every.total_seconds())


async def _now(db: Database) -> datetime:
    async with db.fast() as connection:
        now: datetime = await connection.fetchval("SELECT now()")
    return now


async def _recalled(db: Database, watcher: str) -> Sight | None:
    async with db.fast() as connection:
        row = await connection.fetchrow(_RECALL, watcher)
    return Sight(since=row["since"], looked_at=row["looked_at"]) if row is not None else None


async def _keep(db: Database, watcher: str, sight: Sight) -> None:
    async with db.fast() as connection:
        await connection.execute(_KEEP, watcher, sight.since, sight.looked_at)


async def watch_all(db: Database, *, grace: timedelta = GRACE, every: timedelta = LOOK_EVERY) -> None:
    """As the active relay, until cancelled. The sign of life follows a complete look."""
    beaten_at: datetime | None = None

    async def look(sight: Sight) -> None:
        nonlocal beaten_at
        if beaten_at is None or sight.since == sight.looked_at:
            async with db.fast() as connection:
                await ensure_centre(connection)
        panels = await look_at_panels(db, sight, grace=grace)
        silent = await look_at_sources(db, sight, grace=grace, ours=lambda source: (source.kind, source.key) != _RELAY)
        _measure(panels, silent)
        if beaten_at is None or sight.looked_at - beaten_at >= BEAT_EVERY:
            async with db.fast() as connection:
                await connection.execute(_RELAY_BEATS)
            beaten_at = sight.looked_at

    with _cleared():
        await watch(db, look, grace=grace, every=every, heir_of=WATCH)


@contextlib.contextmanager
def _cleared() -> Iterator[None]:
    """A relay that does not watch tells nothing of it."""
    try:
        yield
    finally:
        OVERDUE.clear()


def _measure(panels: int, silent: Mapping[SourceKind, int]) -> None:
    OVERDUE.labels(PANEL).set(panels)
    for kind, count in silent.items():
        OVERDUE.labels(kind).set(count)


async def watch_the_relay(db: Database, *, grace: timedelta = GRACE, every: timedelta = LOOK_EVERY) -> None:
    """As a worker, until cancelled: say that there is one, and see whether a relay watches."""
    beaten_at: datetime | None = None

    async def look(sight: Sight) -> None:
        nonlocal beaten_at
        await look_at_sources(db, sight, grace=grace, ours=is_any_of([_RELAY]))
        if beaten_at is None or sight.looked_at - beaten_at >= BEAT_EVERY:
            await beat(db, *_WORKER, PROMISES[_WORKER])
            beaten_at = sight.looked_at

    await watch(db, look, grace=grace, every=every)
