"""Policies: which levels ring, when, and whom (R-ESCALATE)."""

from collections.abc import Iterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.escalation_policies import EscalationPolicy
from activities.db.repositories import escalation, escalation_plans, objects
from activities.db.session import WriteSession
from api.audit import audit
from api.client import escalation as told
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, problems
from api.schemas import answers
from api.schemas.escalation import NewPolicy, Policy
from api.schemas.escalation_answers import policy_answer
from api.schemas.parameters import BasedOn, Cursor, Limit
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/escalation-policies", tags=["Escalation"])

Viewer = Annotated[Access, Depends(require(Permission.ESCALATION_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.ESCALATION_EDIT))]

_TAKEN: Final = "There is a policy of this name already, another default one, or an object has a policy of its own already."
_CHANGING: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION)


@router.get("", responses=problems(), summary="List escalation policies")
async def list_policies(
    access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50
) -> Page[told.EscalationPolicy]:
    """By name."""
    async with served.db.read() as session:
        rows = await escalation_plans.list_policies(session, cursor=cursor, limit=limit)
        found = [await _told(session, row["id"]) for row in rows.items]
    return answers.page_of(rows, found)


@router.post("", status_code=201, responses=problems(ErrorCode.CONFLICT), summary="Add an escalation policy")
async def create_policy(body: NewPolicy, access: Editor, served: Served) -> told.EscalationPolicy:
    """Counts from the next alarm, release or repetition on."""
    created = EscalationPolicy(id=uuid7(), **_members(body))
    try:
        async with served.db.write() as session:
            await _check(session, body)
            session.add(created)
            await session.flush()
            await escalation_plans.put_parts(session, created, list(_steps(body)), body.object_ids)
            answer = await _told(session, created.id)
            audit(session, access, "escalation_policy.created", "escalation_policy", created.id, after=as_json(answer))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answer


@router.get("/{policy_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One escalation policy")
async def one_policy(policy_id: UUID, access: Viewer, served: Served) -> told.EscalationPolicy:
    async with served.db.read() as session:
        if await session.get(EscalationPolicy, policy_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return await _told(session, policy_id)


@router.put("/{policy_id}", responses=_CHANGING, summary="Change an escalation policy")
async def put_policy(policy_id: UUID, body: Policy, access: Editor, served: Served) -> told.EscalationPolicy:
    """As a whole. An escalation under way takes it over with its next round; whom a level reaches counts at once."""
    try:
        async with served.db.write() as session:
            policy = await _locked(session, policy_id, body.version)
            before = await _told(session, policy_id)
            await _check(session, body)
            for name, value in _members(body).items():
                setattr(policy, name, value)
            policy.version += 1
            await session.flush()
            await escalation_plans.put_parts(session, policy, list(_steps(body)), body.object_ids)
            await session.refresh(policy)
            answer = await _told(session, policy_id)
            changes = {"before": as_json(before), "after": as_json(answer)}
            audit(session, access, "escalation_policy.changed", "escalation_policy", policy_id, **changes)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answer


@router.delete("/{policy_id}", status_code=204, responses=_CHANGING, summary="Delete an escalation policy")
async def delete_policy(policy_id: UUID, version: BasedOn, access: Editor, served: Served) -> None:
    """Its objects fall back to the default one. Without any, every critical alarm says that nobody was notified."""
    async with served.db.write() as session:
        policy = await _locked(session, policy_id, version)
        before = as_json(await _told(session, policy_id))
        await session.delete(policy)
        audit(session, access, "escalation_policy.deleted", "escalation_policy", policy_id, before=before)


async def _locked(session: WriteSession, policy_id: UUID, version: int) -> EscalationPolicy:
    policy = await session.get(EscalationPolicy, policy_id, with_for_update=True)
    if policy is None:
        raise Problem(ErrorCode.NOT_FOUND)
    expect(version, policy.version, await _told(session, policy_id))
    return policy


async def _told(session: AsyncSession, policy_id: UUID) -> told.EscalationPolicy:
    policy = await session.get_one(EscalationPolicy, policy_id)
    steps = await escalation.steps_of(session, policy_id)
    names = await escalation_plans.targets_of(session, steps)
    return policy_answer(policy, steps, await escalation_plans.objects_of(session, policy_id), names)


def _members(body: NewPolicy) -> dict[str, Any]:
    return body.model_dump(exclude={"version", "levels", "object_ids"})


def _steps(body: NewPolicy) -> Iterator[dict[str, Any]]:
    for number, level in enumerate(body.levels, 1):
        for position, step in enumerate(level.steps):
            yield {"level": number, "position": position, "after_seconds": level.after_seconds, **step.model_dump()}


async def _check(session: WriteSession, body: NewPolicy) -> None:
    """What steps and objects name is there. Raises VALIDATION with each that is not."""
    steps = {f"levels.{n}.steps.{m}": step for n, level in enumerate(body.levels) for m, step in enumerate(level.steps)}
    people = await escalation_plans.active_people(session, [one.user_id for one in steps.values() if one.user_id])
    rotas = await escalation_plans.rotas_among(session, [one.rota_id for one in steps.values() if one.rota_id])
    kinds = await escalation_plans.kinds_of(session, [one.address_id for one in steps.values() if one.address_id])
    wrong = [
        *((f"{where}.user_id", "no such active user") for where, one in steps.items() if one.user_id not in {None, *people}),
        *((f"{where}.rota_id", "no such rota") for where, one in steps.items() if one.rota_id not in {None, *rotas}),
        *(
            (f"{where}.address_id", f"no such {one.channel} address")
            for where, one in steps.items()
            if one.address_id is not None and kinds.get(one.address_id) is not one.channel
        ),
    ]
    for place, object_id in enumerate(body.object_ids):
        if await objects.find_object(session, object_id) is None:
            wrong.append((f"object_ids.{place}", "no such object"))
    if wrong:
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": field, "reason": reason} for field, reason in wrong])
