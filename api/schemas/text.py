"""What text, numbers and times may be, whatever the field (docs/security.md, "Input").

Refused: NUL and the other control characters but line feed and tab, halves of surrogate pairs, and the characters that turn
the direction of writing (a name could show as another one). A text of one line refuses line breaks and tabs, too. What is
taken is in Unicode's form NFC with ``\\n`` at the ends of lines, so that equal texts are equal bytes; only what is marked
`VERBATIM` (passwords) stays as it was sent.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic_core import InitErrorDetails, PydanticCustomError

VERBATIM: Final = "verbatim"  # in the Annotated of a type
LARGEST_VERSION: Final = 2**31 - 1  # the column is an integer
LARGEST_INT: Final = 2**53 - 1  # RFC 7493: what every JSON reader holds exactly
EARLIEST: Final = 1900  # year
LATEST: Final = 2200
DEEPEST: Final = 20  # levels of lists and objects
_MOST_FAULTS: Final = 20  # told in one answer

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_BREAKS = re.compile(r"[\t\n\x0b\f\r\x85\u2028\u2029]")

Path = tuple[int | str, ...]
Fault = tuple[Path, str]


def fault(text: str) -> str | None:
    """Why ``text`` cannot be taken; None: it can."""
    if found := _CONTROL.search(text.replace("\r\n", "\n")):
        return f"must not contain the control character U+{ord(found[0]):04X}"
    if _SURROGATE.search(text):
        return "must not contain half of a surrogate pair"
    if found := _TURNS.search(text):
        return f"must not contain U+{ord(found[0]):04X}, which turns the direction of writing"
    return None


def cleaned(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A validator. Raises ValueError."""
    if _BREAKS.search(text):
        raise ValueError("must be one line, without tabs")
    return text


def clean_line(text: str) -> str:
    """A validator of one-line text outside bodies: parameters. Raises ValueError."""
    if why := fault(text):
        raise ValueError(why)
    return one_line(cleaned(text))


def _sane(moment: datetime) -> datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"must be between the years {EARLIEST} and {LATEST}")
    return moment


def _rfc3339(given: Any) -> Any:
    """Pydantic would take a number as seconds since 1970, which is a mistake more often than not."""
    if not isinstance(given, datetime) and not (isinstance(given, str) and _MOMENT.match(given)):
        raise ValueError("must be a time as in RFC 3339: 2026-11-25T18:59:04Z")
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_sane)]


# -- bodies


def clean_body(model: type[BaseModel], given: Any) -> Any:
    """``given`` with its texts cleaned. Raises ValidationError with the path of every bad text, key and number."""
    faults: list[Fault] = []
    found = _walk(given, (), verbatim_fields(model), faults)
    if isinstance(given, dict):
        faults += _of_another_type(model, given)
    _refuse(model, faults)
    return found


def check_times(model: BaseModel) -> None:
    """Raises ValidationError for times that the database, or their conversion to UTC, could not hold."""
    faults: list[Fault] = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, datetime) and not EARLIEST <= value.year <= LATEST:
            faults.append(((field.alias or name,), f"must be between the years {EARLIEST} and {LATEST}"))
    _refuse(type(model), faults)


def _of_another_type(model: type[BaseModel], given: dict[str, Any]) -> Iterator[Fault]:
    """Pydantic would read "1" and true as numbers and 0 as false; the document says otherwise."""
    for name, allowed in _scalars(model).items():
        value = given.get(name)
        kinds = {kind for kind, types in _PYTHON.items() if type(value) in types}
        if kinds and not kinds & allowed:
            yield (name,), f"must be of type {' or '.join(sorted(allowed))}"


_PYTHON: Final = {"boolean": (bool,), "integer": (int, float), "number": (int, float), "string": (str,)}


@cache
def _scalars(model: type[BaseModel]) -> Mapping[str, frozenset[str]]:
    """The JSON types of those members that have booleans and numbers among them, by their names in the document."""
    schema = model.model_json_schema()
    found = {}
    for name, member in schema.get("properties", {}).items():
        types = frozenset(_types(member, schema.get("$defs", {})))
        if types & {"boolean", "integer", "number"} and "" not in types:
            found[name] = types
    return found


def _types(member: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """Of each alternative; empty for one that does not say."""
    if "$ref" in member:
        member = definitions[member["$ref"].rsplit("/", 1)[1]]
    alternatives = member.get("anyOf") or member.get("oneOf")
    if alternatives:
        for one in alternatives:
            yield from _types(one, definitions)
    else:
        yield member.get("type", "")


def _walk(value: Any, path: Path, verbatim: frozenset[str], faults: list[Fault]) -> Any:
    if len(path) > DEEPEST:
        faults.append((path[:1], f"must not be nested deeper than {DEEPEST} levels"))
        return None
    match value:
        case str():
            return _text(value, path, faults, keep=bool(path) and path[0] in verbatim)
        case bool():
            return value
        case int() if abs(value) > LARGEST_INT:
            faults.append((path, f"must be between -{LARGEST_INT} and {LARGEST_INT}"))
        case list():
            return [_walk(one, (*path, index), verbatim, faults) for index, one in enumerate(value)]
        case dict():
            return {
                _text(key, (*path, key), faults, keep=False): _walk(one, (*path, key), verbatim, faults)
                for key, one in value.items()
            }
    return value


def _text(value: str, path: Path, faults: list[Fault], *, keep: bool) -> str:
    why = fault(value)
    if why is not None:
        faults.append((path, why))
        return value
    return value if keep else cleaned(value)


def _refuse(model: type[BaseModel], faults: list[Fault]) -> None:
    if faults:
        told = dict.fromkeys(faults[:_MOST_FAULTS])
        lines = [
            InitErrorDetails(type=PydanticCustomError("unfit", _template(why)), loc=path, input=None) for path, why in told
        ]
        raise ValidationError.from_exception_data(model.__name__, lines)


def _template(reason: str) -> Any:
    """Pydantic wants a literal; there is nothing to fill in."""
    return reason


@cache
def verbatim_fields(model: type[BaseModel]) -> frozenset[str]:
    """The names, as clients spell them, of the members that must stay as they were sent: marked ones, and every password."""
    return frozenset(
        field.alias or name
        for name, field in model.model_fields.items()
        if "password" in name or VERBATIM in field.metadata or VERBATIM in set(_marks(field.annotation))
    )


def _marks(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from (mark for mark in annotation.__metadata__ if isinstance(mark, str))
    for part in get_args(annotation):
        if not isinstance(part, Mapping):
            yield from _marks(part)
