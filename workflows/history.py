"""When a run hands on to the next one."""

from typing import Final

from temporalio import workflow

CONTINUE_AFTER: Final = 300  # events of history (design §5)


def is_long() -> bool:
    """Whether this run has lived long enough: replay stays short, and so does what an auditor scrolls through."""
    return workflow.info().get_current_history_length() >= CONTINUE_AFTER or workflow.info().is_continue_as_new_suggested()
