"""Setting up one's second factor: what is known of it while it is done. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from ui_flutter.i18n.words import Words
from ui_flutter.state.listing import Sending


class Stage(StrEnum):
    """What is asked for next."""

    PASSWORD = "password"  # noqa: S105 - the user's own, before a secret is made
    CODE = "code"  # of the app that the secret was put into
    CODES = "codes"  # recovery codes are shown, once


@dataclass(slots=True, kw_only=True)
class Enrolment:
    """`secret`, `uri` and `codes` are kept only as long as they are on the screen."""

    stage: Stage = Stage.PASSWORD
    secret: str = ""
    uri: str = ""
    codes: tuple[str, ...] = ()
    sending: Sending = field(default_factory=Sending)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentView:
    stage: Stage = Stage.PASSWORD
    key: str = ""  # grouped in fours, as one types it
    uri: str = ""
    codes: tuple[str, ...] = ()
    busy: bool = False
    error: str = ""


def view(enrolment: Enrolment) -> EnrolmentView:
    return EnrolmentView(
        stage=enrolment.stage,
        key=grouped(enrolment.secret),
        uri=enrolment.uri,
        codes=enrolment.codes,
        busy=enrolment.sending.busy,
        error=enrolment.sending.error,
    )


def grouped(secret: str) -> str:
    """`ABCDEFGH` → `ABCD EFGH`: so it can be read aloud and typed."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def copied_codes(codes: tuple[str, ...], words: Words) -> str:
    """The recovery codes as one keeps them."""
    return "\n".join([words("enrol.codes.file"), *codes])
