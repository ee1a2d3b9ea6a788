"""R-RBAC: the matrix as the customer wrote it, by hand, against the matrix as data."""

import pytest

from workflows.domain.flags import Flag, Flags
from workflows.domain.permissions import (
    MATRIX,
    Permission,
    Role,
    Scope,
    ServiceRole,
    allowed,
    permissions_of,
    scope_of,
    service_scope_of,
)

ENDINGS = (
    *(".handle", ".override", ".edit", ".command", ".arm", ".disarm", ".manage", ".write", ".postpone"),
    Permission.PANEL_RELEASE.value,
)
N, A, X = Scope.NONE, Scope.ASSIGNED, Scope.ALL
ROLES = (Role.OPERATOR, Role.TECHNICIAN, Role.FIELD_WORKER, Role.ADMIN, Role.MASTER, Role.AUDITOR)
BY_HAND = {
    Permission.ALARM_VIEW: (X, A, N, X, X, X),
    Permission.ALARM_HANDLE: (X, N, N, N, X, N),
    Permission.ALARM_OVERRIDE: (N, N, N, N, X, N),
    Permission.EVENT_VIEW: (X, A, N, X, X, X),
    Permission.OBJECT_VIEW: (X, A, A, X, X, X),
    Permission.OBJECT_EDIT: (N, N, N, X, X, N),
    Permission.PANEL_VIEW: (X, A, A, X, X, X),
    Permission.PANEL_EDIT: (N, N, N, X, X, N),
    Permission.PANEL_COMMAND: (N, N, N, X, X, N),
    Permission.PANEL_ARM: (N, N, N, X, X, N),
    Permission.PANEL_DISARM: (N, N, N, X, X, N),
    Permission.PANEL_RELEASE: (N, N, N, X, X, N),
    Permission.SERVICE_MANAGE: (N, N, N, X, X, N),
    Permission.SCHEDULE_EDIT: (N, N, N, X, X, N),
    Permission.SCHEDULE_POSTPONE: (X, N, N, X, X, N),
    Permission.ESCALATION_EDIT: (N, N, N, X, X, N),
    Permission.ESCALATION_VIEW: (X, N, N, X, X, X),
    Permission.DISPATCH_WRITE: (X, N, N, N, X, N),
    Permission.SECRET_REVEAL: (X, A, A, X, X, X),
    Permission.SECRET_EDIT: (N, N, N, X, X, N),
    Permission.REVEAL_OVERRIDE: (N, N, N, N, X, N),
    Permission.USER_MANAGE: (N, N, N, X, X, N),
    Permission.AUDIT_VIEW: (N, N, N, N, X, X),
    Permission.SMS_RAW_VIEW: (N, N, N, N, X, N),
    Permission.LEDGER_VIEW: (N, N, N, X, X, X),
    Permission.SYSTEM_VIEW: (X, X, X, X, X, X),
}


def test_every_permission_is_in_the_matrix_and_in_the_hand_written_one() -> None:
    assert set(MATRIX) == set(Permission) == set(BY_HAND)


@pytest.mark.parametrize("permission", Permission)
def test_the_matrix_says_what_the_customer_wrote(permission: Permission) -> None:
    assert tuple(scope_of(role, permission) for role in ROLES) == BY_HAND[permission]


def test_assigned_scope_reaches_only_assigned_objects() -> None:
    assert allowed(Role.TECHNICIAN, Permission.ALARM_VIEW, assigned=True)
    assert not allowed(Role.TECHNICIAN, Permission.ALARM_VIEW, assigned=False)
    assert allowed(Role.OPERATOR, Permission.ALARM_VIEW, assigned=False)
    assert not allowed(Role.FIELD_WORKER, Permission.ALARM_VIEW, assigned=True)


def test_the_auditor_changes_nothing() -> None:
    """D6: the seventh role reads."""
    changing = {p for p in Permission if p.value.endswith(ENDINGS)}
    assert not permissions_of(Role.AUDITOR) & changing


def test_d5_the_flag_lets_operators_arm_and_nobody_more() -> None:
    flags = Flags(frozenset({Flag.OPERATOR_ARM}))
    differs = {(role, p) for role in Role for p in Permission if scope_of(role, p, flags) != scope_of(role, p)}
    assert differs == {(Role.OPERATOR, Permission.PANEL_ARM)}
    assert allowed(Role.OPERATOR, Permission.PANEL_ARM, flags, assigned=False)
    assert Permission.PANEL_ARM in permissions_of(Role.OPERATOR, flags)


def test_d5_no_flag_lets_operators_disarm() -> None:
    assert scope_of(Role.OPERATOR, Permission.PANEL_DISARM, Flags(frozenset(Flag))) is Scope.NONE


@pytest.mark.parametrize("role", ServiceRole)
def test_a_program_looks_and_never_changes(role: ServiceRole) -> None:
    """Whoever steals a service token can neither act on alarms nor make users."""
    may = {permission for permission in Permission if service_scope_of(role, permission) is Scope.ALL}
    assert may
    assert all(permission.value.endswith(".view") for permission in may)


def test_only_the_sms_agent_reads_raw_messages() -> None:
    assert [role for role in ServiceRole if service_scope_of(role, Permission.SMS_RAW_VIEW) is Scope.ALL] == [ServiceRole.SMS]
