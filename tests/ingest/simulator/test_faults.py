"""Bad days (checklist item 15): segments, glue, garbage, loss, delay, half-open links, power."""

import asyncio

import pytest

from ingest.satel.frames import Frame, encode
from ingest.satel.simulator.installation import PanelModel, ZoneConfig
from ingest.satel.simulator.server import BUSY_BANNER, Faults, running_panel
from tests.support.eventually import eventually

from .support import FLOOD, GATE, INSTANT, KEY, Client, bits, small_panel


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
@pytest.mark.parametrize("size", [1, 3])
async def test_frames_arrive_in_pieces(size: int, key: str | None) -> None:
    async with running_panel(small_panel(key=key)) as panel, Client(panel, key) as client:
        panel.faults = Faults(segment=size, segment_gap=0.001)
        panel.violate(GATE)
        assert bits((await client.ask(0x00)).data) == [GATE]
        assert len(client.segments) > 1
        panel.faults = Faults()
        assert (await client.ask(0x7E)).command == 0x7E


async def test_answers_are_glued_together() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as client:
        panel.faults.glue = 3
        client.send(Frame(0x09), Frame(0x0A), Frame(0x0B))
        assert [(await client.receive()).command for _ in range(3)] == [0x09, 0x0A, 0x0B]
        assert len(client.segments) == 1


async def test_a_frame_that_finds_no_company_is_sent_alone() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as client:
        panel.faults.glue = 3
        assert (await client.ask(0x09)).command == 0x09


async def test_garbage_before_and_between_frames() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as client:
        panel.faults.garbage = 9
        panel.inject_garbage(20)
        for _ in range(5):
            assert (await client.ask(0x0A)).command == 0x0A
        assert sum(map(len, client.segments)) == 20 + 5 * (9 + len(encode(Frame(0x0A, bytes(4)))))


async def test_lost_answers_stay_lost() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as client:
        panel.faults.loss = 1.0
        client.send(Frame(0x7E))
        await eventually(lambda: panel.statistics.requests == 1)
        panel.faults.loss = 0.0
        assert (await client.ask(0x0A)).command == 0x0A


async def test_delay_comes_on_top_of_the_latency() -> None:
    async with running_panel(small_panel(latency=0.05)) as panel, Client(panel) as client:
        panel.faults.delay = 0.1
        started = asyncio.get_running_loop().time()
        await client.ask(0x7E)
        assert asyncio.get_running_loop().time() - started >= 0.15


def named(name: str) -> bytes:
    """The answer for an instant zone 247 of that name."""
    return b"\x01\xf7\x05" + name.encode().ljust(16)


async def test_a_stuffed_checksum_in_both_directions() -> None:
    """EE 01 247 has FE in its checksum, and so has the answer of some name."""
    names = (f"Linia {number:010}" for number in range(5000))
    name = next(name for name in names if b"\xfe\xf0" in encode(Frame(0xEE, named(name))))
    config = small_panel(model=PanelModel.INTEGRA_256_PLUS, zones=(ZoneConfig(number=247, name=name),))
    async with running_panel(config) as panel, Client(panel) as client:
        assert b"\xfe\xf0" in encode(Frame(0xEE, b"\x01\xf7"))
        assert (await client.ask(0xEE, b"\x01\xf7")).data == named(name)
        assert b"\xfe\xf0" in client.segments[-1]


async def test_a_half_open_link_is_mute_and_keeps_the_slot_until_the_idle_cut() -> None:
    async with running_panel(small_panel(idle_cut=1.5)) as panel, Client(panel) as client:
        await client.ask(0x7E)
        panel.half_open()
        client.send(Frame(0x7E))
        panel.violate(FLOOD)
        async with Client(panel) as early:
            assert await early.reader.read() == BUSY_BANNER
        with pytest.raises(TimeoutError):
            await client.receive(within=0.1)
        await eventually(lambda: not panel.connected)
        async with Client(panel) as late:
            assert (await late.ask(0x7E)).command == 0x7E
        with pytest.raises(TimeoutError):
            await client.receive(within=0.05)


async def test_a_dropped_link_can_be_made_again() -> None:
    async with running_panel(small_panel()) as panel:
        async with Client(panel) as client:
            await client.ask(0x7E)
            panel.drop_link()
            assert await client.closed()
        await eventually(lambda: not panel.connected)
        async with Client(panel) as again:
            assert (await again.ask(0x7E)).command == 0x7E


async def test_a_cut_line_refuses_connections_while_the_panel_lives_on() -> None:
    async with running_panel(small_panel()) as panel:
        async with Client(panel) as client:
            await client.ask(0x7E)
            panel.cut_line()
            assert await client.closed()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(panel.host, panel.port)
        known = len(panel.log)
        panel.violate(FLOOD)
        assert len(panel.log) == known + 1
        await panel.mend_line()
        await eventually(lambda: not panel.connected)
        async with Client(panel) as again:
            assert (await again.ask(0x7E)).command == 0x7E


async def test_power_loss_refuses_connections_and_keeps_the_log() -> None:
    async with running_panel(small_panel()) as panel:
        async with Client(panel) as client:
            await client.ask(0x7E)
            panel.violate(FLOOD)
            panel.unplug()
            assert await client.closed()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(panel.host, panel.port)
        panel.violate(INSTANT)
        await panel.plug_in(scramble_indexes=True)
        assert [entry.code for entry in panel.log.entries()] == [154, 305]
        async with Client(panel) as again:
            assert FLOOD in bits((await again.ask(0x04)).data)


async def test_a_restart_of_a_panel_that_is_live_ends_the_line_with_its_automatic_sending() -> None:
    async with running_panel(small_panel()) as panel:
        async with Client(panel) as client:
            await client.ask(0x7E)
            await panel.plug_in()
            assert await client.closed()
        async with Client(panel) as again:
            assert (await again.ask(0x7E)).command == 0x7E
