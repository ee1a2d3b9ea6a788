"""What this device keeps for when there is no server: the user's objects with whom to call and what to do."""

from datetime import datetime
from uuid import UUID

from api.client.object_sync import SyncedObject
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_kept
from ui_flutter.state.present_kept import KeptView


def make(tools: Tools) -> "Kept":
    return Kept(tools)


class Kept(Section):
    """`/offline` and `/offline/<object id>`. Asks the server for nothing."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.query = ""
        self.chosen: UUID | None = None

    def enter(self, path: tuple[str, ...]) -> None:
        try:
            self.chosen = UUID(path[0]) if path else None
        except ValueError:
            self.chosen = None

    def view(self, now: datetime) -> KeptView:
        return present_kept.kept(self.tools.store, self.query, self.chosen, now)

    def key(self, key: str) -> bool:
        if key == "Escape" and self.chosen is not None:
            self.tools.go("/offline")
            return True
        return False

    # -- intents

    def search(self, text: str) -> None:
        self.query = text
        self.tools.changed()

    def open(self, object_id: str) -> None:
        self.tools.go("/offline" if object_id == str(self.chosen) else f"/offline/{object_id}")

    def back(self) -> None:
        self.tools.go("/offline")

    def more(self) -> None:
        """There is never more: the list is whole."""

    @property
    def object(self) -> SyncedObject | None:
        return self.tools.store.offline.objects.get(self.chosen) if self.chosen else None
