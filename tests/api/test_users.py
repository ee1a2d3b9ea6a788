"""Administering users over HTTP (R-AUTH, R-RBAC)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from activities.db.models.audit_log import AuditEntry
from activities.db.models.users import User
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from tests.api.conftest import Api
from tests.api.people import PASSWORD, People
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

Login = Callable[..., Any]
_NEW = {"username": "J.Kowalska", "display_name": "Jolanta Kowalska", "role": "OPERATOR"}


async def _code(call: Any) -> ErrorCode | str:
    with pytest.raises(ApiError) as refused:
        await call
    return refused.value.code


async def _audited(db: Database, action: str) -> list[dict[str, Any]]:
    async with db.read() as session:
        return [row or {} for row in await session.scalars(select(AuditEntry.detail).where(AuditEntry.action == action))]


async def test_a_new_user_gets_a_temporary_password_that_is_told_once_and_must_be_changed(
    api: Api, login: Login, db: Database
) -> None:
    admin = await login(api, "admin")
    made = await admin.users.create(**_NEW)
    assert (made.user.username, made.user.must_change_password, made.user.active) == ("j.kowalska", True, True)
    newcomer = StamClient(api.url)
    user = await newcomer.login("j.kowalska", made.temporary_password)
    assert user.must_change_password
    assert await _code(newcomer.alarms()) is ErrorCode.PASSWORD_CHANGE_REQUIRED
    await newcomer.aclose()
    (detail,) = await _audited(db, "user.created")
    assert detail["after"]["username"] == "j.kowalska"
    assert made.temporary_password not in str(detail)
    assert "password_hash" not in str(detail)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("too short", ErrorCode.PASSWORD_LENGTH),
        ("j.kowalska hat blau", ErrorCode.PASSWORD_CONTAINS_NAME),
        ("qwertyuiop12", ErrorCode.PASSWORD_COMMON),
    ],
)
async def test_a_weak_temporary_password_is_refused_by_field_and_reason(
    api: Api, login: Login, password: str, code: ErrorCode
) -> None:
    admin = await login(api, "admin")
    with pytest.raises(ApiError) as refused:
        await admin.users.create(**_NEW, password=password)
    assert (refused.value.status, refused.value.code) == (422, code)
    assert [error.field for error in refused.value.errors] == ["password"]
    assert refused.value.errors[0].reason


async def test_a_user_name_is_taken_once(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    await admin.users.create(**_NEW)
    assert await _code(admin.users.create(**{**_NEW, "username": "j.KOWALSKA"})) is ErrorCode.CONFLICT


async def test_the_list_pages_by_name_and_filters(api: Api, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    first = await admin.users.list(limit=3)
    second = await admin.users.list(limit=200, cursor=first.next_cursor)
    names = [user.username for user in (*first.items, *second.items)]
    assert names == sorted(people.ids)
    assert [user.username for user in (await admin.users.list(q="PERATOR2")).items] == ["operator2"]
    both = await admin.users.list(role=[Role.MASTER, Role.ADMIN])
    assert [user.username for user in both.items] == ["admin", "master"]
    assert (await admin.users.list(active=False)).items == ()


async def test_another_role_ends_the_sessions_at_once_and_is_audited_with_before_and_after(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin, operator = await login(api, "admin"), await login(api, "operator")
    await operator.system_status()
    changed = await admin.users.change(people["operator"], version=1, role="TECHNICIAN")
    assert (changed.role, changed.version) == (Role.TECHNICIAN, 2)
    assert await _code(operator.system_status()) is ErrorCode.TOKEN_EXPIRED
    (detail,) = await _audited(db, "user.changed")
    assert detail == {"before": {"role": "OPERATOR"}, "after": {"role": "TECHNICIAN"}}


async def test_another_name_leaves_the_session(api: Api, login: Login, people: People) -> None:
    admin, operator = await login(api, "admin"), await login(api, "operator")
    await admin.users.change(people["operator"], version=1, display_name="Ola", locale="en")
    await operator.system_status()


async def test_a_stale_version_is_told_with_the_user_as_he_is(api: Api, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    await admin.users.change(people["operator"], version=1, display_name="Ola")
    with pytest.raises(ApiError) as refused:
        await admin.users.change(people["operator"], version=1, display_name="Ala")
    assert refused.value.code is ErrorCode.STALE_VERSION
    assert refused.value.current is not None
    assert (refused.value.current["display_name"], refused.value.current["version"]) == ("Ola", 2)


async def test_a_deactivated_user_is_out_and_can_come_back(api: Api, login: Login, people: People) -> None:
    admin, operator = await login(api, "admin"), await login(api, "operator")
    gone = await admin.users.deactivate(people["operator"], version=1)
    assert not gone.active
    assert await _code(operator.system_status()) is ErrorCode.TOKEN_EXPIRED
    assert await _code(operator.login("operator", PASSWORD)) is ErrorCode.INVALID_CREDENTIALS
    await admin.users.change(people["operator"], version=2, active=True)
    await operator.login("operator", PASSWORD)


async def test_an_admin_does_not_reach_a_master_and_nobody_himself(api: Api, login: Login, people: People) -> None:
    admin, master = await login(api, "admin"), await login(api, "master")
    assert await _code(admin.users.create(**{**_NEW, "role": "MASTER"})) is ErrorCode.FORBIDDEN
    assert await _code(admin.users.change(people["operator"], version=1, role="MASTER")) is ErrorCode.FORBIDDEN
    assert await _code(admin.users.reset_password(people["master"], version=1)) is ErrorCode.FORBIDDEN
    assert await _code(admin.users.end_sessions(people["master"])) is ErrorCode.FORBIDDEN
    assert await _code(master.users.change(people["master"], version=1, role="ADMIN")) is ErrorCode.OWN_ACCOUNT
    assert await _code(master.users.deactivate(people["master"], version=1)) is ErrorCode.OWN_ACCOUNT
    assert (await master.users.change(people["master"], version=1, display_name="Marta")).display_name == "Marta"


async def test_two_masters_who_demote_each_other_at_once_leave_one(
    api: Api, login: Login, db: Database, people: People
) -> None:
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(role=Role.MASTER))
    one, two = await login(api, "master"), await login(api, "operator")
    await asyncio.gather(
        one.users.change(people["operator"], version=1, role="ADMIN"),
        two.users.change(people["master"], version=1, role="ADMIN"),
        return_exceptions=True,
    )
    async with db.read() as session:
        assert await session.scalar(select(func.count()).where(User.role == Role.MASTER, User.active)) == 1


async def test_a_reset_password_is_temporary_lifts_the_lock_and_ends_the_sessions(
    api: Api, login: Login, db: Database, people: People
) -> None:
    admin, operator = await login(api, "admin"), await login(api, "operator")
    locked = datetime.now(UTC) + timedelta(minutes=20)
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(locked_until=locked))
    reset = await admin.users.reset_password(people["operator"], version=1)
    assert reset.user.locked_until is None
    assert await _code(operator.system_status()) is ErrorCode.TOKEN_EXPIRED
    assert (await operator.login("operator", reset.temporary_password)).must_change_password


async def test_a_lock_can_be_lifted(api: Api, login: Login, db: Database, people: People) -> None:
    admin = await login(api, "admin")
    locked = datetime.now(UTC) + timedelta(minutes=20)
    async with db.write() as session:
        await session.execute(update(User).where(User.id == people["operator"]).values(locked_until=locked))
    await admin.users.unlock(people["operator"], version=1)
    await login(api, "operator")


async def test_a_service_account_has_no_password(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    made = await admin.users.create(username="relay-1", display_name="Relay", role="SYSTEM")
    assert made.temporary_password is None
    assert await _code(admin.users.reset_password(made.user.id, version=1)) is ErrorCode.SERVICE_ACCOUNT
    assert await _code(admin.users.create(username="x-1", display_name="x", role="SYSTEM", password=PASSWORD)) is (
        ErrorCode.VALIDATION
    )
