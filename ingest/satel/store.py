"""What the holder of a panel reads and takes in the database: the row, the lease number, the position of the recording."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, TextClause, text
from uuid_utils.compat import uuid7

from activities.db.encrypted import COMMAND_CODE, INTEGRATION_KEY
from activities.db.outbox import announce_description
from activities.db.repositories import commands
from activities.db.session import Database
from activities.infra.crypto import FieldCipher, Sealed, Unreadable
from ingest.satel.errors import LocalProtocolError
from ingest.satel.names import Names
from ingest.satel.panel import PanelSetup, Position, ZoneSetup
from ingest.satel.requests import UserCode
from ingest.satel.runtime import Identity
from workflows.contracts import names
from workflows.contracts.panel_release import ReleaseRow
from workflows.domain.alarm import AlarmType
from workflows.domain.supervision import SupervisionClass

log = structlog.get_logger(__name__)

_PANEL = text(
    """
    SELECT p.id, p.object_id, p.host, p.port, p.time_zone, p.enabled, p.config_version, p.description_version,
           p.supervision_class, p.integration_key_sealed, p.integration_key_key_id,
           coalesce((SELECT jsonb_agg(jsonb_build_object('number', z.number, 'partition', z.partition,
                            'reaction', z.reaction, 'alarm_type', z.alarm_type))
                     FROM zones z WHERE z.panel_id = p.id), '[]') AS zones,
           coalesce((SELECT jsonb_agg(s.number) FROM partitions s WHERE s.panel_id = p.id), '[]') AS partitions
    FROM panels p WHERE p.id = :panel_id AND p.deleted_at IS NULL
    """
)
_TAKE = text(
    """
    INSERT INTO panel_leases (panel_id, lease_number, holder, acquired_at, renewed_at)
    VALUES (:panel_id, 1, :holder, now(), now())
    ON CONFLICT (panel_id) DO UPDATE SET lease_number = panel_leases.lease_number + 1, holder = excluded.holder,
        acquired_at = excluded.acquired_at, renewed_at = excluded.renewed_at
    RETURNING lease_number
    """
)
_LAST_SEEN = text(
    """
    SELECT greatest(l.renewed_at, c.walked_at) FROM panel_leases l LEFT JOIN panel_cursors c USING (panel_id)
    WHERE l.panel_id = :panel_id
    """
)
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")
_CURSOR = text("SELECT cursor FROM panel_cursors WHERE panel_id = :panel_id")
_RELEASED_AT = text("SELECT max(begun_at) FROM panel_releases WHERE panel_id = :panel_id")
_STANDING = text(
    """
    SELECT p.id, p.enabled, p.deleted_at IS NOT NULL AS removed, p.config_version, p.description_version,
           coalesce(l.lease_number, 0) AS lease_number, r.id AS release_id, r.until
    FROM panels p LEFT JOIN panel_leases l ON l.panel_id = p.id
    LEFT JOIN panel_releases r ON r.panel_id = p.id AND r.ended_at IS NULL AND r.until > clock_timestamp()
    WHERE p.id = ANY(:panel_ids)
    """
)
_RENEW = text(
    """
    UPDATE panel_leases SET renewed_at = now(), heard_at = CASE WHEN panel_id = ANY(:heard) THEN now() ELSE heard_at END
    WHERE holder = :holder AND panel_id = ANY(:panel_ids)
    """
)
_LEARN_ZONES = text(
    """
    INSERT INTO zones (id, panel_id, number, name, partition, reaction)
    SELECT id, :panel_id, number, name, partition, reaction
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:names AS text[]), CAST(:partitions AS int[]),
                CAST(:reactions AS int[])) AS z(id, number, name, partition, reaction)
    ON CONFLICT (panel_id, number) DO NOTHING
    """
)
_LEARN_PARTITIONS = text(
    """
    INSERT INTO partitions (id, panel_id, number, name)
    SELECT id, :panel_id, number, name
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:names AS text[])) AS p(id, number, name)
    ON CONFLICT (panel_id, number) DO NOTHING
    """
)
_DESCRIBED = text(
    """
    UPDATE panels SET description_version = description_version + 1 WHERE id = :panel_id
    RETURNING id AS panel_id, object_id, description_version
    """
)
_IDENTIFY = text(
    """
    UPDATE panels SET model = :model, firmware = :firmware, module = coalesce(:module, module) WHERE id = :panel_id
    """
)
_COMMAND_CODE = text("SELECT command_code_sealed, command_code_key_id FROM panels WHERE id = :panel_id AND deleted_at IS NULL")
_WAS_SENT = text("SELECT sent_at FROM satel_commands WHERE id = :command_id")
# What the log tells late has the panel's minute; what was known before the sending is none of it.
_ARMING_MOVED = text(
    """
    SELECT EXISTS (
        SELECT FROM events e WHERE e.panel_id = c.panel_id AND e.family = 'ARMED' AND e.partition = ANY (c.numbers)
            AND e.minute >= date_trunc('minute', c.sent_at) AND e.received_at > c.sent_at
    ) OR EXISTS (
        SELECT FROM panel_state_history h WHERE h.panel_id = c.panel_id AND h.partition = ANY (c.numbers)
            AND h.at > c.sent_at AND h.state <> 'UNKNOWN'
    ) FROM satel_commands c WHERE c.id = :command_id
    """
)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A command is not to be sent (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a panel stands in the database now. `release`: because of it nobody may hold the line."""

    enabled: bool
    removed: bool
    config_version: int
    lease_number: int
    description_version: int = 1  # of zones, partitions, outputs and users
    release: ReleaseRow | None = None


def parse_code(typed: str) -> UserCode:
    """As an administrator enters it: the code, or the panel's code prefix, a hyphen and the code. Raises Unreadable."""
    prefix, _, code = typed.rpartition("-")
    try:
        return UserCode(code, prefix)
    except LocalProtocolError:
        raise Unreadable("what is stored is no user code") from None


REMOVED = Standing(enabled=False, removed=True, config_version=0, lease_number=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStore:
    """Every method raises `DatabaseUnavailable` when PostgreSQL is away."""

    db: Database
    cipher: FieldCipher
    holder: str
    time_zone: str  # of panels without one

    async def setup(self, panel_id: UUID) -> tuple[PanelSetup, bool] | None:
        """The panel's row and whether it is enabled; None if it is gone."""
        async with self.db.read() as session:
            row = (await session.execute(_PANEL, {"panel_id": panel_id})).mappings().one_or_none()
        return (self._setup(row), bool(row["enabled"])) if row is not None else None

    def _setup(self, row: RowMapping) -> PanelSetup:
        return PanelSetup(
            panel_id=row["id"],
            object_id=row["object_id"],
            host=row["host"],
            port=row["port"],
            config_version=row["config_version"],
            key=self._key(row),
            time_zone=row["time_zone"] or self.time_zone,
            zones=_zones(row["zones"]),
            partitions=frozenset(row["partitions"]),
            description_version=row["description_version"],
            supervision=SupervisionClass(row["supervision_class"]),
        )

    def _key(self, row: RowMapping) -> str | None:
        """None: a plain line. Raises Unreadable: without its key nobody can talk to the panel."""
        if row["integration_key_sealed"] is None:
            return None
        sealed = Sealed(row["integration_key_key_id"], row["integration_key_sealed"])
        try:
            return INTEGRATION_KEY.open(self.cipher, row["id"], sealed)
        except Unreadable as error:
            log.error("panel.key_unreadable", panel_id=str(row["id"]), error=str(error))
            raise

    async def take_to_send(
        self, command_id: UUID, panel_id: UUID, attempt: int, *, repeat: bool
    ) -> UserCode | Withdrawn | None:
        """Note that the command is about to be sent (`commands.take_to_send`), and open the code to send it with. None: the
        panel has none. Nothing is noted unless there is a code. Raises Unreadable, also for a code that is none."""
        async with self.db.write() as session:
            row = (await session.execute(_COMMAND_CODE, {"panel_id": panel_id})).one_or_none()
            if row is None or row[0] is None:
                return None
            code = parse_code(COMMAND_CODE.open(self.cipher, panel_id, Sealed(row[1], row[0])))
            taken = await commands.take_to_send(session, command_id, attempt, repeat=repeat)
        return code if taken is not None else Withdrawn()

    async def was_sent(self, command_id: UUID) -> bool:
        """Whether the command's bytes may have gone out before."""
        async with self.db.read() as session:
            return (await session.execute(_WAS_SENT, {"command_id": command_id})).scalar_one_or_none() is not None

    async def arming_moved(self, command_id: UUID) -> bool:
        """Whether a partition of the command was armed or disarmed since it was sent first, by whomever."""
        async with self.db.read() as session:
            return bool((await session.execute(_ARMING_MOVED, {"command_id": command_id})).scalar_one_or_none())

    async def take(self, panel_id: UUID) -> int:
        """Take the lease: a number newer than any before. The former holder, if alive, is told at once."""
        async with self.db.write() as session:
            number = (await session.execute(_TAKE, {"panel_id": panel_id, "holder": self.holder})).scalar_one()
            await session.execute(_NOTIFY, {"channel": names.PANEL_CHANNEL, "payload": names.panel_news(panel_id)})
        return int(number)

    async def last_seen(self, panel_id: UUID) -> datetime | None:
        """The last sign of life of the panel's present or last holder; None if there was none."""
        async with self.db.read() as session:
            seen_at: datetime | None = (await session.execute(_LAST_SEEN, {"panel_id": panel_id})).scalar_one_or_none()
        return seen_at

    async def released_at(self, panel_id: UUID) -> datetime | None:
        """When the panel's line was last given up for programming; None: it never was."""
        async with self.db.read() as session:
            at: datetime | None = (await session.execute(_RELEASED_AT, {"panel_id": panel_id})).scalar_one()
        return at

    async def position(self, panel_id: UUID) -> Position:
        """How far the recording has come; the beginning if there is none, and a visible gap if it cannot be read."""
        async with self.db.read() as session:
            stored = (await session.execute(_CURSOR, {"panel_id": panel_id})).scalar_one_or_none()
        if stored is None:
            return Position()
        try:
            return Position.from_json(stored)
        except LocalProtocolError as error:
            log.error("panel.position_damaged", panel_id=str(panel_id), error=str(error))
            return Position.lost()

    async def standings(self, panel_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """How these panels stand, every one of them."""
        async with self.db.read() as session:
            rows = (await session.execute(_STANDING, {"panel_ids": list(panel_ids)})).mappings().all()
        found = {row["id"]: _standing(row) for row in rows}
        return {panel_id: found.get(panel_id, REMOVED) for panel_id in panel_ids}

    async def renew(self, panel_ids: Collection[UUID], *, heard: Collection[UUID]) -> None:
        """Note that we are still here, and of which of these panels the line is up."""
        await self._write(_RENEW, holder=self.holder, panel_ids=list(panel_ids), heard=list(heard))

    async def identify(self, panel_id: UUID, identity: Identity) -> None:
        """Keep what panel and module say of themselves."""
        await self._write(_IDENTIFY, panel_id=panel_id, **asdict(identity))

    async def learn(self, panel_id: UUID, found: Names) -> None:
        """Keep the panel's own names of zones and partitions; what somebody entered stays as it is. Consoles are told."""
        zones, partitions = found.zones, found.partitions
        async with self.db.write() as session:
            await session.execute(
                _LEARN_ZONES,
                {
                    "panel_id": panel_id,
                    "ids": [uuid7() for _ in zones],
                    "numbers": [zone.number for zone in zones],
                    "names": [zone.name for zone in zones],
                    "partitions": [zone.partition for zone in zones],
                    "reactions": [zone.function for zone in zones],
                },
            )
            await session.execute(
                _LEARN_PARTITIONS,
                {
                    "panel_id": panel_id,
                    "ids": [uuid7() for _ in partitions],
                    "numbers": [partition.number for partition in partitions],
                    "names": [partition.name for partition in partitions],
                },
            )
            described = (await session.execute(_DESCRIBED, {"panel_id": panel_id})).mappings().one_or_none()
            if described is not None:
                await announce_description(session, **described)

    async def _write(self, statement: TextClause, **values: Any) -> None:
        async with self.db.write() as session:
            await session.execute(statement, values)


def _standing(row: RowMapping) -> Standing:
    return Standing(
        enabled=row["enabled"],
        removed=row["removed"],
        config_version=row["config_version"],
        lease_number=row["lease_number"],
        description_version=row["description_version"],
        release=ReleaseRow(release_id=row["release_id"], until=row["until"]) if row["release_id"] is not None else None,
    )


def _zones(rows: Iterable[Mapping[str, Any]]) -> dict[int, ZoneSetup]:
    return {
        row["number"]: ZoneSetup(
            partition=row["partition"],
            reaction=row["reaction"],
            alarm_type=AlarmType(row["alarm_type"]) if row["alarm_type"] else None,
        )
        for row in rows
    }
