"""What a process does to itself."""

import subprocess
import sys

import pytest

# The weight of a session is the last word of this file. It is missing where the kernel weighs no sessions, and empty for a
# process that stands in none of them (sched(7): autogrouping switched off, or a control group of its own).
READ = """
import os, pathlib
from deploy.local.process import go_last
autogroup = pathlib.Path("/proc/self/autogroup")
def weight():
    return (autogroup.read_text().split() if autogroup.exists() else [])[-1:]
"""
BEFORE = READ + "print(os.nice(0), *weight())"
AFTER = READ + "go_last(); print(os.nice(0), *weight())"


def told(code: str, own_session: bool) -> list[str]:
    """The process's niceness, and its session's where it has one."""
    return subprocess.run(
        [sys.executable, "-c", code], start_new_session=own_session, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("own_session", [True, False])
def test_who_goes_last_lowers_himself_and_a_session_only_if_it_is_his_own(own_session: bool) -> None:
    session_before = told(BEFORE, own_session)[1:]
    own, *session = told(AFTER, own_session)
    assert own == "19"
    assert session == (["19"] if own_session and session_before else session_before)
