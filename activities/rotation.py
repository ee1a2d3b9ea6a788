"""Changing the key of encrypted fields while everything runs (`stam secrets rotate`, R-REVEAL).

A field is sealed again under the first key unless somebody has changed it meanwhile (compare-and-set on the old ciphertext).
What has been done is done: a rotation that was stopped goes on where it was, because fields under the first key are not looked
at. Fields that do not open are left as they are and named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, func, select, update

from activities.db.encrypted import SEALED, SealedColumn
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher, Sealed, Unreadable

BATCH: Final = 100  # fields a transaction; short, so that nobody waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """So many fields of a column are under a key. `known`: it is among ours."""

    column: str
    key_id: str
    count: int
    known: bool


@dataclass(slots=True)
class Rotation:
    """What a rotation did. `unreadable`: column and row id; `overtaken`: changed by somebody else meanwhile."""

    sealed: int = 0
    overtaken: int = 0
    unreadable: list[tuple[str, Any]] = field(default_factory=list)


async def status(db: Database, cipher: FieldCipher) -> Sequence[KeyUse]:
    """How many fields are under which key. A key that has none left can be dropped. Raises DatabaseUnavailable."""
    found: list[KeyUse] = []
    async with db.read() as session:
        for sealed in SEALED:
            key_id, ciphertext = sealed.column(sealed.key_id), sealed.column(sealed.ciphertext)
            query = select(key_id, func.count()).where(ciphertext.is_not(None)).group_by(key_id).order_by(key_id)
            found += [
                KeyUse(column=sealed.label, key_id=key, count=count, known=key in cipher.keys)
                for key, count in await session.execute(query)
            ]
    return found


async def rotate(
    db: Database, cipher: FieldCipher, *, told: Callable[[str, int, int], None] = lambda *_: None, batch: int = BATCH
) -> Rotation:
    """Seal everything under the first key; ``told`` hears column, fields seen and fields in all. Raises DatabaseUnavailable."""
    done = Rotation()
    for sealed in SEALED:
        await _rotate_column(db, cipher, sealed, done, told, batch)
    return done


async def _rotate_column(
    db: Database,
    cipher: FieldCipher,
    sealed: SealedColumn,
    done: Rotation,
    told: Callable[[str, int, int], None],
    batch: int,
) -> None:
    async with db.read() as session:
        waiting = sealed.column(sealed.ciphertext).is_not(None) & (sealed.column(sealed.key_id) != cipher.key_id)
        total = await session.scalar(select(func.count()).where(waiting)) or 0
    after, seen = None, 0
    while rows := await _next(db, cipher, sealed, after, batch):
        async with db.write() as session:
            for row in rows:
                await _seal_again(session, cipher, sealed, row, done)
        after, seen = rows[-1][0], seen + len(rows)
        told(sealed.label, seen, max(total, seen))


async def _next(
    db: Database, cipher: FieldCipher, sealed: SealedColumn, after: Any, batch: int
) -> Sequence[Row[Any, Any, Any]]:
    """Fields under another key, in the order of their rows; what did not open is passed by."""
    row_id, key_id, ciphertext = (sealed.column(name) for name in (sealed.row_id, sealed.key_id, sealed.ciphertext))
    query = select(row_id, key_id, ciphertext).where(ciphertext.is_not(None), key_id != cipher.key_id)
    if after is not None:
        query = query.where(row_id > after)
    async with db.read() as session:
        return (await session.execute(query.order_by(row_id).limit(batch))).all()


async def _seal_again(
    session: WriteSession, cipher: FieldCipher, sealed: SealedColumn, row: Row[Any, Any, Any], done: Rotation
) -> None:
    row_id, key_id, ciphertext = row
    try:
        fresh = sealed.seal(cipher, row_id, sealed.open(cipher, row_id, Sealed(key_id, ciphertext)))
    except Unreadable:
        done.unreadable.append((sealed.label, row_id))
        return
    values: dict[str, Any] = {sealed.ciphertext: fresh.ciphertext, sealed.key_id: fresh.key_id}
    if "updated_at" in sealed.table.c:
        values["updated_at"] = sealed.column("updated_at")  # nothing has changed for anybody who reads
    same = (sealed.column(sealed.row_id) == row_id) & (sealed.column(sealed.ciphertext) == ciphertext)
    written = await session.execute(update(sealed.table).where(same).values(values).returning(sealed.column(sealed.row_id)))
    if written.first() is None:
        done.overtaken += 1
    else:
        done.sealed += 1
