"""What crosses the border of SatelCommand, and the activities it calls (typed stubs): ids, numbers and codes alone.

No user code comes near it: the process that holds the line looks it up where it is sealed. The API starts the workflow with
`**start_options(...)`; AutoArm runs it as a child with the same. Its result is the `CommandOutcome`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from temporalio.common import Priority, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.domain.command import ArmMode, CommandKind, CommandSource, CommandStatus, priority_of


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


class StartOptions(TypedDict):
    """Keyword arguments of `Client.start_workflow` and `workflow.execute_child_workflow`."""

    id: str
    task_queue: str
    static_summary: str
    search_attributes: TypedSearchAttributes
    priority: Priority


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
    )
