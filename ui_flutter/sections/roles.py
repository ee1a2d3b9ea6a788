"""What each role may do: the permission matrix as it is, with what a flag adds. It is read, never changed, here."""

from datetime import datetime

from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_roles
from ui_flutter.state.present_roles import RolesView
from workflows.domain.flags import Flag
from workflows.domain.permissions import Role


def make(tools: Tools) -> "Roles":
    return Roles(tools)


class Roles(Section):
    """`/roles`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.flags: dict[Flag, bool] | None = None
        user = tools.store.user
        self.role = user.role if user else Role.OPERATOR  # of whom a phone shows the rights

    def enter(self, path: tuple[str, ...]) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.tools.spawn(self._load())

    def view(self, now: datetime) -> RolesView:
        return present_roles.roles(self, self.tools.store)

    def choose(self, role: str) -> None:
        self.role = Role(role)
        self.tools.changed()

    async def _load(self) -> None:
        self.flags = await self.tools.client.flags()
        self.tools.changed()
