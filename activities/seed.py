"""Demo data (`stam seed`, R-SEED): objects with panels, zones, contacts, procedures, secrets; users; three months of history.

Safe to repeat: every row's id follows from what it is, so a second run finds the first one's rows. Only the panels' addresses
and whether they are enabled follow the settings again.
"""

import asyncio
import random
from collections.abc import Iterable
from datetime import time
from typing import Any, Final

import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import select, text, update

from activities import seed_data as words
from activities.auth.passwords import hash_now
from activities.db.encrypted import COMMAND_CODE, SECRET_VALUE
from activities.db.models.auto_arm_schedules import AutoArmSchedule
from activities.db.models.object_alarm_config import ObjectAlarmConfig
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.partitions import Partition
from activities.db.models.secrets import Secret
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from activities.db.models.zones import Zone
from activities.db.outbox import announce_panel_change
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher
from activities.infra.settings import Settings
from activities.seed_escalation import escalation
from activities.seed_history import history
from activities.seed_place import OBJECTS, ZONES_PER_PARTITION, Place, add, id_of
from workflows.domain.auto_arm import OpenZones
from workflows.domain.permissions import Role
from workflows.domain.response import StepKind
from workflows.domain.reveal import SecretKind
from workflows.domain.schedule import HolidayPolicy

log = structlog.get_logger(__name__)

ASSIGNED: Final = 12  # objects of the technician and of the field worker
LOOPBACK: Final = "127.0.0.1"
_LOCK: Final = 0x5345_4544  # advisory: one seed at a time

DEMO_USERS: Final = tuple((user.username, user.password, user.role) for user in words.USERS)
DEMO_LOGINS: Final = {user.username: user.password for user in words.USERS}


class FleetSettings(BaseSettings):
    """Where `stam up` lets the simulated panels listen: the first on `simulator_port`, the others follow."""

    model_config = SettingsConfigDict(env_prefix="STAM_", extra="ignore", frozen=True)

    simulated_panels: int = 6
    simulator_port: int = 7094


async def seed(settings: Settings, *, panels_from_port: int | None = None, simulated_panels: int | None = None) -> None:
    """Fill the database. The first ``simulated_panels`` panels are enabled and expected on consecutive ports of this machine
    from ``panels_from_port`` on; both come from `FleetSettings` when not given. Users only with `settings.demo`."""
    fleet = FleetSettings()
    first_port = fleet.simulator_port if panels_from_port is None else panels_from_port
    enabled = fleet.simulated_panels if simulated_panels is None else simulated_panels
    places = [Place(index) for index in range(max(OBJECTS, enabled))]
    db = Database.connect(settings.database_url.get_secret_value(), pool=2)
    try:
        async with db.write() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await _places(session, places, first_port, enabled)
            if settings.demo:
                await _secrets(session, places, settings.cipher())
                await _command_codes(session, places, settings.cipher())
                await _users(session, places)
                await escalation(session)
                await history(session, places)
    finally:
        await db.dispose()
    log.info("seed.done", objects=len(places), panels_enabled=enabled, demo_users=settings.demo)


# -- places ---------------------------------------------------------------------------------------------------------------


async def _places(session: WriteSession, places: list[Place], first_port: int, enabled: int) -> None:
    await add(session, GuardedObject, map(_object, places))
    await _panels(session, places, first_port, enabled)
    await add(session, Partition, (row for place in places for row in _partitions(place)))
    await add(session, Zone, (row for place in places for row in _zones(place)))
    await add(session, ObjectContact, (row for place in places for row in _contacts(place)))
    await add(session, ObjectProcedure, (row for place in places for row in _procedure(place)))
    await add(session, AutoArmSchedule, _nights(places, enabled))
    for config in _alarm_configs(places):
        await add(session, ObjectAlarmConfig, [config])


def _object(place: Place) -> dict[str, Any]:
    city = words.CITIES[place.index // len(words.SITES) % len(words.CITIES)]
    shift = random.Random(place.index)  # noqa: S311 - the same place every time
    return {
        "id": place.object_id,
        "name": place.name,
        "address": f"ul. {place.street} {place.index % 47 + 1}, {city.post_code}{place.index % 90 + 10}, {city.name}",
        "kind": words.KINDS[place.site],
        "external_number": f"{1001 + place.index}",
        "lat": round(city.lat + shift.uniform(-0.04, 0.04), 5),
        "lon": round(city.lon + shift.uniform(-0.06, 0.06), 5),
    }


async def _panels(session: WriteSession, places: list[Place], first_port: int, enabled: int) -> None:
    """New panels are added; those that are there move to their address, without two ever sharing a port on the way."""
    known = {row.id: row for row in await session.execute(select(Panel.id, Panel.port, Panel.enabled, Panel.config_version))}
    moving_up = any(row.port < first_port for row in known.values())
    for place in sorted(places, key=lambda place: place.index, reverse=moving_up):
        there, address = known.get(place.panel_id), _address(place, first_port, enabled)
        if there is not None and (there.port, there.enabled) != (address["port"], address["enabled"]):
            version = there.config_version + 1
            moved = update(Panel).where(Panel.id == place.panel_id)
            await session.execute(moved.values(**address, config_version=version, version=Panel.version + 1))
            if there.enabled or address["enabled"]:
                await announce_panel_change(session, panel_id=place.panel_id, object_id=place.object_id, config_version=version)
    new = [place for place in places if place.panel_id not in known]
    await add(session, Panel, (_panel(place) | _address(place, first_port, enabled) for place in new))


def _address(place: Place, first_port: int, enabled: int) -> dict[str, Any]:
    return {"host": LOOPBACK, "port": first_port + place.index, "enabled": place.index < enabled}


def _panel(place: Place) -> dict[str, Any]:
    return {"id": place.panel_id, "object_id": place.object_id, "name": place.name, "time_zone": "Europe/Warsaw"}


def _partitions(place: Place) -> Iterable[dict[str, Any]]:
    for number in range(1, place.zones // ZONES_PER_PARTITION + 1):
        name = words.PARTITIONS[number - 1]
        yield {"id": id_of("partition", place.index, number), "panel_id": place.panel_id, "number": number, "name": name}


def _zones(place: Place) -> Iterable[dict[str, Any]]:
    for number in range(1, place.zones + 1):
        round_, which = divmod(number - 1, len(words.ZONES))
        name, reaction = words.ZONES[which]
        yield {
            "id": id_of("zone", place.index, number),
            "panel_id": place.panel_id,
            "number": number,
            "name": f"{name[:14].rstrip()} {round_ + 1}" if round_ else name,
            "partition": (number - 1) // ZONES_PER_PARTITION + 1,
            "reaction": reaction,
        }


def _nights(places: list[Place], simulated: int) -> Iterable[dict[str, Any]]:
    """Three schedules, on where there is a panel to arm: a working week that leaves out holidays, every night, and one that is
    switched off."""
    usual = {"partitions": [1], "weekdays": [1, 2, 3, 4, 5, 6, 7], "region": "PL"}
    week = {"at": time(22), "weekdays": [1, 2, 3, 4, 5], "holidays": HolidayPolicy.SKIP, "open_zones": OpenZones.WAIT}
    every = {"at": time(23, 30), "holidays": HolidayPolicy.USUAL, "open_zones": OpenZones.BYPASS}
    kinds = (("Noc w tygodniu", week, True), ("Noc", every, True), ("Próba", every, False))
    for place, (name, own, on) in zip(places[1:], kinds, strict=False):
        ids = {"id": id_of("auto-arm", place.index), "panel_id": place.panel_id, "name": name}
        yield {**usual, **own, **ids, "enabled": on and place.index < simulated}


def _contacts(place: Place) -> Iterable[dict[str, Any]]:
    for position in range(1, _contact_count(place) + 1):
        name = words.CONTACTS[(place.index + position * 3) % len(words.CONTACTS)]
        phone = f"+48 600 {100 + place.index:03} {position:03}"
        ids = {"id": id_of("contact", place.index, position), "object_id": place.object_id}
        hours = {"call_from": time(6), "call_until": time(22)} if position > 1 else {"call_from": None, "call_until": None}
        note = words.CONTACT_NOTES[(place.index + position) % len(words.CONTACT_NOTES)]
        yield ids | hours | {"position": position, "name": name, "phone": phone, "note": note}


def _contact_count(place: Place) -> int:
    return 2 + place.index % 2


def _procedure(place: Place) -> Iterable[dict[str, Any]]:
    for position, (alarm_type, kind, step) in enumerate(words.PROCEDURE, 1):
        ids = {"id": id_of("procedure", place.index, position), "object_id": place.object_id}
        called = id_of("contact", place.index, 1) if kind is StepKind.CALL else None
        yield ids | {"position": position, "kind": kind, "text": step, "contact_id": called, "alarm_type": alarm_type}


def _alarm_configs(places: Iterable[Place]) -> Iterable[dict[str, Any]]:
    """Banks and museums want a note for every intrusion; a house is watched more calmly."""
    for place in places:
        note = {"INTRUSION": True} if place.site in ("Bank", "Muzeum", "Jubiler") else None
        lower = {"TECHNICAL": "LOW"} if place.site == "Willa" else None
        if note or lower:
            yield {"object_id": place.object_id, "requires_note": note, "priorities": lower, "service_max_minutes": 480}


async def _secrets(session: WriteSession, places: list[Place], cipher: FieldCipher) -> None:
    """Code words of contacts and a panel code. Made up like everything here, and sealed like real ones."""
    there = set(await session.scalars(select(Secret.id)))
    rows = [secret for place in places for secret in _secrets_of(place) if secret.id not in there]
    for number, secret in enumerate(rows):
        SECRET_VALUE.put(secret, cipher, f"{words.CODE_WORDS[number % len(words.CODE_WORDS)]} {number % 90 + 10}")
    session.add_all(rows)
    await session.flush()


async def _command_codes(session: WriteSession, places: list[Place], cipher: FieldCipher) -> None:
    """That of the simulated panels' integration user, for panels that nobody has changed."""
    ids = [place.panel_id for place in places]
    untouched = select(Panel).where(Panel.id.in_(ids), Panel.command_code_sealed.is_(None), Panel.version == 1)
    for panel in await session.scalars(untouched):
        COMMAND_CODE.put(panel, cipher, words.COMMAND_CODE)
    await session.flush()


def _secrets_of(place: Place) -> Iterable[Secret]:
    for position in range(1, _contact_count(place) + 1):
        name = words.CONTACTS[(place.index + position * 3) % len(words.CONTACTS)]
        ids = {"id": id_of("secret", place.index, position), "contact_id": id_of("contact", place.index, position)}
        yield Secret(object_id=place.object_id, kind=SecretKind.CODE_WORD, label=f"Hasło: {name}", **ids)
    ids = {"id": id_of("secret", place.index, "panel"), "panel_id": place.panel_id}
    yield Secret(object_id=place.object_id, kind=SecretKind.PANEL_USER_CODE, label="Kod serwisowy", user_number=1, **ids)


# -- people ---------------------------------------------------------------------------------------------------------------


async def _users(session: WriteSession, places: list[Place]) -> None:
    there = set(await session.scalars(select(User.username)))
    missing = [user for user in words.USERS if user.username not in there]
    await add(session, User, await asyncio.to_thread(lambda: [_user(user) for user in missing]))
    await add(session, User, [_service_account()])
    assigned = [("technik", place) for place in places[:ASSIGNED]]
    assigned += [("teren", place) for place in places[ASSIGNED // 2 : ASSIGNED // 2 + ASSIGNED]]
    rows = ({"user_id": id_of("user", user), "object_id": place.object_id} for user, place in assigned)
    await add(session, UserObjectAssignment, rows)


def _service_account() -> dict[str, Any]:
    """For service tokens; it has no password."""
    name = words.SERVICE_ACCOUNT
    return {"id": id_of("user", name), "username": name, "password_hash": None, "role": Role.SYSTEM, "display_name": name}


def _user(user: words.DemoUser) -> dict[str, Any]:
    return {
        "id": id_of("user", user.username),
        "username": user.username,
        "password_hash": hash_now(user.password),
        "role": user.role,
        "locale": user.locale,
        "display_name": user.display_name,
    }
