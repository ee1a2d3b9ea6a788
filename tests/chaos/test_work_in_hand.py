"""kill -9 in the middle of commands, of a firing of auto-arm and of an escalation: each ends, once, and says what is true."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from activities.seed import DEMO_LOGINS
from api.client.auto_arm import AutoArmSchedule
from api.client.client import StamClient
from api.client.commands import Command
from api.client.errors import ApiError, Unreachable
from api.client.models import Panel
from deploy.local.system import System
from tests.support.eventually import eventually
from tests.support.providers import MailServer
from tests.support.system import SystemThread
from workflows.domain.auto_arm import RunOutcome, RunStatus
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.command import CommandKind, CommandStatus
from workflows.domain.escalation import Channel, DeliveryStatus, TargetKind

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

VICTIMS = ("worker", "ingest-local-1", "temporal", "postgres")
COMMANDED: Final = 4  # panels; beside them one that is armed by its schedule, and one with an alarm that nobody claims
SILENT_PANIC: Final = 6
ARMED_BY_COMMAND: Final = 401
SECOND_LEVEL: Final = timedelta(seconds=15)  # after the first: due while the victim is away or just back
PREPARED_WITHIN: Final = timedelta(seconds=12)
WORK: Final = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE, Action.CLOSE)  # from each status to the next
WARSAW: Final = ZoneInfo("Europe/Warsaw")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    panel_id: UUID
    object_id: UUID
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who acts, and the simulator's own word for what the panels did."""

    admin: StamClient
    operator: StamClient
    master: StamClient
    control: httpx.AsyncClient

    async def armed(self, place: Place) -> bool:
        answer = await self.control.get(f"/panels/{place.port}")
        return 1 in answer.raise_for_status().json()["armed"]

    async def touch(self, place: Place, how: str) -> None:
        (await self.control.post(f"/panels/{place.port}/zones/{SILENT_PANIC}/{how}", json={})).raise_for_status()

    async def times_armed(self, place: Place) -> int:
        answer = await self.control.get(f"/panels/{place.port}/log", params={"limit": 1000})
        return sum(one["code"] == ARMED_BY_COMMAND and one["restore"] for one in answer.raise_for_status().json())


@pytest.mark.parametrize("victim", VICTIMS)
async def test_a_process_killed_with_work_in_hand_leaves_each_piece_of_it_ended_once_and_true(
    whole: SystemThread, mail: MailServer, victim: str
) -> None:
    system = whole.system
    async with _scene(system) as scene:
        *commanded, scheduled, alarmed = await _places(system, scene, VICTIMS.index(victim))
        before = {place: await scene.times_armed(place) for place in (*commanded, scheduled)}
        await _quiet(scene, alarmed)
        await _policy(scene, alarmed)
        schedule, fires_at = await _schedule(scene, scheduled)
        await _until(fires_at - timedelta(seconds=5))
        since = datetime.now(UTC)
        await scene.touch(alarmed, "violate")
        alarm_id = await _alarm_of(scene, alarmed, since)
        await _until(fires_at)

        orders = [asyncio.create_task(_order(scene, place)) for place in commanded]
        await asyncio.wait(orders, return_when=asyncio.FIRST_COMPLETED)
        killed = system.kill(victim)
        ordered = await asyncio.gather(*orders)
        await whole.call(system.until_back(victim, since=killed, within=60))

        await _require_commands(scene, dict(zip(commanded, ordered, strict=True)), before)
        await _require_firing(scene, schedule, scheduled, before)
        await _require_escalation(scene, mail, alarm_id)
        await scene.touch(alarmed, "restore")


# -- what is in hand


@asynccontextmanager
async def _scene(system: System) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        control = httpx.AsyncClient(base_url=system.simulator_url, trust_env=False, timeout=30)
        await stack.enter_async_context(control)
        clients = {}
        for name in ("admin", "operator", "master"):
            clients[name] = client = StamClient(system.api_url)
            stack.push_async_callback(client.aclose)
            await client.login(name, DEMO_LOGINS[name])
        yield Scene(**clients, control=control)


async def _places(system: System, scene: Scene, case: int) -> list[Place]:
    """Quiet, connected, disarmed ones that no other case uses; the last hundred are left to the bursts."""
    count = COMMANDED + 2
    panels: list[Panel] = []
    cursor = None
    while True:
        page = await scene.admin.panels(limit=200, cursor=cursor)
        panels += page.items
        if (cursor := page.next_cursor) is None:
            break
    first = system.composition.settings.simulator_port
    by_port = {panel.port - first: panel for panel in panels if panel.enabled and panel.port >= first}
    chosen = [by_port[index] for index in sorted(by_port)[case * count : (case + 1) * count]]

    async def connected() -> bool:
        states = [await scene.admin.panel_state(panel.id) for panel in chosen]
        return all(state.link.status.value == "CONNECTED" for state in states)

    await eventually(connected, within=90, every=0.5, what="the chosen panels are connected")
    return [Place(panel_id=panel.id, object_id=panel.object_id, port=panel.port) for panel in chosen]


async def _quiet(scene: Scene, place: Place) -> None:
    """No alarm is open there that the next one would join: a burst may have passed by a moment ago."""
    await scene.touch(place, "restore")

    async def nothing_is_open() -> bool:
        """One step further with each; what changed meanwhile is seen at the next look."""
        found = (await scene.master.alarms(object_id=place.object_id, open=True)).items
        for alarm in found:
            action = WORK[list(BundleStatus).index(alarm.status)]
            note = "an earlier burst" if action is Action.ACK else None
            result = ResultCode.TEST if action is Action.RESOLVE else None
            with suppress(ApiError):
                await scene.master.act(alarm.id, action, version=alarm.version, note=note, result_code=result)
        return not found

    await eventually(nothing_is_open, within=30, what="a quiet place")


async def _policy(scene: Scene, place: Place) -> None:
    """The operator at once, the master soon after."""
    people = [(0, (await scene.operator.me()).id), (int(SECOND_LEVEL.total_seconds()), (await scene.master.me()).id)]
    step = {"channel": Channel.EMAIL, "target": TargetKind.USER}
    levels = [{"after_seconds": after, "steps": [{**step, "user_id": user}]} for after, user in people]
    name = f"work in hand {place.port}"
    await scene.admin.escalation.create_policy(
        name=name, levels=levels, object_ids=[place.object_id], repeat_after_seconds=None
    )


async def _schedule(scene: Scene, place: Place) -> tuple[AutoArmSchedule, datetime]:
    """At the next full minute that leaves time to prepare."""
    fires_at = (datetime.now(UTC) + PREPARED_WITHIN + timedelta(minutes=1)).replace(second=0, microsecond=0)
    local = fires_at.astimezone(WARSAW)
    schedule = await scene.admin.auto_arm.create(
        place.panel_id,
        name="Night",
        partitions=[1],
        weekdays=[1, 2, 3, 4, 5, 6, 7],
        at=time(local.hour, local.minute),
        warn_minutes=0,
        deadline_minutes=5,
    )
    return schedule, fires_at


async def _until(at: datetime) -> None:
    """Not a condition: what a calendar fires comes by the clock."""
    await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))


async def _alarm_of(scene: Scene, place: Place, since: datetime) -> UUID:
    async def found() -> UUID | None:
        page = await scene.operator.alarms(object_id=place.object_id, status=[BundleStatus.NEW], from_=since)
        return next((alarm.id for alarm in page.items), None)

    alarm_id = await eventually(found, what="the alarm is there")
    assert alarm_id is not None
    return alarm_id


async def _order(scene: Scene, place: Place) -> Command:
    """Ordered again under the same key until it is taken: it stays one order."""
    key = str(uuid4())
    return await _insisted(lambda: scene.admin.commands.order(place.panel_id, CommandKind.ARM, [1], key=key))


async def _insisted(ask: Callable[[], Awaitable[T]]) -> T:
    async def answered() -> T | None:
        try:
            return await ask()
        except Unreachable:
            return None
        except ApiError as error:
            if error.status < 500:
                raise
            return None

    answer = await eventually(answered, within=60, every=0.3, what="the API answers")
    assert answer is not None
    return answer


# -- how it must end


async def _require_commands(scene: Scene, ordered: dict[Place, Command], before: dict[Place, int]) -> None:
    """Ended, and what it ended as is what the panel did; nothing was done twice."""
    for place, command in ordered.items():

        async def ended(command_id: UUID = command.id) -> Command | None:
            found = await _insisted(lambda: scene.admin.commands.one(command_id))
            return found if found.ended_at is not None else None

        end = await eventually(ended, within=120, every=0.5, what="the command has ended")
        assert end is not None
        told, armed = (end.status, end.confirmed_at is not None), await scene.armed(place)
        assert await scene.times_armed(place) - before[place] == int(armed), "armed once, or not at all"
        if end.status is CommandStatus.NACK:
            assert (end.sent_at is None or end.result_code is not None, armed) == (True, False), end
        elif end.status is CommandStatus.ACK:
            assert (told[1], armed) == (True, True), "accepted, seen, and so it is"


async def _require_firing(scene: Scene, schedule: AutoArmSchedule, place: Place, before: dict[Place, int]) -> None:
    async def over() -> list[Any]:
        runs = (await _insisted(lambda: scene.admin.auto_arm.runs(schedule_id=schedule.id))).items
        return [run for run in runs if run.ended_at is not None]

    runs = await eventually(over, within=180, every=0.5, what="the firing has ended")
    assert [(run.status, run.outcome) for run in runs] == [(RunStatus.DONE, RunOutcome.ARMED)]
    assert (await scene.armed(place), await scene.times_armed(place) - before[place]) == (True, 1)


async def _require_escalation(scene: Scene, mail: MailServer, alarm_id: UUID) -> None:
    """Both levels were told, each letter under one Message-ID however often it had to be sent."""

    async def sent() -> bool:
        log = (await _insisted(lambda: scene.admin.escalation.notifications(bundle_id=alarm_id))).items
        levels = Counter(one.level for one in log if one.status is DeliveryStatus.SENT)
        assert not [one for one in log if one.status is DeliveryStatus.NOBODY]
        return levels == {1: 1, 2: 1}

    await eventually(sent, within=120, every=0.5, what="both levels are told and logged once")
    letters = {letter["Message-ID"]: letter["To"] for letter in mail.letters if str(alarm_id) in letter.as_string()}
    assert sorted(letters.values()) == ["master@example.org", "operator@example.org"]
