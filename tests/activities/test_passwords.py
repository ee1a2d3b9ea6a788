"""Which passwords are taken (NIST SP 800-63B §3.1.1)."""

import pytest

from activities.auth.accounts import temporary_password
from activities.auth.password_policy import Objection, objection


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("short-Ab9!xz", None),
        ("elevenchars", Objection.LENGTH),
        ("x" * 1_001, Objection.LENGTH),
        ("kot pije mleko rano", None),
        ("correct horse battery staple", None),
        ("zażółć gęślą jaźń", None),
        ("J.Kowalska hat blau", Objection.CONTAINS_NAME),
        ("password1234", Objection.COMMON),
        ("P4ssw0rdP4ssw0rd", Objection.COMMON),
        ("qwertyuiop12", Objection.COMMON),
        ("aaaaaaaaaaaa", Objection.COMMON),
        ("abcdefghijkl", Objection.COMMON),
        ("123456789012", Objection.COMMON),
        ("polskapolska1", Objection.COMMON),
        ("Zima2025Zima2025", Objection.COMMON),
        ("a" * 1_000, Objection.COMMON),
    ],
)
def test_the_objection_to_a_password(password: str, expected: Objection | None) -> None:
    assert objection(password, username="j.kowalska") is expected


def test_a_very_short_user_name_is_in_too_many_words_to_be_looked_for() -> None:
    assert objection("kot pije mleko rano", username="ot") is None


def test_temporary_passwords_are_taken_and_differ() -> None:
    made = {temporary_password() for _ in range(20)}
    assert len(made) == 20
    assert {objection(password, username="operator") for password in made} == {None}
