"""Run pytest; the few that failed are run once more, alone, and named: `python -m tests.support.suite [ARGUMENTS OF PYTEST]`.

Some nine thousand tests on real servers and two cores see every delay there is. One that passes alone has a race, in itself
or in the product, and is to be mended; but it says nothing about the change under test. More than a few are no race.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

A_FEW: Final = 5
_SOME_FAILED: Final = 1  # pytest's exit code


def main(arguments: list[str], folder: Path = Path()) -> int:
    """The exit code of the last run of pytest, in ``folder``."""
    noted = folder / ".pytest_cache/v/cache/lastfailed"
    noted.unlink(missing_ok=True)  # what failed in an earlier run is not ours
    code = _pytest(arguments, folder)
    if code != _SOME_FAILED:
        return code
    failed = sorted(json.loads(noted.read_text()))
    if len(failed) > A_FEW:
        return code
    print(f"\nOnce more, alone: {len(failed)} that failed beside the others.", *failed, sep="\n  ", flush=True)
    code = _pytest(failed, folder)
    if code == 0:
        print("\nPassed alone, so there is a race to be mended in:", *failed, sep="\n  ", flush=True)
    return code


def _pytest(arguments: list[str], folder: Path) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
