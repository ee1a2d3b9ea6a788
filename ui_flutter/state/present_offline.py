"""From the store to what was queued and to what is kept on this device: pure functions."""

from datetime import datetime
from typing import Final

from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import problems
from ui_flutter.state.offline import Queued
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood, QueuedView, QueueView
from workflows.domain.intent import IntentOutcome

LINES_SHOWN: Final = 3
_MOODS: Final = {IntentOutcome.APPLIED: Mood.GOOD, IntentOutcome.EXPIRED: Mood.WARN, IntentOutcome.REJECTED: Mood.BAD}


def queue(store: Store, now: datetime) -> QueueView:
    """Answers that nobody has seen first: they must not be missed behind what waits."""
    ordered = sorted(store.offline.queue, key=lambda one: one.answer is None)
    hidden = len(ordered) - LINES_SHOWN
    return QueueView(
        lines=tuple(_line(one, store.words, now) for one in ordered[:LINES_SHOWN]),
        more=store.words("queue.more", n=hidden) if hidden > 0 else "",
    )


def _line(queued: Queued, words: Words, now: datetime) -> QueuedView:
    answer = queued.answer
    return QueuedView(
        id=queued.intent.id,
        text=" · ".join(part for part in (_what(queued, words), queued.object_name, _said(queued)) if part),
        detail=_state(queued, words, now),
        mood=Mood.QUIET if answer is None else _MOODS[answer.outcome],
        waits=answer is None,
        button=words("queue.withdraw" if answer is None else "queue.seen"),
    )


def _what(queued: Queued, words: Words) -> str:
    entry = queued.intent.entry
    return words.get(f"entry.{entry.kind}", entry.kind) if entry is not None else words("queue.callback")


def _said(queued: Queued) -> str:
    callback, entry = queued.intent.callback, queued.intent.entry
    return callback.text if callback is not None else (entry.text or "" if entry is not None else "")


def _state(queued: Queued, words: Words, now: datetime) -> str:
    intent, answer = queued.intent, queued.answer
    made = formats.moment(intent.made_at, now)
    if answer is None:
        return words("queue.waits", made=made, until=formats.moment(intent.expires_at, now))
    if answer.outcome is IntentOutcome.REJECTED:
        reason = problems.message(words, answer.code or "", title=answer.reason or "", detail=answer.reason or "")
        return words("queue.REJECTED", made=made, reason=reason)
    return words(f"queue.{answer.outcome}", made=made)
