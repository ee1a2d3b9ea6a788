"""Seeing a secret: asked for with a reason, visible for a minute to the session that asked, told once (R-REVEAL).

The row is what counts here; its workflow opens and ends it. Of the secret nothing is kept, logged or pushed on the way.
"""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Response
from sqlalchemy import RowMapping

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.secret_reveals import SecretReveal
from activities.db.models.secrets import Secret
from activities.db.repositories import reveals, secrets
from activities.infra.crypto import Unreadable
from activities.infra.log import current_request_id
from api.audit import audit
from api.client import secrets as told
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Since, Until
from api.schemas.secrets import NewReveal
from workflows.contracts.reveal import HideRequest, RevealInput
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Scope
from workflows.domain.reveal import ENDED, NotShown, RevealState, TooMany, may_hide

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api/reveals", tags=["Secrets"])

Revealer = Annotated[Access, Depends(require(Permission.SECRET_REVEAL))]


@router.post(
    "",
    status_code=201,
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED, ErrorCode.TEMPORAL_UNAVAILABLE),
    summary="Ask to see a secret",
)
async def ask(body: NewReveal, access: Revealer, served: Served) -> told.Reveal:
    """Visible until `expires_at` to this session, by `GET …/secret`. 429 when the role's limit per hour is reached; a reveal
    that could not be opened (503) does not count."""
    asked = await _ask(body, access, served)
    if isinstance(asked, TooMany):
        raise Problem(ErrorCode.RATE_LIMITED, "No more secrets within this hour.", retry_after=asked.retry_after)
    start = RevealInput(reveal_id=asked.id, secret_id=asked.secret_id, object_id=asked.object_id, user_id=asked.user_id)
    await served.reveals.open(start)
    async with served.db.write() as session:
        settled = await reveals.settle(session, asked.id)
    if settled.state is not RevealState.VISIBLE:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, "The secret cannot be shown right now; try again.", retry_after=2)
    return answers.reveal(await _found(served, asked.id))


async def _ask(body: NewReveal, access: Access, served: Served) -> SecretReveal | TooMany:
    """The row and who, what, when and why in the audit log, in one transaction; so is a refusal."""
    async with served.db.write() as session:
        secret = await secrets.find_secret(session, body.secret_id)
        if secret is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(secret.object_id)
        caller = access.caller
        asked = await reveals.ask(
            session,
            secret,
            user_id=access.user_id,
            family_id=caller.family_id,
            reason=body.reason,
            request_id=current_request_id(),
        )
        detail = {"object_id": secret.object_id, "kind": secret.kind, "label": secret.label, "reason": body.reason}
        if isinstance(asked, TooMany):
            audit(session, access, "reveal.refused", "secret", secret.id, detail)
        else:
            audit(session, access, "reveal.asked", "secret", secret.id, {**detail, "reveal_id": asked.id})
    return asked


@router.get("", responses=problems(), summary="List reveals")
async def list_reveals(
    access: Revealer,
    served: Served,
    user_id: UUID | None = None,
    object_id: UUID | None = None,
    secret_id: UUID | None = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[told.Reveal]:
    """Newest first, with the reasons, without the secrets: one's own, or everybody's for who may view the audit log."""
    if access.caller.scope(Permission.AUDIT_VIEW) is not Scope.ALL:
        if user_id not in {None, access.user_id}:
            raise Problem(ErrorCode.FORBIDDEN)
        user_id = access.user_id
    async with served.db.read() as session:
        rows = await reveals.list_reveals(
            session,
            user_id=user_id,
            object_id=object_id,
            secret_id=secret_id,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
        )
    return answers.page_of(rows, map(answers.reveal, rows.items))


@router.get(
    "/{reveal_id}/secret",
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.REVEAL_SPENT, ErrorCode.REVEAL_OVER, ErrorCode.SECRET_UNREADABLE),
    summary="The secret, once",
)
async def secret_of(reveal_id: UUID, access: Revealer, served: Served, response: Response) -> told.RevealedSecret:
    """To the session that asked, while it is visible, one time. Keep it in memory only, and no longer than `expires_at`."""
    async with served.db.write() as session:
        spent = await reveals.spend(session, reveal_id, user_id=access.user_id, family_id=access.caller.family_id)
        if spent is None:
            raise Problem(ErrorCode.NOT_FOUND)
        if isinstance(spent, NotShown):
            raise Problem(ErrorCode(spent.value))
        access.check(spent.object_id)
        secret = await secrets.find_secret(session, spent.secret_id)
        if secret is None or spent.expires_at is None:
            raise Problem(ErrorCode.REVEAL_OVER)
        value = _opened(secret, served)
        audit(session, access, "reveal.shown", "secret", secret.id, {"reveal_id": spent.id, "object_id": spent.object_id})
    response.headers["Cache-Control"] = "no-store"
    return told.RevealedSecret(reveal_id=spent.id, expires_at=spent.expires_at, value=value)


def _opened(secret: Secret, served: Served) -> str:
    try:
        value = SECRET_VALUE.get(secret, served.cipher)
    except Unreadable as error:
        log.error("secret.unreadable", secret_id=str(secret.id), error=str(error))
        raise Problem(ErrorCode.SECRET_UNREADABLE, str(error)) from None
    assert value is not None, "a secret that is not deleted has a value"
    return value


@router.post(
    "/{reveal_id}/hide", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.TEMPORAL_UNAVAILABLE), summary="Hide it early"
)
async def hide(reveal_id: UUID, access: Revealer, served: Served) -> told.Reveal:
    """By who asked for it, or by who may hide what others reveal. Safe to repeat. From now on it is not told, even when the
    answer is a 503."""
    others = access.caller.scope(Permission.REVEAL_OVERRIDE) is Scope.ALL
    async with served.db.write() as session:
        revoked = await reveals.revoke(session, reveal_id)
        if revoked is None or not may_hide(revealer=revoked.user_id, actor=access.user_id, may_hide_others=others):
            raise Problem(ErrorCode.NOT_FOUND)
    if revoked.state not in ENDED:
        request = HideRequest(actor_id=access.user_id, may_hide_others=others, request_id=current_request_id())
        await served.reveals.hide(reveal_id, request)
    answer = answers.reveal(await _found(served, reveal_id))
    if answer.state not in ENDED:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, "It is told to nobody any more, but still runs.", retry_after=2)
    return answer


async def _found(served: Served, reveal_id: UUID) -> RowMapping:
    async with served.db.read() as session:
        found = await reveals.find_reveal(session, reveal_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return found
