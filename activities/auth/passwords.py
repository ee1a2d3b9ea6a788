"""Passwords: Argon2id by argon2-cffi, off the event loop, in equal time for known and unknown users."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # RFC 9106, low-memory profile: Argon2id, 64 MiB, 3 passes
_running = asyncio.Semaphore(2)  # 64 MiB each: a flood of logins must not eat the machine


def hash_now(password: str) -> str:
    """The PHC string to store. Takes some 50 ms of processor time."""
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    """`hash_now`, off the event loop."""
    async with _running:
        return await asyncio.to_thread(hash_now, password)


async def verify(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one. ``password_hash`` None (no such user) takes as long and is False."""
    async with _running:
        return await asyncio.to_thread(_verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
