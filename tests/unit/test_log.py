"""Logging: one JSON object a line, with the request's id (R-LOG)."""

import logging

import orjson
import pytest
import structlog

from activities.infra import log
from activities.infra.settings import Settings
from tests.support.log import plain_log


@pytest.fixture(autouse=True)
def _restored() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:] = handlers
    root.setLevel(level)
    plain_log()


def test_r_log_a_line_is_json_with_what_the_context_binds(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(Settings())
    with log.bound(request_id="r-1"):
        structlog.get_logger("stam.test").info("alarm.claimed", version=3)
        logging.getLogger("a.library").warning("took %d ms", 5)
    first, second = (orjson.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["event"], first["request_id"], first["version"], first["level"]) == ("alarm.claimed", "r-1", 3, "info")
    assert (second["event"], second["request_id"], second["logger"]) == ("took 5 ms", "r-1", "a.library")


def test_r_log_an_exception_is_part_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(Settings())
    try:
        raise ValueError("no such zone")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = capsys.readouterr().out.splitlines()
    assert "no such zone" in line
    assert orjson.loads(line)["exception"]


def test_the_console_form_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(Settings(log_json=False, log_level="warning"))
    structlog.get_logger().info("hidden")
    structlog.get_logger().warning("shown")
    out = capsys.readouterr().out
    assert "shown" in out
    assert "hidden" not in out
    assert not out.startswith("{")
