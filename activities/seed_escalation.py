"""The demo's escalation: a rota of the operators, then the administrator, then the master (R-SEED, R-ESCALATE).

Nothing of it is added, or put back, once there is a policy. The demo has no mail server, so what rings is refused, and the
story of a critical alarm says so.
"""

from collections.abc import Iterable
from datetime import date, time
from typing import Any, Final

from sqlalchemy import exists, select

from activities.db.models.escalation_policies import EscalationPolicy
from activities.db.models.escalation_steps import EscalationStep
from activities.db.models.notification_channels import NotificationChannel
from activities.db.models.on_call_rotas import OnCallMember, OnCallRota
from activities.db.session import WriteSession
from activities.seed_place import add, id_of
from workflows.domain.alarm import Priority
from workflows.domain.escalation import Channel, TargetKind

_MEMBERS: Final = ("operator", "operator2")
_REACHED: Final = {*_MEMBERS, "admin", "master"}
_ROTA, _POLICY = id_of("rota"), id_of("escalation-policy")


async def escalation(session: WriteSession) -> None:
    """After the users."""
    if await session.scalar(select(exists().select_from(EscalationPolicy))):
        return
    await add(session, NotificationChannel, map(_address, sorted(_REACHED)))
    turns = {"name": "Dyżur", "time_zone": "Europe/Warsaw", "first_on": date(2026, 1, 5), "handover_at": time(8)}
    await add(session, OnCallRota, [{"id": _ROTA, **turns}])
    members = ({"rota_id": _ROTA, "position": turn, "user_id": id_of("user", who)} for turn, who in enumerate(_MEMBERS))
    await add(session, OnCallMember, members)
    policy = {"name": "Domyślna", "priority": Priority.CRITICAL, "is_default": True}
    times = {"left_after_seconds": 900, "repeat_after_seconds": 1_800}
    await add(session, EscalationPolicy, [{"id": _POLICY, **policy, **times}])
    await add(session, EscalationStep, _steps())


def _address(username: str) -> dict[str, Any]:
    ids = {"id": id_of("address", username), "user_id": id_of("user", username)}
    return ids | {"kind": Channel.EMAIL, "label": username, "address": f"{username}@example.org"}


def _steps() -> Iterable[dict[str, Any]]:
    """As the table of contacts has it: at once, after 10 minutes, after 30."""
    yield _step(1, 0, Channel.PUSH, TargetKind.ROTA, rota_id=_ROTA)
    yield _step(1, 0, Channel.EMAIL, TargetKind.ROTA, rota_id=_ROTA)
    yield _step(2, 600, Channel.EMAIL, TargetKind.USER, user_id=id_of("user", "admin"))
    yield _step(3, 1_800, Channel.EMAIL, TargetKind.USER, user_id=id_of("user", "master"))


def _step(level: int, after: int, channel: Channel, target: TargetKind, **whom: Any) -> dict[str, Any]:
    ids = {"id": id_of("escalation-step", level, channel), "policy_id": _POLICY, "user_id": None, "rota_id": None}
    place = {"level": level, "position": 0 if channel is Channel.PUSH else 1, "after_seconds": after}
    return ids | place | {"channel": channel, "target": target} | whom
