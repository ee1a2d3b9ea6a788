"""Every timeout and retry policy, by name. A call says ``**policies.DATABASE`` and nothing else.

The dictionaries are keyword arguments of `workflow.execute_activity`.
"""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from workflows.contracts import names


class ActivityOptions(TypedDict, total=False):
    task_queue: str
    schedule_to_close_timeout: timedelta
    schedule_to_start_timeout: timedelta
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


# Types of ApplicationError
REFUSED = "Refused"  # of an update: the domain says no; details [Refusal value, BundleState]
UNANSWERED = "Unanswered"  # of an update: the database did not answer in time; pressing again is safe
MISSING = "Missing"  # there is no such row

# A short transaction. Retried for ever: the database comes back, and the action carries its idempotency key.
DATABASE: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=5),
        non_retryable_error_types=[MISSING],
    ),
}

# The same for an operator who waits for the answer: give up before the API does (`api.updates.PATIENCE`), so that he
# is told which server is away, and let him press again.
OPERATOR_PATIENCE = timedelta(seconds=3.5)
OPERATOR_ACTION: Final[ActivityOptions] = {
    "schedule_to_close_timeout": OPERATOR_PATIENCE,
    "start_to_close_timeout": timedelta(seconds=3),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=50),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=1),
        non_retryable_error_types=[MISSING],
    ),
}


class LocalOptions(TypedDict):
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


# One try inside the worker, within the workflow's own task. Measured on two busy cores, update to answer: p50 28 ms against
# 42 ms with a remote activity (63 ms when it is not started eagerly), and half the history. Whatever goes wrong, the same
# action is then asked for remotely, so that a task is not held up by a database that is away; the action's id makes it safe.
OPERATOR_FIRST_TRY: Final[LocalOptions] = {
    "schedule_to_close_timeout": timedelta(seconds=1),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}


def operator_action(*, waited: timedelta) -> ActivityOptions:
    """OPERATOR_ACTION for one who has already waited for his turn."""
    return {**OPERATOR_ACTION, "schedule_to_close_timeout": max(OPERATOR_PATIENCE - waited, timedelta(seconds=1))}


# Holding a panel's line lasts as long as the line: only the heartbeat ends it (design §5). Measured with 500 leases on the
# embedded server (SQLite, synchronous=FULL): 29 % of a core for the server with 10 s, 21 % with 20 s.
LEASE_HEARTBEAT = timedelta(seconds=10)
LEASE_BEAT_EVERY = timedelta(seconds=4)  # how often the holder says so; of these the SDK sends one every 8 s
PANEL_LEASE: Final[ActivityOptions] = {
    "task_queue": names.PANELS_QUEUE,
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,  # the module has one slot: first let go
    "start_to_close_timeout": timedelta(days=30),
    "heartbeat_timeout": LEASE_HEARTBEAT,
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=5),
    ),
}

# Some eight hundred questions of a third of a second, behind everything else that the line has to do. A process that does not
# take the order within the first limit has gone, one that stops saying how far it is has gone over it; the workflow then
# looks who has the line now, so that no try is repeated on the same queue.
_PANEL_NAMES: Final[ActivityOptions] = {
    "schedule_to_start_timeout": timedelta(seconds=15),
    "start_to_close_timeout": timedelta(minutes=30),
    "heartbeat_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}


def panel_names(host: str) -> ActivityOptions:
    """Reading a panel's names in the process that holds its line."""
    return {**_PANEL_NAMES, "task_queue": names.ingest_queue(host)}


# A command is for somebody who waits. One try each: what a lost one means decides the workflow, which looks who has the line
# now. The time to answer holds the turn (5 s), reading back (two blocks at 3 s) and the panel's 5 s.
COMMAND_TURN = timedelta(seconds=5)
COMMAND_ANSWER = timedelta(seconds=5)
_COMMAND_SEND: Final[ActivityOptions] = {
    "schedule_to_start_timeout": timedelta(seconds=5),
    "start_to_close_timeout": timedelta(seconds=20),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
CONFIRM_HEARTBEAT = timedelta(seconds=10)
_COMMAND_CONFIRM: Final[ActivityOptions] = {
    "schedule_to_start_timeout": timedelta(seconds=5),
    "start_to_close_timeout": timedelta(minutes=15),
    "heartbeat_timeout": CONFIRM_HEARTBEAT,
    "retry_policy": RetryPolicy(maximum_attempts=1),
}


def command_send(host: str) -> ActivityOptions:
    """Sending a command from the process that holds the line."""
    return {**_COMMAND_SEND, "task_queue": names.ingest_queue(host)}


def command_confirm(host: str) -> ActivityOptions:
    """Reading back there what a command did."""
    return {**_COMMAND_CONFIRM, "task_queue": names.ingest_queue(host)}


# Reading a file and comparing it with the database: seconds to a minute, in a process that is watched.
IMPORT_HEARTBEAT = timedelta(seconds=10)
IMPORT_CHECK: Final[ActivityOptions] = {
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    "schedule_to_close_timeout": timedelta(minutes=30),
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": IMPORT_HEARTBEAT,
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        non_retryable_error_types=[MISSING],
    ),
}

# One transaction for some hundred objects: about a second. A killed worker delays the import by the first time-out.
IMPORT_CHUNK: Final[ActivityOptions] = {
    "schedule_to_close_timeout": timedelta(minutes=30),
    "start_to_close_timeout": timedelta(seconds=20),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        non_retryable_error_types=[MISSING],
    ),
}

# One try to reach somebody: what the provider answers is a result, so only a database that is away, or a worker that died,
# is tried again. A killed worker delays a notification by the time-out, which is longer than a channel's own.
NOTIFY_WITHIN = timedelta(seconds=10)
NOTIFICATION: Final[ActivityOptions] = {**DATABASE, "start_to_close_timeout": 2 * NOTIFY_WITHIN}

# 130 KB each (measured): 2 000 are all panels and all open alarms of a large site, and 270 MB.
CACHED_WORKFLOWS = 2_000

# With the SDK's default of 10 s a killed worker delays every cached workflow by as much (measured: 10.03 s → 1.03 s).
STICKY_SCHEDULE_TO_START = timedelta(seconds=1)
