"""What routes depend on: the services of the process, who calls, and the one permission check (R-RBAC).

Every route declares one of `require(Permission.…)`, `logged_in` or `open_to_all`; a test walks all routes and fails for one
that declares none.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from activities.auth.tokens import TokenError
from api.callers import Caller
from api.problems import Problem
from api.rates import Rates
from api.services import Services
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Scope

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="The access token of `POST /api/auth/login` (RS256).")


def services(connection: HTTPConnection) -> Services:
    """The composition root of this process (app.py)."""
    found: Services = connection.app.state.services
    return found


Served = Annotated[Services, Depends(services)]


async def open_to_all() -> None:
    """Declares that a route needs no login."""


async def bearer_of_a_session(
    connection: HTTPConnection, served: Served, token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Whoever has a good access token and asks not too often, even one who must change the password first."""
    if token is None:
        raise Problem(ErrorCode.UNAUTHENTICATED)
    try:
        claims = await served.keys.verify(token.credentials)
    except TokenError as error:
        raise Problem(ErrorCode.TOKEN_EXPIRED if error.expired else ErrorCode.UNAUTHENTICATED) from None
    caller = await served.callers.caller(claims.user_id, claims.family_id, claims.expires_at)
    if caller is None:
        raise Problem(ErrorCode.TOKEN_EXPIRED)
    structlog.contextvars.bind_contextvars(user_id=str(caller.person.id))
    rates: Rates = connection.app.state.rates
    wait = rates.of_session(claims.family_id)
    if wait:
        raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
    return caller


async def logged_in(caller: Annotated[Caller, Depends(bearer_of_a_session)]) -> Caller:
    """Whoever is logged in, whatever the role."""
    if caller.person.must_change_password:
        raise Problem(ErrorCode.PASSWORD_CHANGE_REQUIRED)
    return caller


@dataclass(frozen=True, slots=True)
class Access:
    """A caller who has a permission, and how far it reaches."""

    caller: Caller
    permission: Permission

    @property
    def user_id(self) -> UUID:
        return self.caller.person.id

    @property
    def only_objects(self) -> frozenset[UUID] | None:
        """The objects it is limited to; None: all."""
        return None if self.caller.scope(self.permission) is Scope.ALL else self.caller.person.assigned

    def check(self, object_id: UUID | None) -> None:
        """Raises NOT_FOUND for an object that is not the caller's to see: he does not learn that it exists."""
        if not self.caller.may(self.permission, object_id):
            raise Problem(ErrorCode.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class PermissionCheck:
    """The dependency behind `require`."""

    permission: Permission

    async def __call__(self, caller: Annotated[Caller, Depends(logged_in)]) -> Access:
        if caller.scope(self.permission) is Scope.NONE:
            raise Problem(ErrorCode.FORBIDDEN)
        return Access(caller, self.permission)


@cache
def require(permission: Permission) -> PermissionCheck:
    """The caller must have ``permission`` in some scope; the route then asks `Access` about single objects."""
    return PermissionCheck(permission)


LoggedIn = Annotated[Caller, Depends(logged_in)]
AnySession = Annotated[Caller, Depends(bearer_of_a_session)]
