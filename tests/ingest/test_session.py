"""One TCP line (R-SATEL): answers, pushes, silence, Busy, keys; over four transports."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from ingest.satel import requests
from ingest.satel.errors import LinkLost, LocalProtocolError
from ingest.satel.frames import Frame, encode
from ingest.satel.messages import Command
from ingest.satel.session import MAX_WAITING, Dial, NoAnswer, PanelBusy, Session, Timing, Urgency, open_session
from tests.ingest.scripted import PANEL_VERSION, ScriptedPeer
from tests.ingest.transports import Shape, byte_at_a_time, delaying, lossy, memory_dial, perfect, shaped
from tests.support.eventually import eventually

FAST = Timing(connect=1.0, silence=0.01, probe=0.3, answer=0.3)
ZONES = Frame(0x00, bytes(16))
ALARM = Frame(0x02, b"\x10" + bytes(15))
BUSY = b"\x10Busy!\r\n" + bytes(8)


def block(command: int, data: bytes = bytes(16)) -> Callable[[Frame], list[Frame]]:
    return lambda _: [Frame(command, data)]


class Line:
    """A session with its scripted peer."""

    def __init__(self) -> None:
        self.peer = ScriptedPeer()
        self.frames: list[Frame] = []
        self.lost = 0
        self.session: Session | None = None

    async def open(self, *, shape: Shape = perfect, key: str | None = None, timing: Timing = FAST) -> Session:
        self.session, _ = await open_session(
            shaped(memory_dial(lambda: self.peer), shape),
            on_frames=self.frames.extend,
            on_lost=self._lost,
            key=key,
            timing=timing,
        )
        return self.session

    def _lost(self) -> None:
        self.lost += 1


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    yield line
    if line.session is not None:
        line.session.close("test over")


@pytest.mark.parametrize("shape", [perfect, byte_at_a_time, delaying(0.01)], ids=["perfect", "bytewise", "late"])
@pytest.mark.parametrize("key", [None, "Klucz2026abc"], ids=["plain", "encrypted"])
async def test_answers_and_pushes_survive_any_split_of_the_bytes(line: Line, shape: Shape, key: str | None) -> None:
    line.peer = ScriptedPeer({0x00: lambda _: [ALARM, ZONES]}, key=key)
    session = await line.open(shape=shape, key=key)
    assert await session.ask(requests.read(Command.ZONES_VIOLATED)) == ZONES
    assert line.frames == [PANEL_VERSION, ALARM, ZONES]


async def test_one_command_is_in_flight_and_the_urgent_goes_first(line: Line) -> None:
    line.peer = ScriptedPeer({0x01: block(0x01), 0x02: block(0x02), 0x03: block(0x03)})
    session = await line.open(shape=delaying(0.01))
    asked = [
        session.ask(requests.read(Command.ZONES_TAMPERED)),
        session.ask(requests.read(Command.ZONES_ALARM), urgency=Urgency.BACKGROUND),
        session.ask(requests.read(Command.ZONES_TAMPER_ALARM), urgency=Urgency.COMMAND),
    ]
    await asyncio.gather(*asked)
    assert [request.command for request in line.peer.heard] == [0x7E, 0x01, 0x03, 0x02]


async def test_an_event_answer_is_matched_by_its_echo(line: Line) -> None:
    foreign = Frame(0x8C, bytes(8) + b"\x03\x58\x96" + b"\x03\x50\x96")
    own = Frame(0x8C, bytes(8) + b"\x00\x00\x01" + b"\xff\xff\xff")
    line.peer = ScriptedPeer({0x8C: lambda _: [foreign, own]})
    session = await line.open()
    assert await session.ask(requests.read_event()) == own


async def test_a_result_answers_whatever_was_asked(line: Line) -> None:
    refused = Frame(0xEF, b"\x08")
    line.peer = ScriptedPeer({0x8C: lambda _: [refused]})
    session = await line.open()
    assert await session.ask(requests.read_event()) == refused


async def test_no_answer_in_time_ends_the_line_and_everything_that_waits(line: Line) -> None:
    session = await line.open()
    waiting = [asyncio.ensure_future(session.ask(requests.read(command))) for command in (0, 1)]
    with pytest.raises(LinkLost, match="no answer to 00"):
        await waiting[0]
    with pytest.raises(LinkLost):
        await waiting[1]
    assert line.lost == 1
    with pytest.raises(LinkLost):
        await session.ask(requests.read(Command.ZONES_ALARM))


async def test_silence_is_an_answer_where_the_protocol_allows_it(line: Line) -> None:
    line.peer = ScriptedPeer({0x00: block(0x00)})
    session = await line.open()
    assert await session.ask_maybe(requests.read(Command.MODULE_VERSION)) is None
    assert await session.ask(requests.read(Command.ZONES_VIOLATED)) == ZONES
    assert line.lost == 0


async def test_a_request_whose_asker_has_gone_is_not_sent(line: Line) -> None:
    line.peer = ScriptedPeer({0x00: block(0x00), 0x02: block(0x02)})
    session = await line.open(shape=delaying(0.02))
    first = asyncio.ensure_future(session.ask(requests.read(Command.ZONES_VIOLATED)))
    gone = asyncio.ensure_future(session.ask(requests.read(Command.ZONES_TAMPERED)))
    await asyncio.sleep(0)
    gone.cancel()
    await first
    await session.ask(requests.read(Command.ZONES_ALARM))
    assert [request.command for request in line.peer.heard] == [0x7E, 0x00, 0x02]


async def test_too_many_waiting_requests_are_a_bug_of_ours(line: Line) -> None:
    session = await line.open()
    waiting = [asyncio.ensure_future(session.ask(requests.read(Command.ZONES_ALARM))) for _ in range(MAX_WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(LocalProtocolError):
        await session.ask(requests.read(Command.ZONES_ALARM))
    session.close("enough")
    assert all(isinstance(each, LinkLost) for each in await asyncio.gather(*waiting, return_exceptions=True))


async def test_the_busy_banner_is_recognised_before_a_byte_of_ours(line: Line) -> None:
    line.peer = ScriptedPeer(greeting=BUSY)
    with pytest.raises(PanelBusy):
        await line.open()
    assert line.peer.heard == []


async def test_the_busy_banner_is_recognised_when_it_comes_late(line: Line) -> None:
    line.peer = ScriptedPeer({0x7E: lambda _: []}, greeting=BUSY)
    with pytest.raises(PanelBusy):
        await line.open(shape=lambda data: [(0.05, data)])


async def test_anything_unasked_on_an_encrypted_line_is_busy(line: Line) -> None:
    line.peer = ScriptedPeer(greeting=bytes(range(32, 48)), key="abc")
    with pytest.raises(PanelBusy):
        await line.open(key="abc")


async def test_a_connection_that_is_closed_at_once_is_busy() -> None:
    class Closer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

    with pytest.raises(PanelBusy):
        await open_session(memory_dial(Closer), on_frames=lambda _: None, timing=FAST)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("right", "wrong"), (None, "key"), ("key", None)], ids=["wrong key", "plain to key", "key to plain"]
)
async def test_a_key_that_differs_says_so(line: Line, ours: str | None, theirs: str | None) -> None:
    line.peer = ScriptedPeer(key=theirs)
    with pytest.raises(NoAnswer, match="key"):
        await line.open(key=ours)


async def test_a_wrong_key_that_is_answered_says_so_too(line: Line) -> None:
    class Garbler(ScriptedPeer):
        def data_received(self, data: bytes) -> None:
            assert self.transport is not None
            self.transport.write(bytes((16,)) + bytes(16))

    line.peer = Garbler(key="other")
    with pytest.raises(NoAnswer, match="integration key"):
        await line.open(key="mine")


async def test_a_refused_connection_is_a_lost_link() -> None:
    async def refuse(_: Callable[[], asyncio.Protocol]) -> asyncio.BaseTransport:
        raise ConnectionRefusedError

    dial: Dial = refuse
    with pytest.raises(LinkLost, match="cannot connect"):
        await open_session(dial, on_frames=lambda _: None, timing=FAST)


async def test_garbage_between_frames_is_skipped(line: Line) -> None:
    session = await line.open()
    assert line.peer.transport is not None
    line.peer.transport.write(b"\x01\xfe\x99" + b"rubbish" + encode(ALARM)[:-3] + b"\xfe\xfe\x02\x00\xfe\x0d" + encode(ALARM))
    await eventually(lambda: ALARM in line.frames)
    assert session.lost is None


async def test_a_frame_with_a_wrong_checksum_is_no_answer(line: Line) -> None:
    damaged = bytearray(encode(ZONES))
    damaged[-3] ^= 1
    session = await line.open()
    asked = asyncio.ensure_future(session.ask(requests.read(Command.ZONES_VIOLATED)))
    await asyncio.sleep(0)
    assert line.peer.transport is not None
    line.peer.transport.write(bytes(damaged))
    with pytest.raises(LinkLost):
        await asked


async def test_a_close_by_the_module_ends_what_waits(line: Line) -> None:
    session = await line.open()
    asked = asyncio.ensure_future(session.ask(requests.read(Command.ZONES_VIOLATED)))
    await asyncio.sleep(0)
    assert line.peer.transport is not None
    line.peer.transport.close()
    with pytest.raises(LinkLost, match="closed"):
        await asked


async def test_silence_is_measured_from_our_last_byte(line: Line) -> None:
    line.peer = ScriptedPeer({0x00: block(0x00)})
    session = await line.open()
    await eventually(lambda: session.silent_for() > 0.05)
    line.peer.push(ALARM)
    await eventually(lambda: ALARM in line.frames)
    assert session.silent_for() > 0.05
    await session.ask(requests.read(Command.ZONES_VIOLATED))
    assert session.silent_for() < 0.05


async def test_a_lossy_way_ends_in_an_answer_or_a_lost_line_but_never_hangs(line: Line) -> None:
    line.peer = ScriptedPeer({0x00: block(0x00)})
    line.session, _ = await open_session(
        shaped(memory_dial(lambda: line.peer), lossy(0.2, seed=3)), on_frames=line.frames.extend, timing=FAST
    )
    answers = 0
    async with asyncio.timeout(10):
        while line.session.lost is None:
            with contextlib.suppress(LinkLost):
                assert await line.session.ask(requests.read(Command.ZONES_VIOLATED)) == ZONES
                answers += 1
    assert answers == len(line.frames) - 1
