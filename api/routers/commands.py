"""Commands to panels: ordered here, carried out by their workflows, followed by anybody who may see the panel (R-CMD).

What is answered at once is that an order was taken; that a panel accepted it, and that it did it, comes later.
"""

import hashlib
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.satel_commands import SatelCommand
from activities.db.repositories import commands, objects, panel_parts, response_plans
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.client import commands as told
from api.client.models import Page
from api.command_actions import Away
from api.deps import Access, Served, require
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.commands import NewCommand, faults_at, faults_of
from api.schemas.parameters import CommandKinds, CommandSources, CommandStatuses, Cursor, Limit, Since, Until
from api.services import Services
from workflows.contracts.command import CommandOrder, ReleaseRequest
from workflows.domain.command import ENDED, GUARDED, PERMISSIONS, TARGETS, ArmMode, CommandSource, CommandStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission, Scope
from workflows.domain.two_person import needs_second, refuse_release

router = APIRouter(prefix="/api", tags=["Commands"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
# Of these the one that the command's kind needs, which the route sees to
Commander = Annotated[Access, Depends(require(Permission.PANEL_COMMAND, Permission.PANEL_ARM, Permission.PANEL_DISARM))]
CommandId = Annotated[UUID, Path(description="The command's id.")]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        description="One order has one key: sent again with the same key, it is not ordered again.",
    ),
]

_ORDERING: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)
_USED: Final = "This Idempotency-Key was used for another order."
_NOT_STARTED: Final = "The command cannot be given right now; it was not sent, and will not be. Try again with a new key."


@router.post("/commands/satel", status_code=202, responses=_ORDERING, summary="Order a command")
async def order_command(body: NewCommand, access: Commander, served: Served, key: Key) -> told.Command:
    """Taken, not done: `command.updated` and `GET …/{command_id}` tell how it comes out. ACK says that the panel accepted it,
    `confirmed_at` that the panel's own state showed the effect. A 503 has ended as TIMEOUT, NOT_STARTED, whatever is tried
    later."""
    _needs(access, PERMISSIONS[body.kind])
    if faults := faults_of(body):
        raise Problem(ErrorCode.VALIDATION, errors=faults)
    row = await _taken(body, access, served, key)
    if row.status not in ENDED and row.begun_at is None:
        await _start(row, served)
    return await _found(row.id, access, served)


@router.post("/satel/command", status_code=202, responses=_ORDERING, summary="Order a command (another address for the same)")
async def order_satel_command(body: NewCommand, access: Commander, served: Served, key: Key) -> told.Command:
    """As `POST /api/commands/satel`."""
    return await order_command(body, access, served, key)


@router.get("/commands", responses=problems(), summary="List commands")
async def list_commands(
    access: Viewer,
    served: Served,
    object_id: UUID | None = None,
    panel_id: UUID | None = None,
    status: CommandStatuses = None,
    kind: CommandKinds = None,
    source: CommandSources = None,
    requested_by: UUID | None = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[told.Command]:
    """Newest first. `from` and `to` are about when it was ordered."""
    async with served.db.read() as session:
        rows = await commands.list_commands(
            session,
            only_objects=access.only_objects,
            object_id=object_id,
            panel_id=panel_id,
            requested_by=requested_by,
            statuses=status,
            kinds=kind,
            sources=source,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
        )
    return answers.page_of(rows, [answers.command(row, served.settings) for row in rows.items])


async def _no_word(request: Request) -> None:
    """`/commands/satel` takes orders, and is none of them."""
    if request.path_params["command_id"] == "satel":
        raise HTTPException(405)


@router.get(
    "/commands/{command_id}",
    responses=problems(ErrorCode.NOT_FOUND),
    dependencies=[Depends(_no_word)],
    summary="One command",
)
async def command(command_id: CommandId, access: Viewer, served: Served) -> told.Command:
    """With where Temporal shows its history."""
    return await _found(command_id, access, served)


@router.post(
    "/commands/{command_id}/release",
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.SAME_PERSON, ErrorCode.NOT_WAITING, ErrorCode.TEMPORAL_UNAVAILABLE),
    summary="Agree as the second person",
)
async def release_command(command_id: CommandId, access: Commander, served: Served) -> told.Command:
    """By somebody who may give such a command, and is not who asked; within two minutes of the asking."""
    found = await _found(command_id, access, served)
    _needs(access, PERMISSIONS[found.kind])
    waiting = found.status is CommandStatus.AWAITING_RELEASE
    refusal = refuse_release(requested_by=found.requested_by, actor=access.user_id, waiting=waiting)
    if refusal is None:
        request = ReleaseRequest(actor_id=access.user_id, request_id=current_request_id())
        try:
            refusal = await served.commands.release(command_id, request)
        except Away:
            raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=2) from None
    answer = await _found(command_id, access, served)
    if refusal is not None:
        raise Problem(ErrorCode(refusal.value), current=as_json(answer))
    return answer


def _needs(access: Access, permission: Permission) -> None:
    if access.caller.scope(permission) is Scope.NONE:
        raise Problem(ErrorCode.FORBIDDEN)


async def _taken(body: NewCommand, access: Access, served: Services, key: str) -> SatelCommand:
    """The row of this order: there already, or new, with its audit row and push in one transaction."""
    given = hashlib.sha256(body.model_dump_json().encode()).digest()
    try:
        async with served.db.write() as session:
            row = await commands.find_by_key(session, access.user_id, key)
            if row is None:
                order = await _order(session, body, access, served)
                row = await commands.add(session, order, key=key, body_hash=given)
    except IntegrityError:  # the same order came twice at once
        async with served.db.read() as session:
            found = await commands.find_by_key(session, access.user_id, key)
        if found is None:
            raise
        row = found
    if row.body_hash != given:
        raise Problem(ErrorCode.CONFLICT, _USED)
    return row


async def _order(session: WriteSession, body: NewCommand, access: Access, served: Services) -> CommandOrder:
    panel = await objects.find_panel(session, body.panel_id)
    if panel is None or not access.caller.may(PERMISSIONS[body.kind], panel.object_id):
        raise Problem(ErrorCode.NOT_FOUND, "There is no such panel.")
    known = await panel_parts.known_numbers(session, panel.id, TARGETS[body.kind])
    if faults := faults_at(body, known):
        raise Problem(ErrorCode.VALIDATION, errors=faults)
    config = await response_plans.alarm_config(session, panel.object_id)
    return CommandOrder(
        command_id=uuid7(),
        object_id=panel.object_id,
        panel_id=panel.id,
        kind=body.kind,
        source=CommandSource.OPERATOR,
        numbers=tuple(sorted(body.numbers)),
        arm_mode=body.arm_mode or ArmMode.FULL,
        forced=body.forced,
        requested_by=access.user_id,
        two_person=needs_second(GUARDED.get(body.kind), object_wants=bool(config.two_person), flags=served.flags),
        request_id=current_request_id(),
    )


async def _start(row: SatelCommand, served: Services) -> None:
    """A command whose workflow does not start is over: it must not come to life when nobody waits for it."""
    try:
        await served.commands.start(commands.order_of(row))
    except Away:
        async with served.db.write() as session:
            row = await commands.give_up(session, row.id)
        if row.begun_at is None:
            raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, _NOT_STARTED, retry_after=2) from None


async def _found(command_id: UUID, access: Access, served: Services) -> told.Command:
    async with served.db.read() as session:
        row = await commands.find(session, command_id)
    if row is None or not access.caller.may(Permission.PANEL_VIEW, row["object_id"]):
        raise Problem(ErrorCode.NOT_FOUND)
    return answers.command(row, served.settings)
