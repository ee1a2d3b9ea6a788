"""Who calls: the person or program behind a token, and what it may see (R-RBAC)."""

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from activities.auth import service_tokens
from activities.auth.ended import EndedSessions
from activities.auth.service_tokens import Program
from activities.db.repositories.users import Person, find_person
from activities.db.session import Database
from workflows.domain.flags import ALL_OFF, Flags
from workflows.domain.permissions import Permission, Scope, scope_of, service_scope_of

TRUSTED_FOR: Final = 5.0  # s; so long a new assignment may take to be seen, and an ended session while Redis is away
_REMEMBERED: Final = 5_000

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person in a session, or a program with a service token (`family_id` is its id); the token ends at `expires_at`."""

    person: Person
    family_id: UUID
    expires_at: datetime
    flags: Flags = ALL_OFF

    def scope(self, permission: Permission) -> Scope:
        if self.person.service_role is not None:
            return service_scope_of(self.person.service_role, permission)
        return scope_of(self.person.role, permission, self.flags)

    def may(self, permission: Permission, object_id: UUID | None) -> bool:
        """Whether ``permission`` holds for an object; None: for what belongs to no object."""
        scope = self.scope(permission)
        return scope is Scope.ALL or (scope is Scope.ASSIGNED and object_id in self.person.assigned)

    @property
    def permissions(self) -> Mapping[Permission, Scope]:
        scopes = {permission: self.scope(permission) for permission in sorted(Permission)}
        return {permission: scope for permission, scope in scopes.items() if scope is not Scope.NONE}


class Callers:
    """Callers by session, remembered for a moment: asked for with every request and, for each socket, every few seconds.

    A session that was ended anywhere is refused at once while Redis tells of it, and after `TRUSTED_FOR` otherwise.
    """

    def __init__(self, db: Database, ended: EndedSessions, flags: Flags = ALL_OFF) -> None:
        self._db, self._ended, self._flags = db, ended, flags
        self._known: OrderedDict[UUID, tuple[float, Person | None]] = OrderedDict()
        self._programs: OrderedDict[bytes, tuple[float, Program]] = OrderedDict()

    async def find(self, user_id: UUID, family_id: UUID) -> Person | None:
        """None: deactivated, or the session has been ended. Raises DatabaseUnavailable."""
        if await self._ended.knows(family_id):
            return None
        known = self._known.get(family_id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with self._db.read() as session:
            person = await find_person(session, user_id, family_id)
        self._known[family_id] = (time.monotonic() + TRUSTED_FOR, person)
        _bound(self._known, family_id)
        return person

    async def caller(self, user_id: UUID, family_id: UUID, expires_at: datetime) -> Caller | None:
        """As `find`, with the session around it."""
        person = await self.find(user_id, family_id)
        if person is None:
            return None
        return Caller(person=person, family_id=family_id, expires_at=expires_at, flags=self._flags)

    def forget_persons(self, user_ids: Collection[UUID]) -> None:
        """Something about these has changed: look again, here at once and in other processes after `TRUSTED_FOR`."""
        for family_id in [family for family, (_, person) in self._known.items() if person and person.id in user_ids]:
            del self._known[family_id]

    def known_program(self, token: str) -> bool:
        """Whether it was a good service token a moment ago."""
        return service_tokens.digest(token) in self._programs

    async def program(self, token: str) -> Caller | None:
        """None: no service token of ours, or one that was revoked or has run out. Raises DatabaseUnavailable."""
        digest = service_tokens.digest(token)
        known = self._programs.get(digest)
        if known is None or known[0] <= time.monotonic():
            found = await service_tokens.use(self._db, digest)
            if found is None:
                self._programs.pop(digest, None)
                return None
            known = (time.monotonic() + TRUSTED_FOR, found)
            self._programs[digest] = known
            _bound(self._programs, digest)
        program = known[1]
        if program.expires_at <= datetime.now(UTC) or await self._ended.knows(program.token_id):
            self._programs.pop(digest, None)
            return None
        return Caller(person=program.person, family_id=program.token_id, expires_at=program.expires_at)

    async def ended(self, session_ids: Collection[UUID]) -> None:
        """These sessions, or service tokens, are over: from now on here, and in every other process."""
        for session_id in session_ids:
            self.forget(session_id)
        await self._ended.tell(session_ids)

    def forget(self, family_id: UUID) -> None:
        """The session has changed: look again."""
        self._known.pop(family_id, None)
        for digest in [digest for digest, (_, program) in self._programs.items() if program.token_id == family_id]:
            del self._programs[digest]


def _bound(known: OrderedDict[K, Any], newest: K) -> None:
    known.move_to_end(newest)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
