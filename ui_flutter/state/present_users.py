"""From the section of users to what is drawn. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from api.client.account import LoginSession
from api.client.object_admin import AssignedObject
from api.client.users import UserAccount
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.assigning import Assigning
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.present_account import SessionView, session_view
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import FactView, Mood
from workflows.domain import users as rules
from workflows.domain.permissions import Permission, Role, Scope, scope_of


class Order(StrEnum):
    """What is asked for in a dialog."""

    CREATE = "create"
    EDIT = "edit"
    UNLOCK = "unlock"
    PASSWORD = "password"  # noqa: S105 - a new one is made
    FACTOR = "factor"
    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"
    SESSIONS = "sessions"
    TOLD = "told"  # the temporary password, once


ACTS = {
    Order.EDIT: rules.Act.CHANGE,
    Order.UNLOCK: rules.Act.UNLOCK,
    Order.PASSWORD: rules.Act.RESET_PASSWORD,
    Order.FACTOR: rules.Act.RESET_SECOND_FACTOR,
    Order.DEACTIVATE: rules.Act.CHANGE,
    Order.ACTIVATE: rules.Act.CHANGE,
    Order.SESSIONS: rules.Act.END_SESSIONS,
}
_PLENTY = rules.Others(masters=1, managers=1)  # who else there is, only the server knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """`password` is kept as long as it is on the screen."""

    order: Order
    username: str = ""
    password: str | None = None


class State(Protocol):
    """What is asked of `sections.users.Users`."""

    listing: Listing[UserAccount]
    sessions: Listing[LoginSession]
    role: str
    with_inactive: bool
    dialog: Dialog | None
    sending: Sending
    assigning: Assigning | None

    @property
    def chosen_user(self) -> UserAccount | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """The chosen user. `orders`: what may be done with him."""

    id: str
    name: str
    username: str
    role: Role
    facts: tuple[FactView, ...]
    signs: tuple[tuple[str, Mood], ...]
    orders: tuple[Order, ...]
    roles: tuple[tuple[str, str], ...]  # he may be given
    sees_assigned: bool
    sessions: tuple[SessionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLine:
    id: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssigningView:
    title: str
    loaded: bool
    wanted: tuple[ObjectLine, ...]
    found: tuple[ObjectLine, ...]
    changed: bool
    busy: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersView:
    role: str
    with_inactive: bool
    roles: tuple[tuple[str, str], ...]  # of the filter
    new_roles: tuple[tuple[str, str], ...]  # a new user may have
    table: TableView
    chosen: UserView | None
    dialog: Dialog | None
    assigning: AssigningView | None
    busy: bool
    error: str
    fields: tuple[tuple[str, str], ...]


def users(state: State, store: Store, now: datetime) -> UsersView:
    words, chosen = store.words, state.chosen_user
    columns = (
        Column(title=words("users.name")),
        Column(title=words("users.role"), width=150),
        Column(title=words("users.state"), width=190),
        Column(title=words("users.factor"), width=120, explains=True),
        Column(title=words("users.last_login"), width=130, explains=True),
    )
    rows = tuple(_row(one, words, now, selected=one is chosen) for one in state.listing.items)
    shown = table(state.listing, columns, rows, empty=words("users.empty"), footer=words("page.shown", n=len(rows)))
    return UsersView(
        role=state.role,
        with_inactive=state.with_inactive,
        roles=(("", words("users.role.all")), *_named(Role, words)),
        new_roles=_named(_given_by(store), words),
        table=shown,
        chosen=_chosen(chosen, state, store, now) if chosen else None,
        dialog=state.dialog,
        assigning=_assigning(chosen, state.assigning, words) if state.assigning else None,
        busy=state.sending.busy,
        error=state.sending.error,
        fields=tuple(state.sending.fields.items()),
    )


def sign(user: UserAccount, words: Words, now: datetime) -> tuple[str, Mood]:
    """How the account stands; the worst of it first."""
    if not user.active:
        return words("users.state.inactive"), Mood.QUIET
    if user.locked_until is not None and user.locked_until > now:
        return words("users.state.locked"), Mood.BAD
    if user.role is Role.SYSTEM:
        return words("users.state.program"), Mood.GOOD
    if user.must_change_password:
        return words("users.state.temporary"), Mood.WARN
    return words("users.state.active"), Mood.GOOD


def orders(user: UserAccount, store: Store, now: datetime) -> tuple[Order, ...]:
    """What the one who is logged in may do with ``user``; the last word is the server's."""
    wanted = [Order.EDIT]
    if user.locked_until is not None and user.locked_until > now:
        wanted.append(Order.UNLOCK)
    if user.active:
        wanted += [Order.PASSWORD, *([Order.FACTOR] if user.second_factor else []), Order.SESSIONS, Order.DEACTIVATE]
    else:
        wanted.append(Order.ACTIVATE)
    return tuple(order for order in wanted if _allowed(order, user, store))


def _allowed(order: Order, user: UserAccount, store: Store) -> bool:
    if store.user is None or (order is Order.SESSIONS and user.role is Role.SYSTEM):
        return False
    before = rules.Account(id=user.id, role=user.role, active=user.active)
    active = {Order.DEACTIVATE: False, Order.ACTIVATE: True}.get(order, user.active)
    after = rules.Account(id=user.id, role=user.role, active=active)
    actor = rules.Account(id=store.user.id, role=store.user.role)
    return rules.refusal(actor, ACTS[order], before, after, _PLENTY) is None


def _given_by(store: Store) -> list[Role]:
    """The roles that the one who is logged in may give: only a MASTER makes a MASTER."""
    is_master = store.user is not None and store.user.role is Role.MASTER
    return [role for role in Role if is_master or role is not Role.MASTER]


def _named(roles: Iterable[Role], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((role.value, words(f"role.{role}")) for role in roles)


def _row(user: UserAccount, words: Words, now: datetime, *, selected: bool) -> TableRow:
    label, mood = sign(user, words, now)
    factor = "" if user.role is Role.SYSTEM else words("users.yes" if user.second_factor else "users.no")
    last = formats.moment(user.last_login_at, now) if user.last_login_at else words("users.never")
    return TableRow(
        id=str(user.id),
        selected=selected,
        faded=not user.active,
        cells=(
            TableCell(text=user.display_name, detail=user.username),
            TableCell(text=words(f"role.{user.role}")),
            TableCell(text=label, mood=mood),
            TableCell(text=factor),
            TableCell(text=last, mono=user.last_login_at is not None),
        ),
    )


def _chosen(user: UserAccount, state: State, store: Store, now: datetime) -> UserView:
    words = store.words
    facts = [
        FactView(label=words("users.username"), value=user.username, mono=True),
        FactView(label=words("users.role"), value=words(f"role.{user.role}")),
        FactView(label=words("users.created"), value=formats.moment(user.created_at, now), mono=True),
    ]
    if user.last_login_at is not None:
        facts.append(FactView(label=words("users.last_login"), value=formats.moment(user.last_login_at, now), mono=True))
    if user.locked_until is not None and user.locked_until > now:
        facts.append(FactView(label=words("users.locked_until"), value=formats.moment(user.locked_until, now), mono=True))
    signs = [sign(user, words, now)]
    if user.role is not Role.SYSTEM:
        on = user.second_factor
        signs.append((words("users.factor.on" if on else "users.factor.off"), Mood.GOOD if on else Mood.QUIET))
    is_program = user.role is Role.SYSTEM
    is_self = store.user is not None and store.user.id == user.id
    changeable = [user.role] if is_program or is_self else [role for role in _given_by(store) if role is not Role.SYSTEM]
    return UserView(
        id=str(user.id),
        name=user.display_name,
        username=user.username,
        role=user.role,
        facts=tuple(facts),
        signs=tuple(signs),
        orders=orders(user, store, now),
        roles=_named(changeable, words),
        sees_assigned=scope_of(user.role, Permission.OBJECT_VIEW) is Scope.ASSIGNED,
        sessions=tuple(session_view(one, words, now) for one in state.sessions.items),
    )


def _assigning(user: UserAccount | None, state: Assigning, words: Words) -> AssigningView:
    return AssigningView(
        title=words("users.objects.of", name=user.display_name) if user else words("users.objects"),
        loaded=state.loaded,
        wanted=tuple(map(_object, sorted(state.wanted, key=lambda one: one.name.casefold()))),
        found=tuple(map(_object, state.offered)),
        changed=state.changed,
        busy=state.sending.busy,
        error=state.sending.error,
    )


def _object(one: AssignedObject) -> ObjectLine:
    detail = " · ".join(part for part in (one.external_number, one.address) if part)
    return ObjectLine(id=str(one.id), name=one.name, detail=detail)
