"""The demo's data (R-SEED): believable, complete, and safe to repeat."""

from argon2 import PasswordHasher
from pydantic import SecretStr

from activities.db.session import Database
from activities.infra.settings import Settings
from activities.seed import DEMO_LOGINS, DEMO_USERS, OBJECTS, seed
from tests.activities.recording import World
from workflows.domain.permissions import Role

COUNTED = ("objects", "panels", "zones", "partitions", "users", "bundle_alarms", "events", "signals", "bundle_actions")


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


async def test_r_seed_every_role_that_logs_in_has_a_user_and_lists_are_not_empty(database_url: str) -> None:
    db = Database.connect(database_url, pool=2)
    world = World(db, (), ())
    await seed(Settings(database_url=SecretStr(database_url), demo=True), panels_from_port=17094, simulated_panels=2)
    assert {role for _, _, role in DEMO_USERS} == set(Role) - {Role.SYSTEM}
    for row in await world.rows("SELECT username, password_hash FROM users"):
        assert PasswordHasher().verify(row["password_hash"], DEMO_LOGINS[row["username"]])
    assert await world.value("SELECT count(*) FROM bundle_alarms WHERE status = 'CLOSED'") > 50
    assert await world.value("SELECT count(*) FROM bundle_alarms WHERE status <> 'CLOSED' OR joinable") == 0
    assert await world.value("SELECT min(zones) FROM (SELECT count(*) AS zones FROM zones GROUP BY panel_id) AS z") >= 8
    await db.dispose()


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
