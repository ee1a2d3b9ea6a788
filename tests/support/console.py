"""The packed console, once for a whole test run: compiling and compressing it takes half a minute of a processor."""

import fcntl
import shutil
from pathlib import Path

from ui_flutter.web import packer
from ui_flutter.web.folder import MANIFEST

_COMPILED = ".bytecode"  # of the packer: files named by what they were compiled from


def packed_once(run: Path, kept: Path) -> Path:
    """``run``: a folder that all processes of the run share; who comes while another packs waits for that. ``kept``: from one
    run to the next, for what was compiled."""
    folder = run / "console"
    with (run / "console.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / MANIFEST).is_file():
            shutil.copytree(kept, folder / _COMPILED)
            packer.build(folder)
            shutil.rmtree(kept)
            shutil.copytree(folder / _COMPILED, kept)
    return folder
