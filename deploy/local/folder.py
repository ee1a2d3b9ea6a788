"""The stack's data folder: one `stam up` at a time, and a file that tells other commands where its servers are."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local.errors import StartupError

LOG_SIZE = 10 * 1024 * 1024  # bytes of one log before it is rotated
LOG_KEPT = 3


@contextlib.contextmanager
def claimed(root: Path) -> Iterator[None]:
    """Hold the folder for this process. The kernel lets go of the lock when the process dies, however it dies."""
    path = root / "lock"
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = path.open("a+")
    except OSError as error:
        raise StartupError(
            f"""The data folder {root} cannot be used: {error.strerror}. Give it to the user who runs stam (chown -R), or
            choose another folder with --data-dir."""
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise StartupError(
                f"""Another stam up (process {handle.read().strip() or "?"}) already runs on the folder {root}. Use that
                one, stop it first, or start a second one with its own --data-dir and ports."""
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def is_claimed(root: Path) -> bool:
    """Whether a process holds the folder now."""
    try:
        handle = (root / "lock").open()
    except OSError:
        return False
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def scratch_folder(within: Path | None = None) -> Iterator[Path]:
    """A data folder that leaves nothing behind. Others may pass it: PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="stam-", dir=within, ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


def write_environment(root: Path, environment: Mapping[str, str]) -> None:
    """`<root>/env` (mode 600), lines NAME=value: how `stam doctor` and others in a second terminal find the servers."""
    handle = os.open(root / "env", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in sorted(environment.items()))


def read_environment(root: Path) -> dict[str, str]:
    """What ``write_environment`` wrote; empty when no stack runs there, even if one that was killed left its file."""
    if not is_claimed(root):
        return {}
    try:
        lines = (root / "env").read_text().splitlines()
    except OSError:
        return {}
    return {name: value for name, _, value in (line.partition("=") for line in lines) if value}


def forget_environment(root: Path) -> None:
    (root / "env").unlink(missing_ok=True)


def rotate_logs(folder: Path, *, size: int = LOG_SIZE, kept: int = LOG_KEPT) -> None:
    """Copy and truncate: the children hold their logs open for appending. ``x.log`` → ``x.log.1`` … ``x.log.<kept>``."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > size:
            _shift(log, kept)
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def _shift(log: Path, kept: int) -> None:
    for number in range(kept - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.rename(log.with_name(f"{log.name}.{number + 1}"))
