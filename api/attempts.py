"""Trying passwords and codes over HTTP: every try counts against the address, and refusals leave as problems (R-AUTH)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from activities.auth.password_policy import Objection, PasswordRefused
from activities.auth.proof import LoginRefused
from api.problems import Problem
from api.services import Services
from workflows.domain.errors import REGISTRY, ErrorCode

_NO_FAILURE = {ErrorCode.SECOND_FACTOR_REQUIRED}
_CODES = {
    Objection.LENGTH: ErrorCode.PASSWORD_LENGTH,
    Objection.CONTAINS_NAME: ErrorCode.PASSWORD_CONTAINS_NAME,
    Objection.COMMON: ErrorCode.PASSWORD_COMMON,
    Objection.UNCHANGED: ErrorCode.PASSWORD_UNCHANGED,
}
PASSWORD_CODES = tuple(_CODES.values())


@asynccontextmanager
async def counted(served: Services, address: str) -> AsyncIterator[None]:
    """Around one try. Raises Problem RATE_LIMITED, or with the code of the LoginRefused inside; what could not be judged is
    taken back."""
    wait = await served.attempts.begin(address)
    if wait:
        raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
    try:
        yield
    except LoginRefused as refusal:
        if refusal.code in _NO_FAILURE:
            await served.attempts.take_back(address)
        raise Problem(refusal.code) from None
    except Exception:
        await served.attempts.take_back(address)
        raise
    await served.attempts.take_back(address)


def refused_password(refusal: PasswordRefused, field: str) -> Problem:
    code = _CODES[refusal.objection]
    return Problem(code, errors=[{"field": field, "reason": REGISTRY[code].title}])
