"""R-ERR: one registry of error codes."""

from http import HTTPStatus

from workflows.domain.bundle import Refusal
from workflows.domain.errors import REGISTRY, ErrorCode


def test_every_code_has_a_status_and_a_sentence() -> None:
    assert set(REGISTRY) == set(ErrorCode)
    for spec in REGISTRY.values():
        assert HTTPStatus(spec.status) >= HTTPStatus.BAD_REQUEST
        assert spec.title.endswith(".")


def test_every_refusal_an_operator_can_meet_is_an_error_code() -> None:
    timers_only = {Refusal.NOT_DUE}
    assert {refusal.value for refusal in set(Refusal) - timers_only} <= {code.value for code in ErrorCode}
