"""The demo's past: three months of alarms that operators have worked off, and of partitions armed in the evening and disarmed
in the morning. What it tells of is all over; the present is the simulated panels'."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from activities import seed_data as words
from activities.db.models.bundle_actions import BundleAction
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.events import EventRow
from activities.db.models.signals import SignalRow
from activities.db.session import WriteSession
from activities.seed_place import ZONES_PER_PARTITION, ZONES_SIMULATED, Place, add, id_of
from workflows.domain.alarm import DEFAULT_PRIORITY, AlarmType, Family, Outcome, SignalSource, Source
from workflows.domain.bundle import Action, BundleStatus

WEEKS: Final = 13
_RECENT: Final = timedelta(hours=6)  # the past ends here; what comes later has really happened


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
        return id_of("bundle", self.number)


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


async def history(session: WriteSession, places: list[Place]) -> None:
    """Once: later runs see that the first story is there."""
    if await session.get(BundleAlarm, id_of("bundle", 0)) is not None:
        return
    until = datetime.now(UTC) - _RECENT
    await _armings(session, places, until)
    chance = random.Random(1983)  # noqa: S311
    stories = list(_stories(places, until, chance))
    told = [_told(story, random.Random(story.number)) for story in stories]  # noqa: S311
    await add(session, BundleAlarm, (bundle for bundle, _, _ in told))
    await add(session, BundleNote, (note for _, note, _ in told))
    await add(session, BundleAction, (action for _, _, actions in told for action in actions))
    events = [event for story in stories for event in _events(story)]
    await add(session, EventRow, events)
    await add(session, SignalRow, map(_signal, events))


# Every partition of every place: disarmed between seven and eight, armed between six and seven in the evening, six days a week.
_ARMINGS: Final = """
    INSERT INTO panel_state_history (id, panel_id, partition, state, at)
    SELECT md5(concat(p.panel_id, p.number, state, day))::uuid, p.panel_id, p.number, state, moment
    FROM partitions p
    CROSS JOIN generate_series(CAST(:since AS timestamptz), CAST(:until AS timestamptz), interval '1 day') AS day
    CROSS JOIN LATERAL (VALUES ('DISARMED', 7), ('ARMED_FULL', 18)) AS change(state, hour)
    CROSS JOIN LATERAL (
        SELECT make_interval(hours => hour, mins => abs(hashtext(concat(p.id, day, state))) % 60) AS late
    ) AS drawn
    CROSS JOIN LATERAL (
        SELECT (date_trunc('day', day AT TIME ZONE 'Europe/Warsaw') + late) AT TIME ZONE 'Europe/Warsaw' AS moment
    ) AS placed
    WHERE p.panel_id = ANY(:panels) AND extract(isodow FROM day AT TIME ZONE 'Europe/Warsaw') < 7
      AND moment BETWEEN :since AND :until
    ON CONFLICT DO NOTHING
"""


async def _armings(session: WriteSession, places: list[Place], until: datetime) -> None:
    values = {"panels": [place.panel_id for place in places], "since": until - timedelta(weeks=WEEKS), "until": until}
    await session.execute(text(_ARMINGS), values)


def _stories(places: list[Place], until: datetime, chance: random.Random) -> Iterable[Story]:
    at, number = until - timedelta(weeks=WEEKS), 0
    while (at := at + timedelta(minutes=chance.expovariate(1 / 150))) < until:
        place = chance.choice(places)
        zone = chance.randint(1, min(ZONES_SIMULATED, place.zones))
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
            operator=id_of("user", chance.choice(("operator", "operator2"))),
            note=chance.choice(words.NOTES),
            result=chance.choice(words.RESULTS),
        )
        number += 1


def _told(story: Story, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The bundle, its note, and what was done."""
    note = {
        "id": id_of("note", story.number),
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
                "id": id_of("action", story.number, action),
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
            "id": id_of("event", story.number, nth),
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
    row |= {"id": id_of("signal", event["id"]), "outcome": Outcome.EVENT}
    return row | {"event_id": event["id"], "event_minute": event["minute"]}
