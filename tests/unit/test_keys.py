"""When signing keys rotate, and how long the old one is accepted (R-AUTH)."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.keys import due, emergency, planned

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("age", "expected"), [(0, False), (89, False), (90, True), (400, True)])
def test_a_key_is_due_after_ninety_days(age: int, expected: bool) -> None:
    assert due(NOW - timedelta(days=age), NOW) is expected


def test_where_there_is_no_key_none_is_due() -> None:
    assert not due(None, NOW)


def test_a_new_key_is_published_before_it_signs_and_the_old_one_accepted_seven_days_from_then() -> None:
    rotation = planned(NOW)
    assert rotation.signs_at > NOW
    assert rotation.not_after - rotation.signs_at == timedelta(days=7)


def test_in_an_emergency_the_new_key_signs_at_once_and_the_old_one_can_be_refused_at_once() -> None:
    assert emergency(NOW, revoke_old=False).not_after == NOW + timedelta(days=7)
    assert emergency(NOW, revoke_old=True).not_after == emergency(NOW, revoke_old=True).signs_at == NOW
