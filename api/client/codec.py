"""JSON to the dataclasses of `models` and back to what a query or a body carries."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from cattrs import Converter
from cattrs.errors import BaseValidationError

from api.client.errors import BadAnswer
from workflows.domain.permissions import Permission, Scope

T = TypeVar("T")
_PERMISSIONS = frozenset(Permission)


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(time, lambda value, _: time.fromisoformat(value))
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_structure_hook(str | int | None, lambda value, _: value)
    converter.register_structure_hook(type(None), lambda value, _: _nothing(value))
    converter.register_structure_hook_func(lambda kind: kind == dict[Permission, Scope], lambda value, _: _known(value))
    return converter


def _known(permissions: dict[str, str]) -> dict[Permission, Scope]:
    """A newer server may name permissions for what this client does not have: a page that was loaded before an update."""
    return {Permission(name): Scope(scope) for name, scope in permissions.items() if name in _PERMISSIONS}


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


def encode(value: Any) -> Any:
    """``value`` as JSON that `decode` takes for the same: dataclasses, and what they are made of."""
    if is_dataclass(value) and not isinstance(value, type):
        return {member.name: encode(getattr(value, member.name)) for member in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [encode(one) for one in value]
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)


def plain(value: Any) -> Any:
    """``value`` as a query or a JSON body has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | frozenset | set):
        return ",".join(str(plain(item)) for item in value)
    return str(value)
