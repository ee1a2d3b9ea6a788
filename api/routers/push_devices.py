"""One's own apps that can be woken (R-ESCALATE)."""

import hashlib
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from uuid_utils.compat import uuid7

from activities.db.audit import record
from activities.db.encrypted import DEVICE_TOKEN
from activities.db.models.push_devices import PushDevice
from activities.db.repositories import notifications
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from activities.notify.deliver import Try
from api.callers import Caller
from api.client import escalation as told
from api.client.notification import Notification
from api.deps import LoggedIn, Served
from api.problems import Problem, invalid, problems
from api.schemas import answers
from api.schemas.escalation import NewDevice
from api.schemas.escalation_answers import device_answer, notification_answer
from workflows.contracts import names
from workflows.domain.errors import ErrorCode
from workflows.domain.escalation import Channel, Purpose

router = APIRouter(prefix="/api/push-devices", tags=["Escalation"])

MOST: Final = 20  # of one user


@router.get("", responses=problems(), summary="One's own apps")
async def own_devices(caller: LoggedIn, served: Served) -> tuple[told.PushDevice, ...]:
    """Newest first, without their tokens."""
    async with served.db.read() as session:
        rows = await notifications.devices_of(session, caller.person.id)
    return tuple(map(device_answer, rows))


@router.post("", status_code=201, responses=problems(), summary="Register an app, or say that it is there")
async def register_device(body: NewDevice, caller: LoggedIn, served: Served) -> told.PushDevice:
    """The same token is the same app; whoever registers it last has it."""
    token = body.token.get_secret_value()
    async with served.db.write() as session:
        device = await notifications.device_with(session, _hash(token))
        if device is None:
            device = await _added(session, body, caller)
        DEVICE_TOKEN.put(device, served.cipher, token)
        device.user_id, device.label, device.in_background = caller.person.id, body.label, body.in_background
        device.last_seen_at = datetime.now(UTC)
        session.add(device)
        await session.flush()
        await session.refresh(device)
        _record(session, caller, "push_device.registered", device)
    return device_answer(device)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _added(session: WriteSession, body: NewDevice, caller: Caller) -> PushDevice:
    if len(await notifications.devices_of(session, caller.person.id)) >= MOST:
        raise invalid("token", f"{MOST} apps are registered already: delete one first")
    return PushDevice(id=uuid7(), platform=body.platform, token_hash=_hash(body.token.get_secret_value()))


@router.delete("/{device_id}", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="Forget an app")
async def delete_device(device_id: UUID, caller: LoggedIn, served: Served) -> None:
    async with served.db.write() as session:
        device = await _own(session, device_id, caller)
        await session.delete(device)
        _record(session, caller, "push_device.removed", device)


@router.post("/{device_id}/test", responses=problems(ErrorCode.NOT_FOUND), summary="Wake an app as a test")
async def test_device(device_id: UUID, caller: LoggedIn, served: Served) -> Notification:
    """Now, once; what the provider said. An app it no longer knows is forgotten."""
    async with served.db.write() as session:
        device = await _own(session, device_id, caller)
        _record(session, caller, "push_device.tested", device)
    wanted = Try(
        channel=Channel.PUSH,
        target_id=device_id,
        user_id=caller.person.id,
        key=names.notification_key(str(uuid7()), 0, 0, device_id),
        purpose=Purpose.TEST,
    )
    return notification_answer(answers.columns_of(await served.notifier.deliver(wanted)))


async def _own(session: WriteSession, device_id: UUID, caller: Caller) -> PushDevice:
    device = await session.get(PushDevice, device_id, with_for_update=True)
    if device is None or device.user_id != caller.person.id:
        raise Problem(ErrorCode.NOT_FOUND)
    return device


def _record(session: WriteSession, caller: Caller, action: str, device: PushDevice) -> None:
    detail = {"platform": device.platform, "in_background": device.in_background}
    request_id = current_request_id()
    record(session, action, "push_device", device.id, actor_id=caller.person.id, request_id=request_id, detail=detail)
