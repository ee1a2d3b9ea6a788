"""One's own account: the sessions that go on, and the second factor (R-AUTH)."""

from uuid import UUID

from fastapi import APIRouter, Request

from activities.auth import enrolment, second_factor, sessions
from activities.auth.enrolment import AlreadySetUp
from activities.auth.proof import Proof
from activities.db.audit import record
from activities.db.models.refresh_tokens import RefreshToken
from activities.infra.log import current_request_id
from api.attempts import counted
from api.client.account import LoginSession, RecoveryCodes, SecondFactor, SecondFactorOffer
from api.deps import LastingPassword, Served, address_of
from api.problems import Problem, problems
from api.schemas.user_answers import login_session
from api.schemas.users import ByBoth, ByCode, ByPassword
from workflows.domain.errors import ErrorCode

router = APIRouter(prefix="/api/auth", tags=["Session"])

_TRIES = (ErrorCode.ACCOUNT_LOCKED, ErrorCode.RATE_LIMITED, ErrorCode.SECOND_FACTOR_WRONG)
_BY_BOTH = problems(*_TRIES, ErrorCode.INVALID_CREDENTIALS)
_ALREADY = "A second factor is set up already; give it up first."


@router.get("/sessions", responses=problems(), summary="One's own sessions")
async def own_sessions(caller: LastingPassword, served: Served) -> tuple[LoginSession, ...]:
    """Those that go on, newest first."""
    async with served.db.read() as session:
        rows = await sessions.list_sessions(session, caller.person.id)
    return tuple(login_session(row, current=row.family_id == caller.family_id) for row in rows)


@router.delete("/sessions", status_code=204, responses=problems(), summary="End all one's other sessions")
async def end_other_sessions(caller: LastingPassword, served: Served) -> None:
    """They are refused everywhere from now on. This one goes on."""
    user_id = caller.person.id
    async with served.db.write() as session:
        ended = await sessions.end_sessions(session, user_id, RefreshToken.family_id != caller.family_id)
        detail = {"sessions": ended}
        record(session, "sessions.ended", "user", user_id, actor_id=user_id, request_id=current_request_id(), detail=detail)
    await served.callers.ended(ended)


@router.delete(
    "/sessions/{session_id}", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="End one of one's sessions"
)
async def end_session(session_id: UUID, caller: LastingPassword, served: Served) -> None:
    user_id = caller.person.id
    async with served.db.write() as session:
        ended = await sessions.end_sessions(session, user_id, RefreshToken.family_id == session_id)
        if not ended:
            raise Problem(ErrorCode.NOT_FOUND)
        detail = {"sessions": ended}
        record(session, "sessions.ended", "user", user_id, actor_id=user_id, request_id=current_request_id(), detail=detail)
    await served.callers.ended(ended)


@router.get("/second-factor", responses=problems(), summary="One's own second factor")
async def own_second_factor(caller: LastingPassword, served: Served) -> SecondFactor:
    async with served.db.read() as session:
        left = await second_factor.recovery_codes_left(session, caller.person.id)
    required = caller.person.role in served.settings.totp_roles
    return SecondFactor(enabled=caller.person.second_factor, required=required, recovery_codes_left=left)


@router.post(
    "/second-factor",
    responses=problems(*_TRIES, ErrorCode.INVALID_CREDENTIALS, ErrorCode.CONFLICT),
    summary="Begin to set up a second factor",
)
async def offer_second_factor(body: ByPassword, request: Request, caller: LastingPassword, served: Served) -> SecondFactorOffer:
    """A secret for an authenticator app (TOTP, RFC 6238). It is in force once `confirm` was given a code of it."""
    try:
        async with counted(served, address_of(request)):
            secret, uri = await enrolment.offer(
                served.db, served.cipher, caller.person.id, body.password, request_id=current_request_id()
            )
    except AlreadySetUp:
        raise Problem(ErrorCode.CONFLICT, _ALREADY) from None
    return SecondFactorOffer(secret=secret, uri=uri)


@router.post(
    "/second-factor/confirm", responses=problems(*_TRIES, ErrorCode.CONFLICT), summary="Finish setting up a second factor"
)
async def confirm_second_factor(body: ByCode, request: Request, caller: LastingPassword, served: Served) -> RecoveryCodes:
    """From now on a login needs a code. The recovery codes each stand in for one, once; they are told this once."""
    try:
        async with counted(served, address_of(request)):
            codes = await enrolment.confirm(
                served.db, served.cipher, caller.person.id, body.code, request_id=current_request_id()
            )
    except AlreadySetUp:
        raise Problem(ErrorCode.CONFLICT, _ALREADY) from None
    served.callers.forget(caller.family_id)
    return RecoveryCodes(codes=codes)


@router.post("/second-factor/recovery-codes", responses=_BY_BOTH, summary="New recovery codes")
async def renew_recovery_codes(body: ByBoth, request: Request, caller: LastingPassword, served: Served) -> RecoveryCodes:
    """The old ones are worth nothing any more."""
    proof = Proof(password=body.password, code=body.code)
    async with counted(served, address_of(request)):
        codes = await enrolment.renew_codes(served.db, served.cipher, caller.person.id, proof, request_id=current_request_id())
    return RecoveryCodes(codes=codes)


@router.post("/second-factor/disable", status_code=204, responses=_BY_BOTH, summary="Give up one's second factor")
async def disable_second_factor(body: ByBoth, request: Request, caller: LastingPassword, served: Served) -> None:
    """Whose role requires one can then do nothing but set up another."""
    proof = Proof(password=body.password, code=body.code)
    async with counted(served, address_of(request)):
        await enrolment.disable(served.db, served.cipher, caller.person.id, proof, request_id=current_request_id())
    served.callers.forget(caller.family_id)
