"""What the card tells of the guarded place: panels, documents, secrets, earlier alarms. No Flet in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from api.client.errors import ApiError, ClientError
from api.client.stream import Event
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from ui_flutter.state.store import Card
from ui_flutter.state.views import Face
from workflows.domain.bundle import BundleStatus
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")

HISTORY_SHOWN: Final = 6
PANELS_SHOWN: Final = 4
PAUSE: Final = 0.3  # s: a change of many partitions is one load


class SiteDesk:
    """A part of the controller: intents return at once."""

    def __init__(self, tools: Tools) -> None:
        self._client, self._store, self._save = tools.client, tools.store, tools.save
        self._spawn, self._changed = tools.spawn, tools.changed
        self._again: set[UUID] = set()  # panels about to be asked once more

    async def load(self, card: Card) -> None:
        """Everything the user may see; a part that fails is told and does not keep the others away."""
        if card.detail is None or self._store.user is None:
            return
        site, object_id, client, may = card.site, card.detail.object.id, self._client, self._store.user.may

        async def panels() -> None:
            site.panels = (await client.panels(object_id=object_id, limit=PANELS_SHOWN)).items
            for panel in site.panels:
                site.states[panel.id] = await client.panel_state(panel.id)

        async def documents() -> None:
            site.documents = (await client.documents.list(object_id)).items

        async def history() -> None:
            found = await client.alarms(
                object_id=object_id, status=[BundleStatus.CLOSED], order="newest", limit=HISTORY_SHOWN + 1
            )
            site.history = tuple(alarm for alarm in found.items if alarm.id != card.id)[:HISTORY_SHOWN]

        async def secrets() -> None:
            site.secrets = (await client.secrets.of_object(object_id)).items

        wanted: tuple[tuple[Permission, Callable[[], Awaitable[None]]], ...] = (
            (Permission.PANEL_VIEW, panels),
            (Permission.OBJECT_VIEW, documents),
            (Permission.SECRET_REVEAL, secrets),
            (Permission.ALARM_VIEW, history),
        )
        for permission, part in wanted:
            if may(permission):
                await self._part(card, part)
        site.loaded = True
        self._changed()

    async def _part(self, card: Card, part: Callable[[], Awaitable[None]]) -> None:
        name = getattr(part, "__name__", "")
        try:
            await part()
            card.site.failed.discard(name)
        except ClientError as error:
            if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                raise
            logger.warning("%s of the place could not be loaded: %s", name, error)
            card.site.failed.add(name)
        self._changed()

    def told(self, message: Event) -> None:
        """A panel of the open card's place changed its state."""
        card = self._store.card
        if message.event != "panel.state.changed" or card is None:
            return
        panel_id = UUID(str(message.data["panel_id"]))
        if any(panel.id == panel_id for panel in card.site.panels) and panel_id not in self._again:
            self._again.add(panel_id)
            self._spawn(self._refresh(card, panel_id))

    async def _refresh(self, card: Card, panel_id: UUID) -> None:
        await asyncio.sleep(PAUSE)
        self._again.discard(panel_id)
        card.site.states[panel_id] = await self._client.panel_state(panel_id)
        self._changed()

    # -- intents

    def show_face(self, face: Face) -> None:
        if self._store.card is not None:
            self._store.card.face = face
            self._changed()

    def open_document(self, document_id: UUID) -> None:
        """Fetch it and hand it to whoever asked."""
        card = self._store.card
        document = next((one for one in card.site.documents if one.id == document_id), None) if card else None
        if card is not None and document is not None and document_id not in card.site.fetching:
            card.site.fetching.add(document_id)
            self._spawn(self._fetch(card, document_id, document.latest.file_name))
            self._changed()

    async def _fetch(self, card: Card, document_id: UUID, name: str) -> None:
        try:
            content = await self._client.documents.content(document_id)
        finally:
            card.site.fetching.discard(document_id)
            self._changed()
        if content is not None:
            self._save(name, content.data)
