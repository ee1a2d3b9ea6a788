"""Passwords of the embedded servers: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def keep_secret(path: Path) -> str:
    """The secret in ``path`` (mode 600), made at the first call."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as stream:
        secret = secrets.token_urlsafe(24)
        stream.write(secret)
    return secret
