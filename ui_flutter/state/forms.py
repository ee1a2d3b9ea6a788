"""A form of a section as plain values; `components/form.py` draws it. What is typed stays in the drawing until it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    TEXT = "text"
    LONG = "long"  # several lines
    SECRET = "secret"  # noqa: S105 - what is typed unseen
    CHOICE = "choice"  # one of `options`
    MANY = "many"  # any of `options`; the value is their keys, separated by commas
    SWITCH = "switch"  # "yes" or ""


YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """``name`` is the server's word for it where it has one, so that its reasons find their field."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    value: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """``key``: of one opening; another one begins with the fields' own values. ``changed``: what somebody else changed
    meanwhile, as sentences. ``danger``: the confirming button says so by its colour."""

    key: int
    title: str
    confirm: str
    subject: str = ""
    explain: tuple[str, ...] = ()
    fields: tuple[FieldView, ...] = ()
    danger: bool = False
    busy: bool = False
    error: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()

    def error_of(self, name: str) -> str:
        """Of the field or of a part of it (`zones.0`)."""
        return "; ".join(reason for field, reason in self.errors if field == name or field.startswith(f"{name}."))

    @property
    def start(self) -> dict[str, str]:
        return {field.name: field.value for field in self.fields}


def changed_members(start: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What somebody typed over."""
    return {name: value for name, value in now.items() if start.get(name, "") != value}


def many(value: str) -> tuple[str, ...]:
    """The keys of a MANY field."""
    return tuple(part for part in value.split(",") if part)


def toggled(value: str, key: str, order: tuple[str, ...]) -> str:
    """The value with ``key`` added or taken away, in the options' order."""
    chosen = set(many(value)) ^ {key}
    return ",".join(one for one in order if one in chosen)


def numbers(text: str) -> tuple[int, ...] | None:
    """`1, 3, 5-8` as numbers, each once; None: that is no such list."""
    found: list[int] = []
    for part in text.replace(";", ",").split(","):
        first, dash, last = part.strip().partition("-")
        if not first and not dash:
            continue
        if not first.strip().isdecimal() or (dash and not last.strip().isdecimal()):
            return None
        begin, end = int(first), int(last) if dash else int(first)
        if end < begin or end - begin > 255:
            return None
        found += range(begin, end + 1)
    return tuple(dict.fromkeys(found))
