"""Which passwords are taken (NIST SP 800-63B §3.1.1): long ones that nobody would guess; no rules of composition.

What is guessed first comes packaged: zxcvbn's lists of leaked and common passwords, names and words, also reversed, in leet,
repeated, with dates, sequences and keyboard walks. Nothing is asked of any outside host.
"""

import asyncio
from enum import StrEnum
from typing import Final

from zxcvbn import zxcvbn

SHORTEST, LONGEST = 12, 1_000
_GUESSES_ENOUGH: Final = 1e8  # zxcvbn: below this an online attacker who is in no hurry gets through
_LOOKED_AT: Final = 72  # characters; zxcvbn's own limit, its time grows with the square of the length
_NAME_LENGTH: Final = 3  # shorter names are in too many words


class Objection(StrEnum):
    LENGTH = "LENGTH"
    CONTAINS_NAME = "CONTAINS_NAME"
    COMMON = "COMMON"
    UNCHANGED = "UNCHANGED"


class PasswordRefused(Exception):  # noqa: N818 - an answer, not a fault
    def __init__(self, objection: Objection) -> None:
        super().__init__(objection.value)
        self.objection = objection


async def check(password: str, *, username: str) -> None:
    """Raises PasswordRefused."""
    found = await asyncio.to_thread(objection, password, username=username)
    if found is not None:
        raise PasswordRefused(found)


def objection(password: str, *, username: str) -> Objection | None:
    """Why ``password`` is not taken; None: it is. Takes some milliseconds."""
    if not SHORTEST <= len(password) <= LONGEST:
        return Objection.LENGTH
    if len(username) >= _NAME_LENGTH and username.casefold() in password.casefold():
        return Objection.CONTAINS_NAME
    guesses = zxcvbn(password[:_LOOKED_AT])["guesses"]
    return Objection.COMMON if guesses < _GUESSES_ENOUGH else None
