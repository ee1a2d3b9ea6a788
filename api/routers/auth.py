"""Logging in, staying logged in, logging out (R-AUTH)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Depends, Request, Response

from activities.auth import sessions
from activities.auth.sessions import LoginRefused, Started
from activities.auth.tokens import AccessClaims
from activities.db.session import DatabaseUnavailable
from activities.infra.log import current_request_id
from api.callers import Caller
from api.client import models
from api.deps import AnySession, LoggedIn, Served, open_to_all
from api.problems import Problem, problems, public_problems
from api.realtime.tickets import LIFE
from api.schemas.requests import Login, PasswordChange, Refresh
from api.services import Services
from workflows.domain.errors import ErrorCode
from workflows.domain.flags import Flags
from workflows.domain.permissions import permissions_of, scope_of

router = APIRouter(prefix="/api/auth", tags=["Session"])

COOKIE: Final = "stam_refresh"
_COOKIE_PATH: Final = "/api/auth"

_LOGIN = public_problems(ErrorCode.INVALID_CREDENTIALS, ErrorCode.ACCOUNT_LOCKED, ErrorCode.RATE_LIMITED)
_REFRESH = public_problems(ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REUSED)


@router.post("/login", dependencies=[Depends(open_to_all)], responses=_LOGIN, summary="Log in")
async def login(body: Login, request: Request, response: Response, served: Served) -> models.Tokens:
    """Five failures a minute from one address block it for a minute, ten failures lock the account for 30 minutes.

    The access token is short-lived; `refresh` renews it by the refresh token, which is kept where `keep` says.
    """
    address = request.client.host if request.client else ""
    wait = await served.attempts.begin(address)
    if wait:
        raise Problem(ErrorCode.RATE_LIMITED, retry_after=wait)
    try:
        started = await sessions.login(
            served.db,
            body.username,
            body.password,
            client=request.headers.get("user-agent", ""),
            keep=timedelta(days=served.settings.refresh_token_days),
            request_id=current_request_id(),
        )
    except LoginRefused as refusal:
        raise Problem(refusal.code) from None
    except DatabaseUnavailable:
        await served.attempts.take_back(address)
        raise
    await served.attempts.take_back(address)
    return await _answer(served, started, response, by_cookie=body.keep == "cookie")


@router.post("/refresh", dependencies=[Depends(open_to_all)], responses=_REFRESH, summary="Renew the access token")
async def refresh(
    request: Request,
    response: Response,
    served: Served,
    body: Refresh | None = None,
    stam_refresh: Annotated[str | None, Cookie(description="The refresh token of a browser.")] = None,
) -> models.Tokens:
    """Each refresh token works once and is answered with the next. One that is used again ends the whole session: it was
    stolen. (The same token within 30 s, while its successor is unused, only means that the answer got lost.)
    """
    given = body.refresh_token if body and body.refresh_token else stam_refresh
    if not given:
        raise Problem(ErrorCode.UNAUTHENTICATED)
    try:
        started = await sessions.refresh(
            served.db,
            given,
            client=request.headers.get("user-agent", ""),
            keep=timedelta(days=served.settings.refresh_token_days),
            request_id=current_request_id(),
        )
    except LoginRefused as refusal:
        raise Problem(refusal.code) from None
    return await _answer(served, started, response, by_cookie=given == stam_refresh)


async def _answer(served: Services, started: Started, response: Response, *, by_cookie: bool) -> models.Tokens:
    seconds = served.settings.access_token_seconds
    token = await served.keys.issue(
        AccessClaims(
            user_id=started.user.id,
            role=started.user.role,
            family_id=started.family_id,
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        )
    )
    if by_cookie:
        _set_cookie(served, response, started.refresh_token)
    return models.Tokens(
        access_token=token,
        expires_in=seconds,
        user=_user(started, served.flags),
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


def _user(started: Started, flags: Flags) -> models.User:
    user = started.user
    may = sorted(permissions_of(user.role, flags))
    return models.User(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        locale=user.locale,
        permissions={permission: scope_of(user.role, permission, flags) for permission in may},
        must_change_password=user.must_change_password,
    )


@router.post("/logout", status_code=204, responses=problems(), summary="End the session")
async def logout(caller: AnySession, response: Response, served: Served) -> None:
    """The refresh token and, within seconds, every access token and socket of this session stop working."""
    await sessions.logout(served.db, caller.person.id, caller.family_id, request_id=current_request_id())
    served.callers.forget(caller.family_id)
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, secure=served.settings.cookie_secure, httponly=True, samesite="strict")


@router.post(
    "/password", status_code=204, responses=problems(ErrorCode.INVALID_CREDENTIALS), summary="Change one's own password"
)
async def change_password(body: PasswordChange, caller: AnySession, served: Served) -> None:
    """Ends all sessions of the user, this one too: log in again. Whoever must change the password can do nothing else."""
    try:
        await sessions.change_password(
            served.db, caller.person.id, body.current_password, body.new_password, request_id=current_request_id()
        )
    except LoginRefused as refusal:
        raise Problem(refusal.code) from None
    served.callers.forget(caller.family_id)


@router.get("/me", responses=problems(), summary="Who am I, and what may I do?")
async def me(caller: AnySession) -> models.User:
    return _person(caller)


def _person(caller: Caller) -> models.User:
    person = caller.person
    return models.User(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        role=person.role,
        locale=person.locale,
        permissions=dict(caller.permissions),
        must_change_password=person.must_change_password,
    )


@router.post("/ws-ticket", responses=problems(), summary="A ticket for the WebSocket")
async def ws_ticket(caller: LoggedIn, served: Served) -> models.Ticket:
    """Good for one connection to `/ws?ticket=…` within 30 seconds. See the description of the WebSocket above."""
    return models.Ticket(ticket=await served.tickets.issue(caller), expires_in=int(LIFE.total_seconds()))
