"""Call-backs: set here, rung and decided by their workflow (R-HISTORY)."""

from typing import Annotated, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.callbacks import CallbackRow
from activities.db.repositories import alarms, callbacks, objects
from activities.db.repositories.callbacks import CallbackFilter
from activities.infra.log import current_request_id
from api.callbacks import add
from api.client.dispatch import Callback
from api.client.models import Page
from api.deps import Access, Served, require
from api.journal import key_spent
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.dispatch import Decided, Key, NewCallback, Postponed, States
from api.schemas.parameters import Cursor, Limit, Until
from api.services import Services
from api.updates import NotDone, Refused
from workflows.contracts.callback import DecisionRequest
from workflows.domain.callback import OPEN, Decision, Refusal
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/callbacks", tags=["Dispatch"])

Reader = Annotated[Access, Depends(require(Permission.ALARM_VIEW))]
Dispatcher = Annotated[Access, Depends(require(Permission.DISPATCH_WRITE))]

_DECIDING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)
_KEYS: Final = UUID("b0a3a0c5-6f0a-5d0e-9a55-2f6f3c1d7e42")  # namespace of ids made from Idempotency-Keys
_RETRY_AFTER: Final = 2  # s


@router.post("", status_code=201, responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT), summary="Set a call-back")
async def set_callback(body: NewCallback, access: Dispatcher, served: Served, key: Key = None) -> Callback:
    """It rings at `due_at` on the screens of whoever may write into the journal then, and again every five minutes for an hour
    while nobody does anything about it. Kept also while Temporal is away. The end of its alarm does not end it."""
    async with served.db.write() as session:
        object_id = await _about(session, body, access)
        answer = await _told(session, await add(session, access, body, object_id, key))
    if (answer.object_id, answer.bundle_id) != (object_id, body.bundle_id):
        raise key_spent()
    return answer


async def _about(session: AsyncSession, body: NewCallback, access: Access) -> UUID:
    if body.bundle_id is not None:
        alarm = await alarms.find_alarm(session, body.bundle_id)
        found = None if alarm is None else alarm["object_id"]
    else:
        assert body.object_id is not None, "the body has one of the two"
        found = body.object_id if await objects.find_object(session, body.object_id) is not None else None
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(found)
    return UUID(str(found))


@router.get("", responses=problems(), summary="List call-backs")
async def list_callbacks(
    access: Reader,
    served: Served,
    state: States = None,
    object_id: UUID | None = None,
    bundle_id: UUID | None = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Callback]:
    """What has been due longest first; then what will be. `to`: due before."""
    chosen = CallbackFilter(
        states=OPEN if state is None else state,
        object_id=object_id,
        bundle_id=bundle_id,
        due_until=until,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await callbacks.list_callbacks(session, chosen, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.callback, rows.items))


@router.get("/{callback_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One call-back")
async def callback(callback_id: UUID, access: Reader, served: Served) -> Callback:
    async with served.db.read() as session:
        return await _seen(session, callback_id, access)


@router.post("/{callback_id}/done", responses=_DECIDING, summary="Somebody called")
async def callback_done(callback_id: UUID, body: Decided, access: Dispatcher, served: Served, key: Key = None) -> Callback:
    return await _decide(served, access, callback_id, Decision.DONE, body.version, key)


@router.post("/{callback_id}/cancel", responses=_DECIDING, summary="Nobody need call any more")
async def callback_cancel(callback_id: UUID, body: Decided, access: Dispatcher, served: Served, key: Key = None) -> Callback:
    return await _decide(served, access, callback_id, Decision.CANCEL, body.version, key)


@router.post("/{callback_id}/postpone", responses=_DECIDING, summary="Later")
async def callback_postpone(
    callback_id: UUID, body: Postponed, access: Dispatcher, served: Served, key: Key = None
) -> Callback:
    """It rings again as if it were new."""
    return await _decide(served, access, callback_id, Decision.POSTPONE, body.version, key, minutes=body.minutes)


async def _decide(
    served: Services,
    access: Access,
    callback_id: UUID,
    decision: Decision,
    version: int,
    key: str | None,
    *,
    minutes: int = 0,
) -> Callback:
    """An update of its workflow, answered with the row as it then is."""
    decision_id = uuid5(_KEYS, f"{access.user_id}:{callback_id}:{decision}:{key}") if key else uuid7()
    async with served.db.read() as session:
        before = await _seen(session, callback_id, access)
        row = await session.get_one(CallbackRow, callback_id)
    if row.decision_id == decision_id:
        return before
    if before.state not in OPEN:  # its workflow has ended; nothing is started for it any more
        raise _refusal(Refusal.STALE_VERSION if version != before.version else Refusal.OVER, before)
    request = DecisionRequest(
        decision_id=decision_id,
        actor_id=access.user_id,
        expected_version=version,
        minutes=minutes,
        request_id=current_request_id(),
    )
    try:
        await served.callbacks.decide(callback_id, before.object_id, decision, request)
    except NotDone as error:
        raise Problem(error.code, retry_after=_RETRY_AFTER) from error
    except Refused as error:
        async with served.db.read() as session:
            raise _refusal(Refusal(error.word), await _told(session, callback_id)) from None
    async with served.db.read() as session:
        return await _told(session, callback_id)


def _refusal(refusal: Refusal, now: Callback) -> Problem:
    return Problem(ErrorCode(refusal.value), current=as_json(now))


async def _seen(session: AsyncSession, callback_id: UUID, access: Access) -> Callback:
    found = await callbacks.find_callback(session, callback_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(found["object_id"])
    return answers.callback(found)


async def _told(session: AsyncSession, callback_id: UUID) -> Callback:
    found = await callbacks.find_callback(session, callback_id)
    assert found is not None, "a call-back is never deleted"
    return answers.callback(found)
