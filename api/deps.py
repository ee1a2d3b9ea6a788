"""What routes depend on: the services of the process, who calls, and the one permission check (R-RBAC).

Every route declares one of `require(Permission.…)`, `logged_in`, `bearer_of_a_session` or `open_to_all`; a test walks all
routes and fails for one that declares none. Service tokens open what `require` guards; one's own account is for people.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from activities.auth import service_tokens
from activities.auth.attempts import Kind
from activities.auth.tokens import TokenError
from activities.db.repositories.users import Person
from api.callers import Caller
from api.problems import Problem
from api.rates import Rates
from api.services import Services
from workflows.domain.errors import ErrorCode
from workflows.domain.flags import Flag
from workflows.domain.permissions import Permission, Scope

_TOKENS = "The access token of `POST /api/auth/login` (RS256), or a service token (`stam_svc_…`)."
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description=_TOKENS)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def services(connection: HTTPConnection) -> Services:
    """The composition root of this process (app.py)."""
    found: Services = connection.app.state.services
    return found


Served = Annotated[Services, Depends(services)]


async def open_to_all() -> None:
    """Declares that a route needs no login."""


async def bearer_of_a_session(connection: HTTPConnection, served: Served, token: Bearer) -> Caller:
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
    _bound_rate(connection, claims.family_id)
    return caller


def _bound_rate(connection: HTTPConnection, session_id: UUID) -> None:
    """Raises RATE_LIMITED for a session, or a service token, that asks too often."""
    rates: Rates = connection.app.state.rates
    wait = rates.of_session(session_id)
    if wait:
        raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)


async def with_lasting_password(caller: Annotated[Caller, Depends(bearer_of_a_session)]) -> Caller:
    """Whoever need not change the password first."""
    if caller.person.must_change_password:
        raise Problem(ErrorCode.PASSWORD_CHANGE_REQUIRED)
    return caller


async def logged_in(caller: Annotated[Caller, Depends(with_lasting_password)], served: Served) -> Caller:
    """Whoever is logged in, whatever the role."""
    if must_set_up_second_factor(caller.person, served):
        raise Problem(ErrorCode.SECOND_FACTOR_SETUP_REQUIRED)
    return caller


def must_set_up_second_factor(person: Person, served: Services) -> bool:
    return person.role in served.settings.totp_roles and not person.second_factor


async def person_or_program(connection: HTTPConnection, served: Served, token: Bearer) -> Caller:
    """Whoever is logged in, or brings a service token."""
    if token is not None and token.credentials.startswith(service_tokens.PREFIX):
        caller = await _program(served, token.credentials, address_of(connection))
        structlog.contextvars.bind_contextvars(user_id=str(caller.person.id))
        _bound_rate(connection, caller.family_id)
        return caller
    return await logged_in(await with_lasting_password(await bearer_of_a_session(connection, served, token)), served)


async def _program(served: Services, token: str, address: str) -> Caller:
    """Nobody guesses 256 bits, but whoever tries is stopped, before the database is asked."""
    if not served.callers.known_program(token):
        wait = await served.attempts.blocked(address, Kind.SERVICE)
        if wait:
            raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
    caller = await served.callers.program(token)
    if caller is None:
        await served.attempts.failed(address, Kind.SERVICE)
        raise Problem(ErrorCode.UNAUTHENTICATED)
    return caller


def address_of(connection: HTTPConnection) -> str:
    """The client's: of those behind a trusted proxy, too (STAM_TRUSTED_PROXIES)."""
    return connection.client.host if connection.client else ""


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
    others: tuple[Permission, ...] = ()

    async def __call__(self, caller: Annotated[Caller, Depends(person_or_program)]) -> Access:
        held = next((each for each in (self.permission, *self.others) if caller.scope(each) is not Scope.NONE), None)
        if held is None:
            raise Problem(ErrorCode.FORBIDDEN)
        return Access(caller, held)


@cache
def require(permission: Permission, *others: Permission) -> PermissionCheck:
    """The caller must have ``permission`` in some scope; the route then asks `Access` about single objects. With ``others``
    one of them is enough here, and the route asks the caller for the one that the request itself needs."""
    return PermissionCheck(permission, others)


@dataclass(frozen=True, slots=True)
class FlagCheck:
    """The dependency behind `flagged`."""

    flag: Flag

    async def __call__(self, served: Served) -> None:
        if self.flag not in served.flags:
            raise Problem(ErrorCode.NOT_FOUND)


@cache
def flagged(flag: Flag) -> FlagCheck:
    """For a router or a route, beside its permission: as long as ``flag`` is off there is no such thing (R-FLAGS)."""
    return FlagCheck(flag)


LoggedIn = Annotated[Caller, Depends(logged_in)]
LastingPassword = Annotated[Caller, Depends(with_lasting_password)]
AnySession = Annotated[Caller, Depends(bearer_of_a_session)]
