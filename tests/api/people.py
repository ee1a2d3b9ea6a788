"""One user of each role."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from activities.db.session import Database
from workflows.domain.permissions import Role

PASSWORD: Final = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class People:
    """User ids by username: the role in lower case, and operator2, a second operator."""

    ids: dict[str, UUID]

    def __getitem__(self, username: str) -> UUID:
        return self.ids[username]


async def seed_people(db: Database, password_hash: str) -> People:
    names = [role.value.lower() for role in Role] + ["operator2"]
    people = People({name: uuid7() for name in names})
    async with db.write() as session:
        for name in names:
            session.add(
                User(
                    id=people[name],
                    username=name,
                    password_hash=password_hash,
                    role=Role(name.removesuffix("2").upper()),
                    display_name=name.title(),
                )
            )
    return people


async def assign(db: Database, user_id: UUID, object_id: UUID) -> None:
    async with db.write() as session:
        session.add(UserObjectAssignment(user_id=user_id, object_id=object_id))
