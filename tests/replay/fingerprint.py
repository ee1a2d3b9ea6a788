"""A workflow's commands, without what differs from run to run."""

import json
import re
from collections.abc import Iterator

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

# Events that stand for a command of the workflow, or for a message that called one of its handlers.
_COMMANDS = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
}


_BLOCKS = range(1, 6)  # lines


def fingerprint(history: WorkflowHistory) -> list[str]:
    """One line for each command, repeated blocks folded."""
    return list(_folded([_line(event) for event in history.events if event.event_type in _COMMANDS]))


def _line(event: HistoryEvent) -> str:
    kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").removeprefix("WORKFLOW_EXECUTION_")
    return f"{kind} {_subject(event)}".strip()


def _subject(event: HistoryEvent) -> str:
    scheduled = event.activity_task_scheduled_event_attributes
    accepted = event.workflow_execution_update_accepted_event_attributes
    upserted = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return (
        scheduled.activity_type.name
        or event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name
        or event.workflow_execution_signaled_event_attributes.signal_name
        or event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name
        or event.signal_external_workflow_execution_initiated_event_attributes.signal_name
        or accepted.accepted_request.input.name
        or _marked(event)
        or " ".join(sorted(upserted))
    )


def _marked(event: HistoryEvent) -> str:
    """What a marker stands for: of a local activity, which one it was."""
    marker = event.marker_recorded_event_attributes
    kind = re.sub(r"\W+", " ", marker.marker_name)
    if marker.marker_name != "core_local_activity":
        return kind
    return f"{kind} {json.loads(marker.details['data'].payloads[0].data)['activity_type']}"


def _folded(lines: list[str]) -> Iterator[str]:
    """How often a block came again is chance (how many events fill a run), that it came again is not."""
    begin = 0
    while begin < len(lines):
        size, times = max(((size, _times(lines, begin, size)) for size in _BLOCKS), key=lambda block: block[0] * (block[1] - 1))
        if times == 1:
            size = 1
        block = lines[begin : begin + size]
        yield from block if times == 1 else (f"again and again: {'; '.join(block)}",)
        begin += size * times


def _times(lines: list[str], begin: int, size: int) -> int:
    """How often the block of ``size`` lines at ``begin`` stands there in a row."""
    block, times = lines[begin : begin + size], 1
    while lines[begin + size * times : begin + size * (times + 1)] == block:
        times += 1
    return times
