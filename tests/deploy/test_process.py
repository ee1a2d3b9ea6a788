"""What a process does to itself."""

import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
CODE = f"""
import os
from deploy.local.process import go_last
go_last()
print(os.nice(0), open({str(AUTOGROUP)!r}).read().split()[-1])
"""


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel weighs no sessions")
@pytest.mark.parametrize("own_session", [True, False])
def test_who_goes_last_lowers_himself_and_a_session_only_if_it_is_his_own(own_session: bool) -> None:
    before = AUTOGROUP.read_text().split()[-1]
    done = subprocess.run(
        [sys.executable, "-c", CODE], start_new_session=own_session, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["19", "19" if own_session else before]
