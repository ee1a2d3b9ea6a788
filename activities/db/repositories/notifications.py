"""What was delivered, to whom, and what was not (R-ESCALATE)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.notification_log import NotificationAttempt
from activities.db.models.push_devices import PushDevice
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.bundle import BundleStatus
from workflows.domain.escalation import Channel, DeliveryStatus

_N: Final = NotificationAttempt.__table__.c
_NEWEST: Final = Order((Key(_N.at, datetime), Key(_N.id, UUID)), descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """None: whatever. `only_objects` is the scope of who asks."""

    bundle_id: UUID | None = None
    object_id: UUID | None = None
    user_id: UUID | None = None
    channel: Channel | None = None
    statuses: Collection[DeliveryStatus] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_objects: Collection[UUID] | None = None


async def list_notifications(session: AsyncSession, wanted: Wanted, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(NotificationAttempt.__table__).where(*_conditions(wanted))
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_labelled)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = {
        _N.bundle_id: wanted.bundle_id,
        _N.object_id: wanted.object_id,
        _N.user_id: wanted.user_id,
        _N.channel: wanted.channel,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.statuses is not None:
        found.append(_N.status.in_(list(wanted.statuses)))
    if wanted.since is not None:
        found.append(_N.at >= wanted.since)
    if wanted.until is not None:
        found.append(_N.at < wanted.until)
    if wanted.only_objects is not None:
        found.append(_N.object_id.in_(list(wanted.only_objects)))
    return found


async def of_bundle(session: AsyncSession, bundle_id: UUID, *, limit: int) -> Sequence[RowMapping]:
    """The newest, oldest first, with the names of whom they were for."""
    newest = select(NotificationAttempt.__table__).where(_N.bundle_id == bundle_id)
    rows = newest.order_by(_N.at.desc(), _N.id.desc()).limit(limit).subquery("page")
    found: Sequence[RowMapping] = (await session.execute(_named(rows).order_by(rows.c.at, rows.c.id))).mappings().all()
    return found


async def purge(session: WriteSession, *, older_than: timedelta, limit: int) -> int:
    """Remove the oldest tries, at most ``limit``; how many. Those about an alarm that is not closed stay: they are its story,
    and what keeps its escalation from ringing twice."""
    old = (
        select(_N.id)
        .outerjoin(BundleAlarm, BundleAlarm.id == _N.bundle_id)
        .where(_N.at < func.now() - older_than, BundleAlarm.id.is_(None) | (BundleAlarm.status == BundleStatus.CLOSED))
        .order_by(_N.at, _N.id)
        .limit(limit)
    )
    gone = delete(NotificationAttempt).where(NotificationAttempt.id.in_(old)).returning(NotificationAttempt.id)
    return len((await session.scalars(gone, execution_options={"synchronize_session": False})).all())


def _named(rows: Subquery) -> Select[Any]:
    return select(rows, User.display_name.label("user_name")).outerjoin(User, User.id == rows.c.user_id)


def _labelled(rows: Subquery) -> Select[Any]:
    address = NotificationChannel.id == rows.c.target_id
    return _named(rows).outerjoin(NotificationChannel, address).add_columns(NotificationChannel.label.label("target_label"))


async def devices_of(session: AsyncSession, user_id: UUID) -> Sequence[PushDevice]:
    """Newest first."""
    query = select(PushDevice).where(PushDevice.user_id == user_id)
    return (await session.scalars(query.order_by(PushDevice.id.desc()))).all()


async def device_with(session: AsyncSession, token_hash: bytes) -> PushDevice | None:
    """Locked, whoever's it is."""
    query = select(PushDevice).where(PushDevice.token_hash == token_hash).with_for_update()
    return (await session.scalars(query)).first()
