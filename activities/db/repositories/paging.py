"""Keyset paging: a cursor holds the sort key of the last row seen, so that rows inserted meanwhile shift nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, FromClause, RowMapping, Select, SmallInteger, Subquery, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import KeyedColumnElement

T = TypeVar("T")


class BadCursor(ValueError):  # noqa: N818 - what is wrong, in the words of the answer
    """The cursor is none of ours, or of another list."""


@dataclass(frozen=True, slots=True)
class Key:
    """One column of a sort key; `kind` is what a cursor's text becomes again."""

    column: KeyedColumnElement[Any]
    kind: type[int] | type[str] | type[UUID] | type[datetime]


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: the last key is unique. All keys ascend, or all descend."""

    keys: tuple[Key, ...]
    descending: bool = False

    def after(self, cursor: str) -> ColumnElement[bool]:
        """The rows beyond ``cursor``. Raises BadCursor."""
        values = _decode(cursor, self.keys)
        row = tuple_(*(key.column for key in self.keys))
        seen = tuple_(*(literal(value, key.column.type) for key, value in zip(self.keys, values, strict=True)))
        return row < seen if self.descending else row > seen

    def sorting(self, rows: FromClause | None = None) -> list[ColumnElement[Any]]:
        """What to sort by; ``rows``: a subquery that has the columns under their names."""
        columns = [key.column if rows is None else rows.c[str(key.column.key)] for key in self.keys]
        return [column.desc() if self.descending else column.asc() for column in columns]


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    items: list[T]
    next_cursor: str | None


async def page(
    session: AsyncSession,
    query: Select[Any],
    order: Order,
    *,
    cursor: str | None,
    limit: int,
    named: Callable[[Subquery], Select[Any]] | None = None,
) -> Rows[RowMapping]:
    """``limit`` rows of ``query`` after ``cursor``. The query's rows must have the keys' columns under their names.

    ``named`` joins to the page's rows what people read: to these few only, not to all there are.
    """
    if cursor is not None:
        query = query.where(order.after(cursor))
    query = query.order_by(*order.sorting()).limit(limit + 1)
    if named is not None:
        rows_of_page = query.subquery("page")
        query = named(rows_of_page).order_by(*order.sorting(rows_of_page))
    rows = (await session.execute(query)).mappings().all()
    more = len(rows) > limit
    return Rows(list(rows[:limit]), _encode(rows[limit - 1], order.keys) if more else None)


def _encode(row: RowMapping, keys: Sequence[Key]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([str(row[str(key.column.key)]) for key in keys])).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[Key]) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_revive(value, key) for value, key in zip(values, keys, strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadCursor("this cursor does not belong to this list") from error


def _revive(value: str, key: Key) -> Any:
    """What `_encode` wrote, if its column can hold it. Raises ValueError, TypeError or OverflowError for anything else."""
    if key.kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without its zone")
        return moment.astimezone(UTC)
    found: Any = key.kind(value)  # type: ignore[call-arg,arg-type]  # a datetime is none of those that are left
    if isinstance(found, int) and not -_half(key) <= found < _half(key):
        raise OverflowError("no number of this column")
    if isinstance(found, str) and "\0" in found:
        raise ValueError("no text of this column")
    return found


def _half(key: Key) -> int:
    """One more than the largest number of the column."""
    kind = key.column.type
    return 2 ** (63 if isinstance(kind, BigInteger) else 15 if isinstance(kind, SmallInteger) else 31)
