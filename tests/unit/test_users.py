"""Who may do what to whose account, by table (R-RBAC)."""

from uuid import UUID

import pytest

from workflows.domain.permissions import Role
from workflows.domain.users import Account, Act, Others, Refusal, refusal

ME, YOU = UUID(int=1), UUID(int=2)
MANY = Others(masters=2, managers=4)
M, A, OP, S = Role.MASTER, Role.ADMIN, Role.OPERATOR, Role.SYSTEM


def _account(user_id: UUID, role: Role, *, active: bool = True) -> Account:
    return Account(id=user_id, role=role, active=active)


@pytest.mark.parametrize(
    ("actor", "role", "expected"),
    [(M, M, None), (M, A, None), (A, A, None), (A, OP, None), (A, S, None), (M, S, None), (A, M, Refusal.ABOVE_YOU)],
)
def test_only_a_master_makes_a_master(actor: Role, role: Role, expected: Refusal | None) -> None:
    assert refusal(_account(ME, actor), Act.CREATE, None, _account(YOU, role), MANY) is expected


@pytest.mark.parametrize(
    ("actor", "was", "becomes", "expected"),
    [
        (M, OP, M, None),
        (M, M, OP, None),
        (M, A, OP, None),
        (A, OP, A, None),
        (A, A, OP, None),
        (A, OP, M, Refusal.ABOVE_YOU),
        (A, M, OP, Refusal.ABOVE_YOU),
        (A, M, M, Refusal.ABOVE_YOU),
        (M, S, OP, Refusal.SERVICE_ACCOUNT),
        (M, OP, S, Refusal.SERVICE_ACCOUNT),
        (A, S, S, None),
    ],
)
def test_changes_of_a_role(actor: Role, was: Role, becomes: Role, expected: Refusal | None) -> None:
    assert refusal(_account(ME, actor), Act.CHANGE, _account(YOU, was), _account(YOU, becomes), MANY) is expected


@pytest.mark.parametrize("act", Act)
def test_an_admin_does_nothing_at_all_to_a_master(act: Act) -> None:
    master = _account(YOU, M)
    assert refusal(_account(ME, A), act, master, master, MANY) is Refusal.ABOVE_YOU


@pytest.mark.parametrize(
    ("act", "becomes", "active", "expected"),
    [
        (Act.CHANGE, M, True, None),  # his name, his language
        (Act.CHANGE, A, True, Refusal.OWN_ACCOUNT),
        (Act.CHANGE, M, False, Refusal.OWN_ACCOUNT),
        (Act.RESET_PASSWORD, M, True, Refusal.OWN_ACCOUNT),
        (Act.RESET_SECOND_FACTOR, M, True, Refusal.OWN_ACCOUNT),
        (Act.UNLOCK, M, True, Refusal.OWN_ACCOUNT),
        (Act.END_SESSIONS, M, True, None),
    ],
)
def test_nobody_administers_his_own_rights(act: Act, becomes: Role, active: bool, expected: Refusal | None) -> None:
    me = _account(ME, M)
    assert refusal(me, act, me, _account(ME, becomes, active=active), MANY) is expected


@pytest.mark.parametrize(
    ("was", "becomes", "active", "others", "expected"),
    [
        (M, M, False, Others(masters=0, managers=3), Refusal.LAST_MANAGER),
        (M, A, True, Others(masters=0, managers=3), Refusal.LAST_MANAGER),
        (M, M, False, Others(masters=1, managers=1), None),
        (A, A, False, Others(masters=0, managers=0), Refusal.LAST_MANAGER),
        (A, OP, True, Others(masters=0, managers=0), Refusal.LAST_MANAGER),
        (A, OP, True, Others(masters=1, managers=1), None),
        (OP, OP, False, Others(masters=0, managers=0), None),
        (M, M, True, Others(masters=0, managers=0), None),
    ],
)
def test_somebody_always_remains_who_can_let_others_in(
    was: Role, becomes: Role, active: bool, others: Others, expected: Refusal | None
) -> None:
    found = refusal(_account(ME, M), Act.CHANGE, _account(YOU, was), _account(YOU, becomes, active=active), others)
    assert found is expected


@pytest.mark.parametrize("act", [Act.RESET_PASSWORD, Act.RESET_SECOND_FACTOR])
def test_a_service_account_has_neither_password_nor_second_factor(act: Act) -> None:
    program = _account(YOU, S)
    assert refusal(_account(ME, M), act, program, program, MANY) is Refusal.SERVICE_ACCOUNT
