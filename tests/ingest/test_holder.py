"""Who holds a panel, against a real database (R-SATEL, R-RECOVER, R-MODES)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.db.repositories.objects import change_panel, describe_anew, lock_panel
from activities.db.session import Database
from activities.infra.settings import Settings
from ingest.satel import holder
from ingest.satel.activities import PanelActivities
from ingest.satel.line import Grace
from ingest.satel.simulator.server import NetworkPanel
from ingest.satel.store import PanelStore
from tests.ingest.holding import Process
from tests.ingest.rig import SMOKE, VIBRATION
from tests.ingest.site import alarms, install, reconfigure, rows
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.panel import LeaseBeat, LeaseEnd, LeaseRequest, LeaseResult
from workflows.domain import supervision
from workflows.domain.alarm import AlarmType
from workflows.domain.supervision import SupervisionClass

Start = Callable[[str], Process]


async def test_an_alarm_is_one_confirmed_event_in_the_database(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    panel.violate(VIBRATION)

    async def confirmed() -> bool:
        found = await alarms(db, panel_id)
        return [(each["code"], each["confirmed_at"] is not None) for each in found] == [(133, True)]

    await eventually(confirmed)
    ledger = await rows(
        db, "SELECT outcome FROM signals WHERE panel_id = :panel_id ORDER BY recorded_at, id", panel_id=panel_id
    )
    assert [row["outcome"] for row in ledger] == ["EVENT", "CONFIRMATION"]
    links = await rows(db, "SELECT state FROM panel_state_history WHERE panel_id = :p AND partition IS NULL", p=panel_id)
    assert [row["state"] for row in links] == ["CONNECTED"]
    assert process.published[panel_id, "link"]["status"] == "CONNECTED"
    held.cancel()


async def test_a_process_killed_in_the_middle_leaves_one_event_per_zone(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    zones = [VIBRATION, SMOKE, 6, 8, 13, 14, 15, 16]
    for number, zone in enumerate(zones):
        if number % 3 == 0:
            process = start(f"host {number}")
            held = asyncio.create_task(process.hold(panel_id))
            await process.ready(panel_id)
        panel.violate(zone)
        if number % 3 == 2:
            await process.kill()
            held.cancel()
            panel.restore(zone)
    await eventually(_all_told(db, panel_id, zones))
    found = await alarms(db, panel_id)
    assert sorted(each["source_number"] for each in found) == sorted(zones)
    held.cancel()


def _all_told(db: Database, panel_id: UUID, zones: list[int]) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return {each["source_number"] for each in await alarms(db, panel_id)} == set(zones)

    return told


async def test_a_newer_lease_takes_the_line_from_the_former_holder_at_once(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    first, second = start("a"), start("b")
    loser = asyncio.create_task(first.hold(panel_id))
    await first.ready(panel_id)
    winner = asyncio.create_task(second.hold(panel_id))
    result = await asyncio.wait_for(loser, 5)
    assert (result.end, result.holder, result.lease_number) == (LeaseEnd.HANDED_OVER, "a", 1)
    await second.ready(panel_id)
    panel.violate(VIBRATION)
    await eventually(_all_told(db, panel_id, [VIBRATION]))
    assert (await rows(db, "SELECT lease_number, holder FROM panel_leases")) == [{"lease_number": 2, "holder": "b"}]
    winner.cancel()


async def test_nothing_of_a_former_holder_is_recorded(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    for loop in process.loops[1:3]:
        loop.cancel()  # it neither looks nor hears
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    before = await rows(db, "SELECT count(*) AS n FROM signals")
    assert await PanelStore(db=db, cipher=Settings().cipher(), holder="b", time_zone="UTC").take(panel_id) == 2
    panel.violate(VIBRATION)
    assert (await asyncio.wait_for(held, 5)).end is LeaseEnd.HANDED_OVER
    assert await rows(db, "SELECT count(*) AS n FROM signals") == before
    assert process.holder.runtime(panel_id) is None


async def test_a_changed_row_ends_the_lease_with_its_version(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await reconfigure(db, panel_id, name="Renamed")
    result = await asyncio.wait_for(held, 5)
    assert (result.end, result.config_version) == (LeaseEnd.CONFIG_CHANGED, 2)
    await eventually(lambda: not panel.connected)


@pytest.mark.parametrize(
    ("change", "end"),
    [({"enabled": False}, LeaseEnd.DISABLED), ({"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}, LeaseEnd.REMOVED)],
)
async def test_a_panel_that_is_not_wanted_is_not_held(
    db: Database, panel: NetworkPanel, start: Start, change: dict[str, object], end: LeaseEnd
) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await reconfigure(db, panel_id, **change)
    assert (await asyncio.wait_for(held, 5)).end is end
    assert (await process.hold(panel_id)).end is end
    assert await rows(db, "SELECT lease_number FROM panel_leases") == [{"lease_number": 1}], "no number is taken for it"
    assert (await process.hold(uuid4())).end is LeaseEnd.REMOVED


async def test_a_stopping_process_hands_over_and_takes_nothing_more(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    panel.violate(VIBRATION)
    await eventually(lambda: process.holder.batcher.held or panel.statistics.frames_sent)
    process.holder.stop()
    assert (await asyncio.wait_for(held, 5)).end is LeaseEnd.HANDED_OVER
    await process.holder.stopped()
    assert (process.holder.batcher.held, panel.connected) == (0, False)
    assert (await process.hold(panel_id)).end is LeaseEnd.HANDED_OVER


async def test_model_and_firmware_are_kept_in_the_panels_row(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await process.holder._tell_about_panels()
    row = await rows(db, "SELECT model, firmware, module, config_version FROM panels")
    assert row == [{"model": "INTEGRA 128 Plus", "firmware": "1.23", "module": "ETHM-1 Plus 2.13", "config_version": 1}]
    held.cancel()


async def test_a_panel_nobody_described_tells_its_own_names(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel, described=False)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)

    async def described() -> bool:
        runtime = process.holder.runtime(panel_id)
        return runtime is not None and len(runtime.setup.zones) == 16

    await eventually(described, within=20)
    found = await rows(db, "SELECT number, name, partition, reaction FROM zones ORDER BY number LIMIT 2")
    assert found == [
        {"number": 1, "name": "Drzwi wejściowe", "partition": 1, "reaction": 0},
        {"number": 2, "name": "Hol PIR", "partition": 1, "reaction": 3},
    ]
    assert [row["name"] for row in await rows(db, "SELECT name FROM partitions ORDER BY number")] == ["Biuro", "Magazyn"]
    told = await rows(db, f"SELECT panel_id, payload FROM outbox WHERE type = '{names.PANEL_DESCRIBED}' AND push")
    assert [(row["panel_id"], row["payload"]["description_version"]) for row in told] == [(panel_id, 2)]
    panel.violate(SMOKE)
    await eventually(_all_told(db, panel_id, [SMOKE]))
    assert [each["alarm_type"] for each in await alarms(db, panel_id)] == ["FIRE"]
    held.cancel()


async def test_an_alarm_for_a_lost_line_ends_when_the_panel_is_disabled_while_nobody_holds_it(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    panel.cut_line()
    process = start("a")
    process.holder.grace = lambda _: Grace(lost=timedelta(seconds=0.2))
    held = asyncio.create_task(process.hold(panel_id))

    async def lines() -> list[tuple[int, bool]]:
        return [(each["code"], each["active"]) for each in await alarms(db, panel_id)]

    await eventually(lambda: _equals(lines, [(2001, True)]))
    await process.kill()
    held.cancel()
    await reconfigure(db, panel_id, enabled=False)
    assert (await start("b").hold(panel_id)).end is LeaseEnd.DISABLED
    await eventually(lambda: _equals(lines, [(2001, False)]))
    links = await rows(db, "SELECT state FROM panel_state_history WHERE partition IS NULL ORDER BY id")
    assert [row["state"] for row in links] == ["DISCONNECTED", "DISABLED"]
    bundle = await rows(db, "SELECT alarm_type, active_count FROM bundle_alarms")
    assert bundle == [{"alarm_type": "COMM_LOSS", "active_count": 0}]


async def _equals(read: Callable[[], Awaitable[object]], expected: object) -> bool:
    return await read() == expected


async def test_who_takes_a_panel_from_the_dead_tells_when_its_line_broke(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    """R-HISTORY; and no alarm, for the line is up again within its grace."""
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await process.holder.batcher.drained()
    await process.kill()
    held.cancel()
    second = start("b")
    held = asyncio.create_task(second.hold(panel_id))
    await second.ready(panel_id)
    await second.holder.batcher.drained()
    links = await rows(db, "SELECT state, at FROM panel_state_history WHERE partition IS NULL ORDER BY at")
    assert [row["state"] for row in links] == ["CONNECTED", "DISCONNECTED", "CONNECTED"]
    assert await alarms(db, panel_id) == []
    held.cancel()


async def test_who_hands_a_panel_over_says_so_and_the_next_says_no_more(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    process.holder.stop()
    await held
    await process.holder.stopped()
    second = start("b")
    held = asyncio.create_task(second.hold(panel_id))
    await second.ready(panel_id)
    await second.holder.batcher.drained()
    links = await rows(db, "SELECT state, detail FROM panel_state_history WHERE partition IS NULL ORDER BY at")
    assert [row["state"] for row in links] == ["CONNECTED", "DISCONNECTED", "CONNECTED"]
    assert links[1]["detail"] == {"reason": "handed over"}
    held.cancel()


async def test_an_attempt_cancelled_while_it_ends_an_orphan_does_not_block_the_next(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    """The orphan is closed whoever waits for it."""
    panel_id = await install(db, panel)
    process = start("a")
    for loop in process.loops[1:3]:
        loop.cancel()  # nobody but the attempts themselves ends the orphan
    orphan = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    orphan.cancel()
    await asyncio.wait([orphan])
    await reconfigure(db, panel_id, name="Renamed")
    record, slow = process.holder.batcher._record, asyncio.Event()

    async def slowly(entries: Any) -> frozenset[UUID]:
        await slow.wait()
        return await record(entries)

    process.holder.batcher._record = slowly
    panel.violate(VIBRATION)
    await eventually(lambda: process.holder.batcher.held)
    attempt = asyncio.create_task(process.hold(panel_id))
    await eventually(lambda: process.holder.runtime(panel_id) is None)
    attempt.cancel()
    await asyncio.wait([attempt])
    slow.set()
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await eventually(_all_told(db, panel_id, [VIBRATION]))
    held.cancel()


async def test_a_damaged_position_is_a_visible_gap(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    for number in range(3):
        panel.record(99, source=1 + number)
    async with db.write() as session:
        await session.execute(
            text("INSERT INTO panel_cursors (panel_id, cursor) VALUES (:panel_id, CAST(:cursor AS jsonb))"),
            {"panel_id": panel_id, "cursor": '{"of another": "version"}'},
        )
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))

    async def gap() -> bool:
        return [each["alarm_type"] for each in await alarms(db, panel_id)] == ["LOG_GAP"]

    await eventually(gap)
    held.cancel()


# -- the activity ---------------------------------------------------------------------------------------------------------


def lease_of(process: Process, panel_id: UUID, beats: list[LeaseBeat]) -> tuple[ActivityEnvironment, asyncio.Task[LeaseResult]]:
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details[0])
    activity = PanelActivities(process.holder).hold_panel_line
    return environment, asyncio.create_task(environment.run(activity, LeaseRequest(panel_id=panel_id)))


async def test_the_lease_activity_says_who_holds_the_line(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id, beats = await install(db, panel), list[LeaseBeat]()
    process = start("a")
    environment, running = lease_of(process, panel_id, beats)
    await process.ready(panel_id)
    assert beats[-1] == LeaseBeat(lease_number=1, holder="a")
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    await eventually(lambda: not panel.connected)
    assert process.holder.runtime(panel_id) is None


@pytest.mark.parametrize("why", [ActivityCancellationDetails(not_found=True), ActivityCancellationDetails(timed_out=True)])
async def test_a_lost_heartbeat_leaves_the_line_up_and_the_next_attempt_adopts_it(
    db: Database, panel: NetworkPanel, start: Start, why: ActivityCancellationDetails
) -> None:
    panel_id, beats = await install(db, panel), list[LeaseBeat]()
    process = start("a")
    environment, running = lease_of(process, panel_id, beats)
    await process.ready(panel_id)
    environment.cancel(why)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    panel.violate(VIBRATION)  # an alarm while Temporal is away
    await eventually(_all_told(db, panel_id, [VIBRATION]))
    environment, running = lease_of(process, panel_id, beats)
    await eventually(lambda: beats[-1].lease_number == 2)
    panel.violate(SMOKE)
    await eventually(_all_told(db, panel_id, [VIBRATION, SMOKE]))
    assert panel.statistics.connections == 1
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_an_orphan_follows_a_change_of_its_row(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id, beats = await install(db, panel), list[LeaseBeat]()
    process = start("a")
    environment, running = lease_of(process, panel_id, beats)
    await process.ready(panel_id)
    environment.cancel(ActivityCancellationDetails(timed_out=True))
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await reconfigure(db, panel_id, name="Renamed")
    await eventually(lambda: panel.statistics.connections == 2)
    await process.ready(panel_id)
    assert process.holder.runtime(panel_id) is not None


async def test_a_new_description_is_used_without_letting_go_of_the_line(
    db: Database, panel: NetworkPanel, start: Callable[[str], Process]
) -> None:
    panel_id = await install(db, panel)
    process = start("one")
    holding = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    async with db.write() as session:
        await session.execute(
            text("UPDATE zones SET alarm_type = 'HOLDUP' WHERE panel_id = :panel_id AND number = 5"), {"panel_id": panel_id}
        )
        found = await lock_panel(session, panel_id)
        assert found is not None
        await describe_anew(session, found)

    def kind() -> AlarmType | None:
        runtime = process.holder.runtime(panel_id)
        return runtime.setup.zones[5].alarm_type if runtime is not None else None

    await eventually(lambda: kind() is AlarmType.HOLDUP)
    assert panel.statistics.connections == 1
    assert not holding.done()
    holding.cancel()
    await asyncio.wait([holding])


async def test_a_panels_new_class_is_in_force_without_a_new_line(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    holding = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    async with db.write() as session:
        found = await lock_panel(session, panel_id)
        assert found is not None
        await change_panel(session, found, {"supervision_class": SupervisionClass.SP6}, Settings().cipher())
    runtime = process.holder.runtime(panel_id)
    assert runtime is not None
    await eventually(lambda: runtime._watch.grace == Grace.in_class(SupervisionClass.SP6))
    assert panel.statistics.connections == 1
    holding.cancel()


async def test_signs_of_life_say_whether_the_line_is_up(
    db: Database, panel: NetworkPanel, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "CHECK_EVERY", 0.1)
    monkeypatch.setitem(supervision._PROMISED, SupervisionClass.SP5, timedelta(seconds=0.4))
    panel_id = await install(db, panel)
    process = start("a")
    holding = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)

    async def signs() -> dict[str, Any]:
        return (await rows(db, "SELECT renewed_at, heard_at FROM panel_leases"))[0]

    async def is_heard() -> bool:
        found = await signs()
        return found["heard_at"] is not None and found["heard_at"] == found["renewed_at"]

    await eventually(is_heard)
    panel.cut_line()
    await eventually(lambda: not process.holder._held[panel_id].runtime.ready)
    await process.holder._give_signs(asyncio.get_running_loop().time())
    last = await signs()
    await eventually(lambda: _is_newer(signs, last))
    assert (await signs())["heard_at"] == last["heard_at"]
    holding.cancel()


async def _is_newer(signs: Callable[[], Awaitable[dict[str, Any]]], last: dict[str, Any]) -> bool:
    return bool((await signs())["renewed_at"] > last["renewed_at"])
