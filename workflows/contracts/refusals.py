"""How a refusal travels from a workflow to whoever asked: an ApplicationError of type `policies.REFUSED`, its word inside."""

from temporalio.exceptions import ApplicationError

from workflows.contracts import policies


def refusal_of(error: BaseException) -> str | None:
    """The word of the refusal inside what an update raised at its caller, empty where the workflow has only one; None when
    the update failed for another reason."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ApplicationError) and cause.type == policies.REFUSED:
            return str(cause.details[0]) if cause.details else ""
        cause = cause.__cause__
    return None
