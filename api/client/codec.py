"""JSON to the dataclasses of `models` and back to what a query or a body carries."""

from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from cattrs import Converter
from cattrs.errors import BaseValidationError

from api.client.errors import BadAnswer

T = TypeVar("T")


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(time, lambda value, _: time.fromisoformat(value))
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_structure_hook(str | int | None, lambda value, _: value)
    converter.register_structure_hook(type(None), lambda value, _: _nothing(value))
    return converter


def _nothing(value: object) -> None:
    if value is not None:
        raise ValueError("something where nothing was to be")


_CONVERTER = _converter()


def decode(data: Any, kind: type[T]) -> T:
    """``data`` as parsed JSON. Raises BadAnswer when it is not what the contract says."""
    if kind is type(None):
        return None  # an answer without content
    try:
        return _CONVERTER.structure(data, kind)
    except (BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise BadAnswer(f"the server's answer is no {kind}: {error!r}") from error


def plain(value: Any) -> Any:
    """``value`` as a query or a JSON body has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | frozenset | set):
        return ",".join(str(plain(item)) for item in value)
    return str(value)
