"""The registry of error codes (R-ERR): every problem+json answer carries one of these and nothing else invents any.

`urn:stam:error:<CODE>` is the problem's type. Titles here are English and stable; the console translates by code.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    # the request
    VALIDATION = "VALIDATION"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    MISDIRECTED = "MISDIRECTED"
    RATE_LIMITED = "RATE_LIMITED"
    CONFLICT = "CONFLICT"
    # who asks
    UNAUTHENTICATED = "UNAUTHENTICATED"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - an error code
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - an error code
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    PASSWORD_CHANGE_REQUIRED = "PASSWORD_CHANGE_REQUIRED"  # noqa: S105 - an error code
    FORBIDDEN = "FORBIDDEN"
    # alarms
    STALE_VERSION = "STALE_VERSION"
    WRONG_STATUS = "WRONG_STATUS"
    NOT_OWNER = "NOT_OWNER"
    NOTE_REQUIRED = "NOTE_REQUIRED"
    # the system
    TEMPORAL_UNAVAILABLE = "TEMPORAL_UNAVAILABLE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    MAINTENANCE = "MAINTENANCE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    status: int
    title: str


REGISTRY: dict[ErrorCode, ErrorSpec] = {
    ErrorCode.VALIDATION: ErrorSpec(422, "The request has invalid fields."),
    ErrorCode.NOT_FOUND: ErrorSpec(404, "There is no such thing, or it is not yours to see."),
    ErrorCode.METHOD_NOT_ALLOWED: ErrorSpec(405, "This method is not allowed here."),
    ErrorCode.TOO_LARGE: ErrorSpec(413, "The request is too large."),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: ErrorSpec(415, "This kind of body is not read here; say its Content-Type."),
    ErrorCode.REQUEST_TIMEOUT: ErrorSpec(408, "The request did not arrive in time."),
    ErrorCode.MISDIRECTED: ErrorSpec(421, "This server does not go by that name."),
    ErrorCode.RATE_LIMITED: ErrorSpec(429, "Too many requests; wait and try again."),
    ErrorCode.CONFLICT: ErrorSpec(409, "This contradicts what is already there."),
    ErrorCode.UNAUTHENTICATED: ErrorSpec(401, "Log in first."),
    ErrorCode.INVALID_CREDENTIALS: ErrorSpec(401, "The user name or password is wrong."),
    ErrorCode.TOKEN_EXPIRED: ErrorSpec(401, "The session has expired; log in again."),
    ErrorCode.TOKEN_REUSED: ErrorSpec(401, "This session was used twice and has been ended for safety."),
    ErrorCode.ACCOUNT_LOCKED: ErrorSpec(423, "The account is locked for a while after too many failures."),
    ErrorCode.PASSWORD_CHANGE_REQUIRED: ErrorSpec(403, "Change the password first."),
    ErrorCode.FORBIDDEN: ErrorSpec(403, "Your role does not allow this."),
    ErrorCode.STALE_VERSION: ErrorSpec(409, "The alarm has changed since you saw it; look again."),
    ErrorCode.WRONG_STATUS: ErrorSpec(409, "The alarm is not in a status that allows this."),
    ErrorCode.NOT_OWNER: ErrorSpec(409, "Somebody else has claimed this alarm."),
    ErrorCode.NOTE_REQUIRED: ErrorSpec(422, "A note is required here."),
    ErrorCode.TEMPORAL_UNAVAILABLE: ErrorSpec(503, "Alarms still arrive, but actions cannot be taken right now; try again."),
    ErrorCode.DATABASE_UNAVAILABLE: ErrorSpec(503, "The database cannot be reached right now; try again."),
    ErrorCode.SHUTTING_DOWN: ErrorSpec(503, "This server is shutting down; try again."),
    ErrorCode.MAINTENANCE: ErrorSpec(503, "The system is read-only during maintenance."),
    ErrorCode.INTERNAL: ErrorSpec(500, "Something went wrong on our side; it has been logged."),
}

TYPE_PREFIX = "urn:stam:error:"
