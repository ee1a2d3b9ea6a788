"""What every table has in common: types, names of constraints, keys, stamps."""

from datetime import datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid, func, text
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]
BigInt = Annotated[int, mapped_column(BigInteger)]

FALSE, TRUE, ZERO, NOW = text("false"), text("true"), text("0"), func.now()


def _values(members: type[Enum]) -> list[str]:
    return [str(member.value) for member in members]


class Base(DeclarativeBase):
    """Enums are text with a CHECK, so that a new member is a plain migration; every time is timestamptz."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        Json: JSONB,
        list[str]: JSONB,
    }


def enum(members: type[StrEnum], column: str) -> EnumType:
    """Text that holds the values of ``members``; the CHECK is named for the column."""
    return EnumType(members, name=column, native_enum=False, create_constraint=True, length=32, values_callable=_values)


class Identified:
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class Stamped:
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW, onupdate=NOW)


class Versioned:
    """Optimistic concurrency: who changes the row raises `version` and requires the one he saw."""

    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
