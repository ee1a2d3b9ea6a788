"""One's own account: who one is, the password, the second factor, the sessions, and how the console looks."""

from datetime import datetime
from uuid import UUID

from api.client.account import LoginSession, SecondFactor
from api.client.errors import ApiError
from api.client.models import PASSWORD_LEAST, Page
from ui_flutter.enroller import Enroller
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_account
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_account import AccountView, Doing
from workflows.domain.errors import ErrorCode


def make(tools: Tools) -> "Account":
    return Account(tools)


class Account(Section):
    """`/account`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.factor: SecondFactor | None = None
        self.sessions: Listing[LoginSession] = Listing()
        self.doing = Doing.NOTHING
        self.sending = Sending()
        self.enroller = Enroller(tools, self._set_up)

    def enter(self, path: tuple[str, ...]) -> None:
        self.cancel()
        self.refresh()

    def leave(self) -> None:
        """A secret that was not confirmed and codes that were not noted must not stay behind."""
        self.cancel()

    def refresh(self) -> None:
        self.tools.spawn(self._load_factor())
        self.fill(self.sessions, self._ask_sessions)

    def view(self, now: datetime) -> AccountView:
        return present_account.account(self, self.tools.store, now)

    def key(self, key: str) -> bool:
        if key == "Escape" and self.doing is not Doing.NOTHING and not self.shows_codes:
            self.cancel()
            return True
        return False

    @property
    def shows_codes(self) -> bool:
        """Recovery codes are on the screen: they go only when the user says so."""
        return bool(self.enroller.state.codes)

    # -- intents

    def begin(self, doing: Doing) -> None:
        self.doing, self.sending = doing, Sending()
        self.enroller.begin()

    def cancel(self) -> None:
        self.begin(Doing.NOTHING)

    def change_password(self, current: str, new: str, again: str) -> None:
        """The change ends every session, this one too; the console logs in again with the new password."""
        wrong = self._wrong(current, new, again)
        if wrong:
            self.sending.refused(wrong, {})
            self.tools.changed()
            return

        async def change() -> None:
            try:
                await self.tools.client.change_password(current, new)
            except ApiError as error:
                if error.code != ErrorCode.INVALID_CREDENTIALS:
                    raise
                self.sending.refused(self.words("password.wrong"), {})
            else:
                await self.tools.new_password(new)

        self.send(self.sending, change)

    def renew_codes(self, password: str, code: str) -> None:
        async def renew() -> None:
            made = await self.tools.client.account.renew_recovery_codes(password, code.strip())
            self.doing = Doing.ENROLMENT
            self.enroller.show_codes(made.codes)

        if password and code.strip():
            self.send(self.sending, renew)

    def disable(self, password: str, code: str) -> None:
        async def give_up() -> None:
            await self.tools.client.account.disable_second_factor(password, code.strip())
            self.doing = Doing.NOTHING
            self.said(self.words("account.factor.gone"))
            await self._load_factor()

        if password and code.strip():
            self.send(self.sending, give_up)

    def end_session(self, session_id: str) -> None:
        async def end() -> None:
            await self.tools.client.account.end_session(UUID(session_id))
            self.said(self.words("account.session.ended"))
            self.fill(self.sessions, self._ask_sessions)

        self.tools.spawn(end())

    def end_others(self) -> None:
        async def end() -> None:
            await self.tools.client.account.end_other_sessions()
            self.said(self.words("account.sessions.ended"))
            self.fill(self.sessions, self._ask_sessions)

        self.tools.spawn(end())

    # -- loading

    def _set_up(self) -> None:
        self.doing = Doing.NOTHING
        self.tools.spawn(self._load_factor())

    async def _load_factor(self) -> None:
        self.factor = await self.tools.client.account.second_factor()
        self.tools.changed()

    async def _ask_sessions(self, _: str | None) -> Page[LoginSession]:
        return Page(items=await self.tools.client.account.sessions(), next_cursor=None)

    def _wrong(self, current: str, new: str, again: str) -> str:
        if not current or not new:
            return self.words("password.missing")
        if len(new) < PASSWORD_LEAST:
            return self.words("password.short", n=PASSWORD_LEAST)
        return self.words("password.differs") if new != again else ""
