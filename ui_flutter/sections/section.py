"""What a section of the console is: a part beside the alarm desk with an address, a state and a page of its own. No Flet.

A section of the name `commands` is made of `sections/commands.py` (a `Section`: state, I/O, intents),
`state/present_commands.py` (pure: from it to what is drawn), `views/commands.py` (`page`: draws it) and
`i18n/parts/commands.py` (its words). It is imported when somebody opens it for the first time and lives until the session
ends.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from api.client.client import StamClient
from api.client.errors import ApiError, ClientError
from api.client.models import Page
from api.client.stream import Event
from ui_flutter.i18n.words import Words
from ui_flutter.state import problems
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedFile:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The console around a section. ``spawn`` runs a task whose failure is told; ``go`` opens a route such as `/commands`;
    ``save`` hands a file to the user, ``pick`` asks for one (None: none was chosen). ``new_password`` goes on with a new
    session after the password was changed, which ended all others."""

    client: StamClient
    store: Store
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    changed: Callable[[], None]
    clock: Callable[[], datetime]
    go: Callable[[str], None]
    copy: Callable[[str], None]
    told: Callable[[Exception], str]
    new_password: Callable[[str], Awaitable[None]]
    save: Callable[[str, bytes], None]
    pick: Callable[[], Awaitable[PickedFile | None]]


class Section(ABC):
    """See the module. Public methods without `async` are intents: they return at once; `view` shows what comes of it."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    @abstractmethod
    def enter(self, path: tuple[str, ...]) -> None:
        """The section is on the screen, at ``path`` below its own address; also told when only that changed."""

    @abstractmethod
    def view(self, now: datetime) -> object:
        """What is drawn: an immutable value, equal when nothing changed. Pure; asked at least each second."""

    def leave(self) -> None:  # noqa: B027 - nothing to do is what most want
        """Another section is on the screen now."""

    def told(self, message: Event) -> None:  # noqa: B027
        """Something happened on the server; told whether the section is on the screen or not."""

    def refresh(self) -> None:  # noqa: B027
        """The connection was lost and is back: what is shown may be old."""

    def key(self, key: str) -> bool:
        """A key without modifiers, not typed into a field; True when it was taken. `Escape` closes a dialog first."""
        return False

    # -- what most sections need

    @property
    def words(self) -> Words:
        return self.tools.store.words

    def said(self, text: str, mood: Mood = Mood.GOOD, detail: str = "") -> None:
        self.tools.store.toast(text, mood, self.tools.clock(), detail=detail)
        self.tools.changed()

    def fill(self, listing: Listing[T], ask: Callable[[str | None], Awaitable[Page[T]]], *, more: bool = False) -> None:
        """Load a list anew, or its next part. What is shown stays until the answer; an answer that was overtaken is dropped."""
        self.tools.spawn(self._fill(listing, ask, listing.next_cursor if more else None))

    async def _fill(self, listing: Listing[T], ask: Callable[[str | None], Awaitable[Page[T]]], cursor: str | None) -> None:
        number = listing.ask()
        self.tools.changed()
        try:
            page = await ask(cursor)
        except ClientError as error:
            if listing.fail(number, self.tools.told(error)) and ends_session(error):
                raise
        else:
            listing.take(number, page, appended=cursor is not None)
        self.tools.changed()

    def send(self, sending: Sending, work: Callable[[], Awaitable[None]]) -> None:
        """As the function `send`."""
        send(self.tools, sending, work)


def send(tools: Tools, sending: Sending, work: Callable[[], Awaitable[None]]) -> None:
    """Send a form: at most once at a time; a refusal stands in the form, by field where the server names one."""
    if not sending.busy:
        sending.begin()
        tools.spawn(_send(tools, sending, work))
        tools.changed()


async def _send(tools: Tools, sending: Sending, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except ClientError as error:
        fields = {one.field: one.reason for one in error.errors} if isinstance(error, ApiError) else {}
        sending.refused(tools.told(error), fields)
        if ends_session(error):
            raise
    else:
        sending.done()
    finally:
        sending.busy = False
        tools.changed()


def ends_session(error: ClientError) -> bool:
    """Whether only a new login helps: then the failure is not the section's to tell."""
    return isinstance(error, ApiError) and error.code in problems.SESSION_OVER
