"""What crosses the border of SatelCommand, and the activities it calls (typed stubs): ids, numbers and codes alone.

No user code comes near it: the process that holds the line looks it up where it is sealed. The API starts the workflow with
`**start_options(...)`; AutoArm runs it as a child with the same. Its result is the `CommandOutcome`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from temporalio import activity
from temporalio.common import Priority, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.domain.command import (
    FORGOTTEN_AFTER,
    ArmMode,
    CommandKind,
    CommandSource,
    CommandStatus,
    SendEnd,
    priority_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOrder:
    """What somebody wants done. `numbers`: of partitions, zones or outputs (`domain.command.TARGETS`), counted from 1.

    `schedule_id`: of the auto-arm schedule that wants it; `requested_by` is None then. `two_person`: it was settled at the
    time of asking that a second person must agree.
    """

    command_id: UUID
    object_id: UUID
    panel_id: UUID
    kind: CommandKind
    source: CommandSource
    numbers: tuple[int, ...] = ()
    arm_mode: ArmMode = ArmMode.FULL
    forced: bool = False  # arm with open zones
    requested_by: UUID | None = None
    schedule_id: UUID | None = None
    two_person: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """How a command stands: answer of query `snapshot`, and the workflow's result.

    `result_code`: the byte of the panel's answer. `reason`: a stable word for who decides on it (`ZONES_OPEN`,
    `PANEL_RELEASED`, …), empty with ACK. `blocking`: zones that keep a partition from arming. `confirmed_at`: when the
    panel's own state showed the effect; None with ACK means that it was accepted and never seen.
    """

    command_id: UUID
    status: CommandStatus
    result_code: int | None = None
    reason: str = ""
    blocking: tuple[int, ...] = ()
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """Update `release`: the second person agrees, who has the permission for the thing itself. Refused with an
    ApplicationError of type `policies.REFUSED` that has the `ReleaseRefusal` as its detail."""

    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRef:
    command_id: UUID
    panel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRelease:
    command_id: UUID
    panel_id: UUID
    released_by: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStanding:
    """How the command's row and the way to its panel are. `refusal`: why nothing can be sent (a `CommandReason`); without one
    `host` is the ingest process that holds the line. Both are empty before a release and after a refusal."""

    outcome: CommandOutcome
    refusal: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """`attempt` counts from 1; one that is overtaken by a later one sends nothing."""

    order: CommandOrder
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """`before`: those of the order's outputs that were on before a toggle, for the read-back."""

    end: SendEnd
    result_code: int | None = None
    blocking: tuple[int, ...] = ()
    before: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRequest:
    order: CommandOrder
    before: tuple[int, ...] = ()


class ConfirmEnd(StrEnum):
    CONFIRMED = "CONFIRMED"
    UNSEEN = "UNSEEN"  # within the time for it
    NO_LINE = "NO_LINE"  # not here (any more), or it is down


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmResult:
    """`confirmed_at` with CONFIRMED."""

    end: ConfirmEnd
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettled:
    """`ended`: nothing more will become of it."""

    outcome: CommandOutcome
    ended: bool = True


@activity.defn(name="begin_command")
async def begin_command(order: CommandOrder) -> CommandStanding:
    """Make the row if it is not there (a child of AutoArm brings none), note that the workflow has begun, and look for the
    line. An order that is older than `domain.command.BEGIN_WITHIN` ends as TIMEOUT, NOT_STARTED. Repeating is safe."""
    raise NotImplementedError


@activity.defn(name="release_command")
async def release_command(release: CommandRelease) -> CommandStanding:
    """AWAITING_RELEASE → PENDING, with the second person's name in row, audit log and push, and look for the line."""
    raise NotImplementedError


@activity.defn(name="find_command_line")
async def find_command_line(ref: CommandRef) -> CommandStanding:
    """Look again who holds the line."""
    raise NotImplementedError


@activity.defn(name="send_panel_command")
async def send_panel_command(request: SendRequest) -> SendResult:
    """Send the command over the line held here, under `policies.command_send(host)`, one at a time for each panel.

    That it is about to be sent is committed before its bytes go out. Where that was done before, the panel's state is read
    first: a visible effect is SEEN; without one it is sent again only if it may be repeated and is still valid. The user code
    is opened here and is in nothing that is kept. A refused arming tells the zones that stand against it.
    """
    raise NotImplementedError


@activity.defn(name="confirm_panel_command")
async def confirm_panel_command(request: ConfirmRequest) -> ConfirmResult:
    """Read the panel's own state until it shows the effect, under `policies.command_confirm(host)`: for
    `domain.command.SEEN_WITHIN`, counted for arming from the end of the exit time."""
    raise NotImplementedError


@activity.defn(name="settle_command")
async def settle_command(settled: CommandSettled) -> CommandOutcome:
    """Project the outcome to the row with audit row and push in one transaction; the row's outcome afterwards. A status that
    has ended stays, and only its confirmation is added. Repeating changes nothing."""
    raise NotImplementedError


class StartOptions(TypedDict):
    """Keyword arguments of `Client.start_workflow` and `workflow.execute_child_workflow`."""

    id: str
    task_queue: str
    static_summary: str
    search_attributes: TypedSearchAttributes
    priority: Priority
    execution_timeout: timedelta


def start_options(order: CommandOrder) -> StartOptions:
    """How a SatelCommand is started, by whomever."""
    attributes = {names.OBJECT_ID: str(order.object_id), names.PANEL_ID: str(order.panel_id)}
    numbers = f" {', '.join(map(str, order.numbers))}" if order.numbers else ""
    return StartOptions(
        id=names.command_workflow_id(order.command_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"{order.kind}{numbers} for panel {order.panel_id}",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in attributes.items()]
        ),
        priority=Priority(priority_key=priority_of(order.kind, order.source)),
        execution_timeout=FORGOTTEN_AFTER,  # then its row is ended without it; and AutoArm would wait for ever
    )
