"""Principle 5: what a frame's variables hold never enters a log line, in neither form."""

import logging

import pytest
import structlog

from activities.infra import log
from activities.infra.settings import Settings
from tests.support.log import plain_log

_PLANTED = "hunter2-planted"


def _fail(password: str) -> None:
    raise RuntimeError(f"refused a password of {len(password)} letters")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_tells_no_variables(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        log.setup(Settings(log_json=as_json))
        try:
            _fail("".join(("hunter2", "-planted")))
        except RuntimeError:
            structlog.get_logger("test").exception("login.failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        plain_log()
    told = capsys.readouterr().out
    assert "refused a password" in told
    assert _PLANTED not in told
