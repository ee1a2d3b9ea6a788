"""JSON to dataclasses and back, by cattrs (pure Python: it runs in the browser)."""

from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from cattrs import Converter

T = TypeVar("T")


def _datetime(value: Any, _: object) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.astimezone(UTC)


_converter = Converter(detailed_validation=False)
_converter.register_structure_hook(UUID, lambda value, _: UUID(value))
_converter.register_structure_hook(datetime, _datetime)
_converter.register_structure_hook(str | int | None, lambda value, _: value)


def decode(value: Any, kind: type[T]) -> T:
    """``value`` (parsed JSON) as ``kind``. Unknown keys are ignored, so that a newer server is no trouble.

    Raises KeyError, TypeError or ValueError when the answer is not what the contract says.
    """
    return _converter.structure(value, kind)
