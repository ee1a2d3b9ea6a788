"""The demo's data (R-SEED): believable, complete, and safe to repeat."""

from collections.abc import AsyncIterator, Iterator

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import select

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.secrets import Secret
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.seed import DEMO_LOGINS, DEMO_USERS, seed
from activities.seed_place import OBJECTS
from deploy.local.postgres import Postgres
from tests.activities.recording import World
from tests.support.stack import Databases, run_apart
from workflows.domain.permissions import Role

COUNTED = (
    *(
        "objects",
        "object_contacts",
        "object_procedures",
        "object_alarm_config",
        "secrets",
        "panels",
        "zones",
        "partitions",
        "users",
    ),
    *("escalation_policies", "escalation_steps", "on_call_rotas", "on_call_members", "notification_channels"),
    *("bundle_alarms", "events", "signals", "bundle_actions", "panel_state_history"),
)


@pytest.fixture(scope="module")
def demo_url(databases: Databases, postgres: Postgres) -> Iterator[str]:
    """A database with the demo's data, for those who only look."""
    with databases.fresh() as name:
        url = postgres.url_of(name)
        run_apart(seed(Settings(database_url=SecretStr(url), demo=True), panels_from_port=17094, simulated_panels=2))
        yield url


@pytest.fixture
async def demo(demo_url: str) -> AsyncIterator[World]:
    db = Database.connect(demo_url, pool=2)
    yield World(db, (), ())
    await db.dispose()


async def counts(world: World) -> dict[str, int]:
    return {table: await world.value(f"SELECT count(*) FROM {table}") for table in COUNTED}


async def test_r_seed_a_second_run_adds_nothing_and_moves_the_panels(database_url: str) -> None:
    settings, db = Settings(database_url=SecretStr(database_url), demo=True), Database.connect(database_url, pool=2)
    world = World(db, (), ())
    await seed(settings, panels_from_port=17094, simulated_panels=6)
    first = await counts(world)
    assert first["objects"] == first["panels"] == OBJECTS >= 50
    assert await world.value("SELECT count(*) FROM panels WHERE enabled") == 6
    await seed(settings, panels_from_port=17095, simulated_panels=8)
    assert await counts(world) == first
    assert await world.value("SELECT array_agg(port ORDER BY port) FROM panels WHERE enabled") == list(range(17095, 17103))
    assert await world.value("SELECT count(*) FROM outbox WHERE type = 'panel.changed'") == 8
    await db.dispose()


async def test_r_seed_every_role_that_logs_in_has_a_user_and_lists_are_not_empty(demo: World) -> None:
    assert {role for _, _, role in DEMO_USERS} == set(Role) - {Role.SYSTEM}
    assert await demo.value("SELECT count(*) FROM users WHERE role = 'SYSTEM' AND password_hash IS NULL") == 1
    for row in await demo.rows("SELECT username, password_hash FROM users WHERE role <> 'SYSTEM'"):
        assert PasswordHasher().verify(row["password_hash"], DEMO_LOGINS[row["username"]])
    assert await demo.value("SELECT count(*) FROM bundle_alarms WHERE status = 'CLOSED'") > 50
    assert await demo.value("SELECT count(*) FROM bundle_alarms WHERE status <> 'CLOSED' OR joinable") == 0
    assert await demo.value("SELECT min(zones) FROM (SELECT count(*) AS zones FROM zones GROUP BY panel_id) AS z") >= 8


async def test_r_seed_the_past_is_three_months_long_and_in_its_partitions(demo: World) -> None:
    for table, column in (("bundle_alarms", "opened_at"), ("events", "minute"), ("panel_state_history", "at")):
        assert 85 < await demo.value(f"SELECT extract(day FROM max({column}) - min({column})) FROM {table}") <= 92, table
    assert (
        await demo.value("SELECT count(*) FROM events_default") == await demo.value("SELECT count(*) FROM signals_default") == 0
    )
    hours = "SELECT array_agg(DISTINCT extract(hour FROM at AT TIME ZONE 'Europe/Warsaw')::int) FROM panel_state_history"
    assert set(await demo.value(f"{hours} WHERE state = 'ARMED_FULL'")) == {18}
    assert set(await demo.value(f"{hours} WHERE state = 'DISARMED'")) == {7}


async def test_r_seed_each_object_can_be_worked_with(demo: World) -> None:
    kinds = await demo.rows(
        """SELECT object_id, array_agg(kind ORDER BY position) AS kinds FROM object_procedures
           WHERE alarm_type IS NULL GROUP BY 1"""
    )
    assert [row["kinds"] for row in kinds] == [["CHECK", "CALL", "DISPATCH", "TEXT"]] * OBJECTS
    own = "SELECT array_agg(DISTINCT alarm_type) FROM object_procedures WHERE alarm_type IS NOT NULL"
    assert set(await demo.value(own)) == {"FIRE", "HOLDUP"}
    assert await demo.value("SELECT min(n) FROM (SELECT count(*) AS n FROM object_contacts GROUP BY object_id) AS c") == 2
    async with demo.db.read() as session:
        secrets = (await session.scalars(select(Secret))).all()
    assert {secret.object_id for secret in secrets} == {row["object_id"] for row in kinds}
    assert all(SECRET_VALUE.get(secret, Settings().cipher()) for secret in secrets)


async def test_without_demo_there_are_no_users_with_known_passwords(database_url: str) -> None:
    db = Database.connect(database_url, pool=2)
    await seed(Settings(database_url=SecretStr(database_url), demo=False), panels_from_port=17094, simulated_panels=2)
    assert await World(db, (), ()).value("SELECT count(*) FROM users") == 0
    await db.dispose()


async def test_the_zones_are_those_of_the_simulated_fleet(database_url: str) -> None:
    from ingest.satel.simulator.fleet import FleetOptions, fleet_configs

    db = Database.connect(database_url, pool=2)
    await seed(Settings(database_url=SecretStr(database_url)), panels_from_port=17094, simulated_panels=12)
    rows = await World(db, (), ()).rows(
        """SELECT p.name AS panel, p.port, z.number, z.name, z.partition, z.reaction
           FROM panels p JOIN zones z ON z.panel_id = p.id WHERE p.enabled ORDER BY p.port, z.number"""
    )
    fleet = fleet_configs(FleetOptions(count=12, base_port=17094))
    expected = [
        (panel.name, panel.port, zone.number, zone.name, zone.partition, int(zone.reaction))
        for panel in fleet
        for zone in panel.zones
    ]
    assert [tuple(row.values()) for row in rows] == expected
    await db.dispose()
