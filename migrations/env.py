"""Alembic's entry. `run.py` hands in the connection; there is no offline mode."""

from alembic import context
from sqlalchemy import Connection

from activities.db.schema import METADATA


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Partitions are made by activities/db/partitions.py, not by migrations."""
    return kind != "table" or name in METADATA.tables


connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, include_name=_is_ours, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
