"""What somebody edits against what somebody else may have changed meanwhile. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ui_flutter.i18n.words import Words
from ui_flutter.state.forms import changed_members

Texts = dict[str, str]


@dataclass(slots=True)
class Editing:
    """``read`` turns the server's JSON into the texts of a form. What the person typed over is his; all else is as it is now,
    so that a second try overwrites nothing he has not touched."""

    words: Words
    labels: Mapping[str, str]  # by field
    read: Callable[[Mapping[str, Any]], Texts]
    version: int
    start: Texts
    _now: Texts = field(default_factory=dict)

    def members(self, values: Mapping[str, str]) -> Texts:
        """What was typed over, as text."""
        return changed_members(self.start, values)

    def merged(self, values: Mapping[str, str]) -> Texts:
        """All fields: typed over, or as they are now."""
        return {**self.start, **self._now, **self.members(values)}

    def stale(self, current: dict[str, Any]) -> tuple[str, ...]:
        """Base the next try on ``current``; what is different in it."""
        before, now = self.start | self._now, self.read(current)
        self._now, self.version = now, current["version"]
        return tuple(
            self.words("form.was", field=label, before=before.get(name, "") or "—", after=now.get(name, "") or "—")
            for name, label in self.labels.items()
            if before.get(name, "") != now.get(name, "")
        )
