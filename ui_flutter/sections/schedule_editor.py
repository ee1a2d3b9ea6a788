"""The form of one auto-arm schedule: what is typed, its preview, and how it is saved. No Flet."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from api.client.auto_arm import AutoArmSchedule, Preview
from api.client.codec import decode
from api.client.errors import ApiError, ClientError
from api.client.models import Panel
from ui_flutter.sections.section import Section
from ui_flutter.state.listing import Sending
from ui_flutter.state.schedule_draft import ScheduleDraft, clock_of, day_of, draft_of, panel_of
from workflows.domain.errors import ErrorCode

PAUSE = 0.4  # s after the last key before a preview is asked for
PANELS_MOST = 20  # pages


class Editor:
    """``schedule_id`` None: of a new one. What is typed stays until it is saved or given up."""

    def __init__(self, section: Section, schedule_id: UUID | None, done: Callable[[UUID | None], None]) -> None:
        self._section, self.schedule_id, self._done = section, schedule_id, done
        self.draft = ScheduleDraft()
        self.preview: Preview | None = None
        self.preview_error = ""
        self.previewing = False
        self.saving = Sending()
        self.tried = False  # what is wrong is shown from the first try on
        self.conflict: AutoArmSchedule | None = None
        self.panels: tuple[tuple[Panel, str], ...] = ()
        self.partition_names: Mapping[int, str] = {}
        self.asks_delete = False
        self._saved_days: Any = None  # the exceptions as the server has them
        self._asked = 0
        section.tools.spawn(self._load())

    # -- typing

    def put(self, **members: Any) -> None:
        moved = members.get("panel_id", self.draft.panel_id) != self.draft.panel_id
        self._draw(replace(self.draft, **members))
        if moved:
            self._section.tools.spawn(self._learn_partitions())

    def weekday(self, day: int) -> None:
        self._draw(self.draft.with_weekday(day))

    def partition(self, number: int) -> None:
        self._draw(self.draft.with_partition(number))

    def add_exception(self, day: str, at: str) -> bool:
        """False: one of the two is no day or no time."""
        found, clock = day_of(day), clock_of(at)
        if found is None or (at.strip() and clock is None):
            return False
        self._draw(self.draft.with_exception(found.isoformat(), f"{clock:%H:%M}" if clock else ""))
        return True

    def drop_exception(self, day: str) -> None:
        self._draw(self.draft.without_exception(day))

    def _draw(self, draft: ScheduleDraft) -> None:
        self.draft = draft
        self._section.tools.changed()
        self._section.tools.spawn(self._show())

    # -- saving

    def save(self) -> None:
        self.tried = True
        if self.draft.faults():
            self._section.tools.changed()
        else:
            self._section.send(self.saving, self._save)

    def insist(self) -> None:
        """Save on top of what somebody else has saved."""
        if self.conflict is not None:
            self.draft = replace(self.draft, version=self.conflict.version)
            self.conflict = None
            self.save()

    def take_theirs(self) -> None:
        """Give up what was typed for what is saved."""
        self.conflict, self.saving.error = None, ""
        self._section.tools.spawn(self._load())

    def ask_delete(self, asks: bool) -> None:
        self.asks_delete = asks
        self._section.tools.changed()

    def delete(self) -> None:
        async def gone() -> None:
            assert self.schedule_id is not None
            assert self.draft.version is not None
            await self._section.tools.client.auto_arm.delete(self.schedule_id, version=self.draft.version)
            self._section.said(self._section.words("schedule.deleted"))
            self._done(None)

        self.asks_delete = False
        self._section.send(self.saving, gone)

    async def _save(self) -> None:
        try:
            await self._write()
        except ApiError as error:
            if error.code == ErrorCode.STALE_VERSION and error.current is not None:
                self.conflict = decode(error.current, AutoArmSchedule)
            raise
        self.conflict = None
        self._section.said(self._section.words("schedule.saved"))
        self._done(self.schedule_id)

    async def _write(self) -> None:
        """First the schedule, then its days; what is written is not written again by another try."""
        api, draft = self._section.tools.client.auto_arm, self.draft
        if self.schedule_id is None:
            saved = await api.create(panel_of(draft), **draft.members())
        else:
            assert draft.version is not None
            saved = await api.change(self.schedule_id, version=draft.version, **draft.members())
        self.schedule_id = saved.id
        self.draft = replace(self.draft, version=saved.version)
        days = draft.days()
        if days != (self._saved_days or {}):
            told = await api.put_exceptions(saved.id, days, version=saved.version)
            self._saved_days = days
            self.draft = replace(self.draft, version=told.version)

    # -- what it needs to know

    async def _load(self) -> None:
        api = self._section.tools.client.auto_arm
        if self.schedule_id is not None:
            schedule = await api.schedule(self.schedule_id)
            told = await api.exceptions(self.schedule_id)
            self.draft = draft_of(schedule, told.exceptions)
            self._saved_days = self.draft.days()
            await self._learn_partitions()
        else:
            await self._learn_panels()
        self._section.tools.changed()
        await self._show()

    async def _learn_panels(self) -> None:
        client, names = self._section.tools.client, self._section.tools.store.book.object_names
        found: list[tuple[Panel, str]] = []
        cursor: str | None = None
        for _ in range(PANELS_MOST):
            page = await client.panels(limit=200, cursor=cursor)
            found += [(panel, names.get(panel.object_id, "")) for panel in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        self.panels = tuple(sorted(found, key=lambda one: (one[1].casefold(), one[0].name.casefold())))

    async def _learn_partitions(self) -> None:
        """Their names, where the panel has told them; without them numbers are typed."""
        try:
            state = await self._section.tools.client.panel_state(panel_of(self.draft))
        except (ClientError, ValueError):
            self.partition_names = {}
        else:
            self.partition_names = {one.number: one.name or "" for one in state.partitions}
        self._section.tools.changed()

    async def _show(self) -> None:
        """The preview of what is typed, once typing pauses."""
        self._asked += 1
        number = self._asked
        await asyncio.sleep(PAUSE)
        if number != self._asked or self.draft.faults().keys() - {"name"}:
            return
        self.previewing = True
        self._section.tools.changed()
        draft = self.draft
        members = draft.members() | {"name": draft.name.strip() or "…", "at": f"{clock_of(draft.at):%H:%M}"}
        try:
            shown = await self._section.tools.client.auto_arm.preview_draft(panel_of(draft), exceptions=draft.days(), **members)
        except ClientError as error:
            if number == self._asked:
                self.preview_error, self.previewing = self._section.tools.told(error), False
        else:
            if number == self._asked:
                self.preview, self.preview_error, self.previewing = shown, "", False
        self._section.tools.changed()
