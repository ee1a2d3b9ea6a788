"""Many panels in one process: their order, their control API, bursts, daily life, the command line."""

import asyncio
import collections
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.satel.frames import Frame
from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.fleet import FleetOptions, fleet_configs, running_fleet
from ingest.satel.simulator.installation import PanelConfig, PanelModel, ZoneReaction
from ingest.satel.simulator.life import EPISODES, Life
from ingest.satel.simulator.model import Panel
from ingest.satel.simulator.panels import Fleet, FleetError
from tests.support.eventually import eventually

from .support import KEY, Client, Clock, bits

OPTIONS = FleetOptions(count=3, base_port=0, control_port=0, latency=0.0)


@pytest.fixture
async def control() -> AsyncIterator[tuple[Fleet, httpx.AsyncClient]]:
    async with running_fleet(OPTIONS) as running:
        assert running.control_url
        async with httpx.AsyncClient(base_url=running.control_url) as http:
            yield running.fleet, http


# -- configuration ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", PanelModel)
def test_every_model_can_be_furnished_to_its_limits(model: PanelModel) -> None:
    config = furnish(PanelConfig(model=model), partitions=99, zones=999, outputs=999)
    assert config.zones[-1].number == config.outputs[-1].number
    assert len({zone.name for zone in config.zones}) == len(config.zones)
    assert all(zone.name.encode("cp1250") for zone in config.zones)


def test_a_thousand_panels_have_a_thousand_names_and_ports() -> None:
    configs = fleet_configs(FleetOptions(count=1000, base_port=20000))
    assert len({config.name for config in configs}) == 1000
    assert [config.port for config in configs] == list(range(20000, 21000))


TOML = """
[[panels]]
name = "Jubiler"
port = 10004
key = "Klucz2026abc"
model = "INTEGRA 256 Plus"
zones = [{ number = 200, name = "Sejf", reaction = "burglary_24h", partition = 2 }]
outputs = [{ number = 1, name = "Brama", function = "mono" }]
[[panels]]
name = "Apteka"
zones = 5
"""


def test_panels_are_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(TOML, "utf-8")
    (tmp_path / "p.json").write_text(json.dumps([{"name": "Apteka", "zones": 5}]), "utf-8")
    jeweller, chemist = fleet_configs(FleetOptions(panels_file=tmp_path / "p.toml", base_port=7000))
    assert (jeweller.port, jeweller.key, jeweller.model) == (10004, "Klucz2026abc", PanelModel.INTEGRA_256_PLUS)
    assert [zone.reaction for zone in jeweller.zones] == [ZoneReaction.BURGLARY_24H]
    assert (chemist.port, len(chemist.zones)) == (7001, 5)
    (other,) = fleet_configs(FleetOptions(panels_file=tmp_path / "p.json", base_port=7001))
    assert other.zones == chemist.zones


@pytest.mark.parametrize(
    ("panels", "complaint"),
    [
        ('[{"name": "A", "zones": [{"number": 1, "name": "x", "reaction": "sleepy"}]}]', "sleepy"),
        ('[{"name": "A", "zones": [{"number": 999, "name": "x"}]}]', "1..128"),
        ('[{"name": "A", "zones": [{"number": 1, "name": "x", "partition": 9}]}]', "do not exist"),
        ('[{"name": "A", "colour": "red"}]', "colour"),
        ('[{"name": "A", "zones": [{"number": 1, "name": "much too long a name"}]}]', "longer"),
        ("{", "cannot be read"),
        ("[]", "no panels"),
    ],
)
def test_a_wrong_panels_file_is_explained(tmp_path: Path, panels: str, complaint: str) -> None:
    (tmp_path / "p.json").write_text(panels, "utf-8")
    with pytest.raises(FleetError, match=complaint):
        fleet_configs(FleetOptions(panels_file=tmp_path / "p.json"))


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FleetError, match=str(port)):
            async with running_fleet(FleetOptions(base_port=port, control_port=None)):
                pass
        with pytest.raises(FleetError, match=str(port)):
            async with running_fleet(FleetOptions(base_port=0, control_port=port)):
                pass


# -- control API ------------------------------------------------------------------------------------------------------


async def test_what_is_done_to_a_site_is_seen_by_its_client(control: tuple[Fleet, httpx.AsyncClient]) -> None:
    fleet, http = control
    name, panel = next(iter(fleet.panels.items()))

    async def do(what: str, **body: Any) -> None:
        (await http.post(f"/panels/{name}/{what}", json=body)).raise_for_status()

    async with Client(panel) as client:
        await do("zones/3/violate")
        assert bits((await client.ask(0x00)).data) == [3]
        await do("zones/3/restore")
        await do("zones/3/tamper", on=True)
        assert bits((await client.ask(0x01)).data) == [3]
        await do("partitions/1/arm", delay=0, mode=2, user=1)
        assert bits((await client.ask(0x0B)).data) == [1]
        await do("partitions/1/disarm", user=1)
        await do("partitions/1/clear", user=1)
        await do("troubles/expander_mains", on=True, number=3)
        assert (await client.ask(0x1B)).data[16] == 8
        await do("zones/4/fault", fault="masked", on=True)
        assert bits((await client.ask(0x28)).data) == [4]
        await do("partitions/2/panic")
        assert bits((await client.ask(0x13)).data) == [2]
        await do("log/erase")
        log = (await http.get(f"/panels/{name}/log")).json()
        assert [record["code"] for record in log] == [621]
        await do("link/garbage", size=50)
        await do("link/drop")
        assert await client.closed()


async def test_state_conditions_and_power_by_port(control: tuple[Fleet, httpx.AsyncClient]) -> None:
    fleet, http = control
    panel = list(fleet.panels.values())[1]
    url = f"/panels/{panel.port}"
    changes = {"latency": 0.5, "clock_skew": 90.0, "segment": 1, "loss": 0.25, "service_mode": True}
    (await http.patch(f"{url}/conditions", json=changes)).raise_for_status()
    assert (panel.latency, panel.skew.total_seconds(), panel.faults.segment, panel.faults.loss) == (0.5, 90.0, 1, 0.25)
    state = (await http.get(url)).json()
    assert (state["port"], state["service_mode"], state["log_records"]) == (panel.port, True, 1)
    (await http.post(f"{url}/power", json={"on": False})).raise_for_status()
    assert not (await http.get(url)).json()["powered"]
    (await http.post(f"{url}/power", json={"on": True})).raise_for_status()
    assert [record["code"] for record in (await http.get(f"{url}/log")).json()] == [305, 627]
    assert len((await http.get("/panels")).json()) == 3


async def test_mistakes_are_refused_with_a_reason(control: tuple[Fleet, httpx.AsyncClient]) -> None:
    fleet, http = control
    name = next(iter(fleet.panels))
    assert (await http.get("/panels/nowhere")).status_code == 404
    for path in ("zones/99/violate", "partitions/9/arm", "partitions/9/panic", "troubles/rain"):
        answer = await http.post(f"/panels/{name}/{path}", json={"on": True})
        assert answer.status_code in (404, 422)
        assert answer.json()["detail"]


async def test_a_burst_violates_different_zones_in_turn_and_every_one_alarms(
    control: tuple[Fleet, httpx.AsyncClient],
) -> None:
    fleet, http = control
    answer = await http.post("/burst", json={"alarms": 30, "seconds": 0.3, "panels": 3})
    violations = answer.raise_for_status().json()
    assert len({(violation["panel"], violation["zone"]) for violation in violations}) == 30
    assert collections.Counter(violation["panel"] for violation in violations) == dict.fromkeys(fleet.panels, 10)
    assert [violation["violated_at"] for violation in violations] == sorted(v["violated_at"] for v in violations)
    for violation in violations:
        log = fleet.panels[violation["panel"]].log.entries()
        assert [record.source for record in log if record.code == violation["code"]].count(violation["zone"]) == 1
        assert fleet.panels[violation["panel"]].blocks.has(Block.ZONES_ALARM, violation["zone"] - 1)


async def test_a_burst_may_be_longer_than_there_are_zones() -> None:
    async with running_fleet(FleetOptions(count=1, base_port=0, control_port=None, zones=4)) as running:
        violations = await running.fleet.burst(alarms=7, seconds=0, panels=5)
        (panel,) = running.fleet.panels.values()
        alarms = [record for record in panel.log.entries() if record.code in (130, 131, 132) and not record.restore]
        assert len(violations) == len(alarms) == 7


async def test_a_burst_alarms_whatever_the_panel_was_doing() -> None:
    async with running_fleet(FleetOptions(count=1, base_port=0, control_port=None)) as running:
        (panel,) = running.fleet.panels.values()
        panel.arm(1, mode=3, delay=0)
        panel.arm(2)
        panel.command_bypass(panel.users[8], [3], True)
        panel.violate(3)
        violations = await running.fleet.burst(alarms=14, seconds=0, panels=1)
        memory = panel.blocks.data(Block.ZONES_ALARM_MEMORY, 32)
        assert bits(memory) == sorted(violation.zone for violation in violations)


async def test_every_alarm_of_a_burst_is_pushed_to_its_client() -> None:
    options = FleetOptions(count=50, base_port=0, control_port=None, key=KEY, latency=0.0)
    async with running_fleet(options) as running, contextlib.AsyncExitStack() as stack:
        panels = running.fleet.panels
        clients = {name: await stack.enter_async_context(Client(panel, KEY)) for name, panel in panels.items()}
        for client in clients.values():
            client.send(Frame(0x7F, b"\x04" + bytes(11)))
            assert [(await client.receive()).command for _ in range(2)] == [0xEF, 0x02]
        violations = await running.fleet.burst(alarms=200, seconds=0.5, panels=50)
        for violation in violations:
            pushed = await clients[violation.panel].receive()
            assert violation.zone in bits(pushed.data)


# -- daily life -------------------------------------------------------------------------------------------------------


def lived(seed: int, *, hours: int = 4) -> list[tuple[int, bool, int]]:
    """The log of two panels after some hours of life."""
    clock = Clock()
    panels = [Panel(furnish(PanelConfig(name=name, alarm_time=30), zones=24), clock) for name in ("A", "B")]
    life = Life(panels, rate=2.0, seed=seed)
    for second in range(hours * 3600):
        clock.move(1)
        for panel in panels:
            panel.advance()
        life.play(float(second))
    return [(e.code, e.restore, e.source) for panel in panels for e in panel.log.entries()]


def test_life_is_varied_and_the_same_for_the_same_seed() -> None:
    first = lived(1)
    assert first == lived(1)
    assert first != lived(2)
    codes = {code for code, *_ in first}
    assert {401, 130, 134, 1008, 406, 301, 144, 99} <= codes


def test_every_episode_ends_and_leaves_nothing_violated() -> None:
    for episode, _ in EPISODES:
        clock = Clock()
        panel = Panel(furnish(PanelConfig(name="A"), zones=24), clock)
        life = Life([panel], rate=0, seed=3)
        for wait in episode(panel, life._chance):
            clock.move(wait)
            panel.advance()
        assert panel.blocks.value(Block.ZONES_VIOLATED) == 0
        assert panel.blocks.value(Block.ZONES_TAMPERED) == 0


async def test_life_can_be_switched_on_while_the_fleet_runs(control: tuple[Fleet, httpx.AsyncClient]) -> None:
    fleet, http = control
    assert all(len(panel.log) == 0 for panel in fleet.panels.values())
    (await http.put("/life", json={"rate": 6000})).raise_for_status()
    await eventually(lambda: any(len(panel.log) for panel in fleet.panels.values()))


# -- command line -----------------------------------------------------------------------------------------------------


async def test_the_command_serves_until_sigterm_and_ends_cleanly() -> None:
    program = "from ingest.satel.simulator.cli import simulate_app; simulate_app()"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ["panel", "--base-port", "0", "--control-port", str(port), "--count", "2", "--latency", "0"]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, *arguments)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:

            async def panels() -> list[dict[str, Any]]:
                try:
                    listed: list[dict[str, Any]] = (await http.get("/panels")).json()
                except httpx.TransportError:
                    return []
                return listed

            first, _ = await eventually(panels, within=30)
        reader, writer = await asyncio.open_connection(first["host"], first["port"])
        writer.write(bytes.fromhex("FEFE7ED860FE0D"))
        assert (await reader.readuntil(b"\xfe\x0d"))[2] == Frame(0x7E).command
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
