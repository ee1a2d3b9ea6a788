"""How a call fails."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    reason: str


class ApiError(Exception):
    """The server refused: a problem+json answer. `code` is one of `workflows.domain.errors.ErrorCode`."""

    def __init__(
        self,
        *,
        code: str,
        status: int,
        title: str,
        detail: str | None = None,
        request_id: str | None = None,
        errors: tuple[FieldError, ...] = (),
        current: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code} ({status}): {detail or title}")
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.errors = errors
        self.current = current  # the alarm as it is now, where the conflict is about one


class Unreachable(Exception):  # noqa: N818 - a state of the world, as LinkLost
    """No answer at all: the server or the way to it is away. Trying again later is right."""
