"""Who calls: the person behind a token, and what he may see (R-RBAC)."""

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from activities.db.repositories.users import Person, find_person
from activities.db.session import Database
from workflows.domain.flags import ALL_OFF, Flags
from workflows.domain.permissions import Permission, Scope, allowed, permissions_of, scope_of

TRUSTED_FOR: Final = 5.0  # s; so long a deactivation, a logout elsewhere or a new assignment may take to be seen
_REMEMBERED: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person in a session; the session's token ends at `expires_at`."""

    person: Person
    family_id: UUID
    expires_at: datetime
    flags: Flags = ALL_OFF

    def scope(self, permission: Permission) -> Scope:
        return scope_of(self.person.role, permission, self.flags)

    def may(self, permission: Permission, object_id: UUID | None) -> bool:
        """Whether ``permission`` holds for an object; None: for what belongs to no object."""
        return allowed(self.person.role, permission, self.flags, assigned=object_id in self.person.assigned)

    @property
    def permissions(self) -> Mapping[Permission, Scope]:
        return {permission: self.scope(permission) for permission in sorted(permissions_of(self.person.role, self.flags))}


class Callers:
    """Persons by session, remembered for a moment: asked for with every request and, for each socket, every few seconds."""

    def __init__(self, db: Database, flags: Flags = ALL_OFF) -> None:
        self._db = db
        self._flags = flags
        self._known: OrderedDict[UUID, tuple[float, Person | None]] = OrderedDict()

    async def find(self, user_id: UUID, family_id: UUID) -> Person | None:
        """None: deactivated, or the session has been ended. Raises DatabaseUnavailable."""
        known = self._known.get(family_id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with self._db.read() as session:
            person = await find_person(session, user_id, family_id)
        self._known[family_id] = (time.monotonic() + TRUSTED_FOR, person)
        self._known.move_to_end(family_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
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

    def forget(self, family_id: UUID) -> None:
        """The session has changed: look again."""
        self._known.pop(family_id, None)
