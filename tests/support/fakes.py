"""The activities without their database: what they decide is real, where they keep it is not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.exceptions import ApplicationError

from workflows.contracts import policies
from workflows.contracts.bundle import BundleRef, RowState, Transition, TransitionRequest
from workflows.contracts.callback import CallbackDecision, CallbackRef, Decided, RingRequest
from workflows.contracts.escalation import (
    BundleNews,
    Delivery,
    LadderRequest,
    LevelOutcome,
    LevelRequest,
    LevelTargets,
    MayEscalate,
    Notification,
    OutcomeTold,
    PolicyLadder,
    Target,
)
from workflows.contracts.keys import KeyRotationInput, KeyRotationResult, KeyState
from workflows.contracts.panel import LeaseBeat, LeaseRequest, LeaseResult
from workflows.contracts.panel_names import (
    Holder,
    HolderRequest,
    NamesFailed,
    NamesOutcome,
    NamesProgress,
    NamesRequest,
    NamesResult,
)
from workflows.contracts.panel_release import EndRelease, ReleaseAsk, ReleaseRef, ReleaseRow
from workflows.contracts.reveal import EndRequest, RevealRef, RevealRow
from workflows.domain import callback
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Attempt, BundleState, BundleStatus, Refusal, apply, decide, joined
from workflows.domain.callback import Callback, CallbackState
from workflows.domain.escalation import Decline, DeliveryStatus, Ladder
from workflows.domain.panel_names import ReadFailure
from workflows.domain.reveal import VISIBLE_FOR, RevealState

Clock = Callable[[], Awaitable[datetime]]


def new_bundle(now: datetime, **fields: object) -> BundleState:
    defaults: dict[str, object] = {"status": BundleStatus.NEW, "version": 1, "priority": Priority.HIGH}
    times = dict.fromkeys(("opened_at", "status_changed_at", "last_activity_at"), now)
    return BundleState(**(defaults | times | fields))  # type: ignore[arg-type]


class FakeRow:
    """One bundle. `away` makes the database fail, `requests` and `reads` tell what was asked of it. `declined`: why it is not
    to be escalated."""

    def __init__(self, clock: Clock, state: BundleState | None) -> None:
        self.clock, self.state, self.away, self.reads = clock, state, False, 0
        self.declined: Decline | None = Decline.SWITCHED_OFF
        self.escalation_asked = 0
        self.answers: dict[object, Transition] = {}
        self.requests: list[TransitionRequest] = []

    @activity.defn(name="transition_bundle")
    async def transition_bundle(self, request: TransitionRequest) -> Transition:
        self.requests.append(request)
        self._fail_if_away()
        assert self.state is not None
        if request.action_id in self.answers:
            return self.answers[request.action_id]
        attempt = Attempt(
            action=request.action,
            now=await self.clock(),
            actor=request.actor_id,
            may_override=request.may_override,
            expected_version=request.expected_version,
            has_note=request.note_id is not None,
        )
        step = decide(self.state, attempt)
        if isinstance(step, Refusal):
            return Transition(state=self.state, refusal=step)
        self.state = apply(self.state, attempt, step)
        self.answers[request.action_id] = Transition(state=self.state)
        return self.answers[request.action_id]

    @activity.defn(name="read_bundle")
    async def read_bundle(self, ref: BundleRef) -> RowState:
        self.reads += 1
        self._fail_if_away()
        return RowState(state=self.state, alarm_type=AlarmType.INTRUSION)

    @activity.defn(name="may_escalate")
    async def may_escalate(self, ref: BundleRef) -> MayEscalate:
        self.escalation_asked += 1
        self._fail_if_away()
        return MayEscalate(declined=self.declined)

    @property
    def activities(self) -> tuple[Callable[..., Any], ...]:
        return self.transition_bundle, self.read_bundle, self.may_escalate

    async def add_event(self, priority: Priority = Priority.HIGH) -> BundleState:
        """What the recorder does: an event joins, the version grows."""
        assert self.state is not None
        self.state = joined(self.state, version=self.state.version + 1, priority=priority, at=await self.clock())
        return self.state

    def _fail_if_away(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")


class FakeNotifier:
    """What Escalation asks of the database and of providers. `targets` by level, `results` one after the other by target (the
    last one stays, none: SENT); `rung`: when which target was tried, in which round and level."""

    def __init__(self, row: FakeRow, ladder: Ladder) -> None:
        self.row, self.ladder, self.ladders_read = row, ladder, 0
        self.targets: dict[int, tuple[Target, ...]] = {}
        self.results: dict[UUID, list[DeliveryStatus]] = {}
        self.rung: list[tuple[datetime, Notification]] = []
        self.outcomes: list[LevelOutcome] = []

    @activity.defn(name="read_ladder")
    async def read_ladder(self, request: LadderRequest) -> PolicyLadder:
        self.ladders_read += 1
        return PolicyLadder(policy_id=UUID(int=1) if self.ladder.rungs else None, ladder=self.ladder)

    @activity.defn(name="resolve_level")
    async def resolve_level(self, request: LevelRequest) -> LevelTargets:
        state = self.row.state
        assert state is not None
        news = BundleNews(version=state.version, status=state.status, at=state.status_changed_at)
        return LevelTargets(news=news, targets=self.targets.get(request.level, ()))

    @activity.defn(name="send_notification")
    async def send_notification(self, notification: Notification) -> Delivery:
        self.rung.append((await self.row.clock(), notification))
        results = self.results.get(notification.target.target_id, [DeliveryStatus.SENT])
        return Delivery(status=results.pop(0) if len(results) > 1 else results[0], code="fake")

    @activity.defn(name="tell_level")
    async def tell_level(self, outcome: LevelOutcome) -> OutcomeTold:
        self.outcomes.append(outcome)
        return OutcomeTold()

    @property
    def activities(self) -> tuple[Callable[..., Any], ...]:
        return self.read_ladder, self.resolve_level, self.send_notification, self.tell_level


class FakeLine:
    """An ingest process that holds a panel's line until the test ends the lease with ``end``."""

    def __init__(self) -> None:
        self.held: list[LeaseRequest] = []  # one for every attempt
        self.cancelled = 0
        self.deaf = False  # to cancellation
        self._ends: asyncio.Queue[LeaseResult | Exception] = asyncio.Queue()

    def end(self, how: LeaseResult | Exception) -> None:
        self._ends.put_nowait(how)

    @activity.defn(name="hold_panel_line")
    async def hold_panel_line(self, request: LeaseRequest) -> LeaseResult:
        self.held.append(request)
        waiting = asyncio.ensure_future(self._ends.get())
        try:
            while not waiting.done():
                activity.heartbeat(LeaseBeat(lease_number=len(self.held), holder="test"))
                await asyncio.wait([waiting], timeout=0.05)
        except asyncio.CancelledError:
            if not self.deaf:
                waiting.cancel()
                self.cancelled += 1
                raise
            await waiting
        end = waiting.result()
        if isinstance(end, Exception):
            raise end
        return end


class FakeNames:
    """Who holds a panel, and what reading its names came to, one answer after the other; the last one stays."""

    def __init__(self, holders: list[Holder], results: list[NamesResult | Exception]) -> None:
        self.holders, self.results = holders, results
        self.asked: list[NamesRequest] = []
        self.failed: list[ReadFailure] = []

    @activity.defn(name="find_panel_holder")
    async def find_panel_holder(self, request: HolderRequest) -> Holder:
        return self.holders.pop(0) if len(self.holders) > 1 else self.holders[0]

    @activity.defn(name="read_panel_names")
    async def read_panel_names(self, request: NamesRequest) -> NamesResult:
        self.asked.append(request)
        activity.heartbeat(NamesProgress(asked=1, total=2))
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return result

    @activity.defn(name="fail_names_read")
    async def fail_names_read(self, failed: NamesFailed) -> NamesOutcome:
        self.failed.append(failed.failure)
        return NamesOutcome(failure=failed.failure)


class FakeKeys:
    """Signing keys of which one is due, or none."""

    def __init__(self, *, rotated: str | None = None, removal_at: datetime | None = None, away: int = 0) -> None:
        self._state = KeyState(rotated=rotated, removal_at=removal_at)
        self._away = away  # tries that find no database
        self.asked = 0
        self.removed_at: list[datetime] = []

    @activity.defn(name="rotate_signing_key")
    async def rotate_signing_key(self, start: KeyRotationInput) -> KeyState:
        self.asked += 1
        if self.asked <= self._away:
            raise ConnectionError("the database is away")
        return self._state

    @activity.defn(name="remove_retired_keys")
    async def remove_retired_keys(self, start: KeyRotationInput) -> KeyRotationResult:
        self.removed_at.append(activity.info().current_attempt_scheduled_time)
        return KeyRotationResult(removed=1)


async def wall_clock() -> datetime:
    return datetime.now(UTC)


class FakeReveal:
    """One row of `secret_reveals`. `away` makes the database fail, `ends` tells who tried to end it how."""

    def __init__(self, clock: Clock, *, too_late: bool = False) -> None:
        self.clock, self.too_late, self.away = clock, too_late, False
        self.state = RevealState.PENDING
        self.expires_at: datetime | None = None
        self.ends: list[EndRequest] = []

    @activity.defn(name="open_reveal")
    async def open_reveal(self, ref: RevealRef) -> RevealRow:
        self._fail_if_away()
        if self.too_late:
            self.state = RevealState.EXPIRED
        elif self.state is RevealState.PENDING:
            self.state, self.expires_at = RevealState.VISIBLE, await self.clock() + VISIBLE_FOR
        return RevealRow(state=self.state, expires_at=self.expires_at)

    @activity.defn(name="end_reveal")
    async def end_reveal(self, request: EndRequest) -> RevealRow:
        self.ends.append(request)
        self._fail_if_away()
        if self.state is RevealState.VISIBLE:
            self.state = request.state
        return RevealRow(state=self.state, expires_at=self.expires_at)

    def _fail_if_away(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")


class FakeReleases:
    """The rows of a panel's releases. `minutes` is for how long the next request asks; `unwanted`: the panel is disabled."""

    def __init__(self, clock: Clock, minutes: int = 30) -> None:
        self.clock, self.minutes, self.unwanted, self.refusing = clock, minutes, False, False
        self.rows: dict[UUID, ReleaseRow] = {}
        self.calls: list[str] = []
        self.ended_by: list[UUID | None] = []

    @property
    def all(self) -> list[Callable[..., object]]:
        return [self.begin_release, self.keep_release, self.end_release]

    @property
    def open(self) -> ReleaseRow | None:
        return next((row for row in self.rows.values() if not row.ended), None)

    @activity.defn(name="begin_release")
    async def begin_release(self, ask: ReleaseAsk) -> ReleaseRow:
        self.calls.append("begin")
        if self.refusing:
            raise ApplicationError("refused", type=policies.REFUSED, non_retryable=True)
        until = await self.clock() + timedelta(minutes=self.minutes)
        row = replace(self.open, until=until) if self.open else ReleaseRow(release_id=uuid4(), until=until)
        return self._keep(row)

    @activity.defn(name="keep_release")
    async def keep_release(self, ref: ReleaseRef) -> ReleaseRow:
        self.calls.append("keep")
        row = self.rows[ref.release_id]
        return self._keep(replace(row, ended=True) if self.unwanted else replace(row, freed=True))

    @activity.defn(name="end_release")
    async def end_release(self, request: EndRelease) -> ReleaseRow:
        self.calls.append("end")
        row = self.rows[request.release_id]
        if not row.ended:
            self.ended_by.append(request.actor_id)
        return self._keep(replace(row, ended=True))

    def _keep(self, row: ReleaseRow) -> ReleaseRow:
        self.rows[row.release_id] = row
        return row


class FakeCallback:
    """One row of `callbacks`. `away` makes the database fail; `told` is when people were told."""

    def __init__(self, clock: Clock, due_at: datetime) -> None:
        self.clock, self.away = clock, False
        self.row = Callback(state=CallbackState.PENDING, due_at=due_at)
        self.told: list[datetime] = []
        self.reads = 0
        self.asked: list[CallbackDecision] = []
        self._decided: UUID | None = None

    @activity.defn(name="read_callback")
    async def read_callback(self, ref: CallbackRef) -> Callback:
        self.reads += 1
        self._fail_if_away()
        return self.row

    @activity.defn(name="ring_callback")
    async def ring_callback(self, request: RingRequest) -> Callback:
        self._fail_if_away()
        if self.row.state in callback.OPEN and (self.row.version, self.row.rings) == (request.version, request.rings):
            now = await self.clock()
            self.row = callback.ring(self.row, now)
            self.told.append(now)
        return self.row

    @activity.defn(name="decide_callback")
    async def decide_callback(self, request: CallbackDecision) -> Decided:
        self.asked.append(request)
        self._fail_if_away()
        asked = request.request
        if asked.decision_id != self._decided:
            after = callback.decide(
                self.row,
                request.decision,
                expected_version=asked.expected_version,
                now=await self.clock(),
                minutes=asked.minutes,
            )
            if isinstance(after, callback.Refusal):
                return Decided(row=self.row, refusal=after)
            self.row, self._decided = after, asked.decision_id
        return Decided(row=self.row)

    def _fail_if_away(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")
