"""From the permission matrix to what is drawn. Pure."""

from dataclasses import dataclass
from typing import Protocol

from ui_flutter.i18n.words import Words
from ui_flutter.state.store import Store
from workflows.domain.flags import Flag
from workflows.domain.permissions import GRANTED_BY_FLAG, MATRIX, SERVICE_MATRIX, Permission, Role, Scope, ServiceRole

PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)
GROUPS: dict[str, tuple[Permission, ...]] = {
    "alarms": (
        Permission.ALARM_VIEW,
        Permission.ALARM_HANDLE,
        Permission.ALARM_OVERRIDE,
        Permission.DISPATCH_WRITE,
        Permission.EVENT_VIEW,
        Permission.ESCALATION_VIEW,
    ),
    "objects": (
        Permission.OBJECT_VIEW,
        Permission.OBJECT_EDIT,
        Permission.SECRET_REVEAL,
        Permission.SECRET_EDIT,
        Permission.REVEAL_OVERRIDE,
    ),
    "panels": (
        Permission.PANEL_VIEW,
        Permission.PANEL_EDIT,
        Permission.PANEL_COMMAND,
        Permission.PANEL_ARM,
        Permission.PANEL_DISARM,
        Permission.PANEL_RELEASE,
        Permission.SERVICE_MANAGE,
        Permission.SCHEDULE_EDIT,
        Permission.SCHEDULE_POSTPONE,
    ),
    "system": (
        Permission.USER_MANAGE,
        Permission.ESCALATION_EDIT,
        Permission.AUDIT_VIEW,
        Permission.LEDGER_VIEW,
        Permission.SYSTEM_VIEW,
        Permission.SMS_RAW_VIEW,
    ),
}


class State(Protocol):
    """What is asked of `sections.roles.Roles`."""

    flags: dict[Flag, bool] | None
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`by_flag`: only as long as a flag is on; `label` says so."""

    scope: Scope
    label: str
    by_flag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RightView:
    """A line of the matrix: one grant a role, in the order of `PEOPLE`."""

    name: str
    label: str
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    label: str
    explained: str
    rights: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesView:
    roles: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[RightView, ...]], ...]
    mine: int  # the column of the one who looks
    chosen: str
    chosen_at: int
    explained: str
    flag: str  # the sentence about what a flag adds
    programs: tuple[ProgramView, ...]
    manages: bool


def roles(state: State, store: Store) -> RolesView:
    words, user = store.words, store.user
    shown = state.role if state.role in PEOPLE else Role.OPERATOR
    return RolesView(
        roles=tuple((role.value, words(f"role.{role}")) for role in PEOPLE),
        groups=tuple(
            (words(f"roles.group.{group}"), tuple(_right(one, state, words) for one in permissions))
            for group, permissions in GROUPS.items()
        ),
        mine=PEOPLE.index(user.role) if user is not None and user.role in PEOPLE else -1,
        chosen=shown,
        chosen_at=PEOPLE.index(shown),
        explained=words(f"role.{shown}.explain"),
        flag=_flag(state, words),
        programs=tuple(_program(role, words) for role in ServiceRole),
        manages=user is not None and user.may(Permission.USER_MANAGE),
    )


def grant(role: Role, permission: Permission, flags: dict[Flag, bool] | None, words: Words) -> Grant:
    """What the matrix says, and what a flag says over it."""
    by_flag = GRANTED_BY_FLAG.get((role, permission))
    if by_flag is not None:
        flag, scope = by_flag
        is_on = bool(flags and flags.get(flag))
        state = "roles.by_flag.unknown" if flags is None else "roles.by_flag.on" if is_on else "roles.by_flag.off"
        return Grant(scope=scope if is_on else Scope.NONE, label=words(state), by_flag=True)
    scope = MATRIX[permission].get(role, Scope.NONE)
    return Grant(scope=scope, label=words(f"roles.scope.{scope}"))


def _right(permission: Permission, state: State, words: Words) -> RightView:
    grants = tuple(grant(role, permission, state.flags, words) for role in PEOPLE)
    return RightView(name=permission.value, label=words(f"permission.{permission}"), grants=grants)


def _flag(state: State, words: Words) -> str:
    if state.flags is None:
        return ""
    return words("roles.flag.on" if state.flags.get(Flag.OPERATOR_ARM) else "roles.flag.off")


def _program(role: ServiceRole, words: Words) -> ProgramView:
    rights = sorted(words(f"permission.{one}") for one in SERVICE_MATRIX[role])
    return ProgramView(label=words(f"service.{role}"), explained=words(f"service.{role}.explain"), rights=", ".join(rights))
