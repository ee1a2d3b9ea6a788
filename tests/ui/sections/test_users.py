"""Users, service tokens and roles: what the view-models say, and the pages on the real API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from activities.db.models.service_tokens import ServiceToken as TokenRow
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User as UserRow
from activities.db.session import Database
from api.client.models import User
from api.client.object_admin import AssignedObject
from api.client.service_tokens import ServiceToken
from api.client.users import UserAccount
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import present_roles, present_tokens, present_users
from ui_flutter.state.assigning import Assigning
from ui_flutter.state.present_users import Order
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood
from workflows.domain.flags import Flag
from workflows.domain.permissions import Permission, Role, Scope, ServiceRole

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Words(Language.EN)


def account(**more: Any) -> UserAccount:
    given: dict[str, Any] = {
        "id": uuid4(),
        "username": "nowak",
        "display_name": "Anna Nowak",
        "role": Role.OPERATOR,
        "locale": "pl",
        "active": True,
        "must_change_password": False,
        "second_factor": False,
        "version": 1,
        "created_at": NOW,
    }
    return UserAccount(**given | more)


def store_of(role: Role, id_: UUID | None = None) -> Store:
    me = User(id=id_ or uuid4(), username="me", display_name="Me", role=role, locale="en", permissions={})
    return Store(language=Language.EN, user=me)


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (account(), ("Active", Mood.GOOD)),
        (account(must_change_password=True), ("Temporary password", Mood.WARN)),
        (account(locked_until=NOW + timedelta(minutes=5)), ("Locked", Mood.BAD)),
        (account(locked_until=NOW - timedelta(minutes=5)), ("Active", Mood.GOOD)),
        (account(role=Role.SYSTEM), ("Service account", Mood.GOOD)),
        (account(active=False, locked_until=NOW + timedelta(minutes=5)), ("Inactive", Mood.QUIET)),
    ],
)
def test_the_state_of_an_account_in_words(user: UserAccount, told: tuple[str, Mood]) -> None:
    assert present_users.sign(user, WORDS, NOW) == told


def test_what_is_offered_is_what_the_rules_allow() -> None:
    me = uuid4()
    admin, master = store_of(Role.ADMIN, me), store_of(Role.MASTER, me)
    whole = {Order.EDIT, Order.UNLOCK, Order.PASSWORD, Order.FACTOR, Order.SESSIONS, Order.DEACTIVATE}
    locked = account(locked_until=NOW + timedelta(minutes=5), second_factor=True)
    assert set(present_users.orders(locked, admin, NOW)) == whole
    assert present_users.orders(account(role=Role.MASTER), admin, NOW) == (), "an ADMIN touches no MASTER"
    assert Order.PASSWORD in present_users.orders(account(role=Role.MASTER), master, NOW)
    own = present_users.orders(account(id=me, role=Role.ADMIN, second_factor=True), admin, NOW)
    assert set(own) == {Order.EDIT, Order.SESSIONS}
    assert set(present_users.orders(account(role=Role.SYSTEM), admin, NOW)) == {Order.EDIT, Order.DEACTIVATE}
    assert present_users.orders(account(active=False), admin, NOW) == (Order.EDIT, Order.ACTIVATE)


async def test_users_are_found_by_name_and_role(api: Api, at: At, people: People) -> None:
    screen = await at(api, "admin", "/users")
    await eventually(lambda: f"row-{people['operator']}" in screen.identifiers())
    await screen.type("users-search", "audit")
    kept, gone = f"row-{people['auditor']}", f"row-{people['operator']}"
    await eventually(lambda: kept in screen.identifiers() and gone not in screen.identifiers())
    assert screen.value("users-search") == "audit"
    assert screen.browser.errors == []


async def test_a_new_user_gets_a_password_that_is_shown_once(api: Api, at: At, db: Database) -> None:
    screen = await at(api, "admin", "/users")
    await screen.click("user-add")
    await eventually(lambda: "user-username" in screen.identifiers())
    await screen.type("user-username", "operator")
    await screen.type("user-name", "Anna Nowak")
    await screen.click("user-create")
    await eventually(lambda: "dialog-error" in screen.identifiers())
    assert screen.value("user-name") == "Anna Nowak", "what was typed is not lost"
    await screen.type("user-username", "a.nowak")
    await screen.click("user-create")
    await eventually(lambda: "temporary-password" in screen.identifiers())
    (password,) = screen.texts("temporary-password")
    assert len(password) >= 12
    screen.controller.keyboard.press("Escape", modified=False, visible=())
    assert "temporary-password" in screen.identifiers(), "it goes only when somebody says that it was handed over"
    await screen.click("user-told")
    await eventually(lambda: "temporary-password" not in screen.identifiers())
    async with db.read() as session:
        made = (await session.scalars(select(UserRow).where(UserRow.username == "a.nowak"))).one()
    assert (made.display_name, made.role, made.must_change_password) == ("Anna Nowak", Role.OPERATOR, True)
    assert screen.browser.errors == []


async def test_a_locked_account_is_unlocked_and_another_is_switched_off(api: Api, at: At, db: Database, people: People) -> None:
    locked = people["operator2"]
    async with db.write() as session:
        until = datetime.now(UTC) + timedelta(minutes=20)
        await session.execute(update(UserRow).where(UserRow.id == locked).values(locked_until=until))
    screen = await at(api, "admin", f"/users/{locked}")
    await screen.click("user-unlock")
    await eventually(lambda: "user-confirm" in screen.identifiers())
    await screen.click("user-confirm")
    await eventually(lambda: "user-unlock" not in screen.identifiers() and "user-confirm" not in screen.identifiers())
    await screen.click("user-deactivate")
    await eventually(lambda: "user-confirm" in screen.identifiers())
    await screen.click("user-confirm")
    await eventually(lambda: "user-activate" in screen.identifiers())
    async with db.read() as session:
        row = await session.get_one(UserRow, locked)
    assert (row.active, row.locked_until) == (False, None)
    assert screen.browser.errors == []


async def test_who_was_too_late_keeps_the_form_and_decides_again(api: Api, at: At, db: Database, people: People) -> None:
    screen = await at(api, "admin", f"/users/{people['operator']}")
    await screen.click("user-edit")
    await eventually(lambda: "user-name" in screen.identifiers())
    async with db.write() as session:
        await session.execute(update(UserRow).where(UserRow.id == people["operator"]).values(version=UserRow.version + 1))
    await screen.type("user-name", "Ola Operator")
    await screen.click("user-change")
    await eventually(lambda: "dialog-error" in screen.identifiers())
    assert screen.value("user-name") == "Ola Operator"
    section: Any = screen.controller.navigator.current
    await eventually(lambda: section.chosen_user.version == 2)
    await screen.click("user-change")
    await eventually(lambda: "dialog-error" not in screen.identifiers() and "user-name" not in screen.identifiers())
    await eventually(lambda: "Ola Operator" in screen.texts("user-card"))
    assert screen.browser.errors == []


async def test_objects_are_assigned_and_taken_back(api: Api, at: At, db: Database, people: People) -> None:
    mine, other = await add_object(db), await add_object(db)
    technician = people["technician"]
    await assign(db, technician, mine)
    screen = await at(api, "admin", f"/users/{technician}/objects")
    await screen.click(f"take-{other}")
    await screen.click(f"give-back-{mine}")
    await screen.click("objects-save")

    async def assigned() -> set[UUID]:
        async with db.read() as session:
            query = select(UserObjectAssignment.object_id).where(UserObjectAssignment.user_id == technician)
            return set((await session.scalars(query)).all())

    async def is_done() -> bool:
        return await assigned() == {other}

    await eventually(is_done)
    await screen.click("page-back")
    await eventually(lambda: "user-card" in screen.identifiers())
    assert screen.browser.errors == []


def _object(name: str) -> AssignedObject:
    return AssignedObject(id=uuid4(), name=name, address="", external_number="")


def test_what_somebody_else_assigned_meanwhile_is_kept() -> None:
    mine, taken, new, others = (_object(name) for name in ("mine", "taken", "new", "others"))
    state = Assigning()
    state.begin((mine, taken))
    state.found = (new, mine)
    assert state.offered == (new,)
    state.add(new.id)
    state.remove(taken.id)
    state.rebase((mine, taken, others))
    assert set(state.wanted) == {mine, others, new}
    assert state.before == (mine, taken, others)
    assert state.changed


# -- service tokens


def _token(**more: Any) -> ServiceToken:
    given: dict[str, Any] = {
        "id": uuid4(),
        "user_id": uuid4(),
        "name": "worker-1",
        "service_role": ServiceRole.WORKER,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=90),
    }
    return ServiceToken(**given | more)


@pytest.mark.parametrize(
    ("token", "mood"),
    [
        (_token(), Mood.GOOD),
        (_token(expires_at=NOW + timedelta(days=10)), Mood.WARN),
        (_token(expires_at=NOW), Mood.QUIET),
        (_token(revoked_at=NOW), Mood.QUIET),
    ],
)
def test_a_token_warns_before_it_ends(token: ServiceToken, mood: Mood) -> None:
    assert present_tokens.sign(token, WORDS, NOW)[1] is mood


async def test_a_token_is_issued_shown_once_and_revoked(api: Api, at: At, db: Database) -> None:
    screen = await at(api, "admin", "/tokens")
    section: Any = screen.controller.navigator.current
    await eventually(lambda: section.accounts)
    await screen.click("token-add")
    await eventually(lambda: "token-name" in screen.identifiers())
    await screen.type("token-name", "worker-1")
    await screen.click("token-issue")
    await eventually(lambda: "service-token" in screen.identifiers())
    (token,) = screen.texts("service-token")
    assert token.startswith("stam_svc_")
    await screen.click("token-told")
    await eventually(lambda: section.listing.items)
    screen.controller.go(f"/tokens/{section.listing.items[0].id}")
    await screen.click("token-revoke")
    await eventually(lambda: "token-confirm" in screen.identifiers())
    await screen.click("token-confirm")
    await eventually(lambda: "token-revoke" not in screen.identifiers())
    async with db.read() as session:
        assert (await session.scalars(select(TokenRow))).one().revoked_at is not None
    assert screen.browser.errors == []


# -- roles


def test_the_matrix_shows_every_permission_of_people_once() -> None:
    listed = [permission for group in present_roles.GROUPS.values() for permission in group]
    assert sorted(listed) == sorted(Permission)


@pytest.mark.parametrize(("on", "scope"), [(True, Scope.ALL), (False, Scope.NONE)])
def test_a_flag_lets_operators_arm_and_nothing_lets_them_disarm(on: bool, scope: Scope) -> None:
    flags = {Flag.OPERATOR_ARM: on}
    arm = present_roles.grant(Role.OPERATOR, Permission.PANEL_ARM, flags, WORDS)
    assert (arm.scope, arm.by_flag) == (scope, True)
    disarm = present_roles.grant(Role.OPERATOR, Permission.PANEL_DISARM, flags, WORDS)
    assert (disarm.scope, disarm.by_flag) == (Scope.NONE, False)


@pytest.mark.parametrize("width", [1440, 390])
async def test_anybody_may_read_what_roles_may_do(api: Api, at: At, width: int) -> None:
    screen = await at(api, "field_worker", "/roles", width=width)
    await eventually(lambda: "roles-flag" in screen.identifiers())
    assert ("roles-matrix" in screen.identifiers()) is (width > 1000)
    assert "tab-users" not in screen.identifiers(), "a page he may not open"
    assert screen.browser.errors == []


async def test_whoever_manages_nobody_is_sent_home(api: Api, at: At) -> None:
    screen = await at(api, "operator", "/users")
    await eventually(lambda: "search" in screen.identifiers())
    assert {"nav-users", "nav-audit"} & screen.identifiers() == set()
