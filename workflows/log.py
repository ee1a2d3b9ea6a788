"""What a workflow logs: once, when it happens, and not again when its history is replayed (R-LOG).

The worker's logging takes the fields out of the record and adds the workflow's id (`activities.infra.log`).
"""

from typing import Final

from temporalio import workflow

FIELDS: Final = "stam_fields"  # attribute of the log record

workflow.logger.workflow_info_on_message = False


def tell(event: str, **fields: object) -> None:
    """Ids and codes only, as in every log line; an empty one is left out."""
    workflow.logger.info(event, extra={FIELDS: {name: str(value) for name, value in fields.items() if value}})
