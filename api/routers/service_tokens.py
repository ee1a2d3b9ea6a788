"""Tokens of programs: issued, listed, revoked (R-RBAC)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from activities.auth import accounts, service_tokens
from api.audit import audit
from api.client import models
from api.client.service_tokens import IssuedServiceToken, ServiceToken
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit
from api.schemas.user_answers import service_token
from api.schemas.users import NewServiceToken
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Role

router = APIRouter(prefix="/api/service-tokens", tags=["Users"])

Manager = Annotated[Access, Depends(require(Permission.USER_MANAGE))]


@router.get("", responses=problems(), summary="List service tokens")
async def list_service_tokens(
    access: Manager, served: Served, user_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> models.Page[ServiceToken]:
    """Newest first; the tokens themselves are never told again."""
    async with served.db.read() as session:
        rows = await service_tokens.list_tokens(session, user_id=user_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(service_token, rows.items))


@router.post(
    "",
    status_code=201,
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
    summary="Issue a service token",
)
async def issue_service_token(body: NewServiceToken, access: Manager, served: Served) -> IssuedServiceToken:
    """For a program: it sends the token as Bearer. It may do what its sub-role may, and nothing with one's own account. The
    token is told this once."""
    async with served.db.write() as session:
        user = await accounts.find(session, body.user_id)
        if user is None or not user.active:
            raise Problem(ErrorCode.NOT_FOUND, "There is no such service account, or it is not active.")
        if user.role is not Role.SYSTEM:
            raise Problem(ErrorCode.CONFLICT, "Service tokens are for users of role SYSTEM.")
        lasts = timedelta(days=body.expires_in_days)
        row, token = service_tokens.issue(
            session, user, name=body.name, service_role=body.service_role, lasts=lasts, by=access.user_id
        )
        audit(session, access, "service_token.issued", "service_token", row.id, after=service_tokens.told(row))
        await session.flush()
    return IssuedServiceToken(token=token, issued=service_token(row))


@router.delete("/{token_id}", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="Revoke a service token")
async def revoke_service_token(token_id: UUID, access: Manager, served: Served) -> None:
    """It is refused everywhere from now on."""
    async with served.db.write() as session:
        row = await service_tokens.revoke(session, token_id)
        if row is None:
            raise Problem(ErrorCode.NOT_FOUND)
        audit(session, access, "service_token.revoked", "service_token", token_id, service_tokens.told(row))
    await served.callers.ended([token_id])
