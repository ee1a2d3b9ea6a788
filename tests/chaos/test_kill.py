"""kill -9 of every process, one at a time, in the middle of 500 alarms in 10 s from 100 panels: nothing lost, nothing twice.

The system is the one `stam up` runs, under its own supervisor, which brings the victim back.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from temporalio.client import Client

from activities.infra.temporal import DATA_CONVERTER
from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import AlarmSummary
from api.client.stream import Event, Live
from deploy.local.system import System
from deploy.local.temporal import NAMESPACE
from tests.chaos.conftest import SET_ASIDE
from tests.chaos.ledger_of_truth import AlarmEvent, Screen, Truth, truth_of
from tests.support.eventually import eventually
from tests.support.system import SystemThread
from workflows.contracts import names
from workflows.domain.bundle import Action, BundleStatus

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

ALARMS, SECONDS, PANELS = 500, 10, 100
PER_PANEL = ALARMS // PANELS
VICTIMS = ("ingest-local-1", "relay", "worker", "api", "valkey", "postgres", "temporal")

D4_WINDOW = timedelta(minutes=1)  # the same zone again within a minute is a repetition, not an event
_last_alarm = {skip: datetime.min.replace(tzinfo=UTC) for skip in (0, PER_PANEL)}  # of the zones after so many others

_RUNNING = f"WorkflowType = '{names.BUNDLE_ALARM}' AND ExecutionStatus = 'Running'"

Zone = tuple[int, int]  # the panel's port, the zone's number


@pytest.mark.parametrize("victim", VICTIMS)
async def test_a_process_killed_in_a_burst_loses_nothing_and_shows_nothing_twice(whole: SystemThread, victim: str) -> None:
    system = whole.system
    await eventually(lambda: _everybody_connected(system), within=90, every=0.5, what="every panel is connected")
    name = await system.active_relay() if victim == "relay" else victim
    skip = PER_PANEL * (VICTIMS.index(victim) % 2)
    await eventually(lambda: _last_alarm[skip] + D4_WINDOW < datetime.now(UTC), within=60, every=0.2, what="a new minute")
    began = datetime.now(UTC)

    async with _watching(system) as screen:
        burst = asyncio.create_task(_burst(system, skip=skip))
        await asyncio.sleep(SECONDS / 2)  # not a condition: the kill is to come in the middle
        killed = system.kill(name)
        violated = await burst
        _last_alarm[skip] = datetime.now(UTC)
        await whole.call(system.until_back(name, since=killed, within=60))
        async with truth_of(system.database_url) as truth:
            events = await eventually(
                lambda: _recorded(truth, began, violated), within=90, every=0.5, what="every violated zone is an event"
            )
            await eventually(truth.everything_is_published, within=30, every=0.2, what="everything is published")
            assert await truth.sequence_has_no_gap()
            await _require_workflows(system, truth)
        expected = {event.id for event in events}
        await eventually(lambda: expected <= screen.events.keys(), within=30, what="the screen was told of every event")

    assert Counter((event.port, event.zone) for event in events) == Counter(violated), "one event for every violated zone"
    assert screen.is_in_order
    assert {event: count for event, count in screen.events.items() if count > 1} == {}, "no event is told twice"
    assert screen.versions.keys() >= {event.bundle_id for event in events}
    assert {bundle: count for bundle, count in screen.opened.items() if count > 1} == {}, "no bundle is opened twice"
    assert screen.going_back == {}, "what is told of a bundle is newer each time"
    await _require_balance(system, began)
    await _require_claim(system, {event.bundle_id for event in events})


# -- the burst and who watches it


async def _burst(system: System, *, skip: int) -> list[Zone]:
    order = {"alarms": ALARMS, "seconds": SECONDS, "panels": PANELS, "skip": skip, "first": SET_ASIDE}
    async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
        answer = await http.post(f"{system.simulator_url}/burst", json=order)
    return [(one["port"], one["zone"]) for one in answer.raise_for_status().json()]


@asynccontextmanager
async def _watching(system: System) -> AsyncIterator[Screen]:
    """An operator's console: logged in, live, and coming back by itself."""
    client, screen, live = StamClient(system.api_url), Screen(), asyncio.Event()

    async def watch() -> None:
        async with aclosing(client.stream()) as messages:
            async for message in messages:
                if isinstance(message, Live):
                    live.set()
                elif isinstance(message, Event):
                    screen.take(message)

    await client.login(*_login("OPERATOR"))
    watching = asyncio.create_task(watch())
    try:
        async with asyncio.timeout(30):
            await live.wait()
        yield screen
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await client.aclose()


def _login(role: str) -> tuple[str, str]:
    return next((user, word) for user, word in DEMO_LOGINS.items() if user.startswith(role.lower()))


# -- conditions


async def _everybody_connected(system: System) -> bool:
    return await system.panels_connected() >= PANELS + SET_ASIDE


async def _recorded(truth: Truth, began: datetime, violated: list[Zone]) -> list[AlarmEvent]:
    wanted = set(violated)
    events = [event for event in await truth.alarm_events(began) if (event.port, event.zone) in wanted]
    return events if {(event.port, event.zone) for event in events} == wanted else []


async def _require_workflows(system: System, truth: Truth) -> None:
    """Nothing is left to tell Temporal, nothing was refused, and every open bundle has one running workflow."""
    await eventually(truth.everything_is_orchestrated, within=60, every=0.5, what="every row was told to Temporal")
    assert await truth.parked() == []
    address = system.composition.addresses().temporal_address
    client = await Client.connect(address, namespace=NAMESPACE, data_converter=DATA_CONVERTER)

    async def one_each() -> bool:
        running = Counter([one.id async for one in client.list_workflows(_RUNNING, page_size=1000)])
        return running == Counter(names.bundle_workflow_id(bundle) for bundle in await truth.open_bundles())

    await eventually(one_each, within=60, every=0.5, what="one running workflow for every open bundle")


async def _require_claim(system: System, bundles: set[UUID]) -> None:
    """An operator can claim one of these, answered by its workflow."""
    client = StamClient(system.api_url)
    await client.login(*_login("OPERATOR"))
    found = [await client.alarm(bundle_id) for bundle_id in sorted(bundles)]
    alarm = next(one for one in found if one.status is BundleStatus.NEW)
    key = str(uuid4())

    async def claimed() -> AlarmSummary | None:
        try:
            return await client.act(alarm.id, Action.CLAIM, version=alarm.version, idempotency_key=key)
        except ApiError as error:
            if error.status != 503:
                raise
            return None  # the worker is still busy with what it was told; pressed again, it is the same claim

    after = await eventually(claimed, within=30, every=0.5, what="the claim is answered")
    await client.aclose()
    assert after is not None
    assert (after.status, after.version) == (BundleStatus.CLAIMING, alarm.version + 1)


async def _require_balance(system: System, began: datetime) -> None:
    client = StamClient(system.api_url)
    await client.login(*_login("MASTER"))
    balance = await client.ledger_balance(from_=began, to=datetime.now(UTC) + timedelta(seconds=1))
    await client.aclose()
    assert balance.balanced
    assert balance.received >= ALARMS
