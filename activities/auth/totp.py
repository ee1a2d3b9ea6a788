"""Time-based one-time passwords (RFC 6238): six digits, SHA-1, 30 s, as every authenticator app has them."""

import base64
import hmac
import os
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

DIGITS: Final = 6
STEP: Final = 30  # s
DRIFT: Final = 1  # steps a clock may be off, either way (RFC 6238 §5.2)
_SECRET_BYTES: Final = 20  # RFC 4226 §4 R6: 160 bits recommended
_ISSUER: Final = "STAM"


def new_secret() -> str:
    """Base32, as apps take it."""
    return base64.b32encode(os.urandom(_SECRET_BYTES)).decode()


def uri(secret: str, username: str) -> str:
    """What a QR code holds (the otpauth key URI format)."""
    query = urlencode({"secret": secret, "issuer": _ISSUER, "algorithm": "SHA1", "digits": DIGITS, "period": STEP})
    return f"otpauth://totp/{_ISSUER}:{quote(username)}?{query}"


def step_at(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP


def code_at(secret: str, step: int, *, digits: int = DIGITS) -> str:
    # RFC 6238 §1.2: HMAC-SHA-1 is what authenticator apps implement; its collisions do not touch an HMAC.
    return HOTP(base64.b32decode(secret), digits, SHA1()).generate(step).decode()  # noqa: S303


def matching_step(secret: str, code: str, now: datetime, *, after: int | None) -> int | None:
    """The step ``code`` belongs to, later than ``after`` (the last one that was used); None: it is no good."""
    present = step_at(now)
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if same and (after is None or step > after):
            found = step
    return found
