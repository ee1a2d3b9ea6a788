"""The alarm that is open: its card, and the steps a dispatcher takes with it. No Flet in it.

A part of the controller with the same rules: intents return at once, what got no answer is repeated under the same key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

from api.client.errors import ApiError, ClientError
from api.client.models import AlarmSummary
from ui_flutter.sections.registry import ALARMS
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from ui_flutter.state.actions import is_mine, offered
from ui_flutter.state.store import Card, CardPhase, Dialog
from ui_flutter.state.views import DialogKind, Mood
from workflows.domain.bundle import Action, BundleStatus, ResultCode

logger = logging.getLogger("stam.console")

PAUSE: Final = 0.3  # s between two loads of the same card
_ASKED_FIRST: Final = {Action.ACK: DialogKind.ACK, Action.RESOLVE: DialogKind.RESOLVE, Action.TAKE_OVER: DialogKind.TAKE_OVER}


class Case:
    """``navigate`` shows an address; ``loaded`` loads what else a card tells, ``recall`` fills it from what this device keeps;
    ``left`` is told that another card is shown, or none; ``refused`` tells an error that is about more than this alarm."""

    def __init__(
        self,
        tools: Tools,
        *,
        navigate: Callable[[str], None],
        loaded: Callable[[Card], Awaitable[None]],
        recall: Callable[[Card], None],
        left: Callable[[], None],
        refused: Callable[[ClientError], None],
    ) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock, self._told = tools.spawn, tools.changed, tools.clock, tools.told
        self._navigate, self._go = navigate, tools.go
        self._loaded, self._recall, self._left, self._refused = loaded, recall, left, refused
        self._start_tried: dict[UUID, int] = {}
        self._undoing: set[UUID] = set()  # claims to be taken back
        self._keys: dict[tuple[object, ...], str] = {}  # idempotency keys of actions that got no answer

    def forget(self) -> None:
        """The session is over."""
        self._keys.clear()
        self._undoing.clear()

    # -- the card

    def open(self, alarm: UUID) -> None:
        """Open an alarm's card; what is known is shown at once."""
        store = self._store
        if store.section != ALARMS:
            self._go(f"/alarms/{alarm}")
            return
        card = store.card if store.card is not None and store.card.id == alarm else Card(id=alarm)
        if card is not store.card:
            self._left()
        store.card = card
        self._navigate(f"/alarms/{alarm}")
        self._spawn(self._load_card(card))
        self._changed()

    def leave(self) -> None:
        self._left()
        self._store.card = None
        self._navigate("/")
        self._changed()

    def follow(self, route: str) -> None:
        """The address of the desk changed."""
        wanted = alarm_of_route(route)
        current = self._store.card.id if self._store.card else None
        if wanted == current:
            return
        if wanted is None:
            self._store.card = None
            self._changed()
        else:
            self.open(wanted)

    async def _load_card(self, card: Card) -> None:
        if self._store.offline.restored_at is not None:
            self._without_server(card)
            return
        try:
            card.detail = await self._client.alarm(card.id)
            card.phase = CardPhase.READY
            self._store.book.learn(card.detail)
        except ApiError as error:
            if error.code in problems.SESSION_OVER:
                raise
            is_gone = error.status in {403, 404, 422}
            card.phase = CardPhase.GONE if is_gone else CardPhase.FAILED
            return
        except ClientError:
            self._without_server(card)
            return
        finally:
            self._changed()
        self._start_if_claimed()
        await self.load_timeline(card)
        await self._loaded(card)

    def _without_server(self, card: Card) -> None:
        card.phase, card.timeline_failed = CardPhase.FAILED, card.timeline is None
        self._recall(card)
        self._changed()

    async def load_timeline(self, card: Card) -> None:
        """A failure is told on the card."""
        known = self._store.book.alarms.get(card.id)
        version = known.version if known else 0
        card.timelines_asked += 1
        number = card.timelines_asked
        try:
            found = await self._client.timeline(card.id)
            if number > card.timeline_number:  # else it was overtaken by a newer answer
                card.timeline, card.timeline_number = found, number
                card.timeline_failed, card.loaded_version = False, version
        except ClientError as error:
            logger.warning("the timeline could not be loaded: %s", error)
            card.timeline_failed = card.timeline is None
        self._changed()

    def changed(self, alarm: UUID) -> None:
        """The server told of an alarm: the open one?"""
        card = self._store.card
        if card is not None and card.id == alarm:
            self._spawn(self._refresh_card(card))
            self._start_if_claimed()

    def described(self, panel_id: UUID) -> None:
        """The parts of a panel have other names: of the open alarm's, which its timeline tells?"""
        card, alarm = self._store.card, self._store.open_alarm
        if card is not None and alarm is not None and alarm.headline.panel_id == panel_id:
            self._spawn(self.load_timeline(card))

    async def _refresh_card(self, card: Card) -> None:
        """The alarm changed: its timeline is longer now. A burst of changes is one load."""
        await asyncio.sleep(PAUSE)
        known = self._store.book.alarms.get(card.id)
        if self._store.card is card and known is not None and known.version > card.loaded_version:
            await self.load_timeline(card)

    def _start_if_claimed(self) -> None:
        """The card of an alarm we have claimed is open: the work has begun (D12)."""
        alarm = self._store.open_alarm
        if alarm is None or alarm.status is not BundleStatus.CLAIMING or not is_mine(alarm, self._store.me):
            return
        if alarm.id not in self._store.pending and self._start_tried.get(alarm.id) != alarm.version:
            self._start_tried[alarm.id] = alarm.version
            self._spawn(self._send(alarm, Action.START))

    # -- actions

    def act(self, action: Action) -> None:
        """Take a step on the open alarm; some of them ask for words first."""
        alarm, store = self._store.open_alarm, self._store
        if alarm is None or store.user is None or alarm.id in store.pending:
            return
        if action not in offered(alarm, store.user, store.link.server_now(self._clock())):
            return
        kind = _ASKED_FIRST.get(action)
        if kind is not None:
            store.dialog = Dialog(kind=kind, alarm_id=alarm.id)
        else:
            self._spawn(self._send(alarm, action))
        self._changed()

    def left_too_early(self) -> None:
        """A finger touched what must be held."""
        self._store.toast(self._store.words("claim.too_short"), Mood.WARN, self._clock())
        self._changed()

    def confirm_ack(self, note: str) -> None:
        self._confirm(Action.ACK, note=note or None)

    def confirm_resolve(self, result_code: ResultCode, note: str) -> None:
        self._confirm(Action.RESOLVE, note=note or None, result_code=result_code)

    def confirm_take_over(self, reason: str) -> None:
        self._confirm(Action.TAKE_OVER, note=reason)

    def _confirm(self, action: Action, *, note: str | None, result_code: ResultCode | None = None) -> None:
        id_ = self._store.dialog.alarm_id
        alarm = self._store.book.alarms.get(id_) if id_ else None
        if alarm is not None and alarm.id not in self._store.pending:
            self._store.dialog.error = ""
            self._spawn(self._send(alarm, action, note=note, result_code=result_code))

    def undo(self, alarm_id: UUID) -> None:
        """Take back the claim that was a slip of the hand; once our last step has been answered, if one is on its way."""
        store = self._store
        store.toasts = [toast for toast in store.toasts if toast.undo != alarm_id]
        self._undoing.add(alarm_id)
        if alarm_id not in store.pending:
            self._undo_if_wanted(alarm_id)
        self._changed()

    def _undo_if_wanted(self, alarm_id: UUID) -> bool:
        alarm, user = self._store.book.alarms.get(alarm_id), self._store.user
        if alarm_id not in self._undoing or alarm is None or user is None:
            return False
        self._undoing.discard(alarm_id)
        if Action.RELEASE not in offered(alarm, user, self._store.link.server_now(self._clock())):
            return False
        self._spawn(self._send(alarm, Action.RELEASE))
        return True

    def add_note(self, text: str) -> None:
        alarm = self._store.open_alarm
        if alarm is not None and alarm.id not in self._store.pending and text.strip():
            self._spawn(self._send(alarm, Action.ADD_NOTE, note=text.strip()))

    async def _send(
        self, alarm: AlarmSummary, action: Action, *, note: str | None = None, result_code: ResultCode | None = None
    ) -> None:
        """Send one action. The same action on the same version is repeated under the same key: never done twice."""
        store = self._store
        sent = (alarm.id, alarm.version, action, note, result_code)
        key = self._keys.setdefault(sent, str(uuid4()))
        store.pending[alarm.id] = action
        self._changed()
        try:
            after = await self._call(alarm, action, note, result_code, key)
        except ClientError as error:
            store.pending.pop(alarm.id, None)
            self._undoing.discard(alarm.id)
            if isinstance(error, ApiError):
                del self._keys[sent]
                await self._not_done(alarm, action, error)
            else:
                self._refused(error)
        else:
            del self._keys[sent]
            store.pending.pop(alarm.id, None)
            self._done(after, action)
        self._changed()

    async def _call(
        self, alarm: AlarmSummary, action: Action, note: str | None, result_code: ResultCode | None, key: str
    ) -> AlarmSummary:
        if action is Action.ADD_NOTE:
            return await self._client.add_note(alarm.id, note or "", version=alarm.version, idempotency_key=key)
        return await self._client.act(
            alarm.id, action, version=alarm.version, note=note, result_code=result_code, idempotency_key=key
        )

    def _done(self, after: AlarmSummary, action: Action) -> None:
        store = self._store
        store.book.learn(after)
        if store.dialog.alarm_id == after.id:
            store.keep_draft(store.dialog.kind, "")
            store.dialog = Dialog()
        if action is not Action.START:
            undo = after.id if action is Action.CLAIM else None
            store.toast(store.words(f"done.{action}"), Mood.GOOD, self._clock(), undo=undo)
        if not self._undo_if_wanted(after.id):
            self._start_if_claimed()
        if store.card is not None and store.card.id == after.id:
            store.card.notes_added += action is Action.ADD_NOTE
            self._spawn(self._refresh_card(store.card))

    async def _not_done(self, before: AlarmSummary, action: Action, error: ApiError) -> None:
        """Say why, show what changed, and take over the alarm as it is now."""
        if error.code in problems.SESSION_OVER:
            self._refused(error)
            return
        store, after = self._store, await self._current(before.id, error)
        if after is not None:
            store.book.learn(after)
        changed = problems.changes(store.words, before, after) if after else ""
        now = store.link.server_now(self._clock())
        still = after is None or (store.user is not None and action in offered(after, store.user, now))
        if store.dialog.alarm_id == before.id and still:  # what was typed is not lost
            store.dialog.error = " ".join(part for part in (self._told(error), changed) if part)
            return
        if store.dialog.alarm_id == before.id:
            store.dialog = Dialog()
        detail = changed or problems.reference(store.words, error)
        store.toast(self._told(error), problems.mood(error.code), self._clock(), detail=detail)

    async def _current(self, id_: UUID, error: ApiError) -> AlarmSummary | None:
        """The alarm of a conflict as it is now: from the answer, or asked for."""
        if error.status != 409:
            return None
        try:
            return self._client.current_of(error) or await self._client.alarm(id_)
        except ClientError:
            return None


def alarm_of_route(route: str) -> UUID | None:
    """`/alarms/<id>` → the id; anything else is the list."""
    parts = route.partition("?")[0].strip("/").split("/")
    if len(parts) != 2 or parts[0] != "alarms":
        return None
    try:
        return UUID(parts[1])
    except ValueError:
        return None
