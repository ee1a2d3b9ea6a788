"""`stam user …`, `stam token …` and `stam keys …`: what must work before anybody can log in, or when nobody can any more.

Whoever runs these owns the machine, so the rules of who may do what do not apply; everything is audited without an actor.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import typer
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from activities.auth import accounts, keys, password_policy, passwords, service_tokens
from activities.auth.password_policy import Objection, PasswordRefused
from activities.auth.proof import by_name
from activities.db.audit import record
from activities.db.models.users import User
from activities.db.session import Database, DatabaseUnavailable, WriteSession
from activities.infra.crypto import BadKeys
from activities.infra.settings import Settings
from deploy.local.errors import StartupError
from workflows.domain.permissions import Role, ServiceRole
from workflows.domain.users import Act

T = TypeVar("T")

_OBJECTIONS = {
    Objection.LENGTH: f"A password has {password_policy.SHORTEST} to {password_policy.LONGEST} characters.",
    Objection.CONTAINS_NAME: "The password must not contain the user name.",
    Objection.COMMON: "This password is too easy to guess: it is among those tried first.",
    Objection.UNCHANGED: "The new password must differ from the current one.",
}


def create_admin(settings: Settings, username: str, *, display_name: str, role: Role, from_stdin: bool, force: bool) -> None:
    """Raises StartupError: there is an active MASTER already and no ``force``, the name is taken, the password is refused."""

    async def work(db: Database) -> None:
        async with db.read() as session:
            masters = await session.scalar(select(func.count()).where(User.active, User.role == Role.MASTER))
        if masters and not force:
            raise StartupError("There is an active MASTER already, who can add others. To add one all the same: --force")
        password_hash = await _new_hash(username, from_stdin=from_stdin)
        async with db.write() as session:
            created = await accounts.create(
                session,
                None,
                username=username,
                display_name=display_name or username,
                role=role,
                locale="pl",
                password_hash=password_hash,
            )
            created.must_change_password = False  # whoever chose it is the one it is for
            record(session, "user.created", "user", created.id, actor_id=None, after=accounts.snapshot(created))

    try:
        _run(settings, work)
    except IntegrityError:
        raise StartupError(f"There is a user {username} already. A new password: stam user reset-password") from None


def reset_password(settings: Settings, username: str, *, from_stdin: bool, second_factor: bool) -> None:
    """Also lifts a lock and ends the sessions; with ``second_factor`` that is taken away too. Raises StartupError."""

    async def work(db: Database) -> None:
        async with db.read() as session:
            user = await _named(session, username)
        password_hash = await _new_hash(user.username, from_stdin=from_stdin)
        changes = {"password_hash": password_hash, "must_change_password": True, "failed_logins": 0, "locked_until": None}
        async with db.write() as session:
            user = await _named(session, username)
            await _changed(session, user, Act.RESET_PASSWORD, changes, "user.password_reset")
            if second_factor:
                await _changed(session, user, Act.RESET_SECOND_FACTOR, {}, "user.second_factor_reset")

    _run(settings, work)


async def _changed(session: WriteSession, user: User, act: Act, changes: dict[str, Any], action: str) -> None:
    try:
        changed = await accounts.change(session, None, user.id, act, version=user.version, changes=changes)
    except accounts.NotAllowed:
        raise StartupError(f"{user.username} is a service account: it has tokens only (stam token issue).") from None
    assert changed is not None
    record(session, action, "user", user.id, actor_id=None, before=changed.before, after=changed.after)


def list_users(settings: Settings) -> None:
    async def work(db: Database) -> list[User]:
        async with db.read() as session:
            return list((await session.scalars(select(User).order_by(User.username))).all())

    for user in _run(settings, work):
        state = "active" if user.active else "inactive"
        factor = "second factor" if user.totp_confirmed_at else "password only"
        typer.echo(f"{user.username}\t{user.role}\t{state}\t{'tokens' if user.role is Role.SYSTEM else factor}")


def issue_token(settings: Settings, username: str, *, name: str, service_role: ServiceRole, days: int) -> None:
    """For a service account, which is made where there is none. The token is the only line of the output."""

    async def work(db: Database) -> str:
        async with db.write() as session:
            user = (await session.scalars(select(User).where(by_name(username)))).first()
            if user is None:
                user = await accounts.create(
                    session, None, username=username, display_name=username, role=Role.SYSTEM, locale="pl", password_hash=None
                )
                record(session, "user.created", "user", user.id, actor_id=None, after=accounts.snapshot(user))
            if user.role is not Role.SYSTEM or not user.active:
                raise StartupError(f"{username} is no active service account: tokens are for users of role SYSTEM.")
            row, token = service_tokens.issue(
                session, user, name=name, service_role=service_role, lasts=timedelta(days=days), by=None
            )
            told = service_tokens.told(row)
            record(session, "service_token.issued", "service_token", row.id, actor_id=None, after=told)
            return token

    typer.echo(_run(settings, work))


def list_tokens(settings: Settings) -> None:
    async def work(db: Database) -> list[Any]:
        async with db.read() as session:
            return (await service_tokens.list_tokens(session, user_id=None, cursor=None, limit=1_000)).items

    for row in _run(settings, work):
        state = "revoked" if row["revoked_at"] else f"until {row['expires_at']:%Y-%m-%d}"
        used = f"used {row['last_used_at']:%Y-%m-%d %H:%M}" if row["last_used_at"] else "never used"
        typer.echo(f"{row['id']}\t{row['service_role']}\t{row['name']}\t{state}\t{used}")


def revoke_token(settings: Settings, token_id: UUID) -> None:
    async def work(db: Database) -> None:
        async with db.write() as session:
            row = await service_tokens.revoke(session, token_id)
            if row is None:
                raise StartupError("There is no such token: stam token list")
            told = service_tokens.told(row)
            record(session, "service_token.revoked", "service_token", token_id, actor_id=None, detail=told)

    _run(settings, work)


def rotate_keys(settings: Settings, *, revoke_old: bool) -> None:
    """Raises StartupError when the key comes as a setting."""
    if settings.jwt_private_key is not None:
        raise StartupError("STAM_JWT_PRIVATE_KEY is set: put another key there and restart the API processes.")
    kid = _run(settings, lambda db: keys.rotate_now(db, settings.cipher(), revoke_old=revoke_old))
    old = "Tokens of the old keys are refused within a minute." if revoke_old else "The old keys are accepted for 7 days."
    typer.echo(f"New tokens are signed with {kid} within a minute. {old}")


async def _named(session: Any, username: str) -> User:
    user: User | None = (await session.scalars(select(User).where(by_name(username)))).first()
    if user is None:
        raise StartupError(f"There is no user {username}: stam user list")
    return user


async def _new_hash(username: str, *, from_stdin: bool) -> str:
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _asked()
    try:
        await password_policy.check(password, username=username)
    except PasswordRefused as refusal:
        raise StartupError(_OBJECTIONS[refusal.objection]) from None
    return await passwords.hashed(password)


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _run(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def connected() -> T:
        db = Database.connect(settings.database_url.get_secret_value(), pool=1)
        try:
            return await work(db)
        finally:
            await db.dispose()

    try:
        return asyncio.run(connected())
    except DatabaseUnavailable as error:
        raise StartupError(f"The database cannot be reached: {error}") from None
    except BadKeys as error:
        raise StartupError(str(error)) from None
