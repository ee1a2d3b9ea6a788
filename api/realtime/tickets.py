"""Tickets for the WebSocket: good for one connection within 30 s, because a browser cannot send a header with it (R-PUSH).

A ticket is `<place>.<secret>.<session>.<end of the access token>`: random, and with what the socket must know of the session.
Only its SHA-256 is stored, so nothing in it can be changed without the whole becoming unknown. It is kept in one place,
Redis (`r`) or, while Redis is away, PostgreSQL (`d`), and looked for in that place only: taken there, it is nowhere.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import delete

from activities.db.models.ws_tickets import WsTicket
from activities.db.session import Database
from activities.infra.redis import AWAY
from api.callers import Caller
from workflows.contracts import names

LIFE: Final = timedelta(seconds=30)
IN_REDIS, IN_DATABASE = "r", "d"
_LONGEST: Final = 120  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClaims:
    """Whose ticket it was; `expires_at` is the end of the access token it was bought with."""

    user_id: UUID
    family_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tickets:
    """``redis`` answers within a second or is away."""

    redis: Redis
    db: Database
    # A Redis that crashed may have forgotten that a ticket was taken: what we took ourselves, we remember (-> monotonic end).
    _taken: dict[bytes, float] = field(default_factory=dict)

    async def issue(self, caller: Caller) -> str:
        """Raises DatabaseUnavailable when Redis is away as well."""
        try:
            ticket = _ticket(IN_REDIS, caller)
            await self.redis.set(names.ws_ticket_key(_digest(ticket).hex()), caller.person.id.bytes, ex=LIFE)
        except AWAY:  # which may have kept it all the same: nobody will ever know that one
            ticket = _ticket(IN_DATABASE, caller)
            await self._keep(_digest(ticket), caller.person.id)
        return ticket

    async def _keep(self, digest: bytes, user_id: UUID) -> None:
        now = datetime.now(UTC)
        async with self.db.write() as session:
            await session.execute(delete(WsTicket).where(WsTicket.expires_at < now))
            session.add(WsTicket(ticket_hash=digest, user_id=user_id, expires_at=now + LIFE))

    async def redeem(self, ticket: str) -> TicketClaims | None:
        """Whose it was; None: unknown, used, or too old. Raises DatabaseUnavailable."""
        if len(ticket) > _LONGEST or not ticket.isascii():
            return None
        user_id = await self._take(ticket.split(".")[0], _digest(ticket))
        if user_id is None:
            return None
        _, _, family, end = ticket.split(".")
        expires_at = datetime.fromtimestamp(int(end, 16), UTC)
        return TicketClaims(user_id=user_id, family_id=UUID(hex=family), expires_at=expires_at)

    async def _take(self, place: str, digest: bytes) -> UUID | None:
        match place:
            case "r":
                return await self._take_from_redis(digest)
            case "d":
                return await self._take_from_database(digest)
            case _:
                return None

    async def _take_from_redis(self, digest: bytes) -> UUID | None:
        try:
            found: Any = await self.redis.getdel(names.ws_ticket_key(digest.hex()))
        except AWAY:
            return None
        return UUID(bytes=found) if found and self._is_first(digest) else None

    def _is_first(self, digest: bytes) -> bool:
        now = time.monotonic()
        for old in [taken for taken, end in self._taken.items() if end < now]:
            del self._taken[old]
        return self._taken.setdefault(digest, end := now + 2 * LIFE.total_seconds()) is end

    async def _take_from_database(self, digest: bytes) -> UUID | None:
        taken = delete(WsTicket).where(WsTicket.ticket_hash == digest, WsTicket.expires_at > datetime.now(UTC))
        async with self.db.write() as session:
            return (await session.scalars(taken.returning(WsTicket.user_id))).first()


def _ticket(place: str, caller: Caller) -> str:
    end = int(caller.expires_at.timestamp())
    return f"{place}.{secrets.token_urlsafe(24)}.{caller.family_id.hex}.{end:x}"


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
