"""Whether a Schedule at Temporal is as it is to be: its times, what it starts, and how it goes about it.

A listing tells the times and the type of what is started; arguments, names and policies only a description does.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleListActionStartWorkflow,
    ScheduleListSchedule,
    ScheduleSpec,
)
from temporalio.converter import DataConverter

_LISTED: Final = 10  # calendars that a listing tells of a Schedule
_FIELDS: Final = ("second", "minute", "hour", "day_of_month", "month", "year", "day_of_week")

_NOTHING: Final = Payload()


def seems_like(wanted: Schedule, told: ScheduleListSchedule) -> bool:
    """As far as a listing tells."""
    action = told.action
    starts = action.workflow if isinstance(action, ScheduleListActionStartWorkflow) else None
    if told.state.paused is not wanted.state.paused or starts != _action(wanted).workflow:
        return False
    return len(wanted.spec.calendars) >= _LISTED or _shape(wanted.spec) == _shape(told.spec)


async def is_like(wanted: Schedule, found: Schedule, converter: DataConverter) -> bool:
    """In everything that decides when something starts, and what. Payloads are compared as they are written."""
    if not isinstance(found.action, ScheduleActionStartWorkflow):
        return False
    state, other = wanted.state, found.state
    return (
        _shape(wanted.spec) == _shape(found.spec)
        and wanted.policy == found.policy
        and (state.paused, state.limited_actions) == (other.paused, other.limited_actions)
        and await _start(_action(wanted), converter) == await _start(found.action, converter)
    )


def _action(wanted: Schedule) -> ScheduleActionStartWorkflow:
    assert isinstance(wanted.action, ScheduleActionStartWorkflow)
    return wanted.action


async def _start(action: ScheduleActionStartWorkflow, converter: DataConverter) -> tuple[object, ...]:
    texts = [text for text in (action.static_summary, action.static_details) if text is not None]
    attributes = {pair.key.name: pair.value for pair in action.typed_search_attributes}
    return (
        (action.workflow, action.id, action.task_queue, action.priority, action.retry_policy),
        (action.execution_timeout, action.run_timeout, action.task_timeout),
        attributes | dict(action.untyped_search_attributes),
        await _written(action.args, converter),
        await _written(texts, converter),
        dict(action.memo or {}),
    )


async def _written(values: Sequence[Any], converter: DataConverter) -> list[Payload]:
    """One that the server gives without anything in it is as good as none."""
    return [each if isinstance(each, Payload) else (await converter.encode([each]))[0] for each in values if each != _NOTHING]


def _shape(spec: ScheduleSpec) -> tuple[object, ...]:
    """What a spec means, however its ranges are spelt."""
    calendars = sorted(
        tuple(tuple((r.start, max(r.end, r.start), max(r.step, 1)) for r in getattr(calendar, name)) for name in _FIELDS)
        for calendar in spec.calendars
    )
    others = (tuple(spec.intervals), tuple(spec.cron_expressions), tuple(spec.skip), spec.start_at, spec.end_at)
    return (spec.time_zone_name or "", tuple(calendars), others, spec.jitter or timedelta(0))
