"""Demo data (`stam seed`, R-SEED): objects with panels, zones, contacts and procedures, users, and weeks of closed history.

Safe to repeat: every row's id follows from what it is, so a second run finds the first one's rows. Only the panels' addresses
and whether they are enabled follow the settings again.
"""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Table, select, text, update
from sqlalchemy.dialects.postgresql import insert

from activities import seed_data as words
from activities.auth.passwords import hash_now
from activities.db.models.base import Base
from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.events import EventRow
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel
from activities.db.models.partitions import Partition
from activities.db.models.signals import SignalRow
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from activities.db.models.zones import Zone
from activities.db.outbox import announce_panel_change
from activities.db.session import Database, WriteSession
from activities.infra.settings import Settings
from workflows.domain.alarm import DEFAULT_PRIORITY, AlarmType, Family, Outcome, SignalSource, Source
from workflows.domain.bundle import Action, BundleStatus

log = structlog.get_logger(__name__)

OBJECTS: Final = 60
WEEKS: Final = 3
ASSIGNED: Final = 12  # objects of the technician and of the field worker
LOOPBACK: Final = "127.0.0.1"
ZONES_SIMULATED, PARTITIONS_SIMULATED, ZONES_PER_PARTITION = 16, 2, 8
_NAMESPACE: Final = UUID("5f0c2f3e-7a52-5d0e-9a51-2c1f6d1b7a10")
_LOCK: Final = 0x5345_4544  # advisory: one seed at a time

DEMO_USERS: Final = tuple((user.username, user.password, user.role) for user in words.USERS)
DEMO_LOGINS: Final = {user.username: user.password for user in words.USERS}


class FleetSettings(BaseSettings):
    """Where `stam up` lets the simulated panels listen: the first on `simulator_port`, the others follow."""

    model_config = SettingsConfigDict(env_prefix="STAM_", extra="ignore", frozen=True)

    simulated_panels: int = 6
    simulator_port: int = 7094


@dataclass(frozen=True, slots=True)
class Place:
    """One object of the demo with its panel; `index` from 0 is also the panel's place in the fleet."""

    index: int

    @property
    def site(self) -> str:
        return words.SITES[self.index % len(words.SITES)]

    @property
    def street(self) -> str:
        return words.STREETS[self.index // len(words.SITES) % len(words.STREETS)]

    @property
    def name(self) -> str:
        return f"{self.site} {self.street}"

    @property
    def object_id(self) -> UUID:
        return _id("object", self.index)

    @property
    def panel_id(self) -> UUID:
        return _id("panel", self.index)


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
                await _users(session, places)
                await _history(session, places)
    finally:
        await db.dispose()
    log.info("seed.done", objects=len(places), panels_enabled=enabled, demo_users=settings.demo)


def _id(kind: str, *of: object) -> UUID:
    return uuid5(_NAMESPACE, ":".join([kind, *map(str, of)]))


async def _add(session: WriteSession, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert what is not there yet."""
    table, listed = model.__table__, list(rows)
    assert isinstance(table, Table)
    if listed:
        await (await session.connection()).execute(insert(table).on_conflict_do_nothing(), listed)


# -- places ---------------------------------------------------------------------------------------------------------------


async def _places(session: WriteSession, places: list[Place], first_port: int, enabled: int) -> None:
    await _add(session, GuardedObject, map(_object, places))
    await _panels(session, places, first_port, enabled)
    await _add(session, Partition, (row for place in places for row in _partitions(place)))
    await _add(session, Zone, (row for place in places for row in _zones(place)))
    await _add(session, ObjectContact, (row for place in places for row in _contacts(place)))
    await _add(session, ObjectProcedure, (row for place in places for row in _procedure(place)))


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
    await _add(session, Panel, (_panel(place) | _address(place, first_port, enabled) for place in new))


def _address(place: Place, first_port: int, enabled: int) -> dict[str, Any]:
    return {"host": LOOPBACK, "port": first_port + place.index, "enabled": place.index < enabled}


def _panel(place: Place) -> dict[str, Any]:
    return {"id": place.panel_id, "object_id": place.object_id, "name": place.name, "time_zone": "Europe/Warsaw"}


def _size(place: Place) -> int:
    """Zones: simulated panels have 16; the size of a place shows in the others."""
    return ZONES_SIMULATED if place.index < OBJECTS // 2 else 8 + 8 * (place.index % 4)


def _partitions(place: Place) -> Iterable[dict[str, Any]]:
    for number in range(1, _size(place) // ZONES_PER_PARTITION + 1):
        name = words.PARTITIONS[number - 1]
        yield {"id": _id("partition", place.index, number), "panel_id": place.panel_id, "number": number, "name": name}


def _zones(place: Place) -> Iterable[dict[str, Any]]:
    for number in range(1, _size(place) + 1):
        round_, which = divmod(number - 1, len(words.ZONES))
        name, reaction = words.ZONES[which]
        yield {
            "id": _id("zone", place.index, number),
            "panel_id": place.panel_id,
            "number": number,
            "name": f"{name[:14].rstrip()} {round_ + 1}" if round_ else name,
            "partition": (number - 1) // ZONES_PER_PARTITION + 1,
            "reaction": reaction,
        }


def _contacts(place: Place) -> Iterable[dict[str, Any]]:
    for position in range(1, 3 + place.index % 2):
        name = words.CONTACTS[(place.index + position * 3) % len(words.CONTACTS)]
        phone = f"+48 600 {100 + place.index:03} {position:03}"
        ids = {"id": _id("contact", place.index, position), "object_id": place.object_id}
        yield ids | {"position": position, "name": name, "phone": phone}


def _procedure(place: Place) -> Iterable[dict[str, Any]]:
    for position, step in enumerate(words.PROCEDURE, 1):
        ids = {"id": _id("procedure", place.index, position), "object_id": place.object_id}
        yield ids | {"position": position, "text": step}


# -- people ---------------------------------------------------------------------------------------------------------------


async def _users(session: WriteSession, places: list[Place]) -> None:
    there = set(await session.scalars(select(User.username)))
    missing = [user for user in words.USERS if user.username not in there]
    await _add(session, User, await asyncio.to_thread(lambda: [_user(user) for user in missing]))
    assigned = [("technik", place) for place in places[:ASSIGNED]]
    assigned += [("teren", place) for place in places[ASSIGNED // 2 : ASSIGNED // 2 + ASSIGNED]]
    rows = ({"user_id": _id("user", user), "object_id": place.object_id} for user, place in assigned)
    await _add(session, UserObjectAssignment, rows)


def _user(user: words.DemoUser) -> dict[str, Any]:
    return {
        "id": _id("user", user.username),
        "username": user.username,
        "password_hash": hash_now(user.password),
        "role": user.role,
        "locale": user.locale,
        "display_name": user.display_name,
    }


# -- history --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A closed alarm of the past: `count` times the zone, handled by `operator`."""

    number: int
    place: Place
    zone: int
    code: int
    alarm_type: AlarmType
    at: datetime
    count: int
    operator: UUID
    note: str
    result: str

    @property
    def bundle_id(self) -> UUID:
        return _id("bundle", self.number)


# What a zone's reaction leads to: code and type (protocol reference §4.9); reactions not listed are left out of the history.
_CODES: Final = {
    0: (134, AlarmType.INTRUSION),
    3: (132, AlarmType.INTRUSION),
    4: (131, AlarmType.INTRUSION),
    5: (130, AlarmType.INTRUSION),
    10: (133, AlarmType.INTRUSION),
    13: (122, AlarmType.HOLDUP),
    33: (111, AlarmType.FIRE),
    52: (154, AlarmType.TECHNICAL),
    49: (151, AlarmType.TECHNICAL),
}
_STEPS: Final = (  # action, status after it, seconds after the one before
    (Action.CLAIM, BundleStatus.CLAIMING, (3, 90)),
    (Action.START, BundleStatus.IN_PROGRESS, (1, 5)),
    (Action.ACK, BundleStatus.ACK, (30, 600)),
    (Action.RESOLVE, BundleStatus.RESOLVED, (60, 1500)),
    (Action.CLOSE, BundleStatus.CLOSED, (5, 1200)),
)


async def _history(session: WriteSession, places: list[Place]) -> None:
    """Once: later runs see that the first story is there."""
    if await session.get(BundleAlarm, _id("bundle", 0)) is not None:
        return
    chance = random.Random(1983)  # noqa: S311
    stories = list(_stories(places, datetime.now(UTC) - timedelta(hours=6), chance))
    told = [_told(story, random.Random(story.number)) for story in stories]  # noqa: S311
    await _add(session, BundleAlarm, (bundle for bundle, _, _ in told))
    await _add(session, BundleNote, (note for _, note, _ in told))
    await _add(session, BundleAction, (action for _, _, actions in told for action in actions))
    events = [event for story in stories for event in _events(story)]
    await _add(session, EventRow, events)
    await _add(session, SignalRow, map(_signal, events))


def _stories(places: list[Place], until: datetime, chance: random.Random) -> Iterable[Story]:
    at, number = until - timedelta(weeks=WEEKS), 0
    while (at := at + timedelta(minutes=chance.expovariate(1 / 150))) < until:
        place = chance.choice(places)
        zone = chance.randint(1, min(ZONES_SIMULATED, _size(place)))
        known = _CODES.get(words.ZONES[zone - 1][1])
        if known is None:
            continue
        yield Story(
            number=number,
            place=place,
            zone=zone,
            code=known[0],
            alarm_type=known[1],
            at=at,
            count=chance.choice((1, 1, 1, 2, 3)),
            operator=_id("user", chance.choice(("operator", "operator2"))),
            note=chance.choice(words.NOTES),
            result=chance.choice(words.RESULTS),
        )
        number += 1


def _told(story: Story, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The bundle, its note, and what was done."""
    note = {
        "id": _id("note", story.number),
        "bundle_id": story.bundle_id,
        "author_id": story.operator,
        "text": story.note,
        "at": story.at,
    }
    at, before, actions = story.at, BundleStatus.NEW, list[dict[str, Any]]()
    for number, (action, status, pause) in enumerate(_STEPS):
        at += timedelta(seconds=chance.uniform(*pause))
        actions.append(
            {
                "id": _id("action", story.number, action),
                "bundle_id": story.bundle_id,
                "action": action,
                "actor_id": story.operator,
                "at": at,
                "from_status": before,
                "to_status": status,
                "version": story.count + number + 1,
                "note_id": note["id"] if action is Action.ACK else None,
            }
        )
        before = status
    times = {action["action"]: action["at"] for action in actions}
    return _bundle(story, times), note | {"at": times[Action.ACK]}, actions


def _bundle(story: Story, times: dict[Action, datetime]) -> dict[str, Any]:
    last = _moment(story, story.count - 1)
    return {
        "id": story.bundle_id,
        "object_id": story.place.object_id,
        "alarm_type": story.alarm_type,
        "status": BundleStatus.CLOSED,
        "priority": DEFAULT_PRIORITY[story.alarm_type],
        "version": story.count + len(_STEPS),
        "joinable": False,
        "event_count": story.count,
        "active_count": 0,
        "opened_at": story.at,
        "first_event_at": story.at,
        "last_event_at": last,
        "last_activity_at": times[Action.CLOSE],
        "status_changed_at": times[Action.CLOSE],
        "claimed_by": story.operator,
        "claimed_at": times[Action.CLAIM],
        "acked_at": times[Action.ACK],
        "resolved_at": times[Action.RESOLVE],
        "closed_at": times[Action.CLOSE],
        "result_code": story.result,
        "headline": _source(story) | {"panel_id": str(story.place.panel_id), "recovered": False},
    }


def _source(story: Story) -> dict[str, Any]:
    partition = (story.zone - 1) // ZONES_PER_PARTITION + 1
    return {"code": story.code, "source_kind": Source.ZONE, "source_number": story.zone, "partition": partition}


def _moment(story: Story, nth: int) -> datetime:
    return story.at + timedelta(seconds=70 * nth)


def _events(story: Story) -> Iterable[dict[str, Any]]:
    for nth in range(story.count):
        at = _moment(story, nth)
        minute = at.replace(second=0, microsecond=0)
        yield _source(story) | {
            "id": _id("event", story.number, nth),
            "minute": minute,
            "dedup_key": f"{story.place.panel_id}:{story.code}:Z{story.zone}:{minute.isoformat(timespec='minutes')}",
            "source": SignalSource.EDGE,
            "object_id": story.place.object_id,
            "panel_id": story.place.panel_id,
            "bundle_id": story.bundle_id,
            "alarm_type": story.alarm_type,
            "priority": DEFAULT_PRIORITY[story.alarm_type],
            "family": Family.ZONE_ALARM,
            "restore": False,
            "occurred_at": at,
            "panel_at": minute,
            "received_at": at,
            "recorded_at": at,
            "confirmed_at": at + timedelta(seconds=1),
            "restored_at": at + timedelta(seconds=60),
            "last_seen_at": at,
            "confirmations": 1,
        }


def _signal(event: dict[str, Any]) -> dict[str, Any]:
    same = ("panel_id", "object_id", "code", "source", "family", "source_kind", "source_number", "partition", "received_at")
    row = {name: event[name] for name in (*same, "recorded_at", "restore")}
    row |= {"id": _id("signal", event["id"]), "outcome": Outcome.EVENT}
    return row | {"event_id": event["id"], "event_minute": event["minute"]}
