"""Secrets of an object: kept sealed, listed without what they hold. Seeing one is a reveal (`api.routers.reveals`)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.secrets import Secret
from activities.db.repositories import objects, secrets
from activities.db.session import WriteSession
from api.audit import audit
from api.client import secrets as told
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, expect, problems
from api.schemas import answers
from api.schemas.parameters import BasedOn, Cursor, Limit
from api.schemas.secrets import NewSecret, SecretChange
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/objects/{object_id}/secrets", tags=["Secrets"])

Revealer = Annotated[Access, Depends(require(Permission.SECRET_REVEAL))]
Editor = Annotated[Access, Depends(require(Permission.SECRET_EDIT))]

_AUDITED: Final = ("kind", "label", "contact_id", "panel_id", "user_number")


@router.get("", responses=problems(ErrorCode.NOT_FOUND), summary="List an object's secrets")
async def list_secrets(
    object_id: UUID, access: Revealer, served: Served, cursor: Cursor = None, limit: Limit = 50
) -> Page[told.Secret]:
    """By label: what there is and who may see it, never the values."""
    async with served.db.read() as session:
        await _object(session, object_id, access)
        rows = await secrets.list_secrets(session, object_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.secret, rows.items))


@router.post("", status_code=201, responses=problems(ErrorCode.NOT_FOUND), summary="Keep a secret")
async def create_secret(object_id: UUID, body: NewSecret, access: Editor, served: Served) -> told.Secret:
    created = Secret(id=uuid7(), object_id=object_id, **body.model_dump(exclude={"value"}))
    SECRET_VALUE.put(created, served.cipher, body.value.get_secret_value())
    async with served.db.write() as session:
        await _object(session, object_id, access)
        await _check_owner(session, object_id, body)
        session.add(created)
        await session.flush()
        audit(session, access, "secret.created", "secret", created.id, {"object_id": object_id}, after=_audited(created))
        await session.refresh(created)
    return answers.secret(answers.columns_of(created))


@router.patch(
    "/{secret_id}", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION), summary="Change a secret's value or label"
)
async def change_secret(object_id: UUID, secret_id: UUID, body: SecretChange, access: Editor, served: Served) -> told.Secret:
    """What is visible of it now stays visible, with the value it had or has, until its minute is over."""
    value = body.value.get_secret_value() if body.value is not None else None
    async with served.db.write() as session:
        secret = await _locked(session, object_id, secret_id, body.version, access)
        before = _audited(secret)
        secret.label = body.label or secret.label
        if value is not None:
            SECRET_VALUE.put(secret, served.cipher, value)
        secret.version += 1
        await session.flush()
        await session.refresh(secret)
        detail = {"object_id": object_id, "new_value": value is not None}
        audit(session, access, "secret.changed", "secret", secret_id, detail, before=before, after=_audited(secret))
    return answers.secret(answers.columns_of(secret))


@router.delete(
    "/{secret_id}",
    status_code=204,
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION),
    summary="Forget a secret",
)
async def delete_secret(
    object_id: UUID,
    secret_id: UUID,
    access: Editor,
    served: Served,
    version: BasedOn,
) -> None:
    """Its value is wiped; that it was there, and who saw it, stays. What is visible of it stops being told."""
    async with served.db.write() as session:
        secret = await _locked(session, object_id, secret_id, version, access)
        before = _audited(secret)
        await secrets.wipe(session, secret)
        audit(session, access, "secret.deleted", "secret", secret_id, {"object_id": object_id}, before=before)


async def _object(session: AsyncSession, object_id: UUID, access: Access) -> None:
    access.check(object_id)
    if await objects.find_object(session, object_id) is None:
        raise Problem(ErrorCode.NOT_FOUND)


async def _locked(session: WriteSession, object_id: UUID, secret_id: UUID, version: int, access: Access) -> Secret:
    access.check(object_id)
    found = await secrets.lock_secret(session, secret_id)
    if found is None or found.object_id != object_id:
        raise Problem(ErrorCode.NOT_FOUND)
    expect(version, found.version, answers.secret(answers.columns_of(found)))
    return found


async def _check_owner(session: WriteSession, object_id: UUID, body: NewSecret) -> None:
    """A contact or panel that is named belongs to the object."""
    wrong = []
    if body.contact_id is not None and not await secrets.has_contact(session, object_id, body.contact_id):
        wrong.append({"field": "contact_id", "reason": "the object has no such contact"})
    if body.panel_id is not None and not await secrets.has_panel(session, object_id, body.panel_id):
        wrong.append({"field": "panel_id", "reason": "the object has no such panel"})
    if wrong:
        raise Problem(ErrorCode.VALIDATION, errors=wrong)


def _audited(secret: Secret) -> Mapping[str, Any]:
    return {name: getattr(secret, name) for name in _AUDITED}
