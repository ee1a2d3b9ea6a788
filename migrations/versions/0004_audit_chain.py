"""A hash chain over the audit log, append-only tables, partitions made by a function of the owner's"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Bodies in the standard's form (RETURN) are bound to what they name when they are made: no search path can redirect them.
_HASH = """
    CREATE FUNCTION public.audit_hash(previous bytea, seq bigint, entry public.audit_log) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(previous || int8send(seq) || convert_to(jsonb_build_object(
        'id', entry.id,
        'at', (extract(epoch FROM entry.at) * 1000000)::bigint,
        'actor_id', entry.actor_id,
        'action', entry.action,
        'subject_kind', entry.subject_kind,
        'subject_id', entry.subject_id,
        'detail', entry.detail,
        'request_id', entry.request_id
    )::text, 'UTF8'))
"""

# At the commit: row locks are held already and nothing is waited for after this one, so no two can wait for each other. Each
# statement sees what is committed (READ COMMITTED); a transaction with an older picture fails at the primary key.
_LINK = """
    CREATE FUNCTION public.audit_link() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        last_seq bigint;
        last_hash bytea;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107081);
        SELECT seq, hash INTO last_seq, last_hash FROM public.audit_chain ORDER BY seq DESC LIMIT 1;
        last_seq := coalesce(last_seq, 0);
        last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
        INSERT INTO public.audit_chain (seq, entry_id, hash)
        VALUES (last_seq + 1, NEW.id, public.audit_hash(last_hash, last_seq + 1, NEW));
        RETURN NULL;
    END $$
"""

_REFUSE = """
    CREATE FUNCTION public.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$
"""

_BACKFILL = """
    DO $$
    DECLARE
        entry public.audit_log;
        n bigint := 0;
        link bytea := decode(repeat('00', 32), 'hex');
    BEGIN
        FOR entry IN SELECT * FROM public.audit_log ORDER BY at, id LOOP
            n := n + 1;
            link := public.audit_hash(link, n, entry);
            INSERT INTO public.audit_chain (seq, entry_id, hash) VALUES (n, entry.id, link);
        END LOOP;
    END $$
"""

# Every table that is partitioned by a time, from three months before to three months after the given one. The application may
# call it but names no table in it. What waits in the default partition moves, for no other may take its range meanwhile.
_PARTITIONS = """
    CREATE FUNCTION public.stam_make_partitions(around timestamptz) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        parent record;
        first timestamptz;
        beyond timestamptz;
        part text;
        columns text;
        made text[] := '{}';
    BEGIN
        IF around IS NULL OR around NOT BETWEEN now() - interval '10 years' AND now() + interval '10 years' THEN
            RAISE EXCEPTION 'partitions are made within ten years of now' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM pg_advisory_xact_lock(1463897424);
        FOR parent IN
            SELECT c.oid, c.relname, a.attname FROM pg_partitioned_table p
            JOIN pg_class c ON c.oid = p.partrelid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
            WHERE c.relnamespace = 'public'::regnamespace AND p.partstrat = 'r' AND p.partnatts = 1 AND p.partdefid <> 0
              AND a.atttypid = 'timestamptz'::regtype
            ORDER BY c.relname
        LOOP
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
            WHERE attrelid = parent.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
            FOR step IN -3..3 LOOP
                first := date_trunc('month', around) + make_interval(months => step);
                beyond := first + interval '1 month';
                part := format('%s_y%sm%s', parent.relname, to_char(first, 'YYYY'), to_char(first, 'MM'));
                CONTINUE WHEN to_regclass(format('public.%I', part)) IS NOT NULL;
                EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                    part, parent.relname);
                EXECUTE format('WITH moved AS (DELETE FROM public.%I WHERE %I >= %L AND %I < %L RETURNING %s)
                    INSERT INTO public.%I (%s) SELECT %s FROM moved',
                    parent.relname || '_default', parent.attname, first, parent.attname, beyond, columns,
                    part, columns, columns);
                EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                    parent.relname, part, first, beyond);
                made := made || part;
            END LOOP;
        END LOOP;
        RETURN made;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_log.id"], name="fk_audit_chain_entry_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_chain"),
        sa.UniqueConstraint("entry_id", name="uq_audit_chain_entry_id"),
    )
    op.create_index("ix_audit_log_actor_id_at", "audit_log", ["actor_id", "at"])
    op.create_index("ix_audit_log_request_id", "audit_log", ["request_id"])
    for statement in (_HASH, _LINK, _REFUSE, _BACKFILL, _PARTITIONS):
        op.get_bind().exec_driver_sql(statement)
    op.execute(
        """CREATE CONSTRAINT TRIGGER audit_log_link AFTER INSERT ON audit_log
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.audit_link()"""
    )
    for table in ("audit_log", "audit_chain"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()"""
        )
    op.execute("REVOKE ALL ON FUNCTION public.stam_make_partitions(timestamptz) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION public.stam_make_partitions(timestamptz)")
    op.execute("DROP TRIGGER audit_log_append_only ON audit_log")
    op.execute("DROP TRIGGER audit_log_link ON audit_log")
    op.drop_table("audit_chain")
    for function in ("audit_link()", "audit_refuse()", "audit_hash(bytea, bigint, audit_log)"):
        op.execute(f"DROP FUNCTION public.{function}")
    op.drop_index("ix_audit_log_request_id", table_name="audit_log")
    op.drop_index("ix_audit_log_actor_id_at", table_name="audit_log")
