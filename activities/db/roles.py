"""Who may do what in the database (ADR-021): the owner makes the schema, the application's role works in it.

The application may read and write every table, except that it may only add to the audit log and to the dispatcher's journal,
and not touch the audit log's chain.
"""

from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

APP_ROLE: Final = "stam_app"

_GRANTS: Final = (
    f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
    f"""DO $$ DECLARE made regclass; BEGIN
        FOR made IN SELECT oid FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE')
        LOOP EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO {APP_ROLE}', made); END LOOP;
        FOR made IN SELECT oid FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND pg_has_role(relowner, 'USAGE')
        LOOP EXECUTE format('GRANT USAGE, SELECT, UPDATE ON SEQUENCE %s TO {APP_ROLE}', made); END LOOP;
    END $$""",  # noqa: S608 - our own name
    # partitions are made between two runs of the migrations
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
    f"REVOKE ALL ON audit_log, audit_chain, alembic_version FROM {APP_ROLE}",
    f"GRANT SELECT ON audit_log, audit_chain, alembic_version TO {APP_ROLE}",
    f"GRANT INSERT ON audit_log TO {APP_ROLE}",
    f"REVOKE UPDATE, DELETE, TRUNCATE ON dispatch_log FROM {APP_ROLE}",
    f"GRANT EXECUTE ON FUNCTION stam_make_partitions(timestamptz) TO {APP_ROLE}",
)

_COULD_TAMPER: Final = """
    SELECT has_table_privilege('audit_log', 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR has_table_privilege('audit_chain', 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR (SELECT bool_or(pg_has_role(relowner, 'MEMBER')) FROM pg_class
            WHERE oid IN ('audit_log'::regclass, 'audit_chain'::regclass))
"""


async def grant(connection: AsyncConnection) -> bool:
    """Give the application's role its rights, as the schema is now; False: this server has no such role."""
    if not await connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :name"), {"name": APP_ROLE}):
        return False
    for statement in _GRANTS:
        await connection.exec_driver_sql(statement)
    return True


async def could_tamper(connection: asyncpg.Connection) -> bool:
    """Whether this connection's role could rewrite the audit log: it owns it, is a superuser, or has the right."""
    return bool(await connection.fetchval(_COULD_TAMPER))
