"""Orders to panels: which were given, by whom, how they came out; the second person agrees here."""

import asyncio
from datetime import datetime
from uuid import UUID

from api.client.commands import Command
from api.client.models import Page
from api.client.stream import Event
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_commands
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_commands import CommandsView, Show
from workflows.domain.command import CommandStatus

PAGE_SIZE = 50
PAUSE = 0.5  # s between two loads for the same burst of changes


def make(tools: Tools) -> "Commands":
    return Commands(tools)


class Commands(Section):
    """`/commands` and `/commands/<id>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.listing: Listing[Command] = Listing()
        self.show = Show.ALL
        self.chosen: UUID | None = None
        self.releasing = Sending()
        self._due = False  # a load is on its way for what was told

    def enter(self, path: tuple[str, ...]) -> None:
        self.chosen = _id(path)
        self.fill(self.listing, self._ask)

    def view(self, now: datetime) -> CommandsView:
        return present_commands.commands(self, self.tools.store, now)

    def told(self, message: Event) -> None:
        if message.event == "command.updated" and not self._due:
            self._due = True
            self.tools.spawn(self._soon())

    def refresh(self) -> None:
        self.fill(self.listing, self._ask)

    def key(self, key: str) -> bool:
        if key == "Escape" and self.chosen is not None:
            self.tools.go("/commands")
            return True
        return False

    # -- intents

    def choose(self, show: str) -> None:
        self.show = Show(show)
        self.listing.clear()
        self.refresh()

    def more(self) -> None:
        self.fill(self.listing, self._ask, more=True)

    def open(self, command: str) -> None:
        self.tools.go("/commands" if command == str(self.chosen) else f"/commands/{command}")

    def release(self) -> None:
        """Agree as the second person."""
        command = self.chosen_command

        async def agree() -> None:
            assert command is not None
            await self.tools.client.commands.release(command.id)
            self.said(self.words("command.agreed"))
            self.refresh()

        if command is not None and command.status is CommandStatus.AWAITING_RELEASE:
            self.send(self.releasing, agree)

    @property
    def chosen_command(self) -> Command | None:
        return next((one for one in self.listing.items if one.id == self.chosen), None)

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        self.refresh()

    async def _ask(self, cursor: str | None) -> Page[Command]:
        found = await self.tools.client.commands.find(status=self.show.statuses, cursor=cursor, limit=PAGE_SIZE)
        missing = self.chosen is not None and all(one.id != self.chosen for one in (*self.listing.items, *found.items))
        if missing and self.chosen is not None and cursor is None:  # a link to an old one
            one = await self.tools.client.commands.one(self.chosen)
            return Page(items=(one, *found.items), next_cursor=found.next_cursor)
        return found


def _id(path: tuple[str, ...]) -> UUID | None:
    try:
        return UUID(path[0]) if path else None
    except ValueError:
        return None
