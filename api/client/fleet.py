"""All objects at a glance: where they are and whether their panels are heard."""

from dataclasses import dataclass
from uuid import UUID

from api.client.models import ObjectStatus, Page
from api.client.session import Session

MOST_PLACES = 1_000  # of one page


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlace:
    """An object that has coordinates. Of its `panels`, enabled ones, so many are `connected` (None: not known, Redis is away);
    the lines of `released` ones are given up for programming."""

    id: UUID
    name: str
    address: str
    kind: str
    status: ObjectStatus
    lat: float
    lon: float
    panels: int
    released: int = 0
    connected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What kinds of objects there are among those one may see."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cities:
    """Where the objects are that one may see: what follows a post code in their addresses, or the last part of those."""

    cities: tuple[str, ...] = ()


class Fleet:
    """Calls of `StamClient.fleet`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def places(self, *, cursor: str | None = None, limit: int = MOST_PLACES) -> Page[MapPlace]:
        """By name; for a map."""
        return await self._session.get("/api/object-map", Page[MapPlace], cursor=cursor, limit=limit)

    async def cities(self) -> Cities:
        return await self._session.get("/api/object-cities", Cities)

    async def kinds(self) -> Kinds:
        return await self._session.get("/api/object-kinds", Kinds)
