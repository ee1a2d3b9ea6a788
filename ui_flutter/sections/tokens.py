"""Tokens of programs: issued, shown once, revoked."""

from datetime import datetime
from uuid import UUID

from api.client.models import Page
from api.client.service_tokens import ServiceToken
from api.client.users import UserAccount
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_tokens
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_tokens import Dialog, Order, TokensView
from workflows.domain.permissions import Role, ServiceRole

PAGE_SIZE = 50
ACCOUNTS = 200


def make(tools: Tools) -> "Tokens":
    return Tokens(tools)


class Tokens(Section):
    """`/tokens` and `/tokens/<id>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.listing: Listing[ServiceToken] = Listing()
        self.accounts: tuple[UserAccount, ...] = ()
        self.chosen = ""
        self.dialog: Dialog | None = None
        self.sending = Sending()

    def enter(self, path: tuple[str, ...]) -> None:
        self.chosen, self.dialog = path[0] if path else "", None
        self.refresh()

    def refresh(self) -> None:
        self.fill(self.listing, self._ask)
        self.tools.spawn(self._load_accounts())

    def leave(self) -> None:
        """A token must not stay behind."""
        self.dialog = None

    def view(self, now: datetime) -> TokensView:
        return present_tokens.tokens(self, self.tools.store, now)

    def key(self, key: str) -> bool:
        if key != "Escape" or (self.dialog is not None and self.dialog.token):
            return False
        if self.dialog is not None:
            self.cancel()
        elif self.chosen:
            self.tools.go("/tokens")
        else:
            return False
        return True

    @property
    def chosen_token(self) -> ServiceToken | None:
        return next((one for one in self.listing.items if str(one.id) == self.chosen), None)

    # -- intents

    def open(self, token: str) -> None:
        self.tools.go("/tokens" if token == self.chosen else f"/tokens/{token}")

    def more(self) -> None:
        self.fill(self.listing, self._ask, more=True)

    def ask(self, order: Order) -> None:
        self.dialog, self.sending = Dialog(order=order), Sending()
        self.tools.changed()

    def cancel(self) -> None:
        self.dialog = None
        self.tools.changed()

    def issue(self, user_id: str, name: str, role: str, days: str) -> None:
        async def issue() -> None:
            issued = await self.tools.client.service_tokens.issue(
                user_id=UUID(user_id), name=name.strip(), service_role=ServiceRole(role), expires_in_days=int(days)
            )
            self.dialog = Dialog(order=Order.TOLD, name=issued.issued.name, token=issued.token)
            self.fill(self.listing, self._ask)

        if user_id and name.strip():
            self.send(self.sending, issue)

    def revoke(self) -> None:
        token = self.chosen_token

        async def revoke() -> None:
            assert token is not None
            await self.tools.client.service_tokens.revoke(token.id)
            self.dialog = None
            self.said(self.words("tokens.done.revoke", name=token.name))
            self.fill(self.listing, self._ask)

        if token is not None:
            self.send(self.sending, revoke)

    async def _ask(self, cursor: str | None) -> Page[ServiceToken]:
        return await self.tools.client.service_tokens.list(cursor=cursor, limit=PAGE_SIZE)

    async def _load_accounts(self) -> None:
        page = await self.tools.client.users.list(role=(Role.SYSTEM,), limit=ACCOUNTS)
        self.accounts = page.items
        self.tools.changed()
