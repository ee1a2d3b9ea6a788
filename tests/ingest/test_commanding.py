"""Commands over a line that is held, against a simulated panel and a real database (R-CMD)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment
from uuid_utils.compat import uuid7

from activities.db.repositories import commands
from activities.db.session import Database
from ingest.satel.commanding import CommandLineActivities
from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.examples import SYSTEM_CODE, furnish, some_partitions
from ingest.satel.simulator.installation import (
    ModuleModel,
    OutputConfig,
    OutputFunction,
    PanelConfig,
    PanelModel,
    Right,
    UserConfig,
)
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.ingest.holding import Process
from tests.ingest.site import install, rows
from tests.ingest.test_holder import Start
from tests.support.eventually import eventually
from workflows.contracts import policies
from workflows.contracts.command import CommandOrder, ConfirmEnd, ConfirmRequest, ConfirmResult, SendRequest, SendResult
from workflows.domain.command import SEEN_WITHIN, ArmMode, CommandKind, CommandSource, SendEnd

OFFICE, STORE = 3, 11  # zones watched while armed, of partition 1 and 2
K = CommandKind


def config(**changes: Any) -> PanelConfig:
    """Exit times of half a second, and an output that stays on (2) beside one that pulses (3)."""
    rooms = tuple(replace(room, exit_delay=0.5) for room in some_partitions(2))
    outputs = (
        OutputConfig(number=2, name="Light", function=OutputFunction.BI),
        OutputConfig(number=3, name="Gate", function=OutputFunction.MONO, pulse=0.3),
    )
    given = PanelConfig(latency=0.001, slot_release=0.0, partitions=rooms, outputs=outputs, **changes)
    return furnish(given)


@dataclass(slots=True)
class Site:
    """A panel that is held by one process after another."""

    db: Database
    panel: NetworkPanel
    panel_id: UUID
    object_id: UUID
    process: Process

    @property
    def lines(self) -> CommandLineActivities:
        return CommandLineActivities(self.process.holder)

    async def ordered(self, kind: CommandKind, *numbers: int, **more: Any) -> CommandOrder:
        """An order that its workflow has taken up."""
        order = CommandOrder(
            command_id=uuid7(),
            object_id=self.object_id,
            panel_id=self.panel_id,
            kind=kind,
            numbers=numbers,
            **{"source": CommandSource.SYSTEM, **more},
        )
        async with self.db.write() as session:
            await commands.begin(session, order)
        return order

    async def send(self, order: CommandOrder, attempt: int = 1) -> SendResult:
        return await ActivityEnvironment().run(self.lines.send_panel_command, SendRequest(order=order, attempt=attempt))

    async def confirm(self, order: CommandOrder, sent: SendResult | None = None) -> ConfirmResult:
        request = ConfirmRequest(order=order, before=sent.before if sent else ())
        return await ActivityEnvironment().run(self.lines.confirm_panel_command, request)

    async def do(self, kind: CommandKind, *numbers: int, **more: Any) -> ConfirmEnd:
        """Send and see it."""
        order = await self.ordered(kind, *numbers, **more)
        sent = await self.send(order)
        assert sent.end is SendEnd.ANSWERED, sent
        return (await self.confirm(order, sent)).end

    async def row(self, order: CommandOrder) -> dict[str, Any]:
        return (await rows(self.db, "SELECT * FROM satel_commands WHERE id = :id", id=order.command_id))[0]

    def shown(self, partition: int = 1) -> str:
        """The word for a partition in the live picture."""
        states: dict[str, str] = self.process.published[self.panel_id, "partitions"]["states"]  # type: ignore[assignment]
        return states[str(partition)]

    async def hand_over(self, process: Process) -> None:
        """Another process takes the line; the first dies without a word."""
        await self.process.kill()
        self.process = process
        self._held = asyncio.create_task(process.hold(self.panel_id))
        await process.ready(self.panel_id)

    _held: asyncio.Task[Any] | None = None


Place = Callable[..., Awaitable[Site]]


@pytest.fixture
async def place(db: Database, start: Start) -> AsyncIterator[Place]:
    running, held = [], []

    async def place(given: PanelConfig | None = None, *, code: str | None = SYSTEM_CODE) -> Site:
        context = running_panel(given or config())
        panel = await context.__aenter__()
        running.append(context)
        panel_id = await install(db, panel, code=code)
        object_id = (await rows(db, "SELECT object_id FROM panels WHERE id = :id", id=panel_id))[0]["object_id"]
        process = start("a")
        held.append(asyncio.create_task(process.hold(panel_id)))
        await process.ready(panel_id)
        await eventually(lambda: (panel_id, "partitions") in process.published)
        return Site(db, panel, panel_id, object_id, process)

    yield place
    for task in held:
        task.cancel()
    for context in running:
        await context.__aexit__(None, None, None)


# -- what each does


async def test_arming_is_accepted_and_confirmed_when_the_exit_time_is_over(place: Place) -> None:
    site = await place()
    order = await site.ordered(K.ARM, 1)
    sent = await site.send(order)
    assert (sent.end, sent.result_code) == (SendEnd.ANSWERED, 0x00)
    assert not site.panel.is_armed(1), "accepted is not done"
    assert (await site.confirm(order, sent)).end is ConfirmEnd.CONFIRMED
    assert site.panel.is_armed(1)
    assert not site.panel.is_armed(2)


@pytest.mark.parametrize("mode", ArmMode)
async def test_each_mode_of_arming_is_seen_as_that_mode(place: Place, mode: ArmMode) -> None:
    site = await place()
    assert await site.do(K.ARM, 1, 2, arm_mode=mode) is ConfirmEnd.CONFIRMED
    words = {ArmMode.FULL: "FULL", ArmMode.BYPASS: "BYPASS", ArmMode.STAY: "STAY", ArmMode.STAY_INSTANT: "STAY_INSTANT"}
    await eventually(lambda: site.shown(1) == site.shown(2) == f"ARMED_{words[mode]}")


async def test_disarming_answers_ff_and_is_confirmed_by_the_panels_state(place: Place) -> None:
    site = await place()
    site.panel.arm(1, delay=0)
    order = await site.ordered(K.DISARM, 1)
    sent = await site.send(order)
    assert sent.result_code == 0xFF
    assert (await site.confirm(order, sent)).end is ConfirmEnd.CONFIRMED
    assert not site.panel.is_armed(1)


async def test_what_is_accepted_without_the_right_to_it_is_never_confirmed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FF does not prove that the user may do it (reference §3.4)."""
    monkeypatch.setattr("ingest.satel.commanding.SEEN_WITHIN", SEEN_WITHIN / 30)
    guest = UserConfig(number=9, code="4321", name="Guest", rights=Right.ARM)
    given = config()
    site = await place(replace(given, users=(*given.users, guest)), code="4321")
    site.panel.arm(1, delay=0)
    order = await site.ordered(K.DISARM, 1)
    sent = await site.send(order)
    assert sent.result_code == 0xFF
    assert (await site.confirm(order, sent)).end is ConfirmEnd.UNSEEN
    assert site.panel.is_armed(1)


async def test_zones_are_bypassed_isolated_and_freed_again(place: Place) -> None:
    site = await place()
    for kind in (K.BYPASS, K.UNBYPASS, K.ISOLATE, K.UNBYPASS):
        assert await site.do(kind, OFFICE, STORE) is ConfirmEnd.CONFIRMED


async def test_outputs_are_switched(place: Place) -> None:
    site = await place()
    for kind in (K.OUTPUTS_ON, K.OUTPUTS_OFF, K.OUTPUTS_TOGGLE, K.OUTPUTS_TOGGLE):
        assert await site.do(kind, 2) is ConfirmEnd.CONFIRMED, kind


async def test_an_alarm_is_cleared_with_its_memory(place: Place) -> None:
    site = await place()
    site.panel.violate(5)
    assert await site.do(K.CLEAR_ALARM, 1) is ConfirmEnd.CONFIRMED


async def test_the_clock_is_set_to_the_panels_own_time_zone(place: Place) -> None:
    site = await place()
    site.panel.set_skew(-3_000)
    assert await site.do(K.SET_CLOCK) is ConfirmEnd.CONFIRMED


async def test_a_large_panel_is_commanded_beyond_128(place: Place) -> None:
    given = PanelConfig(model=PanelModel.INTEGRA_256_PLUS, latency=0.001, slot_release=0.0)
    site = await place(furnish(given, zones=200))
    assert await site.do(K.BYPASS, 3, 195) is ConfirmEnd.CONFIRMED


async def test_a_module_that_is_polled_is_commanded_too(place: Place) -> None:
    site = await place(config(module=ModuleModel.ETHM_1))
    assert await site.do(K.ARM, 1, arm_mode=ArmMode.BYPASS) is ConfirmEnd.CONFIRMED
    assert await site.do(K.DISARM, 1) is ConfirmEnd.CONFIRMED


async def test_a_code_prefix_belongs_to_the_code(place: Place) -> None:
    site = await place(config(prefix="97"), code=f"97-{SYSTEM_CODE}")
    assert await site.do(K.ARM, 1) is ConfirmEnd.CONFIRMED


# -- refusals


async def test_open_zones_refuse_arming_by_name_and_forcing_arms(place: Place) -> None:
    site = await place()
    for zone in (OFFICE, STORE):
        site.panel.violate(zone)
    order = await site.ordered(K.ARM, 1)
    sent = await site.send(order)
    assert (sent.result_code, sent.blocking) == (0x11, (OFFICE,)), "the store belongs to the other partition"
    assert await site.do(K.ARM, 1, forced=True) is ConfirmEnd.CONFIRMED


async def test_a_bypassed_zone_stands_against_nothing(place: Place) -> None:
    site = await place()
    site.panel.violate(OFFICE)
    await site.do(K.BYPASS, OFFICE)
    assert await site.do(K.ARM, 1) is ConfirmEnd.CONFIRMED


async def test_a_panel_that_cannot_arm_says_so(place: Place) -> None:
    site = await place()
    site.panel.arming_refused = True
    assert (await site.send(await site.ordered(K.ARM, 1))).result_code == 0x12


async def test_a_wrong_code_is_told(place: Place) -> None:
    site = await place(code="7777")
    assert (await site.send(await site.ordered(K.DISARM, 1))).result_code == 0x01


async def test_without_a_code_or_with_one_that_is_none_nothing_is_sent(place: Place) -> None:
    site = await place(code=None)
    order = await site.ordered(K.DISARM, 1)
    assert (await site.send(order)).end is SendEnd.NO_CODE
    assert (await site.row(order))["sent_at"] is None
    await rows_written(site, "UPDATE panels SET command_code_sealed = '\\x00', command_code_key_id = 'gone'")
    assert (await site.send(order)).end is SendEnd.CODE_UNREADABLE
    assert (site.panel.statistics.commands, (await site.row(order))["sent_at"]) == (0, None)


@pytest.mark.parametrize(("kind", "number"), [(K.ARM, 33), (K.BYPASS, 129), (K.OUTPUTS_ON, 200)])
async def test_what_the_model_does_not_have_is_not_sent(place: Place, kind: CommandKind, number: int) -> None:
    site = await place()
    order = await site.ordered(kind, number)
    assert (await site.send(order)).end is SendEnd.OUT_OF_RANGE


async def test_a_panel_that_is_not_here_or_not_connected_is_told_at_once(place: Place, start: Start) -> None:
    site = await place()
    order = await site.ordered(K.ARM, 1)
    elsewhere = CommandLineActivities(start("b").holder)
    sent = await ActivityEnvironment().run(elsewhere.send_panel_command, SendRequest(order=order))
    assert sent.end is SendEnd.NOT_HELD
    site.panel.cut_line()
    await eventually(lambda: (runtime := site.process.holder.runtime(site.panel_id)) and runtime.line is None)
    assert (await site.send(order)).end is SendEnd.NOT_CONNECTED
    assert (await site.confirm(order)).end is ConfirmEnd.NO_LINE


async def test_an_order_that_has_ended_or_run_out_is_withdrawn(place: Place) -> None:
    site = await place()
    for change in ("status = 'TIMEOUT'", "valid_until = now() - interval '1 second'"):
        order = await site.ordered(K.ARM, 1)
        await rows_written(site, f"UPDATE satel_commands SET {change}")
        assert (await site.send(order)).end is SendEnd.WITHDRAWN
    assert site.panel.statistics.commands == 0


# -- lost answers


async def lost(site: Site, order: CommandOrder, **faults: int) -> None:
    """A first try that is not answered; the line breaks over it and comes back."""
    for name, value in faults.items():
        setattr(site.panel.faults, name, value)
    assert (await site.send(order)).end is SendEnd.UNANSWERED
    assert (await site.row(order))["sent_at"] is not None
    await site.process.ready(site.panel_id)
    await eventually(lambda: (runtime := site.process.holder.runtime(site.panel_id)) and runtime.line is not None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "COMMAND_ANSWER", policies.COMMAND_ANSWER / 10)


@pytest.mark.usefixtures("impatient")
async def test_a_lost_answer_whose_effect_is_seen_is_not_sent_again(place: Place) -> None:
    site = await place()
    order = await site.ordered(K.ARM, 1)
    await lost(site, order, lost_results=1)
    assert (await site.send(order, attempt=2)).end is SendEnd.SEEN
    assert (await site.confirm(order)).end is ConfirmEnd.CONFIRMED
    assert site.panel.statistics.commands == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", [K.ARM, K.BYPASS])
async def test_a_lost_command_without_effect_is_sent_again_where_that_is_harmless(place: Place, kind: CommandKind) -> None:
    site = await place()
    order = await site.ordered(kind, 1)
    await lost(site, order, lost_commands=1)
    assert site.panel.statistics.commands == 0
    await caught_up(site)
    assert (await site.send(order, attempt=2)).end is SendEnd.ANSWERED
    assert (await site.confirm(order)).end is ConfirmEnd.CONFIRMED
    assert ((await site.row(order))["attempts"], site.panel.statistics.commands) == (2, 1)


@pytest.mark.usefixtures("impatient")
async def test_an_arming_that_people_undid_at_the_keypad_is_not_sent_again(place: Place) -> None:
    """Its answer was lost. When the line is back the partition is disarmed, as if nothing had come of it."""
    site = await place()
    order = await site.ordered(K.ARM, 1)
    site.panel.faults.lost_results = 1
    sending = asyncio.create_task(site.send(order))
    await eventually(lambda: site.panel.blocks.has(Block.ARMED, 0), what="it is armed")
    site.panel.disarm(1, user=2)
    assert (await sending).end is SendEnd.UNANSWERED
    await caught_up(site)
    assert (await site.send(order, attempt=2)).end is SendEnd.UNSEEN
    assert site.panel.statistics.commands == 1


@pytest.mark.usefixtures("impatient")
async def test_a_disarming_is_not_sent_again_to_those_who_armed_when_they_left(place: Place) -> None:
    site = await place()
    site.panel.arm(1, delay=0)
    order = await site.ordered(K.DISARM, 1)
    site.panel.faults.lost_results = 1
    sending = asyncio.create_task(site.send(order))
    await eventually(lambda: not site.panel.blocks.has(Block.ARMED, 0), what="it is disarmed")
    site.panel.arm(1, user=2, delay=0)
    assert (await sending).end is SendEnd.UNANSWERED
    await caught_up(site)
    assert (await site.send(order, attempt=2)).end is SendEnd.UNSEEN
    assert site.panel.statistics.commands == 1


async def caught_up(site: Site) -> None:
    await eventually(lambda: (runtime := site.process.holder.runtime(site.panel_id)) and runtime.ready)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("kind", "number"), [(K.OUTPUTS_TOGGLE, 2), (K.OUTPUTS_ON, 3)])
async def test_a_toggle_and_a_pulse_are_never_sent_twice(place: Place, kind: CommandKind, number: int) -> None:
    site = await place()
    order = await site.ordered(kind, number)
    await lost(site, order, lost_results=1)
    if kind is K.OUTPUTS_ON:
        await eventually(lambda: not site.panel.blocks.has(Block.OUTPUTS, number - 1), what="the pulse is over")
    assert (await site.send(order, attempt=2)).end is SendEnd.UNSEEN
    assert site.panel.statistics.commands == 1


@pytest.mark.usefixtures("impatient")
async def test_a_process_killed_between_sending_and_answer_leaves_a_command_that_the_next_reads_back(
    place: Place,
    start: Start,
) -> None:
    site = await place()
    site.panel.arm(1, delay=0)
    order = await site.ordered(K.DISARM, 1)
    site.panel.faults.lost_results = 1
    sending = asyncio.create_task(site.send(order))
    await eventually(lambda: site.panel.statistics.commands == 1)
    sending.cancel()
    await site.hand_over(start("b"))
    assert (await site.send(order, attempt=2)).end is SendEnd.SEEN
    assert site.panel.statistics.commands == 1


async def test_a_try_that_is_overtaken_by_a_later_one_sends_nothing(place: Place) -> None:
    """Temporal gave it up, and it comes late."""
    site = await place()
    order = await site.ordered(K.ARM, 1)
    assert (await site.send(order, attempt=2)).end is SendEnd.ANSWERED
    assert (await site.send(order, attempt=1)).end is SendEnd.WITHDRAWN
    assert site.panel.statistics.commands == 1


# -- one after the other


async def test_commands_to_one_panel_go_one_by_one_the_most_urgent_first(place: Place) -> None:
    site = await place()
    site.panel.latency = 0.05
    arming = [await site.ordered(K.ARM, 1, source=CommandSource.AUTO_ARM) for _ in range(3)]
    disarming = await site.ordered(K.DISARM, 1, source=CommandSource.OPERATOR)
    done: list[CommandOrder] = []

    async def send(order: CommandOrder) -> None:
        await site.send(order)
        done.append(order)

    tasks = [asyncio.create_task(send(order)) for order in (*arming, disarming)]
    await asyncio.gather(*tasks)
    assert done == [arming[0], disarming, *arming[1:]], "the first was under way, then disarming goes before the others"
    assert site.panel.statistics.dropped == 0


async def test_who_does_not_get_his_turn_in_time_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await place()
    monkeypatch.setattr(policies, "COMMAND_TURN", policies.COMMAND_TURN / 100)
    runtime = site.process.holder.runtime(site.panel_id)
    assert runtime is not None
    async with runtime.turns.turn(1, within=1):
        assert (await site.send(await site.ordered(K.ARM, 1))).end is SendEnd.LINE_OCCUPIED
    assert (await site.send(await site.ordered(K.ARM, 1))).end is SendEnd.ANSWERED


# -- what is shown meanwhile


async def test_partitions_are_shown_in_transition_until_the_panel_shows_something_else(place: Place) -> None:
    site = await place()
    site.panel.latency = 0.3
    sending = asyncio.create_task(site.send(await site.ordered(K.ARM, 1, arm_mode=ArmMode.STAY)))
    await eventually(lambda: site.shown(1) == "ARMING_STAY")
    assert site.shown(2) == "DISARMED"
    await eventually(lambda: site.shown(1) == "EXIT_TIME")
    await eventually(lambda: site.shown(1) == "ARMED_STAY")
    await sending
    disarming = asyncio.create_task(site.send(await site.ordered(K.DISARM, 1)))
    await eventually(lambda: site.shown(1) == "DISARMING")
    await eventually(lambda: site.shown(1) == "DISARMED")
    await disarming


async def test_a_refusal_takes_the_transition_back(place: Place) -> None:
    site = await place()
    site.panel.arming_refused, site.panel.latency = True, 0.3
    sending = asyncio.create_task(site.send(await site.ordered(K.ARM, 1)))
    await eventually(lambda: site.shown(1) == "ARMING_FULL")
    assert (await sending).result_code == 0x12
    await eventually(lambda: site.shown(1) == "DISARMED")
    pushed = await rows(site.db, "SELECT payload FROM outbox WHERE type = 'panel.state.changed' ORDER BY id")
    assert "ARMING_FULL" in [row["payload"]["state"] for row in pushed]


# -- secrets


async def test_the_code_is_in_no_log_line_and_no_answer(place: Place) -> None:
    site = await place(config(users=(UserConfig(number=8, code="48151623", name="Station"),)), code="48151623")
    with capture_logs() as logged:
        order = await site.ordered(K.ARM, 1)
        sent = await site.send(order)
        confirmed = await site.confirm(order, sent)
    assert confirmed.end is ConfirmEnd.CONFIRMED
    assert "command.tried" in [line["event"] for line in logged]
    assert (
        "48151623" not in f"{logged} {sent} {confirmed} {await site.row(order)} {await rows(site.db, 'SELECT * FROM outbox')}"
    )
    assert "48151623" not in str(await rows(site.db, "SELECT * FROM audit_log"))


async def rows_written(site: Site, statement: str) -> None:
    async with site.db.write() as session:
        await session.execute(text(statement))
