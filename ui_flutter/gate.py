"""Who sits here: the login, a password that must be changed, the second factor. No Flet in it."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from api.client.errors import ApiError, ClientError
from api.client.models import PASSWORD_LEAST, User
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from ui_flutter.state.store import Login
from ui_flutter.state.views import Mood
from workflows.domain.errors import ErrorCode


class Gate:
    """A part of the controller. ``enter`` lets a user in, ``end`` ends the session and says why; ``apart`` runs a task that
    outlives it; ``known`` is told that this device has a session to go on with."""

    def __init__(
        self,
        tools: Tools,
        *,
        enter: Callable[[User], None],
        end: Callable[[str], None],
        apart: Callable[[Coroutine[Any, Any, None]], None],
        known: Callable[[], None],
    ) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock, self._told = tools.spawn, tools.changed, tools.clock, tools.told
        self._enter, self._end, self._apart, self._known = enter, end, apart, known

    def log_in(self, username: str, password: str, code: str = "") -> None:
        """``code``: of the authenticator app, or a recovery code; asked for once the server says that it is needed."""
        store = self._store
        if store.login is Login.BUSY:
            return
        if not username.strip() or not password:
            store.login_error = store.words("login.missing")
        else:
            store.login, store.login_error = Login.BUSY, ""
            self._apart(self._log_in(username.strip(), password, code.strip()))
        self._changed()

    async def _log_in(self, username: str, password: str, code: str = "") -> None:
        store = self._store
        more = {"code": code} if code and store.needs_code else {}
        try:
            user = await self._client.login(username, password, **more)
            store.needs_code = False
            self.admit(user)
        except ClientError as error:
            store.needs_code = isinstance(error, ApiError) and error.code in problems.SECOND_FACTOR
            store.login, store.login_error = Login.OUT, self._told(error)

    def admit(self, user: User) -> None:
        """Let the user in; who must change the password or set up a second factor does that first."""
        if not (user.must_change_password or user.must_set_up_second_factor):
            self._enter(user)
            return
        store = self._store
        first = Login.PASSWORD if user.must_change_password else Login.FACTOR
        store.login, store.user, store.login_error, store.login_notice = first, user, "", ""
        self._known()
        self._changed()

    def factor_set_up(self) -> None:
        """The recovery codes were noted down: let in who was kept out for the want of them."""
        if self._store.login is Login.FACTOR and self._store.user is not None:
            self._enter(replace(self._store.user, second_factor=True, must_set_up_second_factor=False))

    def change_password(self, current: str, new: str, again: str) -> None:
        """From the form that a new password is asked for in; `again` guards against a slip of the finger."""
        store = self._store
        if store.login is not Login.PASSWORD or store.user is None:
            return
        wrong = _wrong_with_passwords(current, new, again)
        if wrong:
            store.login_error = store.words(wrong, n=PASSWORD_LEAST)
        else:
            store.login, store.login_error = Login.CHANGING, ""
            self._spawn(self._change_password(store.user.username, current, new))
        self._changed()

    async def _change_password(self, username: str, current: str, new: str) -> None:
        """The change ends every session: the new password opens the next one."""
        store = self._store
        try:
            await self._client.change_password(current, new)
        except ClientError as error:
            if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                raise
            is_wrong = isinstance(error, ApiError) and error.code == ErrorCode.INVALID_CREDENTIALS
            store.login, store.login_error = Login.PASSWORD, store.words("password.wrong") if is_wrong else self._told(error)
            return
        await self._log_in_anew(username, new)

    async def go_on_with(self, new: str) -> None:
        """The user changed the password at work: back to where he was, in a session of the new one."""
        user = self._store.user
        if user is not None:
            self._end(self._store.words("password.changed"))
            await self._log_in_anew(user.username, new)
            self._changed()

    async def _log_in_anew(self, username: str, new: str) -> None:
        store = self._store
        await self._log_in(username, new)
        if store.login is Login.OUT:
            store.login_notice = store.words("password.changed")
        else:
            store.toast(store.words("password.changed"), Mood.GOOD, self._clock())


def _wrong_with_passwords(current: str, new: str, again: str) -> str:
    """The key of what to say about them; empty when they may be sent."""
    if not current or not new:
        return "password.missing"
    if len(new) < PASSWORD_LEAST:
        return "password.short"
    return "password.differs" if new != again else ""
