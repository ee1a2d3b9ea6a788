"""What a cell says: Excel's idea of a value as ours. Each function takes a value that is there and raises `Bad`."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar
from zoneinfo import available_timezones

from activities.importing.reasons import Reason

T = TypeVar("T", bound=StrEnum)

LINE: Final = 200  # characters, as the API's own
PROSE: Final = 2_000
_SPACES: Final = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EXCEL_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how OOXML writes characters that XML has no place for
_WHOLE: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]0+)?")
_SPOILED: Final = re.compile(r"^(\d+)\.0+$")
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_PHONE: Final = re.compile(r"\+?[\d /().-]{3,30}")
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_YES: Final = frozenset({"tak", "t", "yes", "y", "true", "1", "x", "prawda"})
_NO: Final = frozenset({"nie", "n", "no", "false", "0", "fałsz"})


class Bad(ValueError):  # noqa: N818 - what the cell is
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not tidy(value))


def tidy(text: str) -> str:
    """One kind of space, none at the ends, nothing invisible, letters composed (NFC)."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def line(value: Any, *, most: int = LINE) -> str:
    """A number as Excel shows it: 1001.0 is "1001"."""
    if isinstance(value, bool):
        text = "TAK" if value else "NIE"
    elif isinstance(value, date | datetime | time | timedelta):
        raise Bad(Reason.IS_A_DATE)
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    else:
        text = tidy(_EXCEL_ESCAPE.sub(lambda found: chr(int(found[1], 16)), str(value)))
    if _CONTROL.search(text):
        raise Bad(Reason.CONTROL)
    if len(text) > most:
        raise Bad(Reason.TOO_LONG)
    if not text:
        raise Bad(Reason.MISSING)
    return text


def identifier(value: Any) -> str:
    """A number that was text once and has got decimals on its way ("1001.0") is "1001"."""
    return _SPOILED.sub(r"\1", line(value))


def prose(value: Any) -> str:
    return line(value, most=PROSE)


def whole(value: Any, low: int, high: int) -> int:
    """5, 5.0, "5" and "5,0" are five."""
    text = line(value)
    if isinstance(value, bool) or not _WHOLE.fullmatch(text):
        raise Bad(Reason.NOT_A_WHOLE_NUMBER)
    return int(_within(int(re.split("[.,]", text)[0]), low, high))


def decimal(value: Any, low: float, high: float) -> float:
    """With a point or a comma."""
    text = line(value)
    if isinstance(value, bool) or not _DECIMAL.fullmatch(text):
        raise Bad(Reason.NOT_A_NUMBER)
    return _within(float(text.replace(",", ".")), low, high)


def _within(number: float, low: float, high: float) -> float:
    if not low <= number <= high:
        raise Bad(Reason.OUT_OF_RANGE)
    return number


def phone(value: Any) -> str:
    text = line(value)
    if not _PHONE.fullmatch(text) or sum(letter.isdigit() for letter in text) < 3:
        raise Bad(Reason.NOT_A_PHONE)
    return text


def host(value: Any) -> str:
    text = line(value)
    if not _HOST.fullmatch(text):
        raise Bad(Reason.NOT_AN_ADDRESS)
    return text


def integration_key(value: Any) -> str:
    """At most 12 characters (ETHM-1)."""
    return line(value, most=12)


@cache
def _zones() -> frozenset[str]:
    """Looked up once: it walks folders, 24 ms each time."""
    return frozenset(available_timezones())


def time_zone(value: Any) -> str:
    text = line(value)
    if text not in _zones():
        raise Bad(Reason.NOT_A_ZONE_NAME)
    return text


def yes_or_no(value: Any) -> bool:
    text = line(value).casefold()
    if text not in _YES | _NO:
        raise Bad(Reason.NOT_YES_OR_NO)
    return text in _YES


def choice(value: Any, of: type[T]) -> T:
    """A member of the closed set ``of``, in any case of letters."""
    try:
        return of(line(value).upper())
    except ValueError as error:
        raise error if isinstance(error, Bad) else Bad(Reason.NOT_A_CHOICE) from None
