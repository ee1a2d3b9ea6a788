"""A panel's line, kept up for as long as we hold the panel: connect, catch up, follow, and again (R-SATEL, R-RECOVER).

One task per panel, which sleeps until its line or the process-wide ticker wakes it: an idle panel costs one log read in
nine seconds and nothing else, so that five hundred fit one core. Edges do not pass through the task at all: they go from
the bytes received to the batcher in one call.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, cast
from uuid import UUID

import structlog

from activities.db.recorder import PanelStateChange
from ingest.satel import metrics, requests, state
from ingest.satel.batcher import Batcher, Entry
from ingest.satel.clock import ClockWatch
from ingest.satel.errors import LinkLost, RemoteProtocolError
from ingest.satel.eventlog import LogWalk
from ingest.satel.frames import Frame
from ingest.satel.line import Grace, LineWatch
from ingest.satel.messages import ChangedBlocks, Command, EventAnswer, ModuleVersion, PanelStatus, PanelVersion, Result, decode
from ingest.satel.names import Names, read_names
from ingest.satel.panel import CONDITION_BLOCKS, URGENT_BLOCKS, PanelSetup, PanelTracker, Position
from ingest.satel.reconnect import Backoff, Ended
from ingest.satel.session import Dial, NoAnswer, PanelBusy, Session, Timing, open_session, tcp
from ingest.satel.transition import Transition
from ingest.satel.turns import Turns
from workflows.domain.alarm import Signal
from workflows.domain.panel import TRANSITION_LASTS, LinkStatus, PartitionState
from workflows.domain.supervision import ClockLimits

log = structlog.get_logger(__name__)

LOG_EVERY = 9.0  # s; at least the keepalive of 10 s, and "10-30 s even when quiet" (reference §4.7, §6.1)
ALERT_LOG_EVERY = 2.0  # s while something is in alarm: a panic key pressed then changes no bit, only the log knows
CLOCK_EVERY = 300.0  # s
BURST_WITHIN = 1.0  # s for the blocks that follow the start of automatic sending
COALESCE = 0.1  # s; one arming is a handful of blocks, and the history wants one state of it
WALK_LIMIT = 500  # records (reference §4.7)

_IDENTITY = 12  # bytes of a 7E that tell panels apart: type, version and date
_NARROW = 5  # bytes of the changed list of a v1 module: blocks 00-27

_ALARM_BLOCKS = (
    Command.ZONES_ALARM,
    Command.ZONES_TAMPER_ALARM,
    Command.PARTITIONS_ALARM,
    Command.PARTITIONS_FIRE_ALARM,
    Command.TROUBLES_1,
    Command.PARTITIONS_ARMED,
)
"""The baseline without which nothing is told; in the order they are read."""
_MAY_BE_SILENT = frozenset(range(0x28, 0x32))  # blocks that not every module knows (reference §2.2)
_FOLLOWED = state.ZONE_BLOCKS | state.PARTITION_BLOCKS | state.TROUBLE_BLOCKS | {Command.OUTPUTS_ON}
_SECOND_GENERATION = frozenset({Command.ZONES_MASKED, Command.TROUBLES_6, Command.TROUBLES_7})
_EXTENDED = frozenset({Command.TROUBLES_8})


class LiveSink(Protocol):
    """Where the live picture goes. Never raises, never waits."""

    def publish(self, panel_id: UUID, part: str, data: dict[str, object]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What panel and module say of themselves; `module` None for one that does not."""

    model: str
    firmware: str
    module: str | None


class PanelRuntime:
    """See the module. ``lease`` is the number under which everything is recorded; adoption changes it."""

    def __init__(
        self,
        setup: PanelSetup,
        position: Position,
        *,
        lease: int,
        batcher: Batcher,
        live: LiveSink,
        holder: str = "",
        dial: Dial | None = None,
        timing: Timing | None = None,
        poll_every: float = 1.0,
        backoff: Backoff | None = None,
        grace: Grace | None = None,
        clock_limits: ClockLimits | None = None,
        last_seen_at: datetime | None = None,
        released_at: datetime | None = None,
        on_names: Callable[[Names], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.setup = setup
        self.tracker = PanelTracker(setup, position)
        self.lease = lease
        self.log_every = LOG_EVERY
        self.status = LinkStatus.CONNECTING
        self._since = began_at = now()
        grace = grace or Grace.in_class(setup.supervision)
        self._watch = LineWatch(
            setup.panel_id, setup.address, position.outage, grace=grace, began_at=began_at, released_at=released_at
        )
        self._clock = ClockWatch(setup.panel_id, wrong=position.clock_wrong, limits=clock_limits or ClockLimits())
        self._last_seen_at = last_seen_at  # of the former holder
        self._released_at = released_at
        self._batcher, self._live, self._holder = batcher, live, holder
        self._dial = dial or tcp(setup.host, setup.port)
        self._timing = timing or Timing()
        self._poll_every = poll_every
        self._backoff = backoff or Backoff()
        self._on_names = on_names
        self._now, self._chance = now, chance
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        self._session: Session | None = None
        self._version: PanelVersion | None = None
        self._module: ModuleVersion | None = None
        self._automatic = False
        self._unsupported: set[int] = set()
        self._silent: set[int] = set()  # commands that stayed unanswered, on this line or the last
        self._seen: set[int] = set()
        self._serving = self._caught_up = False
        self._poll_due = self._log_due = self._clock_due = False
        self._polled_at = self._log_read_at = self._clock_read_at = 0.0
        self._publishing: asyncio.TimerHandle | None = None
        self._transition = Transition()
        self._changed: list[asyncio.Future[None]] = []  # of those who wait for what the panel tells next
        self.turns = Turns()  # of commands: one at a time, the most urgent first
        self._learning: asyncio.Task[None] | None = None

    @property
    def identity(self) -> Identity | None:
        """None until the panel has said it."""
        if self._version is None:
            return None
        return Identity(model=str(self._version.model), firmware=self._version.firmware, module=_module_name(self._module))

    @property
    def ready(self) -> bool:
        """Whether the line is up and has caught up: what happens from now on is told as it happens."""
        return self._caught_up

    @property
    def line(self) -> tuple[Session, PanelVersion] | None:
        """The line and who answers on it, for questions that can wait; None while it is not up."""
        if self._session is None or self._version is None or self.status is not LinkStatus.CONNECTED:
            return None
        return self._session, self._version

    # -- for commands -----------------------------------------------------------------------------------------------------

    def wide(self, block: int) -> bool:
        """Whether this panel and module speak of 256 objects in ``block``."""
        return self._wide(block)

    async def recorded(self) -> None:
        """Return when everything the panel has told so far is in the database."""
        await self._batcher.drained(self.setup.panel_id)

    async def told(self, within: float) -> None:
        """Return when the panel has told something, or after ``within`` seconds."""
        news: asyncio.Future[None] = self._loop.create_future()
        self._changed.append(news)
        await asyncio.wait([news], timeout=within)
        if not news.done():
            self._changed.remove(news)

    def expect(self, numbers: Iterable[int], shown: PartitionState) -> None:
        """From now on these partitions are shown so, until the panel shows a change, or `TRANSITION_LASTS` seconds."""
        self._transition.begin(self.tracker.picture.partition_states(numbers), numbers, shown)
        self._publish_partitions()
        self._loop.call_later(TRANSITION_LASTS, self.expect_no_more, tuple(numbers), shown)

    def expect_no_more(self, numbers: Iterable[int], shown: PartitionState) -> None:
        """These partitions are shown as the panel has them, unless something else is expected of them by now."""
        if self._transition.end(numbers, shown) and not self._stopping:
            self._publish_partitions()

    def _publish_partitions(self) -> None:
        self.tracker.dirty.add(state.PARTITIONS)
        if self._publishing is not None:
            self._publishing.cancel()
        self._publish()

    # -- for the holder ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the line up until `stop`."""
        self._take_over()
        while not self._stopping:
            ended, lived = await self._live_line()
            self._backoff, wait = self._backoff.after(ended, lived=lived, chance=self._chance())
            await self._rest(wait)

    def stop(self, shown: LinkStatus | None = None) -> None:
        """Let go of the line; `run` returns soon. ``shown`` is what the history says of it: DISABLED when nobody else takes
        the panel, DISCONNECTED when somebody does, None for a process that dies without a word. RELEASED it says only when it
        is known that the line is closed (`activities.panel_releases`)."""
        self._stopping = True
        if shown is LinkStatus.RELEASED:
            self.tracker.position.link = shown
        if shown in (LinkStatus.DISABLED, LinkStatus.RELEASED):
            self._record([*self._watch.let_go(self._now()), *self._clock.let_go(self._now())], moved=True)
            self._set_status(shown)
        elif shown is not None and self.tracker.position.link is LinkStatus.CONNECTED:
            self._record_link(shown, self._now(), {"reason": "handed over"})
        if self._session is not None:
            self._session.close("released")
        if self._publishing is not None:
            self._publishing.cancel()
        for gauge in (metrics.CONNECTION_STATUS, metrics.CLOCK_SKEW):
            gauge.remove(str(self.setup.panel_id))  # another process tells of it, or nobody
        self._wake.set()

    def tick(self) -> None:
        """Called about once a second: what is due by time."""
        if not self._stopping:
            self._record(self._watch.overdue(self._now()))
        session = self._session
        if session is None or not self._serving:
            return
        now = self._loop.time()
        tracker = self.tracker
        self._poll_due |= not self._automatic and now - self._polled_at >= self._poll_every * 0.9
        waiting = tracker.log_wanted or tracker.log_urgent or bool(tracker.unexplained) or tracker.suspended
        every = ALERT_LOG_EVERY if tracker.in_alarm else self.log_every
        quiet = session.silent_for() >= self.log_every or now - self._log_read_at >= every
        self._log_due |= quiet or (waiting and not self._batcher.full)
        # While nothing more can be held, the log is left alone, and the clock keeps the line from being cut.
        overdue = now - self._clock_read_at >= CLOCK_EVERY or (self._batcher.full and session.silent_for() >= LOG_EVERY)
        self._clock_due |= tracker.clock_wanted or overdue
        if self._poll_due or self._log_due or self._clock_due:
            self._wake.set()

    def publish_link(self, status: LinkStatus | None = None) -> None:
        """Write the link part of the live picture."""
        version = self._version
        self._live.publish(
            self.setup.panel_id,
            state.LINK,
            {
                "status": status or self.status,
                "since": self._since.isoformat(),
                "holder": self._holder,
                "model": version.model if version else None,
                "firmware": version.firmware if version else None,
                "clock_offset_seconds": self.tracker.clock_offset.total_seconds(),
                "last_frame_at": self._last_frame_at(),
            },
        )

    # -- one line ---------------------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Tell what the former holder could not: that its line broke when it did, and what it was asked about in vain."""
        seen_at, self._last_seen_at = self._last_seen_at, None
        if seen_at is not None and self.tracker.position.link is LinkStatus.CONNECTED:
            self._record_link(LinkStatus.DISCONNECTED, seen_at, {"reason": "its holder fell silent"})
        if seen_at is not None and self._released_at is not None and seen_at < self._released_at:
            self.tracker.position.link = LinkStatus.RELEASED  # it was given up while nobody held it
        self._record(self._watch.begin(self._now()))

    async def _live_line(self) -> tuple[Ended, float]:
        """Connect and serve until the line ends; why it did, and how long the panel answered."""
        answered_at: float | None = None
        try:
            self._set_status(LinkStatus.CONNECTING)
            session, probe = await self._open()
            answered_at = self._loop.time()
            await self._begin(session, probe)
            await self._serve(session)
        except LinkLost as error:
            ended = _ended(error)
            self._line_ended(ended, str(error))
        except RemoteProtocolError as error:
            ended = Ended.LOST
            self._line_ended(ended, str(error))
        except Exception as error:  # a bug of ours is no reason for silence either
            self._line_ended(Ended.LOST, type(error).__name__)
            raise
        finally:
            self._serving = self._caught_up = False
            if self._learning is not None:
                self._learning.cancel()
            if self._session is not None:
                self._session.close("line over")
            self._session = None
        return ended, 0.0 if answered_at is None else self._loop.time() - answered_at

    async def _open(self) -> tuple[Session, Frame]:
        self._seen.clear()
        self._unsupported.clear()
        self._module, self._automatic = None, False
        self.tracker.connected()
        session, probe = await open_session(
            self._dial, on_frames=self._on_frames, on_lost=self._wake.set, key=self.setup.key, timing=self._timing
        )
        self._session = session
        if self._stopping:
            session.close("released")
        return session, probe

    def _line_ended(self, ended: Ended, reason: str) -> None:
        if self._stopping:
            return
        metrics.RECONNECTS.labels(ended.lower()).inc()
        status = _STATUS_OF[ended]
        log.info("panel.line_ended", panel_id=str(self.setup.panel_id), status=status, reason=reason)
        self._watch.failed(status, self._now())
        self._set_status(status, {"reason": reason})
        if self.tracker.position.outage != self._watch.outage:
            self._record((), moved=True)

    async def _begin(self, session: Session, probe: Frame) -> None:
        """What is done on every new line, in the order of R-RECOVER: who, when, what stands, what was missed."""
        self._version = cast(PanelVersion, decode(probe))
        self.tracker.model = self._version.model
        self.tracker.identified(probe.data[:_IDENTITY])
        await self._read_module(session)
        await self._read_clock(session)
        self._watch.answered()
        self._set_status(LinkStatus.CONNECTED, {"model": str(self._version.model), "firmware": self._version.firmware})
        await self._subscribe(session)
        for block in self.tracker.missing(_ALARM_BLOCKS):
            await self._read_block(session, block)
        self._serving = True  # a long walk must not be deaf to what happens meanwhile
        await self._read_log(session, recovering=True)
        self._settle(complete=False)
        for block in sorted(self._wanted() - self._seen):
            await self._read_block(session, block)
            await self._do_due(session)  # thirty blocks at a third of a second each: no time to be deaf
        self._settle(complete=self._complete())
        self._record(self._watch.caught_up(self._now()), moved=self.tracker.position.outage is not None)
        self._caught_up = self._log_due = True
        self._start_learning(session, self._version)

    def _start_learning(self, session: Session, version: PanelVersion) -> None:
        """Nobody has described this panel: it can do so itself, while nothing else is to be done."""
        on_names = self._on_names
        if on_names is None or self.setup.zones:
            return

        async def learn() -> None:
            with contextlib.suppress(LinkLost, RemoteProtocolError):
                on_names(await read_names(session, version.capacity, version.code_page))
                self._on_names = None

        self._learning = asyncio.create_task(learn())

    def describe(self, described: PanelSetup, grace: Grace | None = None) -> None:
        """From now on the panel is described, and its line missed, like this; the line itself stays as it is."""
        self.setup = self.tracker.setup = replace(
            self.setup, zones=described.zones, partitions=described.partitions, supervision=described.supervision
        )
        self._watch.grace = grace or self._watch.grace

    async def _serve(self, session: Session) -> None:
        while session.lost is None:
            await self._do_due(session)
            await self._wake.wait()
            self._wake.clear()
        raise session.lost

    async def _do_due(self, session: Session) -> None:
        if self._poll_due:
            await self._poll(session)
        if self._log_due and not self._batcher.full:
            await self._read_log(session)
            if self.tracker.suspended:
                self._settle(complete=self._complete())
        if self._clock_due:
            await self._read_clock(session)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless told to stop."""
        self._wake.clear()
        deadline = self._loop.time() + seconds
        while not self._stopping and (left := deadline - self._loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                return
            self._wake.clear()

    # -- asking -----------------------------------------------------------------------------------------------------------

    async def _ask_unsure(self, session: Session, request: Frame) -> Frame | None:
        """Ask what a module may leave unanswered because it does not know it. That is believed of one that stays silent
        twice, or again after the last line: a lost answer makes nobody a lesser module."""
        for _ in range(1 if request.command in self._silent else 2):
            if (answer := await session.ask_maybe(request)) is not None:
                self._silent.discard(request.command)
                return answer
        self._silent.add(request.command)
        return None

    async def _read_module(self, session: Session) -> None:
        answer = await self._ask_unsure(session, requests.read(Command.MODULE_VERSION))
        message = decode(answer) if answer is not None else None
        self._module = message if isinstance(message, ModuleVersion) else None

    async def _read_clock(self, session: Session) -> None:
        self._clock_due = self.tracker.clock_wanted = False
        message = decode(await session.ask(requests.read(Command.STATUS)))
        self._clock_read_at = self._loop.time()
        if isinstance(message, PanelStatus):
            self.tracker.set_clock(message, self._now())
            offset = self.tracker.clock_offset.total_seconds()
            metrics.CLOCK_SKEW.labels(str(self.setup.panel_id)).set(offset)
            self._record(self._clock.measured(self.tracker.clock_offset, self._now()))

    async def _subscribe(self, session: Session) -> None:
        """Ask for automatic sending, where the module may know it; wait for the burst that follows."""
        if self._module is None:
            return
        request = requests.subscribe(self._wanted(), extended=self._module.extended)
        answer = await self._ask_unsure(session, request)
        message = decode(answer) if answer is not None else None
        self._automatic = isinstance(message, Result) and message.accepted
        if self._automatic:
            await self._until(lambda: self._wanted() <= self._seen, BURST_WITHIN)

    async def _until(self, condition: Callable[[], bool], within: float) -> None:
        """Wait until the blocks received satisfy ``condition``, but no longer than ``within`` seconds."""
        deadline = self._loop.time() + within
        while not condition() and (left := deadline - self._loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                return
            self._wake.clear()
            if self._session is not None and self._session.lost is not None:
                raise self._session.lost

    async def _read_block(self, session: Session, block: int) -> None:
        """Read one block; it is taken where all frames are. Silence is allowed where a module may not know it."""
        request = requests.read(block, wide=self._wide(block))
        if block in _MAY_BE_SILENT:
            if await self._ask_unsure(session, request) is None:
                self._unsupported.add(block)
        elif block in _ALARM_BLOCKS or await session.ask_maybe(request) is None:
            await session.ask(request)

    async def _poll(self, session: Session) -> None:
        """Ask what changed and read it, alarms first."""
        self._poll_due, self._polled_at = False, self._loop.time()
        width = _NARROW if self._module is None else 7 if self._module.extended else 6
        message = decode(await session.ask(requests.changed_blocks(width)))
        if not isinstance(message, ChangedBlocks):
            return
        changed = message.blocks & self._wanted()
        if width == _NARROW and Command.PARTITIONS_ARMED in changed:
            # The narrow list ends at 27: that mode 1 began or ended, it tells by the armed partitions only.
            changed |= {Command.PARTITIONS_ARMED_MODE_1} & self._wanted()
        # A pulse between two polls changes nothing we can read, but the log has it.
        self.tracker.log_urgent |= bool(changed & URGENT_BLOCKS)
        for block in sorted(changed, key=lambda each: (each not in _ALARM_BLOCKS, each)):
            await self._read_block(session, block)
        self._log_due |= self.tracker.log_urgent

    async def _read_log(self, session: Session, *, recovering: bool = False) -> None:
        self._log_due = self.tracker.log_urgent = self.tracker.log_wanted = False
        walk = LogWalk(self.tracker.position.log, limit=WALK_LIMIT)
        while (request := walk.next_request()) is not None:
            message = decode(await session.ask(request))
            if isinstance(message, EventAnswer):
                walk.receive(message)
            else:  # a refusal: what was read so far has to do
                walk.stop()
            if self._poll_due and self._serving:
                await self._poll(session)
        self._log_read_at = self._loop.time()
        self._take_walk(walk, recovering)

    def _take_walk(self, walk: LogWalk, recovering: bool) -> None:
        assert walk.result is not None
        now = self._now()
        if walk.result.gap:
            metrics.LOG_GAPS.inc()
            log.warning("panel.log_gap", panel_id=str(self.setup.panel_id), reason=walk.result.gap_reason)
        metrics.LOG_RECORDS.inc(len(walk.result.entries))
        for chunk in self.tracker.walked(walk.result, now, recovering=recovering):
            self.tracker.position.log = chunk.log
            self._record(chunk.signals, moved=True)
        self._record(self.tracker.judge(now))
        self._clock_due |= self.tracker.clock_wanted

    # -- telling ----------------------------------------------------------------------------------------------------------

    def _on_frames(self, frames: list[Frame]) -> None:
        """Every frame of the line, in order: the hot path."""
        if self._batcher.full and not self.tracker.suspended:
            self.tracker.suspend()
        self._record(self.tracker.take(frames, self._now()))
        self._seen.update(frame.command for frame in frames)
        if self._changed:
            waiting, self._changed = self._changed, []
            for news in waiting:
                news.set_result(None)
        if self.tracker.log_urgent:
            self._log_due = True
        if self.tracker.dirty and self._publishing is None:
            self._publishing = self._loop.call_later(COALESCE, self._publish)
        if self._log_due or not self._serving:
            self._wake.set()

    def _settle(self, *, complete: bool) -> None:
        if self._batcher.full:
            self.tracker.suspend()
        else:
            self._record(self.tracker.settle(self._now(), complete=complete))

    def _record(self, signals: Iterable[Signal], *, moved: bool = False, states: tuple[PanelStateChange, ...] = ()) -> None:
        told = tuple(signals)
        if told or moved or states:
            self.tracker.position.outage, self.tracker.position.clock_wrong = self._watch.outage, self._clock.wrong
            cursor = self.tracker.position.to_json()
            entry = Entry(panel_id=self.setup.panel_id, lease=self.lease, signals=told, cursor=cursor, states=states)
            self._batcher.put(entry)

    def _publish(self) -> None:
        """The live picture and the history, a moment after the last change."""
        self._publishing = None
        known = self._wanted() & state.PARTITION_BLOCKS <= self._seen | self._unsupported
        at = self._now()
        if known and state.PARTITIONS in self.tracker.dirty:
            self._record_partitions(at)
        for part in sorted(self.tracker.dirty if known else self.tracker.dirty - {state.PARTITIONS}):
            data = self.tracker.picture.part(part, self.setup.known_partitions, at)
            if part == state.PARTITIONS:
                data = self._transition.over(data)
            self._live.publish(self.setup.panel_id, part, data)
            self.tracker.dirty.discard(part)

    def _record_partitions(self, at: datetime) -> None:
        changes = self.tracker.partition_changes()
        panel_id = self.setup.panel_id
        self._record(
            (),
            states=tuple(
                PanelStateChange(panel_id=panel_id, partition=number, state=each, at=at, detail=None)
                for number, each in sorted(changes.items())
            ),
        )

    def _set_status(self, status: LinkStatus, detail: dict[str, object] | None = None) -> None:
        if status is self.status and status is self.tracker.position.link:
            return
        self.status, self._since = status, self._now()
        up = status is LinkStatus.CONNECTED
        metrics.CONNECTION_STATUS.labels(str(self.setup.panel_id)).set(up)
        self.publish_link()
        if status not in (LinkStatus.CONNECTING, self.tracker.position.link):
            self._record_link(status, self._since, detail)

    def _record_link(self, status: LinkStatus, at: datetime, detail: dict[str, object] | None) -> None:
        self.tracker.position.link = status
        change = PanelStateChange(panel_id=self.setup.panel_id, partition=None, state=status, at=at, detail=detail)
        self._record((), states=(change,))

    # -- knowing ----------------------------------------------------------------------------------------------------------

    def _wanted(self) -> frozenset[int]:
        """The blocks this panel and module can tell of."""
        wanted = _FOLLOWED - self._unsupported
        if self._module is None:
            wanted -= _SECOND_GENERATION
        return wanted if self._module is not None and self._module.extended else wanted - _EXTENDED

    def _complete(self) -> bool:
        return not self.tracker.missing(CONDITION_BLOCKS & self._wanted())

    def _wide(self, block: int) -> bool:
        large = self._version is not None and self._version.capacity.zones > 128
        return large and self._module is not None and self._module.wide_maps and block in _WIDE

    def _last_frame_at(self) -> str | None:
        session = self._session
        if session is None or session.last_received is None:
            return None
        return datetime.fromtimestamp(self._now().timestamp() - (self._loop.time() - session.last_received), UTC).isoformat()


_WIDE = state.ZONE_BLOCKS | {Command.OUTPUTS_ON}
_STATUS_OF = {
    Ended.LOST: LinkStatus.DISCONNECTED,
    Ended.BUSY: LinkStatus.BUSY,
    Ended.NO_ANSWER: LinkStatus.NO_ANSWER,
}


def _module_name(module: ModuleVersion | None) -> str | None:
    """ETHM-1 ends at 1.07, ETHM-1 Plus begins at 2.00 (reference §6.3)."""
    if module is None:
        return None
    return f"ETHM-1 {module.firmware}" if module.firmware < "2" else f"ETHM-1 Plus {module.firmware}"


def _ended(error: LinkLost) -> Ended:
    match error:
        case PanelBusy():
            return Ended.BUSY
        case NoAnswer():
            return Ended.NO_ANSWER
    return Ended.LOST
