"""How a call can fail, by who is at fault: the server said no, the server's answer is nonsense, or nobody was reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.domain.errors import ErrorCode


class ClientError(Exception):
    """Base of everything the SDK raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    field: str
    reason: str


class ApiError(ClientError):
    """The server answered with a problem (RFC 9457).

    `code` is an `ErrorCode`, or the text of one this client does not know yet. `errors` belongs to VALIDATION; `current` (the
    thing as it is now, as JSON; `StamClient.current_of` decodes an alarm) to STALE_VERSION, WRONG_STATUS and NOT_OWNER.
    `retry_after` is seconds.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], *, retry_after: float | None = None) -> None:
        self.status = status
        self.code = _code(problem.get("code"), status)
        self.title = str(problem.get("title") or f"HTTP {status}")
        self.detail = str(problem.get("detail") or "")
        self.request_id = str(problem.get("request_id") or "")
        self.errors = tuple(
            FieldError(field=str(error.get("field")), reason=str(error.get("reason"))) for error in problem.get("errors") or ()
        )
        self.current: dict[str, Any] | None = problem.get("current")
        self.retry_after = retry_after
        super().__init__(f"{self.code}: {self.detail or self.title}")


def _code(value: Any, status: int) -> ErrorCode | str:
    try:
        return ErrorCode(value)
    except ValueError:
        return str(value or f"HTTP_{status}")


class Unreachable(ClientError):  # noqa: N818 - a state of the world, not a mistake
    """No answer: the server is away, or the way to it. Trying again later is right."""


class BadAnswer(ClientError):  # noqa: N818 - says whose fault it is
    """The server answered something that is not the contract's: another version, or a proxy in between."""


class SocketClosed(ClientError):  # noqa: N818 - what happened
    """The WebSocket ended; ``code`` as in RFC 6455 or one of the contract's 44xx."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"closed with {code} {reason}".rstrip())
