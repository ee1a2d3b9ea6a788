"""Rows of escalation as the dataclasses of the SDK."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from activities.db.models.escalation_policies import EscalationPolicy
from activities.db.models.escalation_steps import EscalationStep
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.on_call_overrides import OnCallOverride
from activities.db.models.on_call_rotas import OnCallRota
from activities.db.models.push_devices import PushDevice
from api.client import escalation as told
from api.client.notification import Notification
from api.schemas.answers import Row, columns_of, same_named


def policy_answer(
    policy: EscalationPolicy, steps: Sequence[EscalationStep], object_ids: Sequence[UUID], names: Mapping[UUID, str]
) -> told.EscalationPolicy:
    """``steps`` by level; ``names`` of whom they ring."""
    levels = tuple(_levels(steps, names))
    return same_named(told.EscalationPolicy, columns_of(policy), levels=levels, object_ids=tuple(object_ids))


def _levels(steps: Sequence[EscalationStep], names: Mapping[UUID, str]) -> list[told.EscalationLevel]:
    levels = [list(group) for _, group in groupby(steps, key=lambda step: step.level)]
    return [
        told.EscalationLevel(
            after_seconds=level[0].after_seconds,
            steps=tuple(_step(step, names) for step in level),
        )
        for level in levels
    ]


def _step(step: EscalationStep, names: Mapping[UUID, str]) -> told.EscalationStep:
    target = step.user_id or step.rota_id or step.address_id
    return same_named(told.EscalationStep, columns_of(step), target_name=names.get(target, "") if target else "")


def rota_answer(
    rota: OnCallRota, members: Sequence[UUID], overrides: Sequence[OnCallOverride], names: Mapping[UUID, str]
) -> told.OnCallRota:
    stand_ins = tuple(same_named(told.OnCallOverride, columns_of(one)) for one in overrides)
    people = tuple(told.OnCallPerson(user_id=id_, user_name=name) for id_, name in names.items())
    return same_named(told.OnCallRota, columns_of(rota), members=tuple(members), overrides=stand_ins, people=people)


def channel_answer(row: NotificationChannel | Row) -> told.NotificationChannel:
    columns: Any = columns_of(row) if isinstance(row, NotificationChannel) else row
    return same_named(told.NotificationChannel, columns, has_secret=columns["secret_sealed"] is not None)


def notification_answer(row: Row) -> Notification:
    return same_named(Notification, row)


def device_answer(row: PushDevice) -> told.PushDevice:
    return same_named(told.PushDevice, columns_of(row))
