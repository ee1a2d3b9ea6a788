"""`stam user`, `stam token` and `stam keys`: what works before anybody can log in (R-AUTH)."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from activities.auth import passwords
from activities.auth.service_tokens import digest, use
from activities.db.models.audit_log import AuditEntry
from activities.db.models.signing_keys import SigningKey
from activities.db.models.users import User
from activities.db.session import Database
from deploy import cli
from deploy.local.errors import StartupError
from workflows.domain.permissions import Role, ServiceRole

_GOOD = "kot pije mleko rano"
Stam = Callable[..., str]


@pytest.fixture
def stam(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Stam:
    """A command's output. Raises what it raised."""
    monkeypatch.setenv("STAM_DATABASE_URL", database_url)

    def run(*arguments: str, stdin: str = "") -> str:
        result = CliRunner().invoke(cli.app, arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def _users(database_url: str) -> list[User]:
    async def read() -> list[User]:
        db = Database.connect(database_url, pool=1)
        async with db.read() as session:
            found = list((await session.scalars(select(User).order_by(User.username))).all())
            assert await session.scalar(select(func.count()).select_from(AuditEntry))
        await db.dispose()
        return found

    return asyncio.run(read())


def test_the_first_administrator_is_asked_for_a_password_that_is_not_echoed(stam: Stam, database_url: str) -> None:
    output = stam("user", "create-admin", "Szef", stdin=f"{_GOOD}\n{_GOOD}\n")
    assert _GOOD not in output
    (user,) = _users(database_url)
    assert (user.username, user.role, user.must_change_password) == ("szef", Role.MASTER, False)
    assert asyncio.run(passwords.verify(user.password_hash, _GOOD))


def test_a_second_master_needs_force_and_a_weak_password_is_refused(stam: Stam, database_url: str) -> None:
    with pytest.raises(StartupError, match="too easy"):
        stam("user", "create-admin", "szef", "--password-stdin", stdin="password1234\n")
    stam("user", "create-admin", "szef", "--password-stdin", stdin=f"{_GOOD}\n")
    with pytest.raises(StartupError, match="--force"):
        stam("user", "create-admin", "drugi", "--password-stdin", stdin=f"{_GOOD}\n")
    with pytest.raises(StartupError, match="already"):
        stam("user", "create-admin", "szef", "--password-stdin", "--force", stdin=f"{_GOOD}\n")
    stam("user", "create-admin", "drugi", "--password-stdin", "--force", stdin=f"{_GOOD}\n")
    assert [user.username for user in _users(database_url)] == ["drugi", "szef"]
    assert "szef\tMASTER\tactive\tpassword only" in stam("user", "list")


def test_a_password_reset_must_be_changed_at_the_next_login(stam: Stam, database_url: str) -> None:
    stam("user", "create-admin", "szef", "--password-stdin", stdin=f"{_GOOD}\n")
    stam("user", "reset-password", "szef", "--password-stdin", "--second-factor", stdin="zielony rower w deszczu\n")
    (user,) = _users(database_url)
    assert user.must_change_password
    assert asyncio.run(passwords.verify(user.password_hash, "zielony rower w deszczu"))
    with pytest.raises(StartupError, match="stam user list"):
        stam("user", "reset-password", "nobody", "--password-stdin", stdin=f"{_GOOD}\n")


def test_a_token_is_issued_listed_and_revoked(stam: Stam, database_url: str) -> None:
    token = stam("token", "issue", "relay-1", "--role", "RELAY", "--name", "site 1").strip()

    async def used() -> ServiceRole | None:
        db = Database.connect(database_url, pool=1)
        program = await use(db, digest(token))
        await db.dispose()
        return program.person.service_role if program else None

    assert asyncio.run(used()) is ServiceRole.RELAY
    listed = stam("token", "list")
    assert token not in listed
    stam("token", "revoke", listed.split("\t")[0])
    assert asyncio.run(used()) is None
    assert "revoked" in stam("token", "list")


def test_keys_are_rotated_in_an_emergency_but_not_those_of_the_setting(
    stam: Stam, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stam("keys", "rotate")
    stam("keys", "rotate", "--revoke-old")

    async def good() -> int:
        db = Database.connect(database_url, pool=1)
        async with db.read() as session:
            count = await session.scalar(select(func.count()).where(SigningKey.not_after.is_(None)))
        await db.dispose()
        return count or 0

    assert asyncio.run(good()) == 1
    monkeypatch.setenv("STAM_JWT_PRIVATE_KEY", "given")
    with pytest.raises(StartupError, match="STAM_JWT_PRIVATE_KEY"):
        stam("keys", "rotate")
