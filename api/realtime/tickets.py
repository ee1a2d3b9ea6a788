"""Tickets for the WebSocket: good for one connection within 30 s, because a browser cannot send a header with it (R-PUSH).

A ticket is `<secret>.<session>.<end of the access token>`: random, and with what the socket must know of the session. Only
its SHA-256 is stored, so nothing in it can be changed without the whole becoming unknown. Kept in Redis, and in PostgreSQL
while Redis is away.
"""

import hashlib
import secrets
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClaims:
    """Whose ticket it was; `expires_at` is the end of the access token it was bought with."""

    user_id: UUID
    family_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tickets:
    redis: Redis
    db: Database

    async def issue(self, caller: Caller) -> str:
        """Raises DatabaseUnavailable when Redis is away as well."""
        end = int(caller.expires_at.timestamp())
        ticket = f"{secrets.token_urlsafe(24)}.{caller.family_id.hex}.{end:x}"
        digest = _digest(ticket)
        try:
            await self.redis.set(names.ws_ticket_key(digest.hex()), caller.person.id.bytes, ex=LIFE)
        except AWAY:
            async with self.db.write() as session:
                await session.execute(delete(WsTicket).where(WsTicket.expires_at < datetime.now(UTC)))
                session.add(WsTicket(ticket_hash=digest, user_id=caller.person.id, expires_at=datetime.now(UTC) + LIFE))
        return ticket

    async def redeem(self, ticket: str) -> TicketClaims | None:
        """Whose it was; None: unknown, used, or too old. Raises DatabaseUnavailable."""
        digest = _digest(ticket)
        user_id = await self._take_from_redis(digest) or await self._take_from_database(digest)
        if user_id is None:
            return None
        _, family, end = ticket.rsplit(".", 2)
        return TicketClaims(
            user_id=user_id,
            family_id=UUID(hex=family),
            expires_at=datetime.fromtimestamp(int(end, 16), UTC),
        )

    async def _take_from_redis(self, digest: bytes) -> UUID | None:
        try:
            found: Any = await self.redis.getdel(names.ws_ticket_key(digest.hex()))
        except AWAY:
            return None
        return UUID(bytes=found) if found else None

    async def _take_from_database(self, digest: bytes) -> UUID | None:
        taken = delete(WsTicket).where(WsTicket.ticket_hash == digest, WsTicket.expires_at > datetime.now(UTC))
        async with self.db.write() as session:
            return (await session.scalars(taken.returning(WsTicket.user_id))).first()


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
