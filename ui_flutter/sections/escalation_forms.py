"""The forms of escalation: a policy, a rota, an address. What is typed stays until it is saved or given up. No Flet."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from api.client.errors import ApiError
from ui_flutter.sections.section import Section
from ui_flutter.state.escalation_draft import ChannelDraft, PolicyDraft, RotaDraft
from ui_flutter.state.listing import Sending
from workflows.domain.errors import ErrorCode

D = TypeVar("D", PolicyDraft, RotaDraft, ChannelDraft)


class Form(Generic[D]):
    """``save`` writes the draft, ``delete`` removes what it is of; ``done`` is told when either has happened."""

    def __init__(
        self,
        section: Section,
        id_: UUID | None,
        draft: D,
        save: Callable[[D], Awaitable[None]],
        delete: Callable[[int], Awaitable[None]],
        done: Callable[[], None],
    ) -> None:
        self._section, self._done = section, done
        self._save: Callable[[D], Awaitable[None]] = save
        self._delete = delete
        self.id = id_
        self.draft: D = draft
        self.saving = Sending()
        self.tried = False  # what is wrong is shown from the first try on
        self.conflict: int | None = None  # the version that somebody else has saved
        self.asks_delete = False

    def draw(self, draft: D) -> None:
        self.draft = draft
        self._section.tools.changed()

    def put(self, **members: Any) -> None:
        self.draw(replace(self.draft, **members))

    def save(self) -> None:
        self.tried = True
        if self.draft.faults():
            self._section.tools.changed()
        else:
            self._section.send(self.saving, self._write)

    def insist(self) -> None:
        """Save on top of what somebody else has saved."""
        if self.conflict is not None:
            self.draft = replace(self.draft, version=self.conflict)
            self.conflict = None
            self.save()

    def ask_delete(self, asks: bool) -> None:
        self.asks_delete = asks
        self._section.tools.changed()

    def delete(self) -> None:
        async def gone() -> None:
            assert self.draft.version is not None
            await self._delete(self.draft.version)
            self._section.said(self._section.words("escalation.deleted"))
            self._done()

        self.asks_delete = False
        self._section.send(self.saving, gone)

    async def _write(self) -> None:
        try:
            await self._save(self.draft)
        except ApiError as error:
            if error.code == ErrorCode.STALE_VERSION and error.current is not None:
                self.conflict = int(error.current["version"])
            raise
        self.conflict = None
        self._section.said(self._section.words("escalation.saved"))
        self._done()
