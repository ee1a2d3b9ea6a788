"""Passwords of the embedded servers and keys: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _password() -> str:
    return secrets.token_urlsafe(24)


def keep_secret(path: Path, make: Callable[[], str] = _password) -> str:
    """The secret in ``path`` (mode 600), made at the first call."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as stream:
        secret = make()
        stream.write(secret)
    return secret
