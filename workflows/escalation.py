"""Escalation: who is called when nobody claims a critical alarm (R-ESCALATE).

A child of BundleAlarm that lives beside it. `domain.escalation` says when which level rings; whom that reaches is looked up at
that moment, together with the alarm's row, so that a signal that got lost rings nobody for long. What a level came to is told;
that it reached nobody is, too, and then the next level rings at once.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow

from workflows import history
from workflows.contracts import names, policies
from workflows.contracts.escalation import (
    BundleNews,
    EscalationInput,
    EscalationSnapshot,
    LadderRequest,
    LevelOutcome,
    LevelRequest,
    Notification,
    Target,
    read_ladder,
    resolve_level,
    send_notification,
    tell_level,
)
from workflows.domain.escalation import (
    Channel,
    DeliveryStatus,
    Nobody,
    Purpose,
    Ring,
    Stance,
    next_ring,
    pause_before,
    reached_nobody,
    rings,
    told,
)

SOONEST: Final = timedelta(seconds=1)  # a shorter timer fires no earlier (design §5)
STORY_LINES: Final = 20


@workflow.defn(name=names.ESCALATION)
class Escalation:
    @workflow.init
    def __init__(self, start: EscalationInput) -> None:
        self._life = start  # everything that survives continue-as-new

    @workflow.run
    async def run(self, start: EscalationInput) -> EscalationSnapshot:
        self._show()
        while not (self._over() or history.is_long()):
            if self._life.read_round < self._life.watch.round:
                await self._read_ladder()
            else:
                await self._wait_and_ring()
        if not self._over():
            workflow.continue_as_new(self._life)
        await self._resolve_incidents()
        return self.snapshot()

    # what BundleAlarm says

    @workflow.signal
    def claimed(self, news: BundleNews) -> None:
        self._hear(news)

    @workflow.signal
    def released(self, news: BundleNews) -> None:
        self._hear(news)

    @workflow.signal
    def ended(self, news: BundleNews) -> None:
        self._hear(news)

    @workflow.query
    def snapshot(self) -> EscalationSnapshot:
        life = self._life
        return EscalationSnapshot(
            bundle_id=life.bundle_id, watch=life.watch, policy_id=life.policy_id, levels=len(life.ladder.rungs)
        )

    def _hear(self, news: BundleNews) -> None:
        if news.version <= self._life.heard_version:
            return  # told twice, or already seen in the row
        watch = told(self._life.watch, news.status, news.at)
        if watch != self._life.watch:
            self._life = replace(self._life, heard_version=news.version, watch=watch)
            self._note(f"alarm is {news.status}, v{news.version} → **{watch.stance}**")

    # the ladder

    async def _read_ladder(self) -> None:
        """Anew for each round: what was changed meanwhile counts. Without a policy it waits for the next round, or the end."""
        life = self._life
        request = LadderRequest(object_id=life.object_id, priority=life.priority)
        policy = await workflow.execute_activity(read_ladder, request, summary=f"round {life.watch.round}", **policies.DATABASE)
        self._life = replace(self._life, policy_id=policy.policy_id, ladder=policy.ladder, read_round=life.watch.round)
        if not policy.ladder.rungs and self._rings():
            await self._tell(life.watch.round, 0, tried=0, nobody=Nobody.NO_POLICY)

    async def _wait_and_ring(self) -> None:
        """Wait until something moves or the next level is due; then ring it."""
        ring = next_ring(self._life.ladder, self._life.watch)
        if ring is None:
            await workflow.wait_condition(lambda: self._moved(ring))
            return
        if ring.due_at <= workflow.now():
            await self._ring(ring)
            return
        try:
            await workflow.wait_condition(
                lambda: self._moved(ring),
                timeout=max(ring.due_at - workflow.now(), SOONEST),
                timeout_summary=f"level {ring.level} at {ring.due_at:%Y-%m-%d %H:%M:%S}",
            )
        except TimeoutError:
            await self._ring(ring)

    def _moved(self, ring: Ring | None) -> bool:
        life = self._life
        moved = life.read_round < life.watch.round or next_ring(life.ladder, life.watch) != ring
        return moved or self._over() or history.is_long()

    async def _ring(self, ring: Ring) -> None:
        before = self._life.watch
        watch = rings(before, ring, workflow.now())
        if watch.round > before.round:
            self._life = replace(self._life, watch=replace(watch, rung=0))  # its ladder is read first
            return
        self._life = replace(self._life, watch=watch)
        assert self._life.policy_id is not None
        request = LevelRequest(bundle_id=self._life.bundle_id, policy_id=self._life.policy_id, level=ring.level)
        level = await workflow.execute_activity(resolve_level, request, summary=f"level {ring.level}", **policies.DATABASE)
        self._hear(level.news)
        if self._life.watch.round == watch.round and self._rings():
            await self._ring_all(ring.level, level.targets)

    async def _ring_all(self, level: int, targets: tuple[Target, ...]) -> None:
        round_ = self._life.watch.round
        reached = sum(await asyncio.gather(*(self._notify(target, round_, level) for target in targets)))
        if reached:
            await self._tell(round_, level, tried=len(targets), reached=reached)
            return
        if self._rings() and self._life.watch.round == round_:
            nobody = Nobody.NOT_DELIVERED if targets else Nobody.NO_TARGET
            await self._tell(round_, level, tried=len(targets), nobody=nobody)
            watch = reached_nobody(self._life.ladder, self._life.watch, workflow.now())
            self._life = replace(self._life, watch=watch)

    # notifications

    async def _notify(self, target: Target, round_: int, level: int) -> bool:
        """Whether the provider took it. Nobody is rung any more once somebody has the alarm."""
        attempt = 1
        while self._rings() and self._life.watch.round == round_:
            status = await self._try(target, round_, level, attempt)
            if status is DeliveryStatus.SENT:
                self._remember_incident(target)
                return True
            attempt += 1
            pause = pause_before(self._life.ladder, attempt)
            if status is DeliveryStatus.REFUSED or pause is None:
                return False
            await self._pause(pause, f"try {attempt} of {target.channel} to {target.target_id}")
        return False

    async def _try(
        self, target: Target, round_: int, level: int, attempt: int, purpose: Purpose = Purpose.RING
    ) -> DeliveryStatus:
        notification = Notification(
            bundle_id=self._life.bundle_id,
            target=target,
            key=self._key(round_, level, f"{purpose}/{target.target_id}"),
            attempt=attempt,
            round=round_,
            level=level,
            purpose=purpose,
        )
        summary = f"{target.channel} to {target.user_id or target.target_id}, try {attempt}"
        delivery = await workflow.execute_activity(send_notification, notification, summary=summary, **policies.NOTIFICATION)
        self._note(f"level {level}: {summary} → {delivery.status} {delivery.code}")
        return delivery.status

    async def _pause(self, pause: timedelta, summary: str) -> None:
        try:
            await workflow.wait_condition(lambda: not self._rings(), timeout=max(pause, SOONEST), timeout_summary=summary)
        except TimeoutError:
            return

    def _remember_incident(self, target: Target) -> None:
        if target.channel is Channel.PAGERDUTY and target not in self._life.incidents:
            self._life = replace(self._life, incidents=(*self._life.incidents, target))

    async def _resolve_incidents(self) -> None:
        """What keeps incidents is told that this one is over."""
        await asyncio.gather(*(self._resolve(target) for target in self._life.incidents))

    async def _resolve(self, target: Target) -> None:
        attempt: int = 1
        while await self._try(target, self._life.watch.round, 0, attempt, Purpose.RESOLVE) is DeliveryStatus.FAILED:
            attempt += 1
            pause = pause_before(self._life.ladder, attempt)
            if pause is None:
                return
            await workflow.sleep(pause, summary=f"try {attempt} to resolve {target.target_id}")

    async def _tell(self, round_: int, level: int, *, tried: int, reached: int = 0, nobody: Nobody | None = None) -> None:
        outcome = LevelOutcome(
            bundle_id=self._life.bundle_id,
            object_id=self._life.object_id,
            key=self._key(round_, level, "outcome"),
            round=round_,
            level=level,
            tried=tried,
            reached=reached,
            nobody=nobody,
        )
        result = f"nobody: {nobody}" if nobody else f"reached {reached} of {tried}"
        await workflow.execute_activity(tell_level, outcome, summary=f"level {level}, {result}", **policies.DATABASE)
        self._note(f"level {level}, round {round_}: **{result}**")

    def _key(self, round_: int, level: int, what: str) -> str:
        return names.notification_key(workflow.info().first_execution_run_id, round_, level, what)

    # where it stands

    def _over(self) -> bool:
        return self._life.watch.stance is Stance.OVER

    def _rings(self) -> bool:
        return self._life.watch.stance in {Stance.WAITING, Stance.LEFT}

    def _note(self, line: str) -> None:
        story = (*self._life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {line}")
        self._life = replace(self._life, story=story[-STORY_LINES:])
        self._show()

    def _show(self) -> None:
        life = self._life
        head = f"**{life.watch.stance}** since {_moment(life.watch.since)}, round {life.watch.round}, level {life.watch.rung}"
        head += f" of {len(life.ladder.rungs)}; bundle `{life.bundle_id}`, object `{life.object_id}`"
        workflow.set_current_details("\n".join((head, "", *life.story)))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
