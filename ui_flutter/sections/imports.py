"""Objects from an Excel file: the template, the dry run and what it found, the decision, and how it went."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from uuid import UUID

from api.client.errors import ApiError, ClientError
from api.client.imports import Import, ImportDetail, ImportedObject
from api.client.models import Page
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_imports
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_imports import ImportsView
from workflows.domain.object_import import FINAL, ImportOutcome, ImportStatus

PAGE_SIZE = 50
POLL = 0.7  # s between two looks at an import that goes on
POLL_AWAY = 3.0  # s after a look that did not come through


def make(tools: Tools) -> "Importing":
    return Importing(tools)


class Importing(Section):
    """`/imports` and `/imports/<id>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.past: Listing[Import] = Listing()
        self.chosen: UUID | None = None
        self.detail: ImportDetail | None = None
        self.objects: Listing[ImportedObject] = Listing()
        self.outcome: ImportOutcome | None = None
        self.uploading = Sending()
        self.deciding = Sending()
        self.file_name = ""
        self.asks = False  # whether to apply
        self.lost = ""  # why nothing is known of the chosen one
        self._watched: UUID | None = None
        self._decided = False  # and what comes of it does not show yet

    def enter(self, path: tuple[str, ...]) -> None:
        before, self.chosen = self.chosen, _id(path)
        if self.chosen != before:
            self.detail, self.asks, self.outcome, self.deciding, self.lost = None, False, None, Sending(), ""
            self.objects.clear()
        self.refresh()

    def leave(self) -> None:
        self.asks = False

    def view(self, now: datetime) -> ImportsView:
        return present_imports.imports(self, self.tools.store.book.user_names, self.words, now)

    def refresh(self) -> None:
        if self.chosen is None:
            self.fill(self.past, self._ask_past)
        else:
            self._watch(self.chosen)

    def key(self, key: str) -> bool:
        if key != "Escape" or self.chosen is None:
            return False
        if self.asks:
            self.ask_apply(asks=False)
        else:
            self.close()
        return True

    # -- intents

    def more(self) -> None:
        if self.chosen is None:
            self.fill(self.past, self._ask_past, more=True)
        else:
            self.fill(self.objects, self._ask_objects, more=True)

    def open(self, import_id: str) -> None:
        self.tools.go(f"/imports/{import_id}")

    def close(self) -> None:
        self.tools.go("/imports")

    def upload(self, name: str, content: bytes) -> None:
        """The dry run begins and is shown."""
        self.file_name = name

        async def send() -> None:
            begun = await self.tools.client.imports.upload(content, file_name=name)
            self.file_name = ""
            self.tools.go(f"/imports/{begun.id}")

        self.send(self.uploading, send)

    async def template(self) -> bytes | None:
        """The workbook to fill in; None: it could not be had, and why is told."""
        return await self._file(self.tools.client.imports.template())

    async def errors_csv(self) -> bytes | None:
        assert self.chosen is not None
        asked = self.tools.client.imports.errors_csv(self.chosen, language=self.words.language.value)
        return await self._file(asked)

    def copy_errors(self) -> None:
        if self.detail is not None:
            self.tools.copy(present_imports.as_csv(self.detail.errors, self.words))
            self.said(self.words("import.copied"))

    def choose_outcome(self, outcome: str) -> None:
        self.outcome = ImportOutcome(outcome) if outcome else None
        self.objects.clear()
        self.fill(self.objects, self._ask_objects)

    def ask_apply(self, *, asks: bool) -> None:
        self.asks = asks
        self.tools.changed()

    def apply(self) -> None:
        self.asks = False
        self._decide(apply=True)

    def cancel(self) -> None:
        self._decide(apply=False)

    def _decide(self, *, apply: bool) -> None:
        chosen, api = self.chosen, self.tools.client.imports

        async def decide() -> None:
            assert chosen is not None
            await (api.apply(chosen) if apply else api.cancel(chosen))
            self._decided = True
            self._watch(chosen)

        if chosen is not None:
            self.send(self.deciding, decide)

    # -- what it needs to know

    async def _file(self, asked: Awaitable[bytes]) -> bytes | None:
        try:
            return await asked
        except ClientError as error:
            self.uploading.refused(self.tools.told(error), {})
            self.tools.changed()
            return None

    def _watch(self, import_id: UUID) -> None:
        """Look at it until it waits for somebody or has ended; one watch at a time."""
        if self._watched != import_id:
            self._watched = import_id
            self.tools.spawn(self._look(import_id))

    async def _look(self, import_id: UUID) -> None:
        try:
            while self.chosen == import_id and await self._seen(import_id):  # noqa: ASYNC110 - the server's progress
                await asyncio.sleep(POLL)
        finally:
            if self._watched == import_id:
                self._watched = None

    async def _seen(self, import_id: UUID) -> bool:
        """Whether there will be more to see by itself."""
        before = self.detail.summary.status if self.detail else None
        try:
            detail = await self.tools.client.imports.get(import_id)
        except ApiError as error:
            self.lost = self.tools.told(error)
            self.tools.changed()
            return False
        except ClientError as error:
            self.lost = self.tools.told(error)
            self.tools.changed()
            await asyncio.sleep(POLL_AWAY)
            return True
        if self.chosen != import_id:
            return False
        self.detail, self.lost = detail, ""
        status = detail.summary.status
        if status is not before and status not in {ImportStatus.CHECKING, ImportStatus.REFUSED}:
            self.fill(self.objects, self._ask_objects)
        self.tools.changed()
        self._decided = self._decided and status is ImportStatus.READY
        return status not in FINAL and (status is not ImportStatus.READY or self._decided)

    async def _ask_past(self, cursor: str | None) -> Page[Import]:
        return await self.tools.client.imports.list(cursor=cursor, limit=PAGE_SIZE)

    async def _ask_objects(self, cursor: str | None) -> Page[ImportedObject]:
        assert self.chosen is not None
        return await self.tools.client.imports.objects(self.chosen, outcome=self.outcome, cursor=cursor, limit=PAGE_SIZE)


def _id(path: tuple[str, ...]) -> UUID | None:
    try:
        return UUID(path[0]) if path else None
    except ValueError:
        return None
