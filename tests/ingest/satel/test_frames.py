"""Framing: stuffing, checksum, resynchronisation, bounds (R-SATEL)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.satel.errors import LocalProtocolError
from ingest.satel.frames import MAX_BODY, MAX_DATA, Frame, FrameDecoder, checksum, encode, looks_busy
from tests.ingest.satel.automaton import Automaton
from tests.ingest.satel.strategies import frames, splits, streams
from tests.ingest.satel.vectors import VECTORS, Vector

BOUND = 2 * MAX_BODY + 4  # bytes a decoder may keep


def _counters(decoder: FrameDecoder | Automaton) -> tuple[int, int, int, int]:
    return decoder.frames, decoder.bad_checksum, decoder.overlong, decoder.discarded_bytes


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_encodes_to_its_frame_and_decodes_back(vector: Vector) -> None:
    assert checksum(bytes((vector.frame.command,)) + vector.frame.data) == vector.checksum
    assert encode(vector.frame) == vector.wire
    assert FrameDecoder().feed(vector.wire) == [vector.frame]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_decodes_byte_by_byte(vector: Vector) -> None:
    decoder = FrameDecoder()
    found = [frame for byte in vector.wire for frame in decoder.feed(bytes((byte,)))]
    assert found == [vector.frame]
    assert decoder.discarded_bytes == 0


@pytest.mark.parametrize(
    ("body", "registers"),
    [
        ("09", "D7EB"),
        ("1C", "D7FE"),
        ("E0 12 34 FF FF", "D8C2 4EDA 62E1 3B76 8A9B"),
        ("1C D7 09", "D7FE 5129 5E13"),
        ("09 FE", "D7EB 5176"),
        ("EE 00 01", "D8D0 4EAC 630A"),
        ("EF FF", "D8D1 4FA9"),
        ("8C FF FF FF", "D86E 5070 607D 4043"),
        ("8C 00 FF FF", "D86E 4F71 627D 3C3F"),
    ],
)
def test_checksum_register_after_each_byte(body: str, registers: str) -> None:
    data = bytes.fromhex(body)
    assert [f"{checksum(data[: size + 1]):04X}" for size in range(len(data))] == registers.split()


@given(st.binary(max_size=80))
def test_checksum_table_equals_the_three_vendor_steps(body: bytes) -> None:
    register = 0x147A
    for byte in body:
        register = ((register << 1) & 0xFFFF) | (register >> 15)
        register ^= 0xFFFF
        register = (register + (register >> 8) + byte) & 0xFFFF
    assert checksum(body) == register


# Reference §1.2, bodies without looking at the checksum.
TORTURE = [
    ("FE FE FE FE F0 FE 0D", ["F0"]),
    ("FE FE 01 FE FE 02 FE 0D", ["02"]),
    ("FE FE 01 FE 02 FE 0D FE FE 03 FE 0D", ["03"]),
    ("FE 01 FE 02 FE 0D FE FE 03 FE 0D", ["03"]),
    ("FE FE FE 04 FE 0D", ["04"]),
    ("FE FE 01 FE 0D 55 AA FE 10 FE FE 02 FE 0D", ["01", "02"]),
]


@pytest.mark.parametrize(("stream", "bodies"), TORTURE)
def test_torture_cases_of_the_definition(stream: str, bodies: list[str]) -> None:
    automaton = Automaton()
    automaton.feed(bytes.fromhex(stream))
    assert [body.hex() for body in automaton.bodies] == [body.lower() for body in bodies]


@pytest.mark.parametrize(
    ("stream", "command"),
    [
        ("FE FE FE FE {F0} FE 0D", 0xF0),
        ("FE FE 01 FE FE {02} FE 0D", 0x02),
        ("FE FE 01 FE 02 FE 0D FE FE {03} FE 0D", 0x03),
        ("FE 01 FE 02 FE 0D FE FE {03} FE 0D", 0x03),
        ("FE FE FE {04} FE 0D", 0x04),
        ("00 10 42 FE 0D FE FE {05} FE 0D", 0x05),
    ],
)
def test_torture_cases_with_checksums_leave_one_frame(stream: str, command: int) -> None:
    body = bytes((command,)) + checksum(bytes((command,))).to_bytes(2, "big")
    head, _, rest = stream.partition("{")
    data = bytes.fromhex(head) + body + bytes.fromhex(rest.partition("}")[2])
    assert FrameDecoder().feed(data) == [Frame(command)]
    assert Automaton().feed(data) == [Frame(command)]


def test_a_frame_with_a_wrong_checksum_is_dropped_silently_and_counted() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(bytes.fromhex("FEFE09D7ECFE0D") + encode(Frame(0x0A))) == [Frame(0x0A)]
    assert _counters(decoder) == (1, 1, 0, 7)


@pytest.mark.parametrize("body", ["09", "09 D7"])
def test_a_body_too_short_for_a_checksum_is_a_bad_frame(body: str) -> None:
    decoder = FrameDecoder()
    assert decoder.feed(bytes.fromhex(f"FE FE {body} FE 0D")) == []
    assert decoder.bad_checksum == 1


def test_a_body_without_end_is_given_up_at_the_bound() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(b"\xfe\xfe" + b"\1" * MAX_BODY) == []
    assert decoder.overlong == 0
    assert decoder.feed(b"\1") == []
    assert decoder.overlong == 1
    assert decoder.feed(encode(Frame(0x7E))) == [Frame(0x7E)]


def test_the_decoder_keeps_no_more_than_its_bound() -> None:
    decoder = FrameDecoder()
    fed = 0
    for piece in (b"\xfe\xfe" + b"\xfe\xf0" * MAX_BODY, b"\0" * 100_000, b"\xfe\xfe\x01" * 30_000, b"\xfe" * 50_000):
        decoder.feed(piece)
        fed += len(piece)
        assert fed - decoder.discarded_bytes <= BOUND


@given(frames)
def test_decode_inverts_encode(frame: Frame) -> None:
    assert FrameDecoder().feed(encode(frame)) == [frame]


@given(st.data(), streams)
def test_any_split_of_the_stream_gives_the_same_frames(data: st.DataObject, stream: bytes) -> None:
    whole, pieces = FrameDecoder(), FrameDecoder()
    expected = whole.feed(stream)
    assert [frame for piece in data.draw(splits(stream)) for frame in pieces.feed(piece)] == expected
    assert _counters(pieces) == _counters(whole)


@given(st.data(), streams)
def test_the_decoder_equals_the_automaton(data: st.DataObject, stream: bytes) -> None:
    decoder, automaton = FrameDecoder(), Automaton()
    for piece in data.draw(splits(stream)):
        assert decoder.feed(piece) == automaton.feed(piece)
        assert _counters(decoder) == _counters(automaton)


@given(st.lists(st.binary(max_size=400), max_size=8))
def test_arbitrary_bytes_never_raise_and_never_pile_up(pieces: list[bytes]) -> None:
    decoder, automaton = FrameDecoder(), Automaton()
    for piece in pieces:
        assert decoder.feed(piece) == automaton.feed(piece)
    assert _counters(decoder) == _counters(automaton)
    wire = sum(len(encode(frame)) for frame in FrameDecoder().feed(b"".join(pieces)))
    assert sum(map(len, pieces)) - decoder.discarded_bytes - wire <= BOUND


@given(st.lists(frames, max_size=6), st.binary(max_size=20).filter(lambda noise: b"\xfe" not in noise))
def test_garbage_between_frames_is_ignored(sent: list[Frame], noise: bytes) -> None:
    assert FrameDecoder().feed(noise + b"".join(encode(frame) + noise for frame in sent)) == sent


@pytest.mark.parametrize("command", [0xFE, -1, 0x100])
def test_a_command_that_cannot_be_sent_is_our_error(command: int) -> None:
    with pytest.raises(LocalProtocolError, match="command"):
        encode(Frame(command))


def test_too_long_data_is_our_error() -> None:
    assert FrameDecoder().feed(encode(Frame(0x30, b"\xfe" * MAX_DATA))) == [Frame(0x30, b"\xfe" * MAX_DATA)]
    with pytest.raises(LocalProtocolError, match="65 data bytes"):
        encode(Frame(0x30, bytes(MAX_DATA + 1)))


@pytest.mark.parametrize("command", [0x80, 0x84, 0x88, 0x8E, 0x91, 0xA3, 0xE0, 0xEA, 0xEE])
def test_private_data_is_not_in_the_representation(command: int) -> None:
    assert "12" not in repr(Frame(command, b"\x12" * 9))
    assert "12 34" in repr(Frame(0x8C, b"\x12\x34\x56"))


@pytest.mark.parametrize(
    ("data", "busy"),
    [
        (b"\x10Busy!\r\n", True),
        (b"\x10Busy!\r\n" + b"\xa5" * 8, True),
        (b"\x10", True),
        (b"xxBusy!", True),
        (b"", False),
        (b"\xfe\xfe\x10Busy", False),
        (encode(Frame(0x09, b"\x10\0\0\0")), False),
        (b"hello", False),
    ],
)
def test_busy_banner(data: bytes, busy: bool) -> None:
    assert looks_busy(data) is busy
