"""What a dispatcher does beside the alarm's own steps: the journal, the procedure, call-backs. No Flet in it.

A part of the controller with the same rules: intents return at once, what got no answer is repeated under the same key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from api.client.dispatch import Callback, ProcedureStep
from api.client.errors import ApiError, ClientError, Unreachable
from api.client.intents import Intent, QueuedCallback, QueuedEntry
from api.client.stream import Event
from ui_flutter.sections.section import Tools
from ui_flutter.state.offline import callback_intent, entry_intent
from ui_flutter.state.store import Card, Dialog, Login
from ui_flutter.state.views import DialogKind, Mood
from workflows.domain.callback import Decision
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.intent import key_of
from workflows.domain.permissions import Permission
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind

logger = logging.getLogger("stam.console")

LATER: Final = 15  # minutes
ASK_AGAIN: Final = 2.0  # s
CALLBACKS_MOST: Final = 200  # those due first; a station with more has other worries


class Desk:
    """``reload`` loads the card's timeline anew; ``queue`` keeps what cannot be sent now."""

    def __init__(
        self, tools: Tools, *, reload: Callable[[Card], Awaitable[None]], queue: Callable[[Intent, str], None]
    ) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock = tools.spawn, tools.changed, tools.clock
        self._reload, self._queue = reload, queue
        self._ids: dict[tuple[object, ...], UUID] = {}  # of what got no answer: their idempotency
        self._asked = 0  # times for call-backs: an answer to an earlier question is old news

    # -- loading

    async def load(self, card: Card) -> None:
        """The procedure of the open card, and whom to call. An answer that was overtaken by a newer one is old news."""
        try:
            found = await self._client.dispatch.procedure(card.id)
            if card.procedure is None or found.version >= card.procedure.version:
                card.procedure = found
            if card.detail is not None and not card.contacts:
                card.contacts = (await self._client.object_admin.plan(card.detail.object.id)).contacts
        except ClientError as error:
            logger.warning("the procedure could not be loaded: %s", error)
        self._changed()

    async def load_callbacks(self) -> None:
        """The call-backs that nobody has dealt with, for whoever may do something about them; asked again until the server
        answers, or somebody else asks."""
        store = self._store
        if store.user is None or not store.user.may(Permission.DISPATCH_WRITE):
            return
        self._asked += 1
        asked = self._asked
        while asked == self._asked:
            try:
                page = await self._client.dispatch.callbacks(limit=CALLBACKS_MOST)
            except ClientError as error:
                logger.warning("the call-backs could not be loaded: %s", error)
                if isinstance(error, ApiError) and error.status < 500:
                    return  # asking again would change nothing
                await asyncio.sleep(ASK_AGAIN)
                continue
            if asked == self._asked:
                store.callbacks = page.items
                self._changed()
            return

    def told(self, message: Event) -> None:
        """What the server tells of the journal and of call-backs."""
        card = self._store.card
        if message.event in {"callback.set", "callback.due"}:
            self._spawn(self.load_callbacks())
        elif message.event == "dispatch.added" and card is not None and _is_about(message, card):
            self._spawn(self._again(card))

    async def _again(self, card: Card) -> None:
        await self._reload(card)
        await self.load(card)

    # -- the journal

    def patrol(self, kind: EntryKind) -> None:
        """A patrol was sent, is on site, or has left."""
        card = self._free_card()
        if card is not None:
            self._write(card, kind)

    def ask_patrol(self) -> None:
        """Sent, on site or gone?"""
        self._ask(DialogKind.PATROL)

    def ask_call(self, contact_id: UUID | None = None) -> None:
        """Whom was called, and what came of it. ``contact_id``: who is meant at first."""
        self._ask(DialogKind.CALL, contact_id=contact_id)

    def confirm_call(self, contact_id: UUID | None, outcome: CallOutcome, text: str) -> None:
        """From the form of a call: a line of its own, or the step it was asked for."""
        card, number = self._free_card(), self._store.dialog.step
        if card is None:
            return
        if number is None:
            self._write(card, EntryKind.CALL, contact_id=contact_id, outcome=outcome, text=text or None)
        else:
            self._decide(card, number, StepState.DONE, outcome=outcome, text=text or None)

    def _write(self, card: Card, kind: EntryKind, **members: Any) -> None:
        async def send(key: str) -> None:
            entry = await self._client.dispatch.add(kind, alarm_id=card.id, idempotency_key=key, **members)
            if entry.oddity is not None:
                self._store.toast(self._store.words(f"oddity.{entry.oddity}"), Mood.WARN, self._clock())

        def later(intent_id: UUID) -> Intent:
            entry = QueuedEntry(kind=kind, **members)
            return entry_intent(intent_id, card.id, entry, self._store.link.server_now(self._clock()))

        self._spawn(self._sent(card, (card.id, kind, *members.values()), send, later))

    # -- the procedure

    def begin(self) -> None:
        card = self._free_card()

        async def send(_: str) -> None:
            assert card is not None
            card.procedure = await self._client.dispatch.begin(card.id)

        if card is not None:
            self._spawn(self._sent(card, (card.id, "begin"), send))

    def step_done(self, finding: Finding | None = None) -> None:
        """The next step is done; a call and a check that found something different ask for more first."""
        card, step = self._free_card(), self._next_step()
        if card is None or step is None:
            return
        if step.kind is StepKind.CALL:
            self._ask(DialogKind.CALL, step.number)
        elif finding is Finding.DIFFERENT:
            self._ask(DialogKind.DIFFERENT, step.number)
        else:
            self._decide(card, step.number, StepState.DONE, finding=finding)

    def do_next(self) -> None:
        """What comes next in the procedure, from the keyboard: a check is answered by hand, for it has two answers."""
        step, card = self._next_step(), self._free_card()
        if step is not None and step.kind is not StepKind.CHECK:
            self.step_done()
        elif card is not None and card.procedure is not None and card.procedure.version == 0 and card.procedure.steps:
            self.begin()

    def ask_skip(self) -> None:
        step = self._next_step()
        if step is not None:
            self._ask(DialogKind.SKIP, step.number)

    def confirm_words(self, text: str) -> None:
        """From the form that asks for words: why a step is skipped, or what is different."""
        card, dialog = self._free_card(), self._store.dialog
        if card is None or dialog.step is None or not text:
            return
        if dialog.kind is DialogKind.SKIP:
            self._decide(card, dialog.step, StepState.SKIPPED, text=text)
        else:
            self._decide(card, dialog.step, StepState.DONE, finding=Finding.DIFFERENT, text=text)

    def _decide(self, card: Card, number: int, state: StepState, **result: Any) -> None:
        version = card.procedure.version if card.procedure else 0

        async def send(key: str) -> None:
            try:
                card.procedure = await self._client.dispatch.decide_step(
                    card.id, number, state, version=version, idempotency_key=key, **result
                )
            except ApiError as error:
                if error.status == 409:  # somebody else was faster: show what is
                    await self.load(card)
                raise

        self._spawn(self._sent(card, (card.id, number, version, state, *result.values()), send))

    def _next_step(self) -> ProcedureStep | None:
        procedure = self._store.card.procedure if self._store.card else None
        if procedure is None or procedure.version == 0 or procedure.next_step is None:
            return None
        return procedure.steps[procedure.next_step - 1]

    # -- call-backs

    def ask_callback(self) -> None:
        """When to remind of this alarm, of whom, and why: what elsewhere is called to hold it."""
        self._ask(DialogKind.CALLBACK)

    def confirm_callback(self, contact_id: UUID | None, minutes: int, text: str) -> None:
        """Without a text, it says that one should look again."""
        card, text = self._free_card(), text or self._store.words("callback.default")
        due_at = self._store.link.server_now(self._clock()) + timedelta(minutes=minutes)

        async def send(key: str) -> None:
            assert card is not None
            await self._client.dispatch.set_callback(
                alarm_id=card.id, contact_id=contact_id, due_at=due_at, text=text, idempotency_key=key
            )
            self._store.toast(self._store.words("callback.set"), Mood.GOOD, self._clock())
            self._spawn(self.load_callbacks())

        def later(intent_id: UUID) -> Intent:
            assert card is not None
            callback = QueuedCallback(due_at=due_at, text=text, contact_id=contact_id)
            return callback_intent(intent_id, card.id, callback, self._store.link.server_now(self._clock()))

        if card is not None:
            self._spawn(self._sent(card, (card.id, contact_id, minutes, text), send, later))

    def callback_done(self, callback_id: UUID) -> None:
        self._settle(callback_id, Decision.DONE)

    def callback_later(self, callback_id: UUID) -> None:
        self._settle(callback_id, Decision.POSTPONE)

    def callback_cancel(self, callback_id: UUID) -> None:
        """It need not ring."""
        self._settle(callback_id, Decision.CANCEL)

    def _settle(self, callback_id: UUID, decision: Decision) -> None:
        callback = next((one for one in self._store.callbacks if one.id == callback_id), None)
        if callback is not None and callback_id not in self._store.settling:
            self._store.settling.add(callback_id)
            self._spawn(self._settled(callback, decision))
            self._changed()

    async def _settled(self, callback: Callback, decision: Decision) -> None:
        sent = (callback.id, callback.version, decision)
        key = key_of(self._ids.setdefault(sent, uuid4()))
        try:
            await self._client.dispatch.decide(
                callback.id, decision, version=callback.version, minutes=LATER, idempotency_key=key
            )
            del self._ids[sent]
        finally:
            self._store.settling.discard(callback.id)
            self._spawn(self.load_callbacks())

    # -- common

    def _ask(self, kind: DialogKind, step: int | None = None, contact_id: UUID | None = None) -> None:
        card = self._card()  # what is on its way keeps nobody from filling in the next form
        if card is not None:
            self._store.dialog = Dialog(kind=kind, alarm_id=card.id, step=step, contact_id=contact_id)
            self._changed()

    def _card(self) -> Card | None:
        """The open card, if its user may write."""
        store = self._store
        may = store.login is Login.IN and store.user is not None and store.user.may(Permission.DISPATCH_WRITE)
        return store.card if may else None

    def _free_card(self) -> Card | None:
        """The same while nothing is on its way."""
        card = self._card()
        return card if card is not None and not card.writing else None

    async def _sent(
        self,
        card: Card,
        sent: tuple[object, ...],
        send: Callable[[str], Awaitable[None]],
        later: Callable[[UUID], Intent] | None = None,
    ) -> None:
        """Send, then close the form that it came from and load what it changed. After a refusal the form is still there.
        Without a server, what ``later`` makes of it is queued, under the key that was tried."""
        store, form = self._store, self._store.dialog
        intent_id = self._ids.setdefault(sent, uuid4())
        card.writing = True
        self._changed()
        try:
            if later is not None and store.offline.restored_at is not None:
                raise Unreachable("there is no session yet")
            await send(key_of(intent_id))
        except ApiError:
            del self._ids[sent]
            raise
        except Unreachable:
            if later is None:
                raise
            self._later(card, form, later(intent_id))
            del self._ids[sent]
            return
        else:
            del self._ids[sent]
            self._close(form)
        finally:
            card.writing = False
            self._changed()
        await self._again(card)

    def _later(self, card: Card, form: Dialog, intent: Intent) -> None:
        alarm = self._store.book.alarms.get(card.id)
        self._queue(intent, alarm.object_name if alarm else "")
        self._close(form)

    def _close(self, form: Dialog) -> None:
        """The form that something was sent from; one that was opened meanwhile stays."""
        if self._store.dialog is form:
            self._store.keep_draft(form.kind, "")
            self._store.dialog = Dialog()


def _is_about(message: Event, card: Card) -> bool:
    return bool(message.data.get("entry", {}).get("bundle_id") == str(card.id))
