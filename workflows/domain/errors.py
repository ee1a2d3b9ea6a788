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
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
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
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    SECOND_FACTOR_WRONG = "SECOND_FACTOR_WRONG"
    SECOND_FACTOR_SETUP_REQUIRED = "SECOND_FACTOR_SETUP_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    # users
    PASSWORD_LENGTH = "PASSWORD_LENGTH"  # noqa: S105 - an error code
    PASSWORD_CONTAINS_NAME = "PASSWORD_CONTAINS_NAME"  # noqa: S105 - an error code
    PASSWORD_COMMON = "PASSWORD_COMMON"  # noqa: S105 - an error code
    PASSWORD_UNCHANGED = "PASSWORD_UNCHANGED"  # noqa: S105 - an error code
    OWN_ACCOUNT = "OWN_ACCOUNT"
    LAST_MANAGER = "LAST_MANAGER"
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"
    # alarms
    STALE_VERSION = "STALE_VERSION"
    WRONG_STATUS = "WRONG_STATUS"
    NOT_OWNER = "NOT_OWNER"
    NOTE_REQUIRED = "NOTE_REQUIRED"
    # commands, service mode
    SAME_PERSON = "SAME_PERSON"
    NOT_WAITING = "NOT_WAITING"
    # secrets
    REVEAL_SPENT = "REVEAL_SPENT"
    REVEAL_OVER = "REVEAL_OVER"
    SECRET_UNREADABLE = "SECRET_UNREADABLE"  # noqa: S105 - an error code
    # the system
    TEMPORAL_UNAVAILABLE = "TEMPORAL_UNAVAILABLE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    GEOCODER_UNAVAILABLE = "GEOCODER_UNAVAILABLE"
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
    ErrorCode.UNSUPPORTED_TYPE: ErrorSpec(415, "Files of this kind are not accepted."),
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
    ErrorCode.SECOND_FACTOR_REQUIRED: ErrorSpec(401, "This account also needs a code of its second factor."),
    ErrorCode.SECOND_FACTOR_WRONG: ErrorSpec(401, "The code is wrong or was used before."),
    ErrorCode.SECOND_FACTOR_SETUP_REQUIRED: ErrorSpec(403, "Set up a second factor first: your role requires one."),
    ErrorCode.FORBIDDEN: ErrorSpec(403, "Your role does not allow this."),
    ErrorCode.STALE_VERSION: ErrorSpec(409, "It has changed since you saw it; look again."),
    ErrorCode.PASSWORD_LENGTH: ErrorSpec(422, "A password has 12 to 1000 characters."),
    ErrorCode.PASSWORD_CONTAINS_NAME: ErrorSpec(422, "The password must not contain the user name."),
    ErrorCode.PASSWORD_COMMON: ErrorSpec(422, "This password is too easy to guess: it is among those tried first."),
    ErrorCode.PASSWORD_UNCHANGED: ErrorSpec(422, "The new password must differ from the current one."),
    ErrorCode.OWN_ACCOUNT: ErrorSpec(403, "This cannot be done to one's own account; somebody else must do it."),
    ErrorCode.LAST_MANAGER: ErrorSpec(409, "Nobody would be left to manage users: appoint somebody else first."),
    ErrorCode.SERVICE_ACCOUNT: ErrorSpec(409, "A service account has tokens only, and stays one."),
    ErrorCode.WRONG_STATUS: ErrorSpec(409, "The alarm is not in a status that allows this."),
    ErrorCode.NOT_OWNER: ErrorSpec(409, "Somebody else has claimed this alarm."),
    ErrorCode.NOTE_REQUIRED: ErrorSpec(422, "A note is required here."),
    ErrorCode.SAME_PERSON: ErrorSpec(403, "Who asked for it cannot be the second person."),
    ErrorCode.NOT_WAITING: ErrorSpec(409, "Nobody is waited for (any more): it was released, refused, or its time ran out."),
    ErrorCode.REVEAL_SPENT: ErrorSpec(409, "This reveal has been shown already; ask for another."),
    ErrorCode.REVEAL_OVER: ErrorSpec(410, "This reveal is not visible (any more); ask for another."),
    ErrorCode.SECRET_UNREADABLE: ErrorSpec(500, "The secret cannot be decrypted with the keys of this installation."),
    ErrorCode.TEMPORAL_UNAVAILABLE: ErrorSpec(503, "Alarms still arrive, but actions cannot be taken right now; try again."),
    ErrorCode.DATABASE_UNAVAILABLE: ErrorSpec(503, "The database cannot be reached right now; try again."),
    ErrorCode.SHUTTING_DOWN: ErrorSpec(503, "This server is shutting down; try again."),
    ErrorCode.GEOCODER_UNAVAILABLE: ErrorSpec(503, "Addresses cannot be looked up right now; enter the coordinates by hand."),
    ErrorCode.INTERNAL: ErrorSpec(500, "Something went wrong on our side; it has been logged."),
}

TYPE_PREFIX = "urn:stam:error:"
