"""The hash chain over the audit log (ADR-021): its head, and whether it still holds.

The database makes the links and computes the hashes (`audit_hash`); here they are compared, in pages of bounded size.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.audit_chain import AuditLink
from activities.db.session import Database

PAGE: Final = 20_000  # links or entries; about a quarter of a second
_NO_ENTRY: Final = UUID(int=0)


class Fault(StrEnum):
    ENTRY_CHANGED = "ENTRY_CHANGED"  # it is not what its link was made of, or the link before was made anew to fit a change
    ENTRY_MISSING = "ENTRY_MISSING"  # the link is there, its entry is not
    ENTRY_WITHOUT_LINK = "ENTRY_WITHOUT_LINK"  # its link was taken away, or it came in around the trigger
    LINK_MISSING = "LINK_MISSING"  # the number before this link's is not there
    HASH_WRONG = "HASH_WRONG"  # nor does the next follow from it: the link was overwritten, or entries were exchanged
    ANCHOR_MISSING = "ANCHOR_MISSING"  # the chain ends before the anchor: its end was cut off
    ANCHOR_DIFFERS = "ANCHOR_DIFFERS"  # the chain is whole but not the one that was noted: it was made anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first thing that is wrong; `seq` is the link's number, `entry_id` its entry, as far as there is one."""

    fault: Fault
    seq: int | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last link, or any one noted as an anchor. As text: ``seq:hash``, the hash in hexadecimal."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, anchor: str) -> "Head":
        """Raises ValueError."""
        seq, _, digest = anchor.strip().partition(":")
        found = cls(int(seq), bytes.fromhex(digest))
        if not 1 <= found.seq < 2**63 or len(found.hash) != 32:
            raise ValueError("an anchor is seq:hash, as `stam audit head` prints it")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a check has come: all links up to `seq`, then, by id, all entries up to `entry_id`."""

    seq: int = 0
    entry_id: UUID | None = None  # None: still at the links

    def __str__(self) -> str:
        return f"{self.seq}" if self.entry_id is None else f"{self.seq}/{self.entry_id}"

    @classmethod
    def parse(cls, position: str) -> "Position":
        """Raises ValueError."""
        seq, _, entry_id = position.partition("/")
        found = cls(seq=int(seq), entry_id=UUID(entry_id) if entry_id else None)
        if not 0 <= found.seq < 2**63:
            raise ValueError("a link's number counts from 1")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One page: how many links or entries it looked at, what is broken, where the next one starts (None: all was seen)."""

    links: int = 0
    entries: int = 0
    broken: Broken | None = None
    next: Position | None = None


async def head(session: AsyncSession) -> Head | None:
    """None: nothing has been audited yet."""
    query = select(AuditLink.seq, AuditLink.hash).order_by(AuditLink.seq.desc()).limit(1)
    row = (await session.execute(query)).first()
    return Head(row.seq, row.hash) if row else None


async def check_anchor(session: AsyncSession, anchor: Head) -> Broken | None:
    """Whether the chain still goes through ``anchor``. Together with a whole chain: all up to there is as it was noted."""
    found = (await session.execute(select(AuditLink).where(AuditLink.seq == anchor.seq))).scalar_one_or_none()
    if found is None:
        return Broken(fault=Fault.ANCHOR_MISSING, seq=anchor.seq)
    return None if found.hash == anchor.hash else Broken(fault=Fault.ANCHOR_DIFFERS, seq=found.seq, entry_id=found.entry_id)


async def check(session: AsyncSession, position: Position, *, size: int = PAGE) -> Check:
    """The next ``size`` links or entries after ``position``. The first broken link goes before any entry without one."""
    return await (_links if position.entry_id is None else _entries)(session, position, size)


async def walk(db: Database, *, size: int = PAGE) -> AsyncIterator[Check]:
    """Every page to the end or to the first that is broken, each in a transaction of its own."""
    position: Position | None = Position()
    while position is not None:
        async with db.read() as session:
            page = await check(session, position, size=size)
        yield page
        position = None if page.broken else page.next


async def length(session: AsyncSession) -> tuple[int, int]:
    """Roughly how many links and entries a walk looks at."""
    links = await session.scalar(select(func.max(AuditLink.seq)))
    entries = await session.scalar(text("SELECT count(*) FROM audit_log"))
    return links or 0, entries or 0


# The link before comes along for its hash. `follows`: whether this link follows from the one before and its entry.
_LINKS: Final = text("""
    WITH page AS (
        SELECT seq, entry_id, hash FROM audit_chain WHERE seq >= :after ORDER BY seq LIMIT :size + 1
    ), before AS (
        SELECT seq, entry_id, hash,
               CASE WHEN seq = 1 THEN 0 ELSE lag(seq) OVER w END AS seq_before,
               CASE WHEN seq = 1 THEN decode(repeat('00', 32), 'hex') ELSE lag(hash) OVER w END AS hash_before
        FROM page WINDOW w AS (ORDER BY seq)
    ), checked AS (
        SELECT b.seq, b.entry_id, b.seq_before IS NOT DISTINCT FROM b.seq - 1 AS in_order, e.id IS NOT NULL AS has_entry,
               b.hash = audit_hash(b.hash_before, b.seq, e) AS follows
        FROM before b LEFT JOIN audit_log e ON e.id = b.entry_id
        WHERE b.seq > :after
    ), wrong AS (
        SELECT * FROM checked WHERE NOT (in_order AND has_entry AND follows IS TRUE) ORDER BY seq LIMIT 1
    )
    SELECT seen.*, wrong.seq, wrong.entry_id, wrong.in_order, wrong.has_entry
    FROM (SELECT count(*) AS checked, max(seq) AS last FROM checked) seen LEFT JOIN wrong ON true
""")
_FOLLOWS: Final = text("""
    SELECT n.hash = audit_hash(c.hash, n.seq, e)
    FROM audit_chain c JOIN audit_chain n ON n.seq = c.seq + 1 JOIN audit_log e ON e.id = n.entry_id WHERE c.seq = :seq
""")
_ENTRIES: Final = text("""
    WITH page AS (SELECT id FROM audit_log WHERE id > :after ORDER BY id LIMIT :size)
    SELECT count(*) AS checked, (array_agg(p.id ORDER BY p.id DESC))[1] AS last,
           (array_agg(p.id ORDER BY p.id) FILTER (WHERE c.seq IS NULL OR c.seq < 1))[1] AS unlinked
    FROM page p LEFT JOIN audit_chain c ON c.entry_id = p.id
""")


async def _links(session: AsyncSession, position: Position, size: int) -> Check:
    row = (await session.execute(_LINKS, {"after": position.seq, "size": size})).mappings().one()
    if row["seq"] is not None:
        return Check(links=row["checked"], broken=await _what_is_wrong(session, row))
    if row["checked"] < size:
        return Check(links=row["checked"], next=replace(position, seq=row["last"] or position.seq, entry_id=_NO_ENTRY))
    return Check(links=row["checked"], next=Position(seq=row["last"]))


async def _what_is_wrong(session: AsyncSession, link: RowMapping) -> Broken:
    if not link["in_order"]:
        fault = Fault.LINK_MISSING
    elif not link["has_entry"]:
        fault = Fault.ENTRY_MISSING
    elif await session.scalar(_FOLLOWS, {"seq": link["seq"]}) is False:
        fault = Fault.HASH_WRONG
    else:
        fault = Fault.ENTRY_CHANGED
    return Broken(fault=fault, seq=link["seq"], entry_id=link["entry_id"])


async def _entries(session: AsyncSession, position: Position, size: int) -> Check:
    row: RowMapping = (await session.execute(_ENTRIES, {"after": position.entry_id, "size": size})).mappings().one()
    if row["unlinked"] is not None:
        return Check(entries=row["checked"], broken=Broken(fault=Fault.ENTRY_WITHOUT_LINK, entry_id=row["unlinked"]))
    more = row["checked"] == size
    return Check(entries=row["checked"], next=replace(position, entry_id=row["last"]) if more else None)
