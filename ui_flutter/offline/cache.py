"""What a console keeps for when it has no server: sealed rows in SQLite, by kind and id.

Ids stand in the clear, contents never do. Writing is collected: `commit` makes one transaction of it and has the device save.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable
from typing import Any

from ui_flutter.offline.device import Device, Unreadable

logger = logging.getLogger("stam.console")
FILE = "cache.sqlite3"
FORMAT = 1  # another one is thrown away: everything in it can be had again


class Cache:
    """Of one user at a time. Not open: reads find nothing, writes do nothing."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._db: sqlite3.Connection | None = None

    @property
    def is_open(self) -> bool:
        return self._db is not None

    async def open(self, owner: str, *, create: bool) -> bool:
        """Take up what is kept of ``owner``; False: nothing, and not ``create``. What was another's is destroyed first."""
        self.close()
        if not await self._device.load(owner, create=create):
            return False
        path = self._device.folder / FILE
        try:
            self._db = _connected(str(path))
        except sqlite3.DatabaseError:
            logger.warning("the offline cache cannot be read and is made anew")
            path.unlink(missing_ok=True)
            self._db = _connected(str(path))
        return True

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    async def destroy(self) -> None:
        """Nothing of anybody is left, and what a copy of the file holds nobody can read."""
        self.close()
        await self._device.destroy()

    async def all(self, kind: str) -> list[tuple[str, Any]]:
        """Ids and contents, in the order in which they were put first; what cannot be read is left out."""
        if self._db is None:
            return []
        rows = self._db.execute("SELECT id, sealed FROM kept WHERE kind = ? ORDER BY rowid", (kind,)).fetchall()
        return [(id_, content) for id_, sealed in rows for content in await self._content(kind, id_, sealed)]

    async def one(self, kind: str, id_: str) -> Any:
        """None: there is none."""
        if self._db is None:
            return None
        row = self._db.execute("SELECT sealed FROM kept WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
        return next(iter(await self._content(kind, id_, row[0])), None) if row else None

    async def put(self, kind: str, id_: str, content: Any) -> None:
        if self._db is not None:
            sealed = await self._device.seal(json.dumps(content).encode(), f"{kind}/{id_}")
            self._db.execute(
                "INSERT INTO kept (kind, id, sealed) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
                (kind, id_, sealed),
            )

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        if self._db is not None:
            self._db.executemany("DELETE FROM kept WHERE kind = ? AND id = ?", [(kind, id_) for id_ in ids])

    def clear(self, kind: str) -> None:
        if self._db is not None:
            self._db.execute("DELETE FROM kept WHERE kind = ?", (kind,))

    async def commit(self) -> None:
        if self._db is not None:
            self._db.commit()
            await self._device.save()

    async def _content(self, kind: str, id_: str, sealed: bytes) -> list[Any]:
        try:
            return [json.loads(await self._device.unseal(sealed, f"{kind}/{id_}"))]
        except Unreadable:
            logger.warning("a row of the offline cache cannot be read: %s", kind)
            return []


def _connected(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    try:
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found not in {0, FORMAT}:
            raise sqlite3.DatabaseError("of another format")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA journal_mode = MEMORY")  # the device keeps whole files
        db.execute(f"PRAGMA user_version = {FORMAT}")
        db.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, sealed BLOB NOT NULL, UNIQUE (kind, id))")
        db.commit()
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db
