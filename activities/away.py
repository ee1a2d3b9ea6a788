"""How an activity fails when its database is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.db.session import DatabaseUnavailable

log = structlog.get_logger(__name__)


@asynccontextmanager
async def quietly_away() -> AsyncIterator[None]:
    """A database that is away is no bug: Temporal tries again, and no stack trace of it stays in the history."""
    try:
        yield
    except DatabaseUnavailable as error:
        log.warning("activity.database_away", error=str(error))
        raise ApplicationError(
            "the database is away", type=DatabaseUnavailable.__name__, category=ApplicationErrorCategory.BENIGN
        ) from None
