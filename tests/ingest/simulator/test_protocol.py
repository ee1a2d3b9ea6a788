"""The checklist of the protocol reference, §6.4, over real sockets; what both kinds of link share runs on both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from ingest.satel.frames import Frame
from ingest.satel.simulator.installation import ModuleModel, PanelModel, PartitionConfig, ZoneConfig
from ingest.satel.simulator.server import BUSY_BANNER, NetworkPanel, running_panel
from ingest.satel.simulator.troubles import Trouble
from tests.support.eventually import eventually

from .support import (
    CODE,
    ENTRY,
    FIRST,
    FLOOD,
    GATE,
    INSTANT,
    KEY,
    LIGHT,
    POOR_CODE,
    TEMPERATURE,
    WRONG_CODE,
    Client,
    Clock,
    bits,
    small_panel,
)

Connect = Callable[..., AbstractAsyncContextManager[tuple[NetworkPanel, Client]]]
AUTOMATIC_12 = bytes((0x05, 0x3C, 0x88, 0x04, 0x00, 0x00)) + bytes(6)  # 00 02 0A-0D 13 17 1A on change


@pytest.fixture(params=[None, KEY], ids=["plain", "encrypted"])
def key(request: pytest.FixtureRequest) -> str | None:
    value: str | None = request.param
    return value


@pytest.fixture
def connect(key: str | None) -> Connect:
    """A panel and a client connected to it."""

    @asynccontextmanager
    async def run(clock: Clock | None = None, **changes: Any) -> AsyncIterator[tuple[NetworkPanel, Client]]:
        config = small_panel(key=key, **changes)
        async with running_panel(config, now=clock) as panel, Client(panel, key) as client:
            yield panel, client

    return run


async def read_event(client: Client, index: bytes = b"\xff\xff\xff") -> tuple[bytes, bytes]:
    """Record and own index; the echo must be ours."""
    answer = await client.ask(0x8C, index)
    assert answer.data[11:] == index
    return answer.data[:8], answer.data[8:11]


def code_of(record: bytes) -> int:
    return (record[4] & 3) << 8 | record[5]


# -- 1: one client ----------------------------------------------------------------------------------------------------


async def test_item_1_a_second_client_gets_the_banner_and_the_first_goes_on() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as first:
        await first.ask(0x7E)
        async with Client(panel) as second:
            assert await second.reader.read() == BUSY_BANNER
            assert BUSY_BANNER[:8] == bytes.fromhex("1042757379210D0A")
            assert len(BUSY_BANNER) == 16
        assert (await first.ask(0x7E)).command == 0x7E


async def test_item_1_the_slot_is_freed_a_little_after_the_client_left() -> None:
    async with running_panel(small_panel(slot_release=1.0)) as panel:
        async with Client(panel) as first:
            await first.ask(0x7E)
        await eventually(lambda: not panel.connected)
        async with Client(panel) as early:
            assert await early.reader.read() == BUSY_BANNER

        async def served() -> bool:
            try:
                async with Client(panel) as late:
                    return (await late.ask(0x7E)).command == 0x7E
            except (EOFError, ConnectionError):
                return False

        assert await eventually(served, every=0.1)


async def test_item_1_somebody_else_may_take_the_slot() -> None:
    async with running_panel(small_panel()) as panel:
        async with Client(panel) as ours:
            await ours.ask(0x7E)
            panel.occupy(True)
            assert await ours.closed()
        async with Client(panel) as refused:
            assert await refused.reader.read() == BUSY_BANNER
        panel.occupy(False)
        async with Client(panel) as again:
            assert (await again.ask(0x7E)).command == 0x7E


# -- 2: idle ----------------------------------------------------------------------------------------------------------


async def test_item_2_silence_is_cut_and_every_byte_counts_against_it() -> None:
    async with running_panel(small_panel(idle_cut=1.0)) as panel, Client(panel) as client:
        started = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < started + 1.5:
            await client.ask(0x1A)
        assert panel.statistics.idle_cuts == 0
        assert await client.closed()
        assert panel.statistics.idle_cuts == 1


async def test_item_2_the_cut_is_25_s_and_old_modules_have_none() -> None:
    async with running_panel(small_panel()) as plus, running_panel(small_panel(module=ModuleModel.ETHM_1)) as old:
        assert plus.idle_cut == 25.0
        assert old.idle_cut is None


# -- 3: silence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        Frame(0x32),
        Frame(0x7B),
        Frame(0xFF),
        Frame(0x00, b"\0\0"),
        Frame(0x80, CODE),
        Frame(0x84, CODE[:4] + FIRST),
        Frame(0x8E, CODE + b"2026"),
        Frame(0x8C, b"\xff\xff"),
        Frame(0xEE, b"\x01"),
        Frame(0x7F, bytes(3)),
        Frame(0x7D, b""),
    ],
    ids=repr,
)
async def test_item_3_unknown_commands_and_wrong_lengths_are_dropped(connect: Connect, request_: Frame) -> None:
    async with connect() as (_, client):
        assert await client.is_silent_on(request_)


async def test_item_3_a_bad_checksum_is_dropped_and_the_next_frame_is_found() -> None:
    async with running_panel(small_panel()) as panel, Client(panel) as client:
        client.send_raw(bytes.fromhex("FEFE09D7EAFE0D FE FEFE FEFE01FE FEFE") + b"noise")
        assert (await client.ask(0x7E)).command == 0x7E


# -- 4: 16 and 32 bytes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [0x00, 0x08, 0x17, 0x26, 0x28])
async def test_item_4_one_extra_byte_asks_for_32(connect: Connect, block: int) -> None:
    async with connect() as (_, client):
        assert len((await client.ask(block)).data) == 16
        assert len((await client.ask(block, b"\x5a")).data) == 32
        assert len((await client.ask(0x0A, b"\x5a")).data) == 4


async def test_item_4_old_modules_know_only_16(connect: Connect) -> None:
    async with connect(module=ModuleModel.ETHM_1) as (_, client):
        assert len((await client.ask(0x00)).data) == 16
        for frame in (Frame(0x00, b"\0"), Frame(0x0A, b"\0"), Frame(0x2C), Frame(0x7F, b"\0")):
            assert await client.is_silent_on(frame)


async def test_item_4_zones_above_128_need_32_bytes() -> None:
    zones = tuple(ZoneConfig(number=number, name=f"L{number}") for number in (1, 128, 129, 256))
    config = small_panel(model=PanelModel.INTEGRA_256_PLUS, zones=zones)
    async with running_panel(config) as panel, Client(panel) as client:
        for zone in panel.zones:
            panel.violate(zone)
        assert bits((await client.ask(0x00)).data) == [1, 128]
        assert bits((await client.ask(0x00, b"\0")).data) == [1, 128, 129, 256]
        assert (await client.ask(0xEE, b"\x05\x00")).data[:2] == b"\x05\x00"
        await client.result(0x86, CODE + bytes(31) + b"\x80")
        assert bits((await client.ask(0x06, b"\0")).data) == [256]


async def test_item_4_sizes_of_all_blocks(connect: Connect) -> None:
    sizes = {0x18: 8, 0x19: 8, 0x1A: 9, 0x1B: 47, 0x1C: 26, 0x1D: 60, 0x1E: 30, 0x1F: 31, 0x20: 47, 0x21: 39}
    sizes |= {0x22: 60, 0x23: 30, 0x24: 48, 0x2C: 45, 0x2D: 47, 0x2E: 45, 0x2F: 48, 0x30: 64, 0x31: 64}
    wide = {*range(9), 0x17, 0x26, 0x28, 0x29}
    async with connect() as (_, client):
        for block in range(0x32):
            answer = await client.ask(block)
            assert (answer.command, len(answer.data)) == (block, 16 if block in wide else sizes.get(block, 4))


# -- 5 and 6: changes -------------------------------------------------------------------------------------------------


async def test_item_5_reading_a_block_clears_its_bit_and_reading_the_list_does_not(connect: Connect) -> None:
    async with connect() as (panel, client):
        for block in range(0x32):
            await client.ask(block)
        assert bits((await client.ask(0x7F)).data) == []
        panel.violate(INSTANT)
        panel.restore(INSTANT)
        for _ in range(2):
            assert bits((await client.ask(0x7F)).data) == [0x00 + 1, 0x25 + 1]
        await client.ask(0x00)
        assert bits((await client.ask(0x7F)).data) == [0x25 + 1]


async def test_item_5_the_list_has_three_widths(connect: Connect) -> None:
    async with connect() as (_, client):
        assert [len((await client.ask(0x7F, bytes(extra))).data) for extra in range(3)] == [5, 6, 7]
    async with connect(module=ModuleModel.ETHM_1_PLUS_2_00) as (_, client):
        assert len((await client.ask(0x7F, b"\0")).data) == 6
        assert await client.is_silent_on(Frame(0x7F, b"\0\0"))


async def test_item_6_automatic_sending_bursts_then_pushes_changes(connect: Connect) -> None:
    async with connect() as (panel, client):
        panel.violate(GATE)
        client.send(Frame(0x7F, AUTOMATIC_12))
        assert await client.receive() == Frame(0xEF, b"\xff")
        burst = [await client.receive() for _ in range(9)]
        assert [frame.command for frame in burst] == [0x00, 0x02, 0x0A, 0x0B, 0x0C, 0x0D, 0x13, 0x17, 0x1A]
        assert bits(burst[0].data) == [GATE]
        assert [len(frame.data) for frame in burst] == [32, 16, 4, 4, 4, 4, 4, 32, 9]
        panel.violate(INSTANT)
        pushed = await client.receive()
        assert (pushed.command, bits(pushed.data)) == (0x00, [INSTANT, GATE])


async def test_item_6_blocks_sent_automatically_leave_the_polled_list_and_zero_lists_bring_them_back(
    connect: Connect,
) -> None:
    async with connect() as (panel, client):
        client.send(Frame(0x7F, b"\x01" + bytes(13)))
        assert [(await client.receive()).command for _ in range(2)] == [0xEF, 0x00]
        assert 1 not in bits((await client.ask(0x7F)).data)
        assert await client.ask(0x7F, bytes(14)) == Frame(0xEF, b"\xff")
        panel.violate(GATE)
        assert 1 in bits((await client.ask(0x7F)).data)


async def test_item_6_the_second_list_is_sent_unchanged_too(connect: Connect) -> None:
    async with connect() as (panel, client):
        assert await client.ask(0x7F, bytes(6) + b"\x00\x04\x00\x00\x00\x00") == Frame(0xEF, b"\xff")
        panel.violate(GATE)
        assert await client.receive() == Frame(0x0A, bytes(4))


async def test_item_6_the_list_is_lost_with_the_connection(connect: Connect, key: str | None) -> None:
    async with connect() as (panel, client):
        client.send(Frame(0x7F, AUTOMATIC_12))
        await client.receive()
        await client.close()
        await eventually(lambda: not panel.connected)
        async with Client(panel, key) as again:
            panel.violate(GATE)
            assert (await again.ask(0x7E)).command == 0x7E
            assert 1 in bits((await again.ask(0x7F)).data)


@pytest.mark.parametrize("module", [ModuleModel.ETHM_1, ModuleModel.ETHM_1_PLUS_2_00])
async def test_item_6_old_modules_do_not_offer_it(connect: Connect, module: ModuleModel) -> None:
    async with connect(module=module) as (_, client):
        assert await client.is_silent_on(Frame(0x7F, AUTOMATIC_12))


# -- 7: results -------------------------------------------------------------------------------------------------------


async def test_item_7_results_of_arming(connect: Connect) -> None:
    async with connect() as (panel, client):
        assert await client.result(0x80, WRONG_CODE + FIRST) == 0x01
        assert await client.result(0x80, POOR_CODE + FIRST) == 0xFF
        panel.violate(INSTANT)
        assert await client.result(0x80, CODE + FIRST) == 0x11
        panel.arming_refused = True
        assert await client.result(0xA0, CODE + FIRST) == 0x12
        panel.arming_refused = False
        assert (await client.ask(0x0F)).data == bytes(4)
        assert await client.result(0xA0, CODE + FIRST) == 0x00
        assert (await client.ask(0x0F)).data == FIRST


async def test_item_7_a_locked_module_takes_no_code(connect: Connect) -> None:
    async with connect() as (_, client):
        for _ in range(3):
            assert await client.result(0x84, WRONG_CODE + FIRST) == 0x01
        assert await client.result(0x84, CODE + FIRST) == 0x01
        assert code_of((await read_event(client))[0]) == 83


async def test_item_7_the_arming_option_needs_a_capable_module(connect: Connect) -> None:
    async with connect() as (_, client):
        assert await client.result(0x80, CODE + FIRST + b"\x80") == 0x00
        assert (await client.ask(0x0A)).data == FIRST
    async with connect(module=ModuleModel.ETHM_1_PLUS_2_00) as (_, client):
        assert await client.is_silent_on(Frame(0x80, CODE + FIRST + b"\x80"))


async def test_item_7_other_controls_are_accepted_and_shown_by_state(connect: Connect) -> None:
    async with connect() as (_, client):
        zone = bytes((1 << INSTANT - 1,)) + bytes(15)
        output = bytes((1 << LIGHT - 1,)) + bytes(15)
        for command, mask, block in ((0x86, zone, 0x06), (0x90, zone, 0x26), (0x88, output, 0x17)):
            assert await client.result(command, CODE + mask) == 0xFF
            assert (await client.ask(block)).data == mask
        for command, mask, block in ((0x87, zone, 0x06), (0x91, output, 0x17)):
            assert await client.result(command, CODE + mask) == 0xFF
            assert (await client.ask(block)).data == bytes(16)


async def test_item_7_the_clock_can_be_set_and_nonsense_is_refused(connect: Connect) -> None:
    async with connect() as (_, client):
        assert await client.result(0x8E, CODE + b"20301231235950") == 0xFF
        assert (await client.ask(0x1A)).data[:5] == bytes.fromhex("2030123123")
        assert await client.result(0x8E, CODE + b"20301331235950") == 0x08


async def test_e0_shows_the_users_own_record_and_needs_the_guardx_right(connect: Connect) -> None:
    async with connect() as (_, client):
        answer = await client.ask(0xE0, CODE)
        assert (answer.command, len(answer.data)) == (0xE0, 29)
        assert answer.data[0] == 8
        assert answer.data[3:7] == b"\x03\x00\x00\x00"
        assert answer.data[12:28].decode("cp1250").strip() == "Centrum monitor."
        assert await client.result(0xE0, POOR_CODE) == 0x01
        assert len((await client.ask(0xE1, CODE + b"\x01")).data) == 28
        assert await client.result(0xE1, CODE + b"\x64") == 0x03
        assert len((await client.ask(0xE2, CODE + b"\x08")).data) == 61


# -- 8 and 9: versions, temperatures, names ---------------------------------------------------------------------------


async def test_item_8_temperatures_and_versions(connect: Connect) -> None:
    async with connect() as (panel, client):
        assert (await client.ask(0x7D, bytes((TEMPERATURE,)))).data == bytes((TEMPERATURE, 0x00, 0x9E))
        panel.set_temperature(TEMPERATURE, -10.5)
        assert (await client.ask(0x7D, bytes((TEMPERATURE,)))).data[1:] == (89).to_bytes(2, "big")
        assert await client.is_silent_on(Frame(0x7D, bytes((INSTANT,))))
        version = (await client.ask(0x7E)).data
        assert await client.is_silent_on(Frame(0x7E, b"\0\0"))
        assert await client.is_silent_on(Frame(0x7C, b"\0\0"))
        assert (version[0], version[1:12], version[12], version[13]) == (67, b"12320240115", 0, 0xFF)
        assert (await client.ask(0x7C)).data == b"21320240909\x07"
    async with connect(module=ModuleModel.ETHM_1) as (_, client):
        assert await client.is_silent_on(Frame(0x7C))
    async with connect(module=ModuleModel.ETHM_1_PLUS_2_00) as (_, client):
        assert await client.is_silent_on(Frame(0x30))
        assert (await client.ask(0x7C)).data[-1] == 1


async def test_item_8_a_temperature_may_come_late(connect: Connect) -> None:
    async with connect(temperature_delay=0.2) as (_, client):
        started = asyncio.get_running_loop().time()
        assert (await client.ask(0x7D, bytes((TEMPERATURE,)))).command == 0x7D
        assert asyncio.get_running_loop().time() - started >= 0.2


async def test_item_9_names_in_windows_1250(connect: Connect) -> None:
    async with connect() as (_, client):
        partition = await client.ask(0xEE, b"\x00\x02")
        assert partition.data == b"\x00\x02\x00" + "Zaplecze żółte".encode("cp1250").ljust(16)
        zone = (await client.ask(0xEE, b"\x05\x0b")).data
        assert (len(zone), zone[:3], zone[-1]) == (20, b"\x05\x0b\x05", 2)
        assert len((await client.ask(0xEE, b"\x01\x0b")).data) == 19
        assert (await client.ask(0xEE, b"\x10\x01")).data[-1] == 1
        assert (await client.ask(0xEE, b"\x02\x08")).data[-1] == 128
        assert (await client.ask(0xEE, b"\x03\xc2")).data[2] == 5
        assert (await client.ask(0xEE, b"\x01\x10")).data[3:].decode("cp1250").strip() == "Wejście 16"
        for missing in (b"\x00\x03", b"\x01\x28", b"\x01\x00", b"\x03\x90", b"\x0f\x09"):
            assert await client.result(0xEE, missing) == 0x08


# -- 10: one request at a time ----------------------------------------------------------------------------------------


async def test_item_10_a_request_before_the_answer_is_dropped(connect: Connect) -> None:
    async with connect(latency=0.05) as (panel, client):
        client.send(Frame(0x7E), Frame(0x1A))
        assert (await client.receive()).command == 0x7E
        assert (await client.ask(0x09)).command == 0x09
        assert panel.statistics.dropped == 1


async def test_item_10_answers_take_their_time(connect: Connect) -> None:
    async with connect(latency=0.1) as (_, client):
        started = asyncio.get_running_loop().time()
        await client.ask(0x7E)
        assert asyncio.get_running_loop().time() - started >= 0.1


# -- 11: event log ----------------------------------------------------------------------------------------------------


async def test_item_11_the_log_is_walked_back_by_indexes(connect: Connect) -> None:
    async with connect() as (panel, client):
        panel.arm(2, user=1)
        panel.violate(11)
        panel.restore(11)
        record, index = await read_event(client)
        seen = []
        while record[0] & 0x20:
            seen.append((code_of(record), bool(record[4] & 4), record[4] >> 3, record[6]))
            record, index = await read_event(client, index)
        assert seen == [(130, True, 1, 11), (130, False, 1, 11), (401, True, 1, 1)]


async def test_item_11_the_grade_log_is_empty_where_there_is_none(connect: Connect) -> None:
    async with connect() as (panel, client):
        panel.erase_log()
        assert (await read_event(client, b"\x00\xff\xff"))[0][0] == 0
        assert code_of((await read_event(client))[0]) == 621


async def test_item_11_reporting_bits_change_on_the_same_record(connect: Connect) -> None:
    clock = Clock()
    async with connect(clock, station_delay=4) as (panel, client):
        panel.violate(FLOOD)
        before, index = await read_event(client)
        clock.move(4)
        after, same = await read_event(client)
        assert (before[0] & 0x0F, after[0] & 0x0F) == (0, 5)
        assert (before[1:], index) == (after[1:], same)


async def test_item_11_events_nobody_asked_for_have_a_foreign_echo(connect: Connect) -> None:
    async with connect(unsolicited_events=True) as (panel, client):
        panel.violate(FLOOD)
        hint = await client.receive()
        assert (hint.command, len(hint.data)) == (0x8C, 14)
        assert hint.data[8:11] != hint.data[11:]
        assert hint.data[11:] != b"\xff\xff\xff"
        assert (await read_event(client))[0] == hint.data[:8]


async def test_item_11_event_texts(connect: Connect) -> None:
    async with connect() as (_, client):
        short, long = (await client.ask(0x8F, b"\x00\x82")).data, (await client.ask(0x8F, b"\x84\x82")).data
        assert (len(short), short[:5]) == (21, b"\x00\x82\x01\x00\x03")
        assert (len(long), long[5:].decode("cp1250").strip()) == (51, "Koniec naruszenia: włamanie")


# -- 12 and 13: arming over time, clock -------------------------------------------------------------------------------


async def test_item_12_exit_entry_alarm_disarm_and_clear(connect: Connect) -> None:
    clock = Clock()
    async with connect(clock) as (panel, client):

        async def is_set(block: int) -> bool:
            return (await client.ask(block)).data[:1] == b"\x01"

        async def after(seconds: float, *blocks: int) -> list[bool]:
            clock.move(seconds)
            panel.advance()
            return [await is_set(block) for block in blocks]

        assert await client.result(0x82, CODE + FIRST) == 0x00
        assert await after(0, 0x0F, 0x10, 0x0A) == [True, False, False]
        assert await after(20, 0x0F, 0x10, 0x0A) == [False, True, False]
        assert await after(10, 0x0F, 0x10, 0x0A, 0x0B) == [False, False, True, True]
        panel.violate(ENTRY)
        assert await after(19, 0x0E, 0x13) == [True, False]
        assert await after(1, 0x0E, 0x13, 0x15) == [False, True, True]
        assert bits((await client.ask(0x02)).data) == bits((await client.ask(0x04)).data) == [ENTRY]
        assert await client.result(0x84, CODE + FIRST) == 0xFF
        assert await after(0, 0x0A, 0x13, 0x15) == [False, False, True]
        assert await client.result(0x85, CODE + FIRST) == 0xFF
        assert await after(0, 0x15) == [False]
        assert bits((await client.ask(0x04)).data) == []


async def test_item_12_delays_run_by_themselves(connect: Connect) -> None:
    quick = PartitionConfig(number=1, name="Sklep", exit_delay=0.2)
    async with connect(partitions=(quick, PartitionConfig(number=2, name="Zaplecze"))) as (_, client):

        async def armed() -> bool:
            return (await client.ask(0x0A)).data == FIRST

        assert await client.result(0x80, CODE + FIRST) == 0x00
        await eventually(armed)


async def test_item_13_clock_weekday_and_flags(connect: Connect) -> None:
    async with connect(clock_skew=3600.0) as (panel, client):
        before, status, after = panel.wall(), (await client.ask(0x1A)).data, panel.wall()
        assert before.strftime("%Y%m%d%H%M%S") <= status[:7].hex() <= after.strftime("%Y%m%d%H%M%S")
        assert status[7] & 7 in (before.weekday(), after.weekday())
        assert status[7] & 0xC0 == 0
        assert status[8] & 0x0F == 3
        panel.trouble(Trouble.MAINS, True)
        panel.set_service_mode(True)
        status = (await client.ask(0x1A)).data
        assert status[7] & 0xC0 == 0xC0
        assert status[8] & 0x20
        assert (await client.ask(0x1B)).data[40] == 0x80


# -- 14: encryption ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client_key", [None, "InnyKlucz"], ids=["plain client", "wrong key"])
async def test_item_14_a_wrong_key_meets_silence(client_key: str | None) -> None:
    async with running_panel(small_panel(key=KEY)) as panel, Client(panel, client_key) as client:
        client.send(*[Frame(0x7E)] * 20)
        with pytest.raises(TimeoutError):
            await client.receive(within=0.3)
        assert panel.connected


async def test_item_14_an_encrypted_client_at_a_plain_module_meets_silence() -> None:
    async with running_panel(small_panel()) as panel, Client(panel, KEY) as client:
        client.send(Frame(0x7E))
        with pytest.raises(TimeoutError):
            await client.receive(within=0.3)
        assert panel.connected


async def test_item_14_an_occupied_encrypted_module_says_something_opaque_and_closes() -> None:
    async with running_panel(small_panel(key=KEY)) as panel, Client(panel, KEY) as first:
        await first.ask(0x7E)
        async with Client(panel, KEY) as second:
            banner = await second.reader.read()
            assert len(banner) == 16
            assert b"Busy" not in banner


async def test_item_14_many_frames_in_both_directions_stay_in_step() -> None:
    async with running_panel(small_panel(key=KEY)) as panel, Client(panel, KEY) as client:
        for _ in range(300):
            assert (await client.ask(0x1C)).command == 0x1C
