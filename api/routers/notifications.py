"""Addresses that notifications go to, a test of each, and the log of what was delivered (R-ESCALATE)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.encrypted import CHANNEL_SECRET
from activities.db.models.notification_channels import NotificationChannel
from activities.db.repositories import escalation_plans, notifications
from activities.db.repositories.notifications import Wanted
from activities.db.session import WriteSession
from activities.notify.deliver import Try
from api.audit import audit, told
from api.client import escalation as answer
from api.client.models import Page
from api.client.notification import Notification
from api.deps import Access, Served, require
from api.problems import Problem, expect, invalid, problems
from api.schemas import answers
from api.schemas.escalation import ChannelChange, NewChannel, check_address, check_secret
from api.schemas.escalation_answers import channel_answer, notification_answer
from api.schemas.parameters import BasedOn, Cursor, Limit, Since, Until, split
from workflows.contracts import names
from workflows.domain.errors import ErrorCode
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api", tags=["Escalation"])

Viewer = Annotated[Access, Depends(require(Permission.ESCALATION_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.ESCALATION_EDIT))]

_ONE_SENDER: Final = "The installation has a service account for push already: change that one."
_IN_USE: Final = "A policy rings this address: change the policy first."
_CHANGING: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION)


@router.get("/notification-channels", responses=problems(), summary="List addresses")
async def list_channels(
    access: Editor, served: Served, user_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[answer.NotificationChannel]:
    """Of people and of the installation, by label. Secrets are never told."""
    async with served.db.read() as session:
        rows = await escalation_plans.list_channels(session, user_id=user_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(channel_answer, rows.items))


@router.post("/notification-channels", status_code=201, responses=problems(ErrorCode.CONFLICT), summary="Add an address")
async def create_channel(body: NewChannel, access: Editor, served: Served) -> answer.NotificationChannel:
    created = NotificationChannel(id=uuid7(), **body.model_dump(exclude={"secret"}))
    CHANNEL_SECRET.put(created, served.cipher, body.secret.get_secret_value() if body.secret is not None else None)
    try:
        async with served.db.write() as session:
            if body.user_id is not None and not await escalation_plans.active_people(session, [body.user_id]):
                raise invalid("user_id", "no such active user")
            session.add(created)
            await session.flush()
            await session.refresh(created)
            audit(session, access, "channel.created", "channel", created.id, after=told(created))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _ONE_SENDER) from error
    return channel_answer(created)


@router.patch("/notification-channels/{channel_id}", responses=_CHANGING, summary="Change an address")
async def change_channel(channel_id: UUID, body: ChannelChange, access: Editor, served: Served) -> answer.NotificationChannel:
    """Only the members given change. What is on its way goes to the address it had."""
    async with served.db.write() as session:
        channel = await _locked(session, channel_id, body.version)
        before = told(channel)
        _apply(channel, body)
        if body.secret is not None:
            CHANNEL_SECRET.put(channel, served.cipher, body.secret.get_secret_value())
        channel.version += 1
        await session.flush()
        await session.refresh(channel)
        detail = {"new_secret": body.secret is not None}
        audit(session, access, "channel.changed", "channel", channel_id, detail, before=before, after=told(channel))
    return channel_answer(channel)


def _apply(channel: NotificationChannel, body: ChannelChange) -> None:
    """Raises VALIDATION for what does not fit its kind."""
    try:
        if body.address is not None:
            check_address(channel.kind, body.address)
        if body.secret is not None:
            check_secret(channel.kind, body.secret)
    except ValueError as error:
        field, _, reason = str(error).partition(": ")
        raise invalid(field, reason) from None
    for name, value in body.model_dump(exclude_unset=True, exclude={"version", "secret"}).items():
        setattr(channel, name, value)


@router.delete("/notification-channels/{channel_id}", status_code=204, responses=_CHANGING, summary="Delete an address")
async def delete_channel(channel_id: UUID, version: BasedOn, access: Editor, served: Served) -> None:
    """With its secret; what was delivered to it stays in the log. One that a policy rings is not deleted."""
    try:
        async with served.db.write() as session:
            channel = await _locked(session, channel_id, version)
            before = told(channel)
            await session.delete(channel)
            audit(session, access, "channel.deleted", "channel", channel_id, before=before)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _IN_USE) from error


@router.post(
    "/notification-channels/{channel_id}/test", responses=problems(ErrorCode.NOT_FOUND), summary="Send a test to an address"
)
async def test_channel(channel_id: UUID, access: Editor, served: Served) -> Notification:
    """Now, once; what the provider said. Push is tested with an app (`/api/push-devices/{device_id}/test`)."""
    async with served.db.write() as session:
        channel = await session.get(NotificationChannel, channel_id)
        if channel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        if channel.kind is Channel.PUSH:
            raise invalid("channel_id", "a service account reaches nobody by itself: test an app")
        audit(session, access, "channel.tested", "channel", channel_id)
    wanted = Try(
        channel=channel.kind,
        target_id=channel_id,
        user_id=channel.user_id,
        key=names.notification_key(str(uuid7()), 0, 0, channel_id),
        purpose=Purpose.TEST,
    )
    return notification_answer(answers.columns_of(await served.notifier.deliver(wanted)))


@router.get("/notifications", responses=problems(), summary="What was delivered, and what was not")
async def list_notifications(
    access: Viewer,
    served: Served,
    bundle_id: UUID | None = None,
    object_id: UUID | None = None,
    user_id: UUID | None = None,
    channel: Channel | None = None,
    status: Annotated[
        list[DeliveryStatus] | None, BeforeValidator(split), Query(description="Only these. Several: separated by commas.")
    ] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Notification]:
    """Every try, newest first. NOBODY: a whole level reached nobody, and `code` says why."""
    wanted = Wanted(
        bundle_id=bundle_id,
        object_id=object_id,
        user_id=user_id,
        channel=channel,
        statuses=status,
        since=since,
        until=until,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await notifications.list_notifications(session, wanted, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(notification_answer, rows.items))


async def _locked(session: WriteSession, channel_id: UUID, version: int) -> NotificationChannel:
    channel = await session.get(NotificationChannel, channel_id, with_for_update=True)
    if channel is None:
        raise Problem(ErrorCode.NOT_FOUND)
    expect(version, channel.version, channel_answer(channel))
    return channel
