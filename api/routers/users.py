"""Administering users (R-AUTH)."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.exc import IntegrityError

from activities.auth import accounts, password_policy, passwords, sessions
from activities.auth.accounts import NotAllowed, StaleUser
from activities.auth.password_policy import PasswordRefused
from activities.db.models.users import User
from api.attempts import PASSWORD_CODES, refused_password
from api.audit import audit
from api.client import models
from api.client.account import LoginSession
from api.client.users import NewPassword, UserAccount
from api.deps import Access, Served, require
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Roles
from api.schemas.requests import Version
from api.schemas.user_answers import login_session, user_account
from api.schemas.users import AtVersion, NewUser, PasswordReset, UserChange
from api.services import Services
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Role
from workflows.domain.users import Act, Refusal

router = APIRouter(prefix="/api/users", tags=["Users"])

Manager = Annotated[Access, Depends(require(Permission.USER_MANAGE))]

_RULES = (
    ErrorCode.NOT_FOUND,
    ErrorCode.STALE_VERSION,
    ErrorCode.OWN_ACCOUNT,
    ErrorCode.LAST_MANAGER,
    ErrorCode.SERVICE_ACCOUNT,
)
_STALE = "Somebody has changed this user since; look again."
_REFUSALS = {
    Refusal.ABOVE_YOU: (ErrorCode.FORBIDDEN, "Only a MASTER may make or change a MASTER."),
    Refusal.OWN_ACCOUNT: (ErrorCode.OWN_ACCOUNT, None),
    Refusal.LAST_MANAGER: (ErrorCode.LAST_MANAGER, None),
    Refusal.SERVICE_ACCOUNT: (ErrorCode.SERVICE_ACCOUNT, None),
}


@router.get("", responses=problems(), summary="List users")
async def list_users(
    access: Manager,
    served: Served,
    q: Annotated[str | None, Query(max_length=100, description="Part of the user name or of the name.")] = None,
    role: Roles = None,
    active: Annotated[bool | None, Query(description="Only those who are (not) active.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[UserAccount]:
    """By user name."""
    async with served.db.read() as session:
        rows = await accounts.list_users(session, words=q, roles=role, active=active, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(user_account, rows.items))


@router.post("", status_code=201, responses=problems(ErrorCode.CONFLICT, *PASSWORD_CODES), summary="Add a user")
async def create_user(body: NewUser, access: Manager, served: Served) -> NewPassword:
    """The password is temporary: it must be changed at the first login. One that the server makes is told this once. A user of
    role SYSTEM is a service account: it has no password, only service tokens. Only a MASTER adds a MASTER."""
    made, password_hash = (None, None) if body.role is Role.SYSTEM else await _temporary(body.password, body.username)
    members = body.model_dump(exclude={"password"})
    try:
        async with served.db.write() as session:
            with _refused():
                created = await accounts.create(session, access.user_id, password_hash=password_hash, **members)
            audit(session, access, "user.created", "user", created.id, after=accounts.snapshot(created))
    except IntegrityError as error:
        reason = "There is a user of this name already."
        raise Problem(ErrorCode.CONFLICT, reason, errors=[{"field": "username", "reason": reason}]) from error
    return NewPassword(user=user_account(created), temporary_password=made)


async def _temporary(given: str | None, username: str) -> tuple[str | None, str]:
    """The password that was made, None if one was given; and the hash."""
    if given is None:
        made = accounts.temporary_password()
        return made, await passwords.hashed(made)
    try:
        await password_policy.check(given, username=username)
    except PasswordRefused as refusal:
        raise refused_password(refusal, "password") from None
    return None, await passwords.hashed(given)


@router.get("/{user_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One user")
async def one_user(user_id: UUID, access: Manager, served: Served) -> UserAccount:
    return user_account(await _found(served, user_id))


async def _found(served: Services, user_id: UUID) -> User:
    async with served.db.read() as session:
        user = await accounts.find(session, user_id)
    if user is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return user


@router.patch("/{user_id}", responses=problems(*_RULES), summary="Change a user")
async def change_user(user_id: UUID, body: UserChange, access: Manager, served: Served) -> UserAccount:
    """Only the members given change. Another role, or deactivation, ends the user's sessions at once. Nobody changes his own
    role or deactivates himself; somebody who manages users always remains."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    return await _change(served, access, user_id, Act.CHANGE, body.version, changes, "user.changed")


@router.delete("/{user_id}", responses=problems(*_RULES), summary="Deactivate a user")
async def deactivate_user(user_id: UUID, version: Annotated[Version, Query()], access: Manager, served: Served) -> UserAccount:
    """Users are never deleted: what they did names them. Sessions and service tokens end at once."""
    return await _change(served, access, user_id, Act.CHANGE, version, {"active": False}, "user.deactivated")


@router.post("/{user_id}/password", responses=problems(*_RULES, *PASSWORD_CODES), summary="Reset a user's password")
async def reset_password(user_id: UUID, body: PasswordReset, access: Manager, served: Served) -> NewPassword:
    """Temporary, as that of a new user. Ends the user's sessions and lifts a lock."""
    made, password_hash = await _temporary(body.password, (await _found(served, user_id)).username)
    changes = {"password_hash": password_hash, "must_change_password": True, "failed_logins": 0, "locked_until": None}
    user = await _change(served, access, user_id, Act.RESET_PASSWORD, body.version, changes, "user.password_reset")
    return NewPassword(user=user, temporary_password=made)


@router.post("/{user_id}/unlock", responses=problems(*_RULES), summary="Lift the lock of an account")
async def unlock_user(user_id: UUID, body: AtVersion, access: Manager, served: Served) -> UserAccount:
    changes = {"failed_logins": 0, "locked_until": None}
    return await _change(served, access, user_id, Act.UNLOCK, body.version, changes, "user.unlocked")


@router.post("/{user_id}/second-factor/reset", responses=problems(*_RULES), summary="Take away a user's second factor")
async def reset_second_factor(user_id: UUID, body: AtVersion, access: Manager, served: Served) -> UserAccount:
    """For one who has lost it and the recovery codes. Ends the user's sessions."""
    return await _change(served, access, user_id, Act.RESET_SECOND_FACTOR, body.version, {}, "user.second_factor_reset")


@router.get("/{user_id}/sessions", responses=problems(ErrorCode.NOT_FOUND), summary="A user's sessions")
async def user_sessions(user_id: UUID, access: Manager, served: Served) -> tuple[LoginSession, ...]:
    """Those that go on, newest first."""
    await _found(served, user_id)
    async with served.db.read() as session:
        rows = await sessions.list_sessions(session, user_id)
    return tuple(login_session(row, current=row.family_id == access.caller.family_id) for row in rows)


@router.delete("/{user_id}/sessions", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="End a user's sessions")
async def end_user_sessions(user_id: UUID, access: Manager, served: Served) -> None:
    await _end(served, access, user_id, None)


@router.delete(
    "/{user_id}/sessions/{session_id}", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="End a user's session"
)
async def end_user_session(user_id: UUID, session_id: UUID, access: Manager, served: Served) -> None:
    await _end(served, access, user_id, session_id)


async def _end(served: Services, access: Access, user_id: UUID, session_id: UUID | None) -> None:
    async with served.db.write() as session:
        with _refused():
            ended = await accounts.end_sessions_of(session, access.user_id, user_id, session_id)
        if ended is None or (session_id is not None and not ended):
            raise Problem(ErrorCode.NOT_FOUND)
        audit(session, access, "sessions.ended", "user", user_id, {"sessions": ended})
    await served.callers.ended(ended)


async def _change(
    served: Services, access: Access, user_id: UUID, act: Act, version: int, changes: Mapping[str, Any], action: str
) -> UserAccount:
    async with served.db.write() as session:
        with _refused():
            changed = await accounts.change(session, access.user_id, user_id, act, version=version, changes=changes)
        if changed is None:
            raise Problem(ErrorCode.NOT_FOUND)
        audit(session, access, action, "user", user_id, before=changed.before, after=changed.after)
    await served.callers.ended(changed.ended)
    return user_account(changed.user)


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise Problem(*_REFUSALS[error.refusal]) from None
    except StaleUser as error:
        raise Problem(ErrorCode.STALE_VERSION, _STALE, current=as_json(user_account(error.current))) from None
