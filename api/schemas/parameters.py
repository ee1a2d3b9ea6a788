"""Query parameters that several routes share."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator

from api.schemas.text import LARGEST_VERSION, Moment, clean_line
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.permissions import Role


def split(values: Any) -> Any:
    """``a,b`` and ``?x=a&x=b`` mean the same."""
    if isinstance(values, list):
        return [part for value in values for part in str(value).split(",") if part]
    return values


def _many(description: str) -> Any:
    return Query(description=f"{description} Several: separated by commas, or repeated.")


Statuses = Annotated[list[BundleStatus] | None, BeforeValidator(split), _many("Only these statuses.")]
Priorities = Annotated[list[Priority] | None, BeforeValidator(split), _many("Only these priorities.")]
AlarmTypes = Annotated[list[AlarmType] | None, BeforeValidator(split), _many("Only these alarm types.")]
Roles = Annotated[list[Role] | None, BeforeValidator(split), _many("Only these roles.")]

Cursor = Annotated[
    str | None, Query(max_length=512, description="`next_cursor` of the page before; rows that came meanwhile shift nothing.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows of a page.")]
BasedOn = Annotated[
    int, Query(ge=1, le=LARGEST_VERSION, description="The `version` the change is based on; another one by now is a 409.")
]
Since = Annotated[Moment | None, Query(alias="from", description="Not before this time (RFC 3339).")]
Until = Annotated[Moment | None, Query(alias="to", description="Before this time (RFC 3339).")]
Search = Annotated[
    Annotated[str, AfterValidator(clean_line)] | None,
    Query(
        max_length=100, description="Words of the object's name, address or external number; letters count without their marks."
    ),
]
