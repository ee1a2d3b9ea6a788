"""All panels this process holds: who may hold a line, for how long, and what happens when that changes (R-SATEL, R-MODES).

A line belongs to the holder of the newest lease number. Temporal says *that* we shall hold a panel (`hold`, called by the
lease activity); the database says *whether we still may*. The two are asked independently: a line goes on without Temporal,
which only means that nobody renewed our order, and ends within seconds once the database shows a newer number or another
configuration, because then somebody else is waiting for the module's only slot. Nothing of a former holder can be recorded.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

import asyncpg
import structlog

from activities.db.recorder import PanelStateChange
from activities.db.session import DatabaseUnavailable
from activities.infra.log import bound, current_request_id, unbound
from ingest.satel import metrics
from ingest.satel.batcher import Batcher, Entry
from ingest.satel.clock import ClockWatch
from ingest.satel.line import Grace
from ingest.satel.live import LivePublisher
from ingest.satel.names import Names
from ingest.satel.panel import PanelSetup
from ingest.satel.reconnect import Backoff
from ingest.satel.runtime import Identity, PanelRuntime
from ingest.satel.session import Dial, Timing, tcp
from ingest.satel.state import LINK
from ingest.satel.store import PanelStore, Standing
from workflows.contracts import names
from workflows.contracts.panel import LeaseEnd, LeaseResult
from workflows.contracts.panel_release import ReleaseRow
from workflows.domain.panel import LinkStatus
from workflows.domain.supervision import ClockLimits

log = structlog.get_logger(__name__)

CHECK_EVERY = 3.0  # s between looks whether the leases are still ours
GATHER = 0.05  # s
TELL_EVERY = 30.0  # s between words about panels and lines that are as they were
TICKS_PER_SECOND = 10  # a tenth of the panels each: their requests are spread over the second
HAND_OVER_WITHIN = 8.0  # s to commit what a line that is let go has received
_News = tuple[UUID, str]  # the panel, and on account of which request
NOBODY_ASKED: Mapping[UUID, str] = MappingProxyType({})

RUN_AGAIN_AFTER = 5.0  # s; a runtime that failed by a bug of ours


@dataclass(slots=True)
class _Held:
    setup: PanelSetup
    runtime: PanelRuntime
    task: asyncio.Task[None]
    ended: asyncio.Future[LeaseResult]
    ordered_by: int = 0  # activity attempts that wait for the end; 0: an orphan, kept until somebody else takes the lease
    closing: asyncio.Task[None] | None = None  # once begun it runs to its end, whoever waits for it
    identity: Identity | None = None  # as last stored
    described: int = 0  # the description_version in use
    release: ReleaseRow | None = None  # because of which it ends
    renewed_at: float = 0.0  # the last sign of life in the database, by the loop's clock
    told_up: bool = False  # whether the line was up then

    @property
    def lease(self) -> int:
        return self.runtime.lease

    @property
    def ending(self) -> bool:
        return self.closing is not None

    def owes_a_sign(self, now: float) -> bool:
        """Whether it is time to say that the panel is held, or news that its line is up."""
        every = self.runtime.setup.supervision.renewed_every.total_seconds()
        return now - self.renewed_at >= every or self.runtime.ready is not self.told_up


@dataclass(slots=True, kw_only=True)
class PanelHolder:
    """See the module. Its three loops (`tick`, `check`, `listen`) are run by the process."""

    store: PanelStore
    batcher: Batcher
    live: LivePublisher
    poll_every: float = 1.0
    timing: Timing = field(default_factory=Timing)
    grace: Callable[[PanelSetup], Grace] = lambda setup: Grace.in_class(setup.supervision)
    clock_limits: ClockLimits = field(default_factory=ClockLimits)
    pace: float = 1.0  # of the back-off; simulations are in a hurry
    dial: Callable[[PanelSetup], Dial] = lambda setup: tcp(setup.host, setup.port)
    _held: dict[UUID, _Held] = field(default_factory=dict)
    _stopping: bool = False
    _endings: set[asyncio.Task[None]] = field(default_factory=set)
    _learning: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def panel_ids(self) -> Collection[UUID]:
        return self._held.keys()

    def runtime(self, panel_id: UUID) -> PanelRuntime | None:
        """The running line of a panel, if it is here."""
        held = self._held.get(panel_id)
        return held.runtime if held is not None and not held.ending else None

    # -- taking -----------------------------------------------------------------------------------------------------------

    async def hold(self, panel_id: UUID, *, on_lease: Callable[[int], None]) -> LeaseResult:
        """Take the panel's lease and hold its line until something ends that; ``on_lease`` is told the number.

        Raises `DatabaseUnavailable`. Cancelling leaves the line up, as an orphan; `release` takes it down.
        """
        if self._stopping:
            return LeaseResult(end=LeaseEnd.HANDED_OVER, holder=self.store.holder)
        found = await self.store.setup(panel_id)
        standing = (await self.store.standings([panel_id]))[panel_id]
        end = _refusal(standing)
        if found is None or end is not None:
            return await self._refuse(panel_id, end or LeaseEnd.REMOVED, standing)
        held = await self._take(found[0])
        on_lease(held.lease)
        held.ordered_by += 1
        try:
            return await asyncio.shield(held.ended)
        finally:
            held.ordered_by -= 1

    async def release(self, panel_id: UUID) -> None:
        """Take the line down because whoever ordered it wants it no more; returns when it is closed."""
        if (held := self._held.get(panel_id)) is not None:
            with contextlib.suppress(DatabaseUnavailable):
                await self.look([panel_id])  # the database says why
            await self._end(held, LeaseEnd.HANDED_OVER, held.setup.config_version)

    async def _refuse(self, panel_id: UUID, end: LeaseEnd, standing: Standing) -> LeaseResult:
        if (held := self._held.get(panel_id)) is not None:
            await self._end(held, end, standing.config_version)
        shown = _SHOWN.get(end, LinkStatus.DISABLED)
        await self._close_account(panel_id, shown, standing.lease_number)
        log.info("panel.refused", panel_id=str(panel_id), end=end)
        if end is not LeaseEnd.REMOVED:
            self.live.publish(panel_id, LINK, {**_NO_LINK, "status": shown})
            self.live.forget(panel_id)
        return LeaseResult(end=end, holder=self.store.holder, config_version=standing.config_version, release=standing.release)

    async def _close_account(self, panel_id: UUID, shown: LinkStatus, lease: int) -> None:
        """Nobody holds the panel and nobody wants it: an alarm for its lost line is over, and the history says so.

        It counts under the last ``lease``: if somebody has a newer one by then, it is theirs to judge.
        """
        position = await self.store.position(panel_id)
        if position.link in (None, shown) or self.batcher.holds(panel_id):
            return
        at = datetime.now(UTC)
        over, position.outage = position.outage.over(panel_id, at) if position.outage else [], None
        position.link = shown
        change = PanelStateChange(panel_id=panel_id, partition=None, state=shown, at=at)
        states = (change,) if shown is LinkStatus.DISABLED else ()  # of a release others tell
        clock = ClockWatch(panel_id, wrong=position.clock_wrong, limits=self.clock_limits)
        over += clock.let_go(at)
        position.clock_wrong = clock.wrong
        entry = Entry(panel_id=panel_id, lease=lease, signals=tuple(over), cursor=position.to_json(), states=states)
        self.batcher.put(entry)

    async def _take(self, setup: PanelSetup) -> _Held:
        last_seen_at = await self.store.last_seen(setup.panel_id)
        lease = await self.store.take(setup.panel_id)
        held = self._held.get(setup.panel_id)
        if held is not None:
            # Ours all the time: nobody held it between the two numbers.
            if held.lease == lease - 1 and not held.ending and held.setup.config_version == setup.config_version:
                self._adopt(held, lease)
                return held
            await self._end(held, LeaseEnd.HANDED_OVER, held.setup.config_version)
        return await self._start(setup, lease, last_seen_at)

    def _adopt(self, held: _Held, lease: int) -> None:
        log.info("panel.adopted", panel_id=str(held.setup.panel_id), lease=lease)
        held.runtime.lease = lease
        self.batcher.relabel(held.setup.panel_id, lease)

    async def _start(self, setup: PanelSetup, lease: int, last_seen_at: datetime | None) -> _Held:
        position = await self.store.position(setup.panel_id)
        released_at = await self.store.released_at(setup.panel_id)
        if (other := self._held.get(setup.panel_id)) is not None:  # another attempt was quicker; the newest number counts
            await self._end(other, LeaseEnd.HANDED_OVER, other.setup.config_version)
        runtime = PanelRuntime(
            setup,
            position,
            lease=lease,
            batcher=self.batcher,
            live=self.live,
            holder=self.store.holder,
            dial=self.dial(setup),
            timing=self.timing,
            poll_every=self.poll_every,
            backoff=Backoff(pace=self.pace),
            grace=self.grace(setup),
            clock_limits=self.clock_limits,
            last_seen_at=last_seen_at,
            released_at=released_at,
            on_names=lambda found: self._learn(setup.panel_id, found),
        )
        # It may go on for months: what it says later is not on account of the request that began it.
        task = asyncio.create_task(self._run(runtime), name=f"panel {setup.panel_id}", context=unbound())
        held = _Held(setup, runtime, task, asyncio.get_running_loop().create_future())
        held.described = setup.description_version
        held.renewed_at = asyncio.get_running_loop().time()  # with the lease
        self._held[setup.panel_id] = held
        metrics.PANELS_HELD.set(len(self._held))
        log.info("panel.held", panel_id=str(setup.panel_id), lease=lease)
        return held

    async def _run(self, runtime: PanelRuntime) -> None:
        """A bug in one panel's handling neither ends its line for good nor hides."""
        while True:
            try:
                return await runtime.run()
            except Exception:
                log.exception("panel.failed", panel_id=str(runtime.setup.panel_id))
                await asyncio.sleep(RUN_AGAIN_AFTER)

    def _learn(self, panel_id: UUID, found: Names) -> None:
        task = asyncio.create_task(self._describe(panel_id, found))
        self._learning.add(task)
        task.add_done_callback(self._learning.discard)

    async def _describe(self, panel_id: UUID, found: Names) -> None:
        """Keep what the panel calls its zones, and use it. Without a database the next line asks again."""
        with contextlib.suppress(DatabaseUnavailable):
            await self.store.learn(panel_id, found)
            described = await self.store.setup(panel_id)
            if described is not None and (runtime := self.runtime(panel_id)) is not None:
                runtime.describe(described[0], self.grace(described[0]))
                log.info("panel.described_itself", panel_id=str(panel_id), zones=len(found.zones))

    # -- ending -----------------------------------------------------------------------------------------------------------

    def end_soon(self, panel_id: UUID, lease: int, end: LeaseEnd, config_version: int = 0) -> None:
        """End a lease, if it is still that one, without waiting."""
        held = self._held.get(panel_id)
        if held is not None and held.lease == lease:
            self._begin_end(held, end, config_version)

    def on_stale(self, panel_id: UUID, lease: int) -> None:
        """The recorder refused what we received under ``lease``."""
        self.end_soon(panel_id, lease, LeaseEnd.HANDED_OVER)

    async def _end(self, held: _Held, end: LeaseEnd, config_version: int) -> None:
        """Close the line and wait until that is done. Cancelling ends the waiting only."""
        await asyncio.wait([self._begin_end(held, end, config_version)])

    def _begin_end(self, held: _Held, end: LeaseEnd, config_version: int) -> asyncio.Task[None]:
        if held.closing is None:
            held.closing = asyncio.create_task(self._close(held, end, config_version))
            self._endings.add(held.closing)
            held.closing.add_done_callback(self._endings.discard)
        return held.closing

    async def _close(self, held: _Held, end: LeaseEnd, config_version: int) -> None:
        """Close the line, commit what it received, and let whoever waits know."""
        panel_id = held.setup.panel_id
        held.runtime.stop(_SHOWN.get(end, LinkStatus.DISCONNECTED))
        held.task.cancel()
        await asyncio.wait([held.task])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_WITHIN):
                await self.batcher.drained(panel_id)
        if self._held.get(panel_id) is held:
            del self._held[panel_id]
            self.live.forget(panel_id)
        metrics.PANELS_HELD.set(len(self._held))
        log.info("panel.let_go", panel_id=str(panel_id), lease=held.lease, end=end)
        held.ended.set_result(
            LeaseResult(
                end=end,
                lease_number=held.lease,
                holder=self.store.holder,
                config_version=max(config_version, held.setup.config_version),
                request_id=current_request_id() if end is LeaseEnd.CONFIG_CHANGED else "",
                release=held.release if end is LeaseEnd.RELEASED else None,
            )
        )
        if end is LeaseEnd.CONFIG_CHANGED and not held.ordered_by and not self._stopping:
            await self._restart(panel_id)

    async def _restart(self, panel_id: UUID) -> None:
        """Nobody orders this panel at present (Temporal is away), but it is still ours: go on with the new row."""
        with contextlib.suppress(DatabaseUnavailable):
            found = await self.store.setup(panel_id)
            if found is not None and found[1]:
                last_seen_at = await self.store.last_seen(panel_id)
                await self._start(found[0], await self.store.take(panel_id), last_seen_at)

    def stop(self) -> None:
        """Refuse new leases and begin to hand over all panels."""
        self._stopping = True
        for held in list(self._held.values()):
            self.end_soon(held.setup.panel_id, held.lease, LeaseEnd.HANDED_OVER)

    async def stopped(self) -> None:
        """Return when every line is closed and what it received is committed, or cannot be."""
        self.stop()
        while self._endings:
            await asyncio.wait(self._endings)

    # -- loops ------------------------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Tell every runtime about once a second that time passes."""
        for turn in itertools.count():
            await asyncio.sleep(1 / TICKS_PER_SECOND)
            for place, held in enumerate(list(self._held.values())):
                if place % TICKS_PER_SECOND == turn % TICKS_PER_SECOND:
                    held.runtime.tick()

    async def check(self) -> None:
        """Look every few seconds whether the panels are still ours, and as they were."""
        told_at, away = 0.0, False
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self.look(list(self._held))
                await self._give_signs(loop.time())
                if loop.time() - told_at >= TELL_EVERY and self._held:
                    told_at = loop.time()
                    await self._tell_about_panels()
                away = False
            except DatabaseUnavailable as error:
                if not away:
                    log.warning("ingest.cannot_check_leases", error=str(error)[:200])
                away = True

    async def _give_signs(self, now: float) -> None:
        """Say of which panels we are still the holder, each as often as its class wants it, and which lines are up."""
        owing = {panel_id: held for panel_id, held in self._held.items() if held.owes_a_sign(now)}
        if not owing:
            return
        up = {panel_id for panel_id, held in owing.items() if held.runtime.ready}
        await self.store.renew(owing, heard=up)
        for panel_id, held in owing.items():
            held.renewed_at, held.told_up = now, panel_id in up

    async def _tell_about_panels(self) -> None:
        """How fresh each line is; and what panel and module say of themselves, where that is news."""
        for held in list(self._held.values()):
            held.runtime.publish_link()
            if (identity := held.runtime.identity) is not None and identity != held.identity:
                await self.store.identify(held.setup.panel_id, identity)
                held.identity = identity

    async def look(self, panel_ids: Collection[UUID], *, asked_by: Mapping[UUID, str] = NOBODY_ASKED) -> None:
        """Compare these panels with the database and end the leases that are over; on account of ``asked_by``, if known."""
        if not panel_ids:
            return
        leases = {panel_id: self._held[panel_id].lease for panel_id in panel_ids if panel_id in self._held}
        for panel_id, standing in (await self.store.standings(leases)).items():
            held = self._held.get(panel_id)
            if held is None or held.lease != leases[panel_id]:
                continue
            if (end := _verdict(held, standing)) is not None:
                held.release = standing.release
                with bound(request_id=asked_by.get(panel_id, "")):
                    self.end_soon(panel_id, held.lease, end, standing.config_version)
            elif standing.description_version != held.described:
                await self._describe_anew(held)

    async def _describe_anew(self, held: _Held) -> None:
        """Somebody has changed zones, partitions or the class: use them, without letting go of the line."""
        found = await self.store.setup(held.setup.panel_id)
        if found is not None:
            held.runtime.describe(found[0], self.grace(found[0]))
            held.described = found[0].description_version

    async def listen(self, dsn: str) -> None:
        """Hear at once of what `check` would find within seconds. ``dsn`` is a plain PostgreSQL URL."""
        while True:
            try:
                await self._hear(dsn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, DatabaseUnavailable):
                await asyncio.sleep(CHECK_EVERY)

    async def _hear(self, dsn: str) -> None:
        connection = await asyncpg.connect(dsn, timeout=5)
        changed: asyncio.Queue[_News | None] = asyncio.Queue()
        try:
            connection.add_termination_listener(lambda *_: changed.put_nowait(None))
            await connection.add_listener(names.PANEL_CHANNEL, lambda *told: changed.put_nowait(_news(told[-1])))
            await self.look(list(self._held))
            while (told := await _gathered(changed)) is not None:
                await self.look(told.keys() & self._held.keys(), asked_by=told)
        finally:
            connection.terminate()


async def _gathered(changed: "asyncio.Queue[_News | None]") -> dict[UUID, str] | None:
    """What is told within a moment (hundreds of leases may be taken in a second), by panel; None when nothing more will be."""
    told = [await changed.get()]
    await asyncio.sleep(GATHER)
    while not changed.empty():
        told.append(changed.get_nowait())
    return None if None in told else dict(sorted(news for news in told if news is not None))  # one with a request stands


_NO_LINK: dict[str, object] = dict.fromkeys(("since", "holder", "model", "firmware", "clock_offset_seconds", "last_frame_at"))
# What a line is shown as that is let go because nobody shall hold it.
_SHOWN = {
    LeaseEnd.DISABLED: LinkStatus.DISABLED,
    LeaseEnd.REMOVED: LinkStatus.DISABLED,
    LeaseEnd.RELEASED: LinkStatus.RELEASED,
}


def _news(payload: object) -> _News:
    try:
        return names.parse_panel_news(str(payload))
    except ValueError:
        return UUID(int=0), ""  # not a panel: nobody holds it


def _refusal(standing: Standing) -> LeaseEnd | None:
    """Why nobody may hold a panel, or None if somebody shall."""
    if standing.removed:
        return LeaseEnd.REMOVED
    if not standing.enabled:
        return LeaseEnd.DISABLED
    return LeaseEnd.RELEASED if standing.release is not None else None


def _verdict(held: _Held, standing: Standing) -> LeaseEnd | None:
    """Why a lease is over, or None while it is not."""
    if standing.lease_number > held.lease and not standing.removed:
        return LeaseEnd.HANDED_OVER
    if (end := _refusal(standing)) is not None:
        return end
    return LeaseEnd.CONFIG_CHANGED if standing.config_version != held.setup.config_version else None
