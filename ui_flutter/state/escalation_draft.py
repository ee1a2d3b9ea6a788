"""A policy, a rota or an address as it is being typed. Pure: texts in, what the API takes or what is wrong out."""

from dataclasses import dataclass, replace
from typing import Any, Final

from api.client.escalation import EscalationLevel, EscalationPolicy, EscalationStep, NotificationChannel, OnCallRota
from ui_flutter.state.schedule_draft import clock_of, day_of
from workflows.domain.escalation import OF_PEOPLE, Channel, TargetKind

LEVELS_MOST: Final = 10
_IDS: Final = {TargetKind.USER: "user_id", TargetKind.ROTA: "rota_id", TargetKind.ADDRESS: "address_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """`target`: `USER:<id>`, `ROTA:<id>`, `ADDRESS:<id>`; empty: not chosen."""

    target: str = ""
    channel: Channel = Channel.PUSH

    def body(self) -> dict[str, Any]:
        kind, _, id_ = self.target.partition(":")
        return {"channel": self.channel, "target": kind, _IDS[TargetKind(kind)]: id_}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDraft:
    minutes: str = "0"
    steps: tuple[StepDraft, ...] = (StepDraft(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """`left` and `repeat`: minutes; empty is never. `version` None: a new one."""

    name: str = ""
    is_default: bool = False
    levels: tuple[LevelDraft, ...] = (LevelDraft(),)
    object_ids: tuple[str, ...] = ()
    left: str = "15"
    repeat: str = "30"
    attempts: str = "4"
    retry: str = "5"
    version: int | None = None

    def with_level(self) -> "PolicyDraft":
        """One more, ten minutes after the last."""
        last = self.levels[-1].minutes if self.levels else ""
        after = str(int(last) + 10) if last.isdecimal() else "0"
        return replace(self, levels=(*self.levels, LevelDraft(minutes=after)))

    def without_level(self, level: int) -> "PolicyDraft":
        return replace(self, levels=_without(self.levels, level))

    def with_minutes(self, level: int, minutes: str) -> "PolicyDraft":
        return self._at(level, replace(self.levels[level], minutes=minutes))

    def with_step(self, level: int) -> "PolicyDraft":
        return self._at(level, replace(self.levels[level], steps=(*self.levels[level].steps, StepDraft())))

    def without_step(self, level: int, step: int) -> "PolicyDraft":
        return self._at(level, replace(self.levels[level], steps=_without(self.levels[level].steps, step)))

    def change_step(self, level: int, step: int, changed: StepDraft) -> "PolicyDraft":
        steps = self.levels[level].steps
        return self._at(level, replace(self.levels[level], steps=(*steps[:step], changed, *steps[step + 1 :])))

    def with_object(self, object_id: str) -> "PolicyDraft":
        """It changes sides."""
        if object_id in self.object_ids:
            return replace(self, object_ids=tuple(one for one in self.object_ids if one != object_id))
        return replace(self, object_ids=(*self.object_ids, object_id))

    def _at(self, level: int, changed: LevelDraft) -> "PolicyDraft":
        return replace(self, levels=(*self.levels[:level], changed, *self.levels[level + 1 :]))

    def faults(self) -> dict[str, str]:
        """What is wrong, by field, as keys of words."""
        found: dict[str, str] = {}
        if not self.name.strip():
            found["name"] = "escalation.fault.name"
        minutes = [level.minutes.strip() for level in self.levels]
        if not self.levels or not all(text.isdecimal() and int(text) <= 1_440 for text in minutes):
            found["levels"] = "escalation.fault.levels"
        elif [int(text) for text in minutes] != sorted(int(text) for text in minutes):
            found["levels"] = "escalation.fault.order"
        elif not all(level.steps and all(step.target for step in level.steps) for level in self.levels):
            found["levels"] = "escalation.fault.target"
        for name, least, most in (("left", 1, 1_440), ("repeat", 1, 1_440)):
            text = getattr(self, name).strip()
            if text and not (text.isdecimal() and least <= int(text) <= most):
                found[name] = "escalation.fault.minutes"
        if not (self.attempts.strip().isdecimal() and 1 <= int(self.attempts) <= 10):
            found["attempts"] = "escalation.fault.attempts"
        if not (self.retry.strip().isdecimal() and 1 <= int(self.retry) <= 300):
            found["retry"] = "escalation.fault.retry"
        return found

    def members(self) -> dict[str, Any]:
        return {
            "name": self.name.strip(),
            "is_default": self.is_default,
            "object_ids": list(self.object_ids),
            "levels": [
                {"after_seconds": 60 * int(level.minutes), "steps": [step.body() for step in level.steps]}
                for level in self.levels
            ],
            "left_after_seconds": 60 * int(self.left) if self.left.strip() else None,
            "repeat_after_seconds": 60 * int(self.repeat) if self.repeat.strip() else None,
            "attempts": int(self.attempts),
            "retry_after_seconds": int(self.retry),
        }


def _without(items: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*items[:place], *items[place + 1 :])


def policy_draft(policy: EscalationPolicy) -> PolicyDraft:
    return PolicyDraft(
        name=policy.name,
        is_default=policy.is_default,
        levels=tuple(_level(level) for level in policy.levels),
        object_ids=tuple(map(str, policy.object_ids)),
        left=_minutes(policy.left_after_seconds),
        repeat=_minutes(policy.repeat_after_seconds),
        attempts=str(policy.attempts),
        retry=str(policy.retry_after_seconds),
        version=policy.version,
    )


def _level(level: EscalationLevel) -> LevelDraft:
    steps = tuple(StepDraft(target=target_of(step), channel=step.channel) for step in level.steps)
    return LevelDraft(minutes=str(level.after_seconds // 60), steps=steps)


def target_of(step: EscalationStep) -> str:
    return f"{step.target}:{step.user_id or step.rota_id or step.address_id}"


def _minutes(seconds: int | None) -> str:
    return "" if seconds is None else str(seconds // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaDraft:
    """`members`: ids in their turns."""

    name: str = ""
    time_zone: str = "Europe/Warsaw"
    first_on: str = ""
    handover_at: str = "08:00"
    members: tuple[str, ...] = ()
    version: int | None = None

    def with_member(self, user_id: str) -> "RotaDraft":
        return replace(self, members=(*self.members, user_id)) if user_id else self

    def without_member(self, place: int) -> "RotaDraft":
        return replace(self, members=_without(self.members, place))

    def sooner(self, place: int) -> "RotaDraft":
        """The member takes the turn before his."""
        if place == 0:
            return self
        moved = list(self.members)
        moved[place - 1], moved[place] = moved[place], moved[place - 1]
        return replace(self, members=tuple(moved))

    def faults(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if not self.name.strip():
            found["name"] = "escalation.fault.name"
        if not self.time_zone.strip():
            found["time_zone"] = "escalation.fault.zone"
        if day_of(self.first_on) is None:
            found["first_on"] = "schedule.fault.day"
        if clock_of(self.handover_at) is None:
            found["handover_at"] = "schedule.fault.at"
        if not self.members:
            found["members"] = "escalation.fault.members"
        return found

    def rota_members(self) -> dict[str, Any]:
        return {
            "name": self.name.strip(),
            "time_zone": self.time_zone.strip(),
            "first_on": str(day_of(self.first_on)),
            "handover_at": f"{clock_of(self.handover_at):%H:%M}",
            "members": list(self.members),
        }


def rota_draft(rota: OnCallRota) -> RotaDraft:
    return RotaDraft(
        name=rota.name,
        time_zone=rota.time_zone,
        first_on=rota.first_on.isoformat(),
        handover_at=f"{rota.handover_at:%H:%M}",
        members=tuple(map(str, rota.members)),
        version=rota.version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """`user_id` empty: an address of the installation. `secret` empty: the one that is there stays."""

    kind: Channel = Channel.EMAIL
    label: str = ""
    address: str = ""
    user_id: str = ""
    secret: str = ""
    enabled: bool = True
    version: int | None = None

    @property
    def has_address(self) -> bool:
        return self.kind not in {Channel.PAGERDUTY, Channel.PUSH}

    @property
    def has_secret(self) -> bool:
        return self.kind not in OF_PEOPLE or self.kind is Channel.PUSH

    @property
    def of_a_person(self) -> bool:
        return self.kind in {Channel.EMAIL, Channel.SMS}

    def faults(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if not self.label.strip():
            found["label"] = "escalation.fault.name"
        if self.has_address and not self.address.strip():
            found["address"] = "escalation.fault.address"
        if self.has_secret and not self.secret and self.version is None:
            found["secret"] = "escalation.fault.secret"  # noqa: S105 - a key of words
        return found

    def created(self) -> dict[str, Any]:
        return {
            "label": self.label.strip(),
            "address": self.address.strip() if self.has_address else "",
            "user_id": (self.user_id or None) if self.of_a_person else None,
            "secret": self.secret if self.has_secret else None,
            "enabled": self.enabled,
        }

    def changed(self) -> dict[str, Any]:
        members: dict[str, Any] = {"label": self.label.strip(), "enabled": self.enabled}
        if self.has_address:
            members["address"] = self.address.strip()
        return members | ({"secret": self.secret} if self.has_secret and self.secret else {})


def channel_draft(channel: NotificationChannel) -> ChannelDraft:
    return ChannelDraft(
        kind=channel.kind,
        label=channel.label,
        address=channel.address,
        user_id=str(channel.user_id) if channel.user_id else "",
        enabled=channel.enabled,
        version=channel.version,
    )
