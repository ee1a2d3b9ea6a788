"""What sections keep of a list that is loaded in parts, and of a form that is being sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from api.client.models import Page
from ui_flutter.state.views import ListPhase

T = TypeVar("T")


@dataclass(slots=True)
class Listing(Generic[T]):
    """A list of the server, as far as it was loaded. A failure keeps what is shown and says so in `error`."""

    items: tuple[T, ...] = ()
    phase: ListPhase = ListPhase.LOADING
    next_cursor: str | None = None
    error: str = ""
    busy: bool = False
    _asked: int = 0

    def ask(self) -> int:
        """A question begins; its number goes with the answer."""
        self._asked += 1
        self.busy = True
        return self._asked

    def take(self, number: int, page: Page[T], *, appended: bool = False) -> None:
        if number != self._asked:
            return
        self.items = self.items + page.items if appended else page.items
        self.next_cursor, self.phase, self.error, self.busy = page.next_cursor, ListPhase.READY, "", False

    def fail(self, number: int, error: str) -> bool:
        """Whether the failure still matters."""
        if number != self._asked:
            return False
        self.error, self.busy = error, False
        if self.phase is not ListPhase.READY:
            self.phase = ListPhase.FAILED
        return True

    def clear(self) -> None:
        """Other things are wanted now: what is shown would be wrong, and answers on their way are old."""
        self.items, self.phase, self.next_cursor, self.error, self.busy = (), ListPhase.LOADING, None, "", False
        self._asked += 1


@dataclass(slots=True)
class Sending:
    """A form on its way: `fields` are the server's reasons by field name, `error` the sentence for all of it."""

    busy: bool = False
    error: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    times_done: int = 0  # a form watches it to empty itself

    def begin(self) -> None:
        self.busy, self.error, self.fields = True, "", {}

    def refused(self, error: str, fields: Mapping[str, str]) -> None:
        self.error, self.fields = error, dict(fields)

    def done(self) -> None:
        self.times_done += 1
