"""Rows as the dataclasses of the SDK: what the server answers and what a client decodes have one definition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import RowMapping

from activities.db.audit_chain import Broken, Check, Head
from activities.db.models.object_alarm_config import ObjectAlarmConfig
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.panel_releases import PanelRelease as ReleaseRow
from activities.db.models.panels import Panel as PanelRow
from activities.db.models.zones import Zone as ZoneRow
from activities.db.repositories.paging import Rows
from activities.infra.settings import Settings
from activities.live_state import LivePanel
from api.client import models, object_admin
from api.client.audit import AuditBreak, AuditCheck, AuditEntry, AuditFault
from api.client.commands import Command
from api.client.dispatch import Callback
from api.client.notification import Notification
from api.client.panel_releases import PanelRelease
from api.client.secrets import Reveal, Secret
from api.client.service_modes import ServiceMode
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Priority, Source
from workflows.domain.bundle import TIMER_ACTIONS, Action, Attempt, BundleState, Refusal, decide, due, next_timer
from workflows.domain.callback import state_at as callback_state_at
from workflows.domain.command import ArmMode, CommandReason
from workflows.domain.event_texts import event_text
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Permission, Role, Scope, scope_of
from workflows.domain.reveal import RevealState, SecretKind, state_at

T = TypeVar("T")
Row = Mapping[Any, Any]  # a RowMapping, or columns by name


def page_of(rows: Rows[RowMapping], items: Iterable[T]) -> models.Page[T]:
    return models.Page(items=tuple(items), next_cursor=rows.next_cursor)


def same_named(answer: type[T], row: Row, **more: Any) -> T:
    """A dataclass from the columns of its members' names."""
    named = {member.name: row[member.name] for member in fields(answer) if member.name in row}  # type: ignore[arg-type]
    return answer(**{**named, **more})


def text_of(code: int, *, restore: bool) -> models.Text:
    return models.Text(en=event_text(code, restore=restore, language="en"), pl=event_text(code, restore=restore, language="pl"))


# -- alarms


def state_of(row: Row) -> BundleState:
    return same_named(BundleState, row)


def alarm(row: Row) -> models.AlarmSummary:
    return models.AlarmSummary(**_alarm(row))


def _alarm(row: Row) -> dict[str, Any]:
    state = state_of(row)
    members = {member.name: row[member.name] for member in fields(models.AlarmSummary) if member.name in row}
    return members | {
        "headline": _headline(row),
        "claim_expires_at": due(state, Action.EXPIRE_CLAIM),
        "auto_close_at": due(state, Action.AUTO_CLOSE),
    }


def _headline(row: Row) -> models.Headline:
    told = row["headline"]
    return models.Headline(
        code=told["code"],
        source_kind=Source(told["source_kind"]),
        source_number=told["source_number"],
        partition=told.get("partition"),
        panel_id=UUID(told["panel_id"]) if told.get("panel_id") else None,
        recovered=told.get("recovered", False),
        source_name=row["source_name"],
        text=text_of(told["code"], restore=False),
    )


def alarm_detail(
    row: Row,
    guarded: models.Object,
    *,
    events: Sequence[Row],
    notes: Sequence[Row],
    allowed: tuple[Action, ...],
    settings: Settings,
) -> models.AlarmDetail:
    return models.AlarmDetail(
        **_alarm(row),
        object=guarded,
        workflow_id=names.bundle_workflow_id(row["id"]),
        temporal_url=temporal_url(settings, row["id"]),
        events=tuple(event(one) for one in events),
        notes=tuple(note(one) for one in notes),
        allowed_actions=allowed,
    )


def temporal_url(settings: Settings, bundle_id: UUID) -> str:
    """The page of the bundle's workflow in the Temporal web UI."""
    return _workflow_url(settings, names.bundle_workflow_id(bundle_id))


def _workflow_url(settings: Settings, workflow_id: str) -> str:
    workflow = quote(workflow_id, safe="")
    return f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{quote(settings.temporal_namespace)}/workflows/{workflow}"


def allowed_actions(row: Row, actor: UUID, *, may_override: bool) -> tuple[Action, ...]:
    """What this operator could do now, given a note where one is needed."""
    state = state_of(row)
    attempts = (
        Attempt(
            action=action,
            now=datetime.now(UTC),
            actor=actor,
            may_override=may_override,
            expected_version=state.version,
            has_note=True,
        )
        for action in Action
        if action not in TIMER_ACTIONS
    )
    return tuple(attempt.action for attempt in attempts if not isinstance(decide(state, attempt), Refusal))


def event(row: Row) -> models.Event:
    return same_named(models.Event, row, text=text_of(row["code"], restore=row["restore"]))


def note(row: Row) -> models.Note:
    return same_named(models.Note, row)


def timeline(
    row: Row,
    *,
    events: Sequence[Row],
    actions: Sequence[Row],
    notes: Sequence[Row],
    journal: Sequence[Row],
    delivered: Sequence[Row],
    settings: Settings,
) -> models.Timeline:
    items = [_event_item(one) for one in events]
    items += [_action_item(one) for one in actions if one["action"] is not Action.ADD_NOTE]
    items += [models.TimelineItem(at=one["at"], kind=models.TimelineKind.NOTE, note=note(one)) for one in notes]
    items += [_dispatch_item(one) for one in journal]
    items += [_notification_item(one) for one in delivered]
    items.sort(key=lambda item: item.at)
    return models.Timeline(
        items=(*items, *_scheduled(row)),
        workflow_id=names.bundle_workflow_id(row["id"]),
        temporal_url=temporal_url(settings, row["id"]),
    )


def _event_item(row: Row) -> models.TimelineItem:
    return models.TimelineItem(at=row["recorded_at"], kind=models.TimelineKind.EVENT, event=event(row))


def _notification_item(row: Row) -> models.TimelineItem:
    notification = same_named(Notification, row)
    return models.TimelineItem(at=row["at"], kind=models.TimelineKind.NOTIFICATION, notification=notification)


def _dispatch_item(row: Row) -> models.TimelineItem:
    entry = same_named(models.DispatchEntry, row)
    return models.TimelineItem(at=entry.occurred_at, kind=models.TimelineKind.DISPATCH, dispatch=entry)


def _action_item(row: Row) -> models.TimelineItem:
    kind = models.TimelineKind.TIMER if row["action"] in TIMER_ACTIONS else models.TimelineKind.ACTION
    return same_named(models.TimelineItem, row, kind=kind)


def _scheduled(row: Row) -> list[models.TimelineItem]:
    timer = next_timer(state_of(row))
    if timer is None:
        return []
    action, due_at = timer
    return [models.TimelineItem(at=due_at, kind=models.TimelineKind.SCHEDULED, action=action, due_at=due_at)]


# -- objects, panels, zones


def guarded_object(row: Row) -> models.Object:
    """``row`` has the object's columns and `service_until`."""
    return same_named(models.Object, row, status=object_status(row))


def stored_object(found: GuardedObject, service_until: datetime | None) -> models.Object:
    return guarded_object(columns_of(found) | {"service_until": service_until})


def object_status(row: Row) -> models.ObjectStatus:
    """One status of what somebody set and what is in force now."""
    status = models.ObjectStatus(row["status"].value)
    in_service = status is models.ObjectStatus.ACTIVE and row["service_until"] is not None
    return models.ObjectStatus.SERVICE if in_service else status


def object_detail(
    found: GuardedObject,
    *,
    plan: object_admin.ResponsePlan,
    config: ObjectAlarmConfig,
    panels: Sequence[Row],
    open_alarms: int | None,
    service: Sequence[ServiceMode],
) -> object_admin.ObjectDetail:
    until = max((mode.ends_at for mode in service if mode.in_force), default=None)
    columns = columns_of(found) | {"service_until": until}
    return same_named(
        object_admin.ObjectDetail,
        columns,
        status=object_status(columns),
        plan=plan,
        alarm_config=alarm_config(config),
        panels=tuple(map(panel, panels)),
        open_alarms=open_alarms,
        service_modes=tuple(service),
    )


def response_plan(
    found: GuardedObject, contacts: Sequence[ObjectContact], steps: Sequence[ObjectProcedure]
) -> object_admin.ResponsePlan:
    return plan_of(found.id, found.plan_version, contacts, steps)


def plan_of(
    object_id: UUID, version: int, contacts: Sequence[ObjectContact], steps: Sequence[ObjectProcedure]
) -> object_admin.ResponsePlan:
    return object_admin.ResponsePlan(
        object_id=object_id,
        version=version,
        contacts=tuple(same_named(object_admin.Contact, columns_of(contact)) for contact in contacts),
        steps=tuple(same_named(object_admin.Step, columns_of(step)) for step in steps),
    )


def alarm_config(row: ObjectAlarmConfig) -> object_admin.AlarmConfig:
    return object_admin.AlarmConfig(
        object_id=row.object_id,
        version=row.version,
        priorities={AlarmType(kind): Priority(priority) for kind, priority in (row.priorities or {}).items()},
        requires_note={AlarmType(kind): needed for kind, needed in (row.requires_note or {}).items()},
        never_silenced=tuple(map(AlarmType, row.never_silenced or ())),
        join_window_seconds=row.join_window_seconds,
        service_max_minutes=row.service_max_minutes,
        two_person=bool(row.two_person),
    )


def assignees(object_id: UUID, rows: Iterable[Row]) -> object_admin.Assignees:
    users = tuple(same_named(object_admin.Assignee, row) for row in rows)
    return object_admin.Assignees(object_id=object_id, users=users)


def assigned_objects(user_id: UUID, rows: Iterable[Row]) -> object_admin.AssignedObjects:
    found = tuple(same_named(object_admin.AssignedObject, row) for row in rows)
    return object_admin.AssignedObjects(user_id=user_id, objects=found)


def panel(row: PanelRow | Row, release: ReleaseRow | None = None) -> models.Panel:
    """``release``: the one because of which nobody holds its line."""
    columns = row if isinstance(row, Mapping) else columns_of(row)
    encrypted, commandable = (columns[name] is not None for name in ("integration_key_sealed", "command_code_sealed"))
    opened = same_named(models.OpenRelease, columns_of(release)) if release is not None else None
    return same_named(models.Panel, columns, encrypted=encrypted, commandable=commandable, release=opened)


def panel_release(row: ReleaseRow | Row) -> PanelRelease:
    return same_named(PanelRelease, row if isinstance(row, Mapping) else columns_of(row))


def zone(row: ZoneRow | Row) -> models.Zone:
    columns = row if isinstance(row, Mapping) else columns_of(row)
    override = columns["priority_override"]
    told = {kind: Priority(value) for kind, value in override.items()} if override else None
    return same_named(models.Zone, columns, priority_override=told)


# -- commands


def command(row: Row, settings: Settings) -> Command:
    workflow_id = names.command_workflow_id(row["id"])
    return same_named(
        Command,
        row,
        numbers=tuple(row["numbers"]),
        blocking=tuple(row["blocking"]),
        arm_mode=ArmMode(row["arm_mode"]) if row["arm_mode"] is not None else None,
        reason=CommandReason(row["reason"]) if row["reason"] else None,
        workflow_id=workflow_id,
        temporal_url=_workflow_url(settings, workflow_id),
    )


# -- the audit log


def audit_entry(row: Row) -> AuditEntry:
    return same_named(AuditEntry, row)


def audit_check(check: Check, broken: Broken | None, newest: Head | None) -> AuditCheck:
    return AuditCheck(
        checked=check.links + check.entries,
        broken=AuditBreak(fault=AuditFault(broken.fault), seq=broken.seq, entry_id=broken.entry_id) if broken else None,
        next=str(check.next) if check.next and not broken else None,
        head=str(newest) if newest else None,
    )


def columns_of(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def secret(row: Row) -> Secret:
    roles = tuple(role for role in Role if scope_of(role, Permission.SECRET_REVEAL) is not Scope.NONE)
    return same_named(Secret, row, kind=SecretKind(row["kind"]), revealable_by=roles)


def reveal(row: Row) -> Reveal:
    """As it is now, even if its workflow is late."""
    state, now = RevealState(row["state"]), datetime.now(UTC)
    return same_named(Reveal, row, state=state_at(state, asked_at=row["asked_at"], expires_at=row["expires_at"], now=now))


def callback(row: Row) -> Callback:
    """As it is now, even if its workflow is late."""
    return same_named(Callback, row, state=callback_state_at(row["state"], row["due_at"], datetime.now(UTC)))


def state_change(row: Row) -> models.StateChange:
    return same_named(models.StateChange, row)


def panel_state(
    panel_id: UUID,
    live: LivePanel,
    zones: Sequence[ZoneRow],
    partition_names: Mapping[int, str],
    release: ReleaseRow | None,
) -> models.PanelState:
    """The live picture with names. What nobody has told of lately is UNKNOWN (R-MODES), but that a line is given up the row of
    the release says, whether or not anybody refreshes a cache."""
    link = _link(live, release)
    stale = live.link is None or live.zones is None or live.partitions is None or link.status is not LinkStatus.CONNECTED
    times = [part["at"] for part in (live.zones, live.partitions, live.outputs, live.troubles) if part and part.get("at")]
    return models.PanelState(
        panel_id=panel_id,
        link=link,
        partitions=_partitions(live, partition_names),
        zones=_zones(live, zones),
        stale=stale,
        outputs_on=tuple(live.outputs["on"]) if live.outputs else None,
        troubles=tuple(models.Trouble(**item) for item in live.troubles["items"]) if live.troubles else None,
        as_of=min(map(datetime.fromisoformat, times)) if times else None,
    )


def _link(live: LivePanel, release: ReleaseRow | None) -> models.LinkState:
    given_up = live.link is not None and live.link["status"] == LinkStatus.RELEASED
    if release is not None and (given_up or release.freed_at is not None):
        return models.LinkState(status=LinkStatus.RELEASED, since=release.freed_at, until=release.until)
    if live.link is None or given_up:  # and nobody has taken it back yet
        return models.LinkState()
    told: dict[str, Any] = {member.name: live.link.get(member.name) for member in fields(models.LinkState)}
    for moment in ("since", "last_frame_at"):
        told[moment] = datetime.fromisoformat(told[moment]) if told[moment] else None
    return models.LinkState(**{**told, "status": LinkStatus(live.link["status"])})


def _partitions(live: LivePanel, partition_names: Mapping[int, str]) -> tuple[models.PartitionLive, ...]:
    states = {int(number): state for number, state in live.partitions["states"].items()} if live.partitions else {}
    return tuple(
        models.PartitionLive(
            number=number,
            name=partition_names.get(number),
            state=PartitionState(states.get(number, PartitionState.UNKNOWN)),
        )
        for number in sorted({*states, *partition_names})
    )


def _zones(live: LivePanel, rows: Sequence[ZoneRow]) -> tuple[models.ZoneLive, ...]:
    """Zones with a row, and those that show something."""
    flags = {name: set(live.zones.get(name, ())) for name in _FLAGS} if live.zones else {}
    known = {row.number: row for row in rows}
    numbers = sorted({*known, *(number for numbers in flags.values() for number in numbers)})
    return tuple(_zone(number, known.get(number), flags) for number in numbers)


_FLAGS = ("violated", "tamper", "alarm", "alarm_memory", "bypassed", "isolated")


def _zone(number: int, row: ZoneRow | None, flags: Mapping[str, set[int]]) -> models.ZoneLive:
    return models.ZoneLive(
        number=number,
        name=row.name if row else None,
        partition=row.partition if row else None,
        **{name: number in numbers for name, numbers in flags.items()},
    )
