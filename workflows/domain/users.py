"""Who may do what to whose account (R-AUTH, R-RBAC): nobody raises himself, and somebody always remains who can let others in.

The permission to manage users is asked for before; this is what it does not reach.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from workflows.domain.permissions import Permission, Role, Scope, scope_of


class Act(StrEnum):
    CREATE = "CREATE"
    CHANGE = "CHANGE"  # name, role, locale, active
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of an act
    RESET_SECOND_FACTOR = "RESET_SECOND_FACTOR"
    UNLOCK = "UNLOCK"
    END_SESSIONS = "END_SESSIONS"


class Refusal(StrEnum):
    ABOVE_YOU = "ABOVE_YOU"  # only a MASTER makes or changes a MASTER
    OWN_ACCOUNT = "OWN_ACCOUNT"  # one's own role, activity, password and second factor are not one's own to administer
    LAST_MANAGER = "LAST_MANAGER"  # the last active MASTER, or the last who can manage users
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"  # a program has no password and no second factor, and does not become a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As much of a user as the rules need."""

    id: UUID
    role: Role
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Active users beside the one in question."""

    masters: int
    managers: int  # who may manage users; masters are among them


_FOR_PEOPLE = frozenset({Act.RESET_PASSWORD, Act.RESET_SECOND_FACTOR})
_NOT_ON_ONESELF = _FOR_PEOPLE | {Act.UNLOCK}


def manages(role: Role) -> bool:
    return scope_of(role, Permission.USER_MANAGE) is Scope.ALL


def refusal(actor: Account, act: Act, before: Account | None, after: Account, others: Others) -> Refusal | None:
    """Why ``actor`` may not; None: he may. ``before`` None: the account is new. ``after``: as the act would leave it."""
    if _reaches_above(actor, before, after):
        return Refusal.ABOVE_YOU
    if before is None:
        return None
    if act in _FOR_PEOPLE and before.role is Role.SYSTEM:
        return Refusal.SERVICE_ACCOUNT
    if before.role is not after.role and Role.SYSTEM in {before.role, after.role}:
        return Refusal.SERVICE_ACCOUNT
    if actor.id == before.id and (act in _NOT_ON_ONESELF or _weight(before) != _weight(after)):
        return Refusal.OWN_ACCOUNT
    return Refusal.LAST_MANAGER if _leaves_nobody(before, after, others) else None


def _reaches_above(actor: Account, before: Account | None, after: Account) -> bool:
    touched = {after.role} if before is None else {before.role, after.role}
    return Role.MASTER in touched and actor.role is not Role.MASTER


def _weight(account: Account) -> tuple[Role, bool]:
    return account.role, account.active


def _leaves_nobody(before: Account, after: Account, others: Others) -> bool:
    if not before.active:
        return False
    if before.role is Role.MASTER and not (after.active and after.role is Role.MASTER) and others.masters == 0:
        return True
    return manages(before.role) and not (after.active and manages(after.role)) and others.managers == 0
