"""Who may log in: found, added, changed, let in again, shut out; and which objects a technician or field worker sees."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from api.client.account import LoginSession
from api.client.errors import ApiError
from api.client.models import Page
from api.client.object_admin import AssignedObject
from api.client.users import UserAccount
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_users
from ui_flutter.state.assigning import Assigning
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_users import Dialog, Order, UsersView
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

PAGE_SIZE = 50
PAUSE = 0.3  # s after the last keystroke of a search
OBJECTS_FOUND = 20
ASSIGN = "objects"  # the address `/users/<id>/objects`


def make(tools: Tools) -> "Users":
    return Users(tools)


class Users(Section):
    """`/users`, `/users/<id>` and `/users/<id>/objects`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.listing: Listing[UserAccount] = Listing()
        self.sessions: Listing[LoginSession] = Listing()
        self.query, self.role = "", ""
        self.with_inactive = False
        self.chosen: UUID | None = None
        self.dialog: Dialog | None = None
        self.sending = Sending()
        self.assigning: Assigning | None = None
        self._searched = 0

    def enter(self, path: tuple[str, ...]) -> None:
        self.chosen, self.dialog = _id(path), None
        self.sessions.clear()
        self.refresh()
        self.assigning = None
        if self.chosen is not None and path[1:] == (ASSIGN,):
            self.assigning = Assigning()
            self.tools.spawn(self._load_assigned(self.chosen, self.assigning))

    def refresh(self) -> None:
        self.fill(self.listing, self._ask)
        if self.chosen is not None:
            self.fill(self.sessions, self._ask_sessions)

    def leave(self) -> None:
        """A temporary password must not stay behind."""
        self.dialog = None

    def view(self, now: datetime) -> UsersView:
        return present_users.users(self, self.tools.store, now)

    def key(self, key: str) -> bool:
        if key != "Escape" or (self.dialog is not None and self.dialog.password):
            return False
        if self.dialog is not None:
            self.cancel()
        elif self.assigning is not None and self.assigning.changed:
            return False
        elif self.chosen is not None:
            self.tools.go(f"/users/{self.chosen}" if self.assigning is not None else "/users")
        else:
            return False
        return True

    @property
    def chosen_user(self) -> UserAccount | None:
        return next((one for one in self.listing.items if one.id == self.chosen), None)

    # -- the list

    def open(self, user: str) -> None:
        self.tools.go("/users" if user == str(self.chosen) else f"/users/{user}")

    def more(self) -> None:
        self.fill(self.listing, self._ask, more=True)

    def search(self, text: str) -> None:
        """Each keystroke; the server is asked when they pause."""
        self.query = text
        self._searched += 1
        self.tools.spawn(self._soon(self._searched))

    def choose_role(self, role: str) -> None:
        self.role = role
        self._anew()

    def show_inactive(self, shown: bool) -> None:
        self.with_inactive = shown
        self._anew()

    def _anew(self) -> None:
        self.listing.clear()
        self.refresh()

    async def _soon(self, number: int) -> None:
        await asyncio.sleep(PAUSE)
        if number == self._searched:
            self._anew()

    async def _ask(self, cursor: str | None) -> Page[UserAccount]:
        roles = (Role(self.role),) if self.role else ()
        active = None if self.with_inactive else True
        users = self.tools.client.users
        found = await users.list(q=self.query.strip() or None, role=roles, active=active, cursor=cursor, limit=PAGE_SIZE)
        if self.chosen is not None and cursor is None and all(one.id != self.chosen for one in found.items):
            return Page(items=(await users.one(self.chosen), *found.items), next_cursor=found.next_cursor)
        return found

    async def _ask_sessions(self, _: str | None) -> Page[LoginSession]:
        assert self.chosen is not None
        return Page(items=await self.tools.client.users.sessions(self.chosen), next_cursor=None)

    # -- forms

    def ask(self, order: Order) -> None:
        """Open the form of ``order``; all but CREATE are about the chosen user."""
        self.dialog, self.sending = Dialog(order=order), Sending()
        self.tools.changed()

    def cancel(self) -> None:
        self.dialog = None
        self.tools.changed()

    def create(self, username: str, display_name: str, role: str) -> None:
        async def add() -> None:
            made = await self.tools.client.users.create(
                username=username.strip(), display_name=display_name.strip(), role=Role(role)
            )
            self._told(made.user, made.temporary_password, "users.done.create")

        self.send(self.sending, add)

    def change(self, display_name: str, role: str) -> None:
        async def change(user: UserAccount) -> UserAccount:
            members = {"display_name": display_name.strip(), **({"role": Role(role)} if role != user.role else {})}
            return await self.tools.client.users.change(user.id, version=user.version, **members)

        self._send(change, "users.done.edit")

    def confirm(self) -> None:
        """Do what the open dialog asks about."""
        dialog, users = self.dialog, self.tools.client.users
        if dialog is None:
            return
        if dialog.order is Order.PASSWORD:
            self._reset_password()
            return
        acts: dict[Order, Callable[[UserAccount], Awaitable[UserAccount]]] = {
            Order.UNLOCK: lambda user: users.unlock(user.id, version=user.version),
            Order.FACTOR: lambda user: users.reset_second_factor(user.id, version=user.version),
            Order.DEACTIVATE: lambda user: users.deactivate(user.id, version=user.version),
            Order.ACTIVATE: lambda user: users.change(user.id, version=user.version, active=True),
            Order.SESSIONS: self._end_sessions,
        }
        if dialog.order in acts:
            self._send(acts[dialog.order], f"users.done.{dialog.order}")

    def end_session(self, session_id: str) -> None:
        user = self.chosen_user

        async def end() -> None:
            assert user is not None
            await self.tools.client.users.end_session(user.id, UUID(session_id))
            self.fill(self.sessions, self._ask_sessions)

        if user is not None:
            self.tools.spawn(end())

    def _reset_password(self) -> None:
        user = self.chosen_user

        async def reset() -> None:
            assert user is not None
            made = await self.tools.client.users.reset_password(user.id, version=user.version)
            self._told(made.user, made.temporary_password, "users.done.password")

        if user is not None:
            self.send(self.sending, lambda: self._fresh(reset()))

    async def _end_sessions(self, user: UserAccount) -> UserAccount:
        await self.tools.client.users.end_sessions(user.id)
        return user

    def _send(self, act: Callable[[UserAccount], Awaitable[UserAccount]], done: str) -> None:
        user = self.chosen_user

        async def work() -> None:
            assert user is not None
            self._told(await act(user), None, done)

        if user is not None:
            self.send(self.sending, lambda: self._fresh(work()))

    async def _fresh(self, work: Awaitable[None]) -> None:
        """Who was too late sees what is, and can decide again in the same form."""
        try:
            await work
        except ApiError as error:
            if error.code == ErrorCode.STALE_VERSION:
                self.refresh()
            raise

    def _told(self, user: UserAccount, password: str | None, done: str) -> None:
        """It is done: show the temporary password once, or just say so."""
        self.dialog = Dialog(order=Order.TOLD, username=user.username, password=password) if password else None
        self.said(self.words(done, name=user.display_name))
        if self.chosen == user.id or password:
            self.refresh()
        else:
            self.tools.go(f"/users/{user.id}")

    # -- objects of a user

    def open_card(self) -> None:
        """Back from the objects of a user to the user."""
        self.tools.go(f"/users/{self.chosen}")

    def assign(self) -> None:
        if self.chosen is not None:
            self.tools.go(f"/users/{self.chosen}/{ASSIGN}")

    def find_objects(self, text: str) -> None:
        if self.assigning is not None:
            self.assigning.query = text
            self._searched += 1
            self.tools.spawn(self._find_objects(self._searched, self.assigning))

    def take(self, object_id: str) -> None:
        if self.assigning is not None:
            self.assigning.add(UUID(object_id))
            self.tools.changed()

    def give_back(self, object_id: str) -> None:
        if self.assigning is not None:
            self.assigning.remove(UUID(object_id))
            self.tools.changed()

    def save_objects(self) -> None:
        state, user = self.assigning, self.chosen

        async def save() -> None:
            assert state is not None
            assert user is not None
            try:
                after = await self.tools.client.object_admin.assign_objects(
                    user, [one.id for one in state.wanted], before=[one.id for one in state.before]
                )
            except ApiError as error:
                if error.code == ErrorCode.STALE_VERSION:
                    state.rebase((await self.tools.client.object_admin.assigned_objects(user)).objects)
                raise
            state.begin(after.objects)
            self.said(self.words("users.objects.saved", n=len(after.objects)))

        if state is not None and state.changed:
            self.send(state.sending, save)

    async def _load_assigned(self, user: UUID, state: Assigning) -> None:
        state.begin((await self.tools.client.object_admin.assigned_objects(user)).objects)
        await self._find_objects(self._searched, state)

    async def _find_objects(self, number: int, state: Assigning) -> None:
        await asyncio.sleep(PAUSE)
        if number != self._searched:
            return
        page = await self.tools.client.object_admin.find(q=state.query.strip() or None, limit=OBJECTS_FOUND)
        if number == self._searched:
            state.found = tuple(
                AssignedObject(id=one.id, name=one.name, address=one.address, external_number=one.external_number)
                for one in page.items
            )
        self.tools.changed()


def _id(path: tuple[str, ...]) -> UUID | None:
    try:
        return UUID(path[0]) if path else None
    except ValueError:
        return None
