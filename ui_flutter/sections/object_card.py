"""The card of one object: what is loaded of it, tab by tab. No Flet."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from api.client.auto_arm import AutoArmSchedule, Preview
from api.client.documents import Document
from api.client.errors import ClientError
from api.client.models import AlarmSummary, DispatchEntry, Page, PanelState
from api.client.object_admin import ObjectDetail
from api.client.service_modes import ServiceMode
from api.client.stream import Event
from ui_flutter.sections import object_edits, object_files, object_service
from ui_flutter.sections.object_plan import PlanEditor
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.object_tabs import CardTab, tabs_of
from ui_flutter.state.views import ListPhase

if TYPE_CHECKING:
    from ui_flutter.sections.objects import Objects

PAGE_SIZE = 50
PAUSE = 0.5  # s between two loads for the same burst of changes
_TOLD = {"panel.state.changed", "panel.release.changed", "service.changed"}  # what the card shows


class ObjectCard:
    """Made when the card is opened, forgotten when another one is."""

    def __init__(self, section: "Objects", object_id: UUID) -> None:
        self.section, self.id = section, object_id
        self.tab = CardTab.OVERVIEW
        self.detail: ObjectDetail | None = None
        self.phase, self.error = ListPhase.LOADING, ""
        self.states: dict[UUID, PanelState] = {}
        self.alarms: Listing[AlarmSummary] = Listing()
        self.closed_alarms = False
        self.documents: Listing[Document] = Listing()
        self.chosen_document = ""
        self.schedules: Listing[AutoArmSchedule] = Listing()
        self.previews: dict[UUID, Preview] = {}
        self.journal: Listing[DispatchEntry] = Listing()
        self.modes: Listing[ServiceMode] = Listing()
        self.plan = PlanEditor(self)
        self.working = Sending()  # of what has no form: ending service mode, a download
        self._due = False

    def enter(self, tab: str) -> None:
        tabs = tabs_of(self.section.tools.store.user, self.section.flags)
        self.tab = next((one for one in tabs if one == tab), CardTab.OVERVIEW)
        self.load()

    def load(self) -> None:
        self.section.tools.spawn(self._load())
        self.load_tab()

    def told(self, message: Event) -> None:
        about = message.data.get("object_id")
        alarm = message.data.get("alarm")
        if message.event.startswith("alarm.") and isinstance(alarm, dict):
            about = alarm.get("object_id")
        if about == str(self.id) and not self._due and (message.event in _TOLD or message.event.startswith("alarm.")):
            self._due = True
            self.section.tools.spawn(self._soon())

    # -- intents

    def choose(self, tab: str) -> None:
        self.section.tools.go(f"/objects/{self.id}" if tab == CardTab.OVERVIEW else f"/objects/{self.id}/{tab}")

    def show_alarms(self, which: str) -> None:
        self.closed_alarms = which == "closed"
        self.alarms.clear()
        self.load_tab()

    def more(self) -> None:
        self.load_tab(more=True)

    def open_alarm(self, alarm_id: str) -> None:
        self.section.tools.go(f"/alarms/{alarm_id}")

    def open_panel(self, panel_id: str) -> None:
        self.section.tools.go(f"/panels/{panel_id}")

    def copy(self, text: str) -> None:
        self.section.tools.copy(text)

    def edit(self) -> None:
        object_edits.change(self)

    def close_or_reopen(self) -> None:
        object_edits.close_or_reopen(self)

    def delete(self) -> None:
        object_edits.delete(self)

    def edit_config(self) -> None:
        object_edits.alarm_config(self)

    def add_panel(self) -> None:
        object_edits.add_panel(self)

    def begin_service(self) -> None:
        object_service.begin(self)

    def extend_service(self, mode_id: str) -> None:
        object_service.extend(self, mode_id)

    def end_service(self, mode_id: str) -> None:
        object_service.end(self, mode_id)

    def release_service(self, mode_id: str) -> None:
        object_service.release(self, mode_id)

    def upload(self) -> None:
        object_files.upload(self)

    def open_document(self, document_id: str) -> None:
        """What can be done with it opens below it; once more closes that."""
        self.chosen_document = "" if document_id == self.chosen_document else document_id
        self.section.tools.changed()

    def download(self, document_id: str) -> None:
        object_files.download(self, document_id)

    def change_document(self, document_id: str) -> None:
        object_files.change(self, document_id)

    def renew_document(self, document_id: str) -> None:
        object_files.renew(self, document_id)

    def delete_document(self, document_id: str) -> None:
        object_files.delete(self, document_id)

    # -- loading

    def load_tab(self, *, more: bool = False) -> None:
        section = self.section
        match self.tab:
            case CardTab.ALARMS:
                section.fill(self.alarms, self._ask_alarms, more=more)
            case CardTab.DOCUMENTS:
                section.fill(self.documents, self._ask_documents, more=more)
            case CardTab.SCHEDULES:
                section.fill(self.schedules, self._ask_schedules, more=more)
            case CardTab.SERVICE:
                section.fill(self.modes, self._ask_modes, more=more)
            case CardTab.JOURNAL:
                section.fill(self.journal, self._ask_journal, more=more)
            case _:
                pass

    async def _load(self) -> None:
        tools = self.section.tools
        try:
            self.detail = await tools.client.object_admin.detail(self.id)
            self.phase, self.error = ListPhase.READY, ""
        except ClientError as error:
            self.error = tools.told(error)
            if self.detail is None:
                self.phase = ListPhase.FAILED
            raise
        finally:
            tools.changed()
        await self._load_states()

    async def _load_states(self) -> None:
        """How its panels are now; one that cannot be asked keeps what is shown."""
        tools, panels = self.section.tools, self.detail.panels if self.detail else ()
        found = await asyncio.gather(*(tools.client.panel_state(panel.id) for panel in panels), return_exceptions=True)
        for panel, state in zip(panels, found, strict=True):
            if isinstance(state, PanelState):
                self.states[panel.id] = state
        tools.changed()

    async def _soon(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        self.load()

    async def _ask_alarms(self, cursor: str | None) -> Page[AlarmSummary]:
        client = self.section.tools.client
        return await client.alarms(
            object_id=self.id, open=not self.closed_alarms, order="newest", cursor=cursor, limit=PAGE_SIZE
        )

    async def _ask_documents(self, cursor: str | None) -> Page[Document]:
        return await self.section.tools.client.documents.list(self.id, cursor=cursor, limit=PAGE_SIZE)

    async def _ask_schedules(self, cursor: str | None) -> Page[AutoArmSchedule]:
        auto_arm = self.section.tools.client.auto_arm
        page = await auto_arm.schedules(object_id=self.id, cursor=cursor, limit=PAGE_SIZE)
        previews = await asyncio.gather(*(auto_arm.preview(one.id) for one in page.items), return_exceptions=True)
        for schedule, preview in zip(page.items, previews, strict=True):
            if isinstance(preview, Preview):
                self.previews[schedule.id] = preview
        return page

    async def _ask_modes(self, cursor: str | None) -> Page[ServiceMode]:
        return await self.section.tools.client.service_modes.modes(object_id=self.id, cursor=cursor, limit=PAGE_SIZE)

    async def _ask_journal(self, cursor: str | None) -> Page[DispatchEntry]:
        return await self.section.tools.client.dispatch.entries(object_id=self.id, cursor=cursor, limit=PAGE_SIZE)
