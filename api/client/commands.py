"""Commands to panels: arming, disarming, bypasses, outputs, the clock (R-CMD)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.session import Session
from workflows.domain.command import ArmMode, CommandKind, CommandReason, CommandSource, CommandStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An order and how it stands. ACK: the panel accepted it; it was done when `confirmed_at` says so. `ended_at` without that
    means accepted and never seen. `result_code`: the panel's answer; `blocking`: zones that stand against arming.

    `requested_by` None: a schedule's or the system's; `released_by`: the second person, where one had to agree.
    """

    id: UUID
    object_id: UUID
    object_name: str
    panel_id: UUID
    panel_name: str
    kind: CommandKind
    source: CommandSource
    numbers: tuple[int, ...]
    status: CommandStatus
    created_at: datetime
    workflow_id: str
    temporal_url: str
    arm_mode: ArmMode | None = None
    forced: bool = False
    two_person: bool = False
    result_code: int | None = None
    reason: CommandReason | None = None
    blocking: tuple[int, ...] = ()
    attempts: int = 0
    requested_by: UUID | None = None
    requested_by_name: str | None = None
    schedule_id: UUID | None = None
    released_by: UUID | None = None
    released_by_name: str | None = None
    released_at: datetime | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None


class Commands:
    """Calls of `StamClient.commands`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def order(
        self,
        panel_id: UUID,
        kind: CommandKind,
        numbers: Iterable[int] = (),
        *,
        arm_mode: ArmMode | None = None,
        forced: bool = False,
        key: str | None = None,
    ) -> Command:
        """Answers when it is on its way (or waits for a second person): how it comes out tell `command.updated` and `one`.
        ``key``: the same one orders the same thing once, however often it is sent."""
        body: dict[str, Any] = {"panel_id": panel_id, "kind": kind, "numbers": list(numbers), "forced": forced}
        if arm_mode is not None:
            body["arm_mode"] = arm_mode
        return await self._session.send_idempotent("/api/commands/satel", Command, body, key)

    async def one(self, command_id: UUID) -> Command:
        return await self._session.get(f"/api/commands/{command_id}", Command)

    async def release(self, command_id: UUID) -> Command:
        """As the second person. 403 SAME_PERSON for who asked, 409 NOT_WAITING when nobody is waited for (any more)."""
        return await self._session.send("POST", f"/api/commands/{command_id}/release", Command)

    async def find(
        self,
        *,
        object_id: UUID | None = None,
        panel_id: UUID | None = None,
        status: Iterable[CommandStatus] = (),
        kind: Iterable[CommandKind] = (),
        source: Iterable[CommandSource] = (),
        requested_by: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Command]:
        """Newest first."""
        query = {"object_id": object_id, "panel_id": panel_id, "requested_by": requested_by, "from": since, "to": until}
        several = {"status": tuple(status), "kind": tuple(kind), "source": tuple(source)}
        return await self._session.get("/api/commands", Page[Command], **query, **several, cursor=cursor, limit=limit)
