"""Alarms: the list, one, its story, and what operators do with it (R-BUNDLE)."""

from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Header, Path, Query
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.objects import GuardedObject
from activities.db.repositories import alarms, dispatch, notifications
from activities.db.repositories.alarms import AlarmFilter, AlarmOrder, EventFilter
from activities.db.repositories.service_modes import service_until
from activities.infra.log import current_request_id
from api.bundle_actions import Target
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.parameters import AlarmTypes, Cursor, Limit, Priorities, Search, Since, Statuses, Until
from api.schemas.requests import Act, AddNote, Resolve, TakeOver
from api.services import Services
from api.updates import NotDone, Refused
from workflows.contracts.bundle import ActionRequest
from workflows.domain.bundle import OPEN, Action, BundleStatus, Refusal, ResultCode
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Scope

router = APIRouter(prefix="/api/alarms", tags=["Alarms"])

_EVENTS_SHOWN: Final = 100
_EVENTS_TOLD: Final = 1_000  # of a timeline
_NOTIFICATIONS_TOLD: Final = 500
_RETRY_AFTER: Final = 2  # s
_KEYS: Final = UUID("7b1d2f64-0f0e-5c55-8f43-6a1b1f0b9a3e")  # namespace of ids made from Idempotency-Keys

Viewer = Annotated[Access, Depends(require(Permission.ALARM_VIEW))]
Handler = Annotated[Access, Depends(require(Permission.ALARM_HANDLE))]
AlarmId = Annotated[UUID, Path(description="The alarm's (bundle's) id.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        description="The same key asks for the answer of the same action again, however often it is sent.",
    ),
]

_ACTING = problems(
    ErrorCode.NOT_FOUND,
    ErrorCode.STALE_VERSION,
    ErrorCode.WRONG_STATUS,
    ErrorCode.NOT_OWNER,
    ErrorCode.NOTE_REQUIRED,
    ErrorCode.TEMPORAL_UNAVAILABLE,
)


@router.get("", responses=problems(), summary="List alarms")
async def list_alarms(
    access: Viewer,
    served: Served,
    status: Statuses = None,
    open: Annotated[  # noqa: A002 - the contract's word
        bool | None, Query(description="true: everything but CLOSED; false: only CLOSED.")
    ] = None,
    priority: Priorities = None,
    alarm_type: AlarmTypes = None,
    object_id: UUID | None = None,
    q: Search = None,
    since: Since = None,
    until: Until = None,
    order: Annotated[
        AlarmOrder, Query(description="urgency: the most urgent first, and of those the oldest; newest: as they opened.")
    ] = AlarmOrder.URGENCY,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[models.AlarmSummary]:
    """What a dispatcher works on. `from` and `to` are about when the alarm opened."""
    chosen = AlarmFilter(
        statuses=_statuses(status, open),
        priorities=priority,
        alarm_types=alarm_type,
        object_id=object_id,
        text=q,
        opened_from=since,
        opened_to=until,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await alarms.list_alarms(session, chosen, order=order, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.alarm, rows.items))


def _statuses(status: list[BundleStatus] | None, is_open: bool | None) -> set[BundleStatus] | None:
    if is_open is None:
        return set(status) if status else None
    wanted = set(OPEN) if is_open else {BundleStatus.CLOSED}
    return wanted & set(status) if status else wanted


@router.get("/{alarm_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One alarm")
async def alarm(alarm_id: AlarmId, access: Viewer, served: Served) -> models.AlarmDetail:
    """With its object, the newest 100 events, the notes, what the caller may do with it, and where Temporal shows it."""
    async with served.db.read() as session:
        row = await _found(session, alarm_id, access)
        found = await session.get_one(GuardedObject, row["object_id"])  # also one that was deleted since
        guarded = answers.stored_object(found, await service_until(session, found.id))
        chosen = EventFilter(bundle_id=alarm_id)
        events = await alarms.list_events(session, chosen, cursor=None, limit=_EVENTS_SHOWN)
        notes = await alarms.notes_of(session, alarm_id)
    return answers.alarm_detail(
        row, guarded, events=events.items, notes=notes, allowed=_allowed(row, access), settings=served.settings
    )


def _allowed(row: Any, access: Access) -> tuple[Action, ...]:
    if not access.caller.may(Permission.ALARM_HANDLE, row["object_id"]):
        return ()
    return answers.allowed_actions(row, access.user_id, may_override=_may_override(access))


def _may_override(access: Access) -> bool:
    return access.caller.scope(Permission.ALARM_OVERRIDE) is not Scope.NONE


@router.get("/{alarm_id}/timeline", responses=problems(ErrorCode.NOT_FOUND), summary="The story of an alarm")
async def timeline(alarm_id: AlarmId, access: Viewer, served: Served) -> models.Timeline:
    """Events, what people and timers did, notes, the dispatcher's journal, who was notified (or that nobody was), and what is
    scheduled next; oldest first, at most the newest 1 000 events and lines of the journal, and 500 notifications."""
    async with served.db.read() as session:
        row = await _found(session, alarm_id, access)
        events = await alarms.list_events(session, EventFilter(bundle_id=alarm_id), cursor=None, limit=_EVENTS_TOLD)
        actions = await alarms.actions_of(session, alarm_id)
        notes = await alarms.notes_of(session, alarm_id)
        journal = await dispatch.entries_of(session, alarm_id, limit=_EVENTS_TOLD)
        delivered = await notifications.of_bundle(session, alarm_id, limit=_NOTIFICATIONS_TOLD)
    return answers.timeline(
        row,
        events=events.items,
        actions=actions,
        notes=notes,
        journal=journal,
        delivered=delivered,
        settings=served.settings,
    )


async def _found(session: AsyncSession, alarm_id: UUID, access: Access) -> Any:
    row = await alarms.find_alarm(session, alarm_id)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(row["object_id"])
    return row


# -- what operators do


@router.post("/{alarm_id}/claim", responses=_ACTING, summary="NEW → CLAIMING: it is mine")
async def claim(alarm_id: AlarmId, body: Act, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    """For 30 seconds; without `start` it goes back to NEW."""
    return await _act(served, access, alarm_id, Action.CLAIM, body, key)


@router.post("/{alarm_id}/start", responses=_ACTING, summary="CLAIMING → IN_PROGRESS: the card is open")
async def start(alarm_id: AlarmId, body: Act, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    return await _act(served, access, alarm_id, Action.START, body, key)


@router.post("/{alarm_id}/release", responses=_ACTING, summary="CLAIMING, IN_PROGRESS → NEW: somebody else shall take it")
async def release(alarm_id: AlarmId, body: Act, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    return await _act(served, access, alarm_id, Action.RELEASE, body, key)


@router.post("/{alarm_id}/take-over", responses=_ACTING, summary="What somebody else holds is mine from now on")
async def take_over(alarm_id: AlarmId, body: TakeOver, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    """IN_PROGRESS, ACK or RESOLVED keep their status. The reason stands in the alarm's story for both to read."""
    return await _act(served, access, alarm_id, Action.TAKE_OVER, body, key)


@router.post("/{alarm_id}/ack", responses=_ACTING, summary="IN_PROGRESS → ACK: it is being dealt with")
async def ack(alarm_id: AlarmId, body: Act, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    """With a note where the alarm says `requires_note` (temperature)."""
    return await _act(served, access, alarm_id, Action.ACK, body, key)


@router.post("/{alarm_id}/resolve", responses=_ACTING, summary="ACK → RESOLVED: it is over")
async def resolve(alarm_id: AlarmId, body: Resolve, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    """Closes by itself after 30 minutes without activity. A new event opens a new alarm."""
    return await _act(served, access, alarm_id, Action.RESOLVE, body, key, result_code=body.result_code)


@router.post("/{alarm_id}/close", responses=_ACTING, summary="RESOLVED → CLOSED")
async def close(alarm_id: AlarmId, body: Act, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    return await _act(served, access, alarm_id, Action.CLOSE, body, key)


@router.post("/{alarm_id}/notes", responses=_ACTING, summary="Add a note")
async def add_note(alarm_id: AlarmId, body: AddNote, access: Handler, served: Served, key: Key = None) -> models.AlarmSummary:
    return await _act(served, access, alarm_id, Action.ADD_NOTE, Act(version=body.version, note=body.text), key)


async def _act(
    served: Services,
    access: Access,
    alarm_id: UUID,
    action: Action,
    body: Act,
    key: str | None,
    *,
    result_code: ResultCode | None = None,
) -> models.AlarmSummary:
    """An update of the alarm's workflow, answered with the row as it then is."""
    async with served.db.read() as session:
        row = await _found(session, alarm_id, access)
        action_id = _action_id(access.user_id, alarm_id, action, key)
        done = row["status"] is BundleStatus.CLOSED and await session.get(BundleAction, action_id) is not None
    if row["status"] is BundleStatus.CLOSED:  # its workflow has ended; nothing is started for it any more
        if done:
            return answers.alarm(row)
        raise _refusal(Refusal.WRONG_STATUS if body.version == row["version"] else Refusal.STALE_VERSION, row)
    request = ActionRequest(
        action_id=action_id,
        actor_id=access.user_id,
        expected_version=body.version,
        may_override=_may_override(access),
        note_id=await _store_note(served, alarm_id, action_id, access.user_id, body.note),
        result_code=result_code,
        request_id=current_request_id(),
    )
    await _update(served, row, action, request)
    async with served.db.read() as session:
        return answers.alarm(await alarms.find_alarm(session, alarm_id) or row)


async def _update(served: Services, row: Any, action: Action, request: ActionRequest) -> None:
    target = Target(
        bundle_id=row["id"],
        object_id=row["object_id"],
        alarm_type=row["alarm_type"],
        status=row["status"],
        priority=row["priority"],
    )
    try:
        await served.actions.act(target, action, request)
    except NotDone as error:
        raise Problem(error.code, retry_after=_RETRY_AFTER) from error
    except Refused as error:
        await _forget_note(served, request.note_id)
        async with served.db.read() as session:
            raise _refusal(Refusal(error.word), await alarms.find_alarm(session, row["id"])) from None


def _refusal(refusal: Refusal, row: Any) -> Problem:
    code = ErrorCode(refusal.value)
    return Problem(code, current=None if code is ErrorCode.NOTE_REQUIRED else as_json(answers.alarm(row)))


def _action_id(user_id: UUID, alarm_id: UUID, action: Action, key: str | None) -> UUID:
    return uuid5(_KEYS, f"{user_id}:{alarm_id}:{action}:{key}") if key else uuid7()


async def _store_note(served: Services, alarm_id: UUID, action_id: UUID, author_id: UUID, text: str | None) -> UUID | None:
    """The text of people never enters a workflow's history: it is stored first, and only its id travels. The note shows once
    an accepted action names it."""
    if text is None:
        return None
    note_id = uuid5(action_id, "note")
    note = insert(BundleNote).values(id=note_id, bundle_id=alarm_id, author_id=author_id, text=text)
    async with served.db.write() as session:
        await session.execute(note.on_conflict_do_nothing())
    return note_id


async def _forget_note(served: Services, note_id: UUID | None) -> None:
    if note_id is None:
        return
    used = BundleAction.note_id == note_id
    async with served.db.write() as session:
        if await session.scalar(BundleAction.__table__.select().where(used)) is None:
            await session.execute(delete(BundleNote).where(BundleNote.id == note_id))
