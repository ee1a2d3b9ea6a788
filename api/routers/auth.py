"""Logging in, staying logged in, logging out (R-AUTH)."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Cookie, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from activities.auth import password_policy, sessions
from activities.auth.attempts import Kind
from activities.auth.password_policy import PasswordRefused
from activities.auth.proof import LoginRefused, Proof
from activities.auth.sessions import RefreshRefused, Started, Visit
from activities.auth.tokens import AccessClaims, TokenError
from activities.db.models.refresh_tokens import RefreshToken
from activities.infra.log import current_request_id
from api.attempts import PASSWORD_CODES, counted, refused_password
from api.callers import Caller
from api.client import models
from api.deps import AnySession, Bearer, LoggedIn, Served, address_of, must_set_up_second_factor, open_to_all
from api.problems import Problem, problems, public_problems
from api.realtime.tickets import LIFE
from api.schemas.requests import Login, PasswordChange, Refresh
from api.services import Services
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import permissions_of, scope_of

router = APIRouter(prefix="/api/auth", tags=["Session"])

COOKIE: Final = "stam_refresh"
_COOKIE_PATH: Final = "/api/auth"
RefreshCookie = Annotated[str | None, Cookie(description="The refresh token of a browser.")]

_LOGIN = public_problems(
    ErrorCode.INVALID_CREDENTIALS,
    ErrorCode.SECOND_FACTOR_REQUIRED,
    ErrorCode.SECOND_FACTOR_WRONG,
    ErrorCode.ACCOUNT_LOCKED,
    ErrorCode.RATE_LIMITED,
)
_REFRESH = public_problems(ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REUSED, ErrorCode.RATE_LIMITED)
_PASSWORD = problems(ErrorCode.INVALID_CREDENTIALS, ErrorCode.ACCOUNT_LOCKED, ErrorCode.RATE_LIMITED, *PASSWORD_CODES)


@router.post("/login", dependencies=[Depends(open_to_all)], responses=_LOGIN, summary="Log in")
async def login(body: Login, request: Request, response: Response, served: Served) -> models.Tokens:
    """Five failures a minute from one address block it for a minute, ten failures lock the account for 30 minutes.

    401 SECOND_FACTOR_REQUIRED: the password is right; send the same again with `code`. The access token is short-lived;
    `refresh` renews it by the refresh token, which is kept where `keep` says.
    """
    proof = Proof(password=body.password, code=body.code)
    async with counted(served, address_of(request)):
        started = await sessions.login(served.db, served.cipher, body.username, proof, _visit(request, served))
    return await _answer(served, started, response, by_cookie=body.keep == "cookie")


def _visit(request: Request, served: Services) -> Visit:
    return Visit(
        client=request.headers.get("user-agent", ""),
        address=address_of(request),
        keep=timedelta(days=served.settings.refresh_token_days),
        request_id=current_request_id(),
    )


@router.post("/refresh", dependencies=[Depends(open_to_all)], responses=_REFRESH, summary="Renew the access token")
async def refresh(
    request: Request,
    response: Response,
    served: Served,
    body: Refresh | None = None,
    stam_refresh: RefreshCookie = None,
) -> models.Tokens:
    """Each refresh token works once and is answered with the next. One that is used again ends the whole session: it was
    stolen. (The same token within 30 s, while its successor is unused, only means that the answer got lost.) Five tokens a
    minute that never were any block the address.
    """
    given = body.refresh_token if body and body.refresh_token else stam_refresh
    if not given:
        raise Problem(ErrorCode.UNAUTHENTICATED)
    address = address_of(request)
    wait = await served.attempts.blocked(address, Kind.REFRESH)
    if wait:
        raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
    try:
        started = await sessions.refresh(served.db, given, _visit(request, served))
    except LoginRefused as refusal:
        if isinstance(refusal, RefreshRefused):
            await served.callers.ended([refusal.ended] if refusal.ended else [])
        else:
            await served.attempts.failed(address, Kind.REFRESH)
        raise Problem(refusal.code) from None
    return await _answer(served, started, response, by_cookie=given == stam_refresh)


async def _answer(served: Services, started: Started, response: Response, *, by_cookie: bool) -> models.Tokens:
    seconds, now = served.settings.access_token_seconds, datetime.now(UTC)
    token = await served.keys.issue(
        AccessClaims(
            user_id=started.user.id,
            role=started.user.role,
            family_id=started.family_id,
            issued_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
    )
    if by_cookie:
        _set_cookie(served, response, started.refresh_token)
    return models.Tokens(
        access_token=token,
        expires_in=seconds,
        user=_user(served, started),
        refresh_token=None if by_cookie else started.refresh_token,
    )


def _set_cookie(served: Services, response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=served.settings.refresh_token_days * 86_400,
        path=_COOKIE_PATH,
        secure=served.settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def _user(served: Services, started: Started) -> models.User:
    user = started.user
    may = sorted(permissions_of(user.role, served.flags))
    return models.User(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        locale=user.locale,
        permissions={permission: scope_of(user.role, permission, served.flags) for permission in may},
        must_change_password=user.must_change_password,
        second_factor=user.totp_confirmed_at is not None,
        must_set_up_second_factor=user.role in served.settings.totp_roles and user.totp_confirmed_at is None,
    )


@router.post(
    "/logout",
    status_code=204,
    dependencies=[Depends(open_to_all)],
    responses=public_problems(),
    openapi_extra={"security": [{}]},  # beside the bearer: the refresh token alone will do
    summary="End the session",
)
async def logout(
    token: Bearer,
    response: Response,
    served: Served,
    body: Refresh | None = None,
    stam_refresh: RefreshCookie = None,
) -> None:
    """The refresh token, every access token and every socket of this session stop working, everywhere. The session is that
    of the refresh token (in the body or the cookie), of the access token, or of both; none that goes on is no error."""
    given = body.refresh_token if body and body.refresh_token else stam_refresh
    found = {await _session_of_access_token(served, token)}
    async with served.db.write() as session:
        found.add(await sessions.session_of(session, given) if given else None)
        for user_id, family_id in filter(None, found):
            await sessions.end_sessions(session, user_id, RefreshToken.family_id == family_id)
            sessions.note_logout(session, user_id, request_id=current_request_id())
    await served.callers.ended([family_id for _, family_id in filter(None, found)])
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, secure=served.settings.cookie_secure, httponly=True, samesite="strict")


async def _session_of_access_token(served: Services, token: HTTPAuthorizationCredentials | None) -> tuple[UUID, UUID] | None:
    if token is not None:
        with contextlib.suppress(TokenError):
            claims = await served.keys.verify(token.credentials)
            return claims.user_id, claims.family_id
    return None


@router.post("/password", status_code=204, responses=_PASSWORD, summary="Change one's own password")
async def change_password(body: PasswordChange, request: Request, caller: AnySession, served: Served) -> None:
    """Ends all sessions of the user, this one too: log in again. Whoever must change the password can do nothing else.
    A wrong current password counts as a failed login."""
    person, request_id = caller.person, current_request_id()
    try:
        await password_policy.check(body.new_password, username=person.username)
        async with counted(served, address_of(request)):
            ended = await sessions.change_password(
                served.db, served.cipher, person.id, body.current_password, body.new_password, request_id=request_id
            )
    except PasswordRefused as refusal:
        raise refused_password(refusal, "new_password") from None
    await served.callers.ended(ended)


@router.get("/me", responses=problems(), summary="Who am I, and what may I do?")
async def me(caller: AnySession, served: Served) -> models.User:
    return _person(caller, served)


def _person(caller: Caller, served: Services) -> models.User:
    person = caller.person
    return models.User(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        role=person.role,
        locale=person.locale,
        permissions=dict(caller.permissions),
        must_change_password=person.must_change_password,
        second_factor=person.second_factor,
        must_set_up_second_factor=must_set_up_second_factor(person, served),
    )


@router.post("/ws-ticket", responses=problems(), summary="A ticket for the WebSocket")
async def ws_ticket(caller: LoggedIn, served: Served) -> models.Ticket:
    """Good for one connection to `/ws?ticket=…` within 30 seconds. See the description of the WebSocket above."""
    return models.Ticket(ticket=await served.tickets.issue(caller), expires_in=int(LIFE.total_seconds()))
