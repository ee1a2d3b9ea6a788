"""Group commit: what all panels of this process received, a hundred signals to a transaction (R-RECORD).

Every panel has a lane; its entries commit in the order they were put, and only one transaction at a time holds a lane, so
the log cursor only moves forward. A few transactions run side by side, and what arrives meanwhile shares the next one: an
idle system commits a signal at once, a storm pays one commit for a hundred.

PostgreSQL away: entries stay here, bounded by `limit`, and are tried again until it is back. When `full`, whoever puts
should hold back what can be read again (the panel's log). A crash loses nothing of it: the cursor was not moved.
An entry that is refused for what is in it (a data error of PostgreSQL, a bug of ours) blocks only its own lane, and in the end
is recorded without its panel, as something a human must look at (D10): one bad record never silences a panel. Any other error
of PostgreSQL says nothing about the entry: its lane waits until that is mended, for the alarm in it is a good one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.db.recorder import Batch, CursorMove, PanelStateChange, record_signals
from activities.db.session import Database, DatabaseUnavailable
from ingest.satel import metrics
from workflows.domain.alarm import Family, Signal

log = structlog.get_logger(__name__)

MAX_BATCH = 100  # signals (design §4.2)
MAX_HELD = 50_000  # signals, about 50 MB
SIDE_BY_SIDE = 2  # transactions
RETRY_FIRST, RETRY_LAST = 0.1, 2.0  # s
PARK_AFTER = 5  # refusals of one entry by itself, for what is in it
_OF_THE_DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)  # classes 22 and 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What belongs together in one transaction. `lease` is the lease number under which it was received."""

    panel_id: UUID
    lease: int
    signals: tuple[Signal, ...] = ()
    cursor: Mapping[str, object] | None = None
    states: tuple[PanelStateChange, ...] = ()

    @property
    def weight(self) -> int:
        return max(1, len(self.signals) + len(self.states))


Record = Callable[[Sequence[Entry]], Awaitable[frozenset[UUID]]]
"""Commits entries in order and returns the panels whose lease is another's by now. Raises
`DatabaseUnavailable` when it should be tried again, or any error when it refuses something in the entries."""


def recording(db: Database) -> Record:
    """The real thing: entries into `record_signals`."""

    async def record(entries: Sequence[Entry]) -> frozenset[UUID]:
        moves = {entry.panel_id: entry.cursor for entry in entries if entry.cursor is not None}
        batch = Batch(
            signals=tuple(signal for entry in entries for signal in entry.signals),
            cursors=tuple(CursorMove(panel_id=panel_id, cursor=cursor) for panel_id, cursor in moves.items()),
            states=tuple(state for entry in entries for state in entry.states),
            leases={entry.panel_id: entry.lease for entry in entries},
        )
        return (await record_signals(db, batch)).stale

    return record


@dataclass(slots=True)
class _Lane:
    panel_id: UUID
    entries: deque[tuple[float, Entry]] = field(default_factory=deque)
    scheduled: bool = False  # in a transaction, in the ready queue, or waiting for its next try
    refusals: int = 0  # of its first entry, alone or among others, since it committed something
    faults: int = 0  # refusals of the first entry by itself for what is in it


class Batcher:
    """See the module. Needs no task of its own; `put` from the loop's thread only."""

    def __init__(
        self,
        record: Record,
        *,
        on_stale: Callable[[UUID, int], None] = lambda _panel, _lease: None,
        limit: int = MAX_HELD,
        max_batch: int = MAX_BATCH,
    ) -> None:
        """``on_stale`` is told of a panel and the lease number under which nothing can be recorded any more."""
        self._record = record
        self.on_stale = on_stale
        self._limit = limit
        self._max_batch = max_batch
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[UUID, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._held = 0
        self._running: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._outage = 0.0  # s, the present delay between tries; 0: no outage
        self._progress = asyncio.Event()

    @property
    def held(self) -> int:
        """Signals received and not committed."""
        return self._held

    @property
    def full(self) -> bool:
        return self._held >= self._limit

    @property
    def out(self) -> bool:
        """Whether the last try found the database away."""
        return self._outage > 0

    def holds(self, panel_id: UUID) -> bool:
        """Whether anything of the panel waits or is in a transaction."""
        return panel_id in self._lanes

    def put(self, entry: Entry) -> None:
        """Queue an entry. Never refuses: holding back when `full` is the caller's part."""
        lane = self._lanes.setdefault(entry.panel_id, _Lane(entry.panel_id))
        lane.entries.append((self._loop.time(), entry))
        self._count(entry.weight)
        self._schedule(lane)

    def relabel(self, panel_id: UUID, lease: int) -> None:
        """The same holder got the panel's lease anew: what waits belongs to the new number."""
        if lane := self._lanes.get(panel_id):
            lane.entries = deque((at, replace(entry, lease=lease)) for at, entry in lane.entries)

    async def drained(self, panel_id: UUID | None = None) -> None:
        """Return when nothing of a panel (or of any) waits or is in a transaction."""
        while self.holds(panel_id) if panel_id is not None else self._lanes:
            self._progress.clear()
            await self._progress.wait()

    async def close(self, timeout: float) -> int:
        """Commit what can be committed in ``timeout`` seconds; the number of signals left behind."""
        try:
            async with asyncio.timeout(timeout):
                await self.drained()
        except TimeoutError:
            log.warning("ingest.unrecorded_at_shutdown", signals=self._held)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        return self._held

    # -- choosing ---------------------------------------------------------------------------------------------------------

    def _count(self, change: int) -> None:
        self._held += change
        metrics.RECORDING_QUEUE.set(self._held)

    def _schedule(self, lane: _Lane) -> None:
        if not lane.scheduled:
            lane.scheduled = True
            self._ready.append(lane)
        self._wake()

    def _wake(self) -> None:
        # At the end of this turn of the loop: what other panels put in the same turn goes along.
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        while self._ready and len(self._running) < (1 if self.out else SIDE_BY_SIDE):
            batch = self._take()
            task = self._loop.create_task(self._commit(batch))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake()

    def _take(self) -> list[tuple[_Lane, int]]:
        """Lanes and how many of their first entries make up the next transaction."""
        batch: list[tuple[_Lane, int]] = []
        room = self._max_batch
        while self._ready and room > 0:
            if self._ready[0].refusals and batch:
                break
            lane = self._ready.popleft()
            count = 1 if lane.refusals else _fitting(lane, room)
            batch.append((lane, count))
            room -= sum(lane.entries[place][1].weight for place in range(count))
            if lane.refusals:
                break
        return batch

    # -- committing -------------------------------------------------------------------------------------------------------

    async def _commit(self, batch: list[tuple[_Lane, int]]) -> None:
        entries = [lane.entries[place][1] for lane, count in batch for place in range(count)]
        try:
            stale = await self._record(entries)
        except DatabaseUnavailable as error:
            await self._wait_out(batch, error)
        except Exception as error:
            self._refused(batch, error)
        else:
            self._outage = 0.0
            leases = {entry.panel_id: entry.lease for entry in entries}
            for lane, count in batch:
                self._done(lane, count, refused=leases[lane.panel_id] if lane.panel_id in stale else None)
        self._progress.set()

    def _done(self, lane: _Lane, count: int, *, refused: int | None) -> None:
        """A lane's part of a transaction: committed, or refused because lease ``refused`` is no longer the newest."""
        lane.refusals = lane.faults = 0
        if refused is None:
            now = self._loop.time()
            for put_at, entry in (lane.entries.popleft() for _ in range(count)):
                self._count(-entry.weight)
                metrics.RECORDING_SECONDS.observe(now - put_at)
        else:
            # What was relabelled meanwhile stays, and is tried again under its new number.
            self._drop(lane, refused)
            self.on_stale(lane.panel_id, refused)
        self._release(lane)

    def _drop(self, lane: _Lane, lease: int) -> None:
        """What else was received under a lease that is over: its new holder reads it again."""
        kept = deque(item for item in lane.entries if item[1].lease != lease)
        self._count(-sum(entry.weight for _, entry in lane.entries if entry.lease == lease))
        lane.entries = kept

    def _release(self, lane: _Lane) -> None:
        lane.scheduled = False
        if lane.entries:
            self._schedule(lane)
        else:
            self._lanes.pop(lane.panel_id, None)

    async def _wait_out(self, batch: list[tuple[_Lane, int]], error: DatabaseUnavailable) -> None:
        if not self._outage:
            log.warning("ingest.database_away", error=str(error)[:200])
        metrics.RECORDING_FAILURES.labels("unavailable").inc()
        self._outage = min(max(RETRY_FIRST, self._outage * 2), RETRY_LAST)
        self._ready.extendleft(lane for lane, _ in reversed(batch))
        await asyncio.sleep(self._outage)

    def _refused(self, batch: list[tuple[_Lane, int]], error: Exception) -> None:
        metrics.RECORDING_FAILURES.labels("refused").inc()
        seen = all(lane.refusals for lane, _ in batch)  # its traceback was written then
        name = type(error).__name__
        log.error("ingest.recording_refused", panels=len(batch), error=name, exc_info=None if seen else error)
        for_its_data = len(batch) == 1 and batch[0][1] == 1 and is_of_the_data(error)
        for lane, _ in batch:
            lane.refusals += 1
            lane.faults += for_its_data
            if lane.faults > PARK_AFTER:
                self._park(lane)
            # Each of them comes back by itself, later than its neighbours.
            self._loop.call_later(min(RETRY_FIRST * 2 ** min(lane.refusals, 10), RETRY_LAST), self._again, lane)

    def _again(self, lane: _Lane) -> None:
        self._ready.append(lane)
        self._wake()

    def _park(self, lane: _Lane) -> None:
        put_at, entry = lane.entries[0]
        signals = tuple(quarantined(signal) for signal in entry.signals)
        lane.entries[0] = put_at, replace(entry, signals=signals, states=())
        self._count(lane.entries[0][1].weight - entry.weight)
        lane.refusals, lane.faults = 1, 0
        metrics.PARKED_ENTRIES.inc()


def is_of_the_data(error: Exception) -> bool:
    """Whether the same entry would be refused again by a server that is well."""
    return isinstance(error, _OF_THE_DATA) or not isinstance(error, asyncpg.PostgresError | SQLAlchemyError)


def quarantined(signal: Signal) -> Signal:
    """The same signal without its panel, which the recorder keeps as QUARANTINED for a human."""
    detail: dict[str, str | int | bool] = {"panel_id": str(signal.panel_id), "zone": signal.source_number}
    return Signal(
        source=signal.source,
        family=Family.OTHER,
        code=signal.code,
        received_at=signal.received_at,
        panel_at=signal.panel_at,
        raw=signal.raw,
        detail=detail,
    )


def _fitting(lane: _Lane, room: int) -> int:
    """How many of the lane's first entries fit: at least one, all of one lease."""
    count, lease = 0, lane.entries[0][1].lease
    for _, entry in lane.entries:
        room -= entry.weight
        if entry.lease != lease or (room < 0 and count):
            break
        count += 1
    return count
