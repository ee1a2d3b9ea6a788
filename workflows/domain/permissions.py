"""The permission matrix (R-RBAC) as data: the only place that says who may do what.

Routes, WebSocket messages and workflow commands ask `scope_of` or `allowed`; nothing else compares roles.
"""

from enum import StrEnum

from workflows.domain.flags import ALL_OFF, Flag, Flags


class Role(StrEnum):
    OPERATOR = "OPERATOR"
    TECHNICIAN = "TECHNICIAN"
    FIELD_WORKER = "FIELD_WORKER"
    ADMIN = "ADMIN"
    MASTER = "MASTER"
    AUDITOR = "AUDITOR"
    SYSTEM = "SYSTEM"  # programmatic: service tokens only


class ServiceRole(StrEnum):
    """What a program of role SYSTEM is here for; its service token names one."""

    WORKER = "WORKER"
    SMS = "SMS"
    RELAY = "RELAY"


class Permission(StrEnum):
    ALARM_VIEW = "alarm.view"
    ALARM_HANDLE = "alarm.handle"  # claim, start, release, ack, resolve, close, note
    ALARM_OVERRIDE = "alarm.override"  # act on a bundle somebody else claimed
    EVENT_VIEW = "event.view"
    OBJECT_VIEW = "object.view"
    OBJECT_EDIT = "object.edit"
    PANEL_VIEW = "panel.view"
    PANEL_EDIT = "panel.edit"
    PANEL_COMMAND = "panel.command"  # bypass, clear, outputs
    PANEL_ARM = "panel.arm"
    PANEL_DISARM = "panel.disarm"
    PANEL_RELEASE = "panel.release"  # give up a panel's line for a while, for programming
    SERVICE_MANAGE = "service.manage"  # service mode: begin, extend, end
    SCHEDULE_EDIT = "schedule.edit"  # auto-arm: schedules, holidays, exceptions
    SCHEDULE_POSTPONE = "schedule.postpone"  # one firing of a schedule: put off, cancel
    ESCALATION_EDIT = "escalation.edit"  # policies, rotas, channels
    ESCALATION_VIEW = "escalation.view"  # who is called, and what was delivered
    DISPATCH_WRITE = "dispatch.write"  # the dispatcher's journal, next steps, call-backs
    SECRET_REVEAL = "secret.reveal"  # noqa: S105 - the name of a permission
    SECRET_EDIT = "secret.edit"  # noqa: S105 - the name of a permission
    REVEAL_OVERRIDE = "reveal.override"  # hide what somebody else has revealed
    USER_MANAGE = "user.manage"
    AUDIT_VIEW = "audit.view"
    SMS_RAW_VIEW = "sms.raw.view"
    LEDGER_VIEW = "ledger.view"
    SYSTEM_VIEW = "system.view"


class Scope(StrEnum):
    NONE = "NONE"
    ASSIGNED = "ASSIGNED"  # only objects assigned to the user
    ALL = "ALL"


_ALL, _ASSIGNED = Scope.ALL, Scope.ASSIGNED

MATRIX: dict[Permission, dict[Role, Scope]] = {
    Permission.ALARM_VIEW: {
        Role.OPERATOR: _ALL,
        Role.TECHNICIAN: _ASSIGNED,
        Role.ADMIN: _ALL,
        Role.MASTER: _ALL,
        Role.AUDITOR: _ALL,
    },
    Permission.ALARM_HANDLE: {Role.OPERATOR: _ALL, Role.MASTER: _ALL},
    Permission.ALARM_OVERRIDE: {Role.MASTER: _ALL},
    Permission.EVENT_VIEW: {
        Role.OPERATOR: _ALL,
        Role.TECHNICIAN: _ASSIGNED,
        Role.ADMIN: _ALL,
        Role.MASTER: _ALL,
        Role.AUDITOR: _ALL,
    },
    Permission.OBJECT_VIEW: {
        Role.OPERATOR: _ALL,
        Role.TECHNICIAN: _ASSIGNED,
        Role.FIELD_WORKER: _ASSIGNED,
        Role.ADMIN: _ALL,
        Role.MASTER: _ALL,
        Role.AUDITOR: _ALL,
    },
    Permission.OBJECT_EDIT: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.PANEL_VIEW: {
        Role.OPERATOR: _ALL,
        Role.TECHNICIAN: _ASSIGNED,
        Role.FIELD_WORKER: _ASSIGNED,
        Role.ADMIN: _ALL,
        Role.MASTER: _ALL,
        Role.AUDITOR: _ALL,
    },
    Permission.PANEL_EDIT: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.PANEL_COMMAND: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.PANEL_ARM: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.PANEL_DISARM: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.PANEL_RELEASE: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.SERVICE_MANAGE: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.SCHEDULE_EDIT: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.SCHEDULE_POSTPONE: {Role.OPERATOR: _ALL, Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.ESCALATION_EDIT: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.ESCALATION_VIEW: {Role.OPERATOR: _ALL, Role.ADMIN: _ALL, Role.MASTER: _ALL, Role.AUDITOR: _ALL},
    Permission.DISPATCH_WRITE: {Role.OPERATOR: _ALL, Role.MASTER: _ALL},
    Permission.SECRET_REVEAL: {
        Role.OPERATOR: _ALL,
        Role.TECHNICIAN: _ASSIGNED,
        Role.FIELD_WORKER: _ASSIGNED,
        Role.ADMIN: _ALL,
        Role.MASTER: _ALL,
        Role.AUDITOR: _ALL,
    },
    Permission.SECRET_EDIT: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.REVEAL_OVERRIDE: {Role.MASTER: _ALL},
    Permission.USER_MANAGE: {Role.ADMIN: _ALL, Role.MASTER: _ALL},
    Permission.AUDIT_VIEW: {Role.MASTER: _ALL, Role.AUDITOR: _ALL},
    Permission.SMS_RAW_VIEW: {Role.MASTER: _ALL},
    Permission.LEDGER_VIEW: {Role.ADMIN: _ALL, Role.MASTER: _ALL, Role.AUDITOR: _ALL},
    Permission.SYSTEM_VIEW: dict.fromkeys(Role, _ALL),
}

# What a service token may do: a sub-role replaces SYSTEM's row of the matrix and never goes beyond reading.
SERVICE_MATRIX: dict[ServiceRole, frozenset[Permission]] = {
    ServiceRole.WORKER: frozenset(
        {Permission.SYSTEM_VIEW, Permission.ALARM_VIEW, Permission.EVENT_VIEW, Permission.OBJECT_VIEW, Permission.PANEL_VIEW}
    ),
    ServiceRole.SMS: frozenset({Permission.SYSTEM_VIEW, Permission.SMS_RAW_VIEW}),
    ServiceRole.RELAY: frozenset({Permission.SYSTEM_VIEW, Permission.ALARM_VIEW, Permission.EVENT_VIEW}),
}


# D5: what a flag adds to the matrix. Disarming is not here and never will be.
GRANTED_BY_FLAG: dict[tuple[Role, Permission], tuple[Flag, Scope]] = {
    (Role.OPERATOR, Permission.PANEL_ARM): (Flag.OPERATOR_ARM, _ALL),
}


def scope_of(role: Role, permission: Permission, flags: Flags = ALL_OFF) -> Scope:
    """How far ``permission`` reaches for ``role``; `Scope.NONE` when not at all."""
    granted = GRANTED_BY_FLAG.get((role, permission))
    if granted is not None and granted[0] in flags:
        return granted[1]
    return MATRIX[permission].get(role, Scope.NONE)


def service_scope_of(role: ServiceRole, permission: Permission) -> Scope:
    """`scope_of` for a program; nothing is assigned to one."""
    return Scope.ALL if permission in SERVICE_MATRIX[role] else Scope.NONE


def allowed(role: Role, permission: Permission, flags: Flags = ALL_OFF, *, assigned: bool) -> bool:
    """Whether ``role`` may, for an object that is (not) ``assigned`` to the user."""
    scope = scope_of(role, permission, flags)
    return scope is Scope.ALL or (scope is Scope.ASSIGNED and assigned)


def permissions_of(role: Role, flags: Flags = ALL_OFF) -> frozenset[Permission]:
    """Everything ``role`` may do in any scope; the console draws itself by it."""
    return frozenset(permission for permission in Permission if scope_of(role, permission, flags) is not Scope.NONE)
