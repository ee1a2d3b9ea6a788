"""Asks now and then how the system is: panels that answer, the way of text messages, what is away. No Flet in it."""

import asyncio
import logging
from typing import Final

from api.client.errors import ApiError, ClientError
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")

LOOK_EVERY: Final = 10.0  # s


class Watch:
    """``run`` for the length of a session."""

    def __init__(self, tools: Tools) -> None:
        self._client, self._store, self._changed = tools.client, tools.store, tools.changed

    async def run(self) -> None:
        """A server that does not answer is told by the connection's own sign: what was known stays, and ages."""
        while True:
            try:
                await self.look()
            except ClientError as error:
                if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                    raise
                logger.info("the system's state could not be asked for: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        store = self._store
        if store.user is None:
            return
        store.system = await self._client.system_status()
        self._changed()
        if store.user.may(Permission.PANEL_VIEW):
            store.parts = (await self._client.supervision.look(limit=1)).parts
            self._changed()
