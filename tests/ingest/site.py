"""A guarded object with its panel in a real database, as an installer would enter it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from uuid_utils.compat import uuid7

from activities.db.encrypted import COMMAND_CODE, INTEGRATION_KEY
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.users import User
from activities.db.models.zones import Zone
from activities.db.repositories import panel_releases
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.panel_releases import ReleaseActivities
from ingest.satel.simulator.server import NetworkPanel
from workflows.contracts import names
from workflows.contracts.panel_release import ReleaseAsk, ReleaseRow
from workflows.domain.permissions import Role


async def install(db: Database, panel: NetworkPanel, *, described: bool = True, code: str | None = None) -> UUID:
    """Insert object, panel and, if ``described``, zones of a simulated panel; the panel's id. ``code``: for commands."""
    object_id, panel_id = uuid7(), uuid7()
    async with db.write() as session:
        session.add(GuardedObject(id=object_id, name="Jubiler", address="Rynek 1", kind="shop", external_number=str(object_id)))
        await session.flush()
        row = Panel(id=panel_id, object_id=object_id, name="Panel", host=panel.host, port=panel.port)
        INTEGRATION_KEY.put(row, Settings().cipher(), panel.config.key)
        COMMAND_CODE.put(row, Settings().cipher(), code)
        session.add(row)
        await session.flush()
        session.add_all(
            Zone(
                panel_id=panel_id,
                number=zone.number,
                name=zone.name,
                partition=zone.partition,
                reaction=int(zone.reaction),
            )
            for zone in (panel.config.zones if described else ())
        )
    return panel_id


async def reconfigure(db: Database, panel_id: UUID, **values: Any) -> None:
    """Change the panel's row as the API does: a new version of the configuration, and a notice."""
    async with db.write() as session:
        changed = {**values, "config_version": Panel.config_version + 1}
        await session.execute(update(Panel).where(Panel.id == panel_id).values(**changed))
        await session.execute(
            text("SELECT pg_notify(:channel, :payload)"), {"channel": names.PANEL_CHANNEL, "payload": str(panel_id)}
        )


async def rows(db: Database, query: str, **values: Any) -> list[dict[str, Any]]:
    async with db.read() as session:
        return [dict(row) for row in (await session.execute(text(query), values)).mappings()]


async def alarms(db: Database, panel_id: UUID) -> list[dict[str, Any]]:
    """The panel's alarm events, oldest first."""
    return await rows(
        db,
        "SELECT * FROM events WHERE panel_id = :panel_id AND alarm_type IS NOT NULL AND NOT restore ORDER BY id",
        panel_id=panel_id,
    )


async def release(db: Database, panel_id: UUID, *, minutes: int = 30) -> ReleaseRow:
    """Give the panel's line up as its workflow does when somebody asks for it."""
    async with db.write() as session:
        admin = User(id=uuid7(), username=f"admin-{uuid7()}", password_hash="-", role=Role.ADMIN, display_name="Admin")
        session.add(admin)
        await session.flush()
        asked = await panel_releases.ask(
            session, panel_id, user_id=admin.id, minutes=minutes, reason="new users", request_id=""
        )
    return await ReleaseActivities(db).begin_release(ReleaseAsk(ask_id=asked.id))
