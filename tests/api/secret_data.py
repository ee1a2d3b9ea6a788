"""Secrets as an administrator would have entered them."""

from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.secrets import Secret
from activities.db.session import Database
from activities.infra.settings import Settings
from workflows.domain.reveal import SecretKind


async def add_secret(db: Database, object_id: UUID, value: str = "zielona furtka", *, label: str = "Back door") -> UUID:
    secret = Secret(id=uuid7(), object_id=object_id, kind=SecretKind.CODE_WORD, label=label)
    SECRET_VALUE.put(secret, Settings().cipher(), value)
    async with db.write() as session:
        session.add(secret)
    return secret.id
