"""The encrypted link: vectors, chaining, session ids, bounds (R-SATEL)."""

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.satel.encryption import BLOCK, EncryptedChannel, PduCipher
from ingest.satel.errors import LocalProtocolError, RemoteProtocolError
from ingest.satel.frames import Frame, FrameDecoder, encode
from tests.ingest.satel.strategies import frames, splits
from tests.ingest.satel.vectors import ENCRYPTED, Vector

KEY = "Klucz2026abc"


def _rigged(*draws: str) -> Callable[[int], bytes]:
    """Random bytes that are known beforehand: first the id, then the two bytes of each PDU."""
    values = iter([bytes.fromhex(draw) for draw in draws])
    return lambda size: next(values)


def _pair(key: str = KEY) -> tuple[EncryptedChannel, EncryptedChannel]:
    return EncryptedChannel(key), EncryptedChannel(key, role="module")


@pytest.mark.parametrize("vector", ENCRYPTED, ids=lambda vector: vector.name)
def test_vector_pdu_is_enciphered_and_deciphered(vector: Vector) -> None:
    assert vector.encryption is not None
    cipher = PduCipher(vector.encryption["integration_key"])
    plain, sealed = (bytes.fromhex(vector.encryption[name]) for name in ("pdu_plain_hex", "pdu_cipher_hex"))
    assert cipher.encrypt(plain) == sealed
    assert cipher.decrypt(sealed) == plain
    assert bytes((len(sealed),)) + sealed == bytes.fromhex(vector.encryption["wire_hex"])


def test_a_conversation_gives_the_vectors_byte_for_byte() -> None:
    wires = {vector.name: bytes.fromhex((vector.encryption or {})["wire_hex"]) for vector in ENCRYPTED}
    client = EncryptedChannel(KEY, random_bytes=_rigged("11", "A1B2"))
    module = EncryptedChannel(KEY, role="module", random_bytes=_rigged("7E", "C3D4"))
    request, answer = encode(Frame(0x1A)), encode(Frame(0x1A, bytes.fromhex("202603141234564528")))
    sealed = client.seal(request)
    assert sealed == wires["enc_padded_16"]
    assert module.feed(sealed) == [request]
    sealed = module.seal(answer)
    assert sealed == wires["enc_padded_16_answer"]
    assert client.feed(sealed) == [answer]


@given(st.binary(min_size=16, max_size=255))
def test_the_cipher_keeps_the_length_and_is_its_own_inverse(pdu: bytes) -> None:
    cipher = PduCipher(KEY)
    sealed = cipher.encrypt(pdu)
    assert len(sealed) == len(pdu)
    assert cipher.decrypt(sealed) == pdu


@given(st.data(), st.lists(frames, min_size=1, max_size=6))
def test_round_trip_over_any_split(data: st.DataObject, sent: list[Frame]) -> None:
    client, module = _pair()
    stream = b"".join(client.seal(encode(frame)) for frame in sent)
    decoder = FrameDecoder()
    inner = [plain for piece in data.draw(splits(stream)) for plain in module.feed(piece)]
    assert inner == [encode(frame) for frame in sent]
    assert [frame for plain in inner for frame in decoder.feed(plain)] == sent


@given(st.lists(st.tuples(st.booleans(), frames), max_size=12))
def test_both_directions_in_any_order_once_the_client_has_spoken(turns: list[tuple[bool, Frame]]) -> None:
    client, module = _pair()
    module.feed(client.seal(encode(Frame(0x7E))))
    for from_client, frame in turns:
        sender, receiver = (client, module) if from_client else (module, client)
        assert receiver.feed(sender.seal(encode(frame))) == [encode(frame)]


def test_the_counter_is_per_direction_and_wraps() -> None:
    client = EncryptedChannel(KEY)
    cipher = PduCipher(KEY)
    counters = [int.from_bytes(cipher.decrypt(client.seal(b"")[1:])[2:4], "big") for _ in range(0x10002)]
    assert counters[:2] == [0, 1]
    assert counters[-3:] == [0xFFFF, 0, 1]


def test_an_answer_that_does_not_return_our_id_is_their_error() -> None:
    client = EncryptedChannel(KEY, random_bytes=_rigged("11", "0000"))
    stranger = EncryptedChannel(KEY, role="module", random_bytes=_rigged("22", "0000"))
    stranger.feed(EncryptedChannel(KEY, random_bytes=_rigged("33", "0000")).seal(encode(Frame(0x7E))))
    client.seal(encode(Frame(0x7E)))
    with pytest.raises(RemoteProtocolError, match="integration key"):
        client.feed(stranger.seal(encode(Frame(0x1A))))


def test_the_module_side_does_not_judge_ids() -> None:
    module = EncryptedChannel(KEY, role="module")
    client = EncryptedChannel(KEY)
    assert module.feed(client.seal(encode(Frame(0x7E)))) == [encode(Frame(0x7E))]
    assert module.feed(EncryptedChannel(KEY).seal(encode(Frame(0x7E)))) == [encode(Frame(0x7E))]


def test_a_wrong_key_gives_no_frame() -> None:
    client = EncryptedChannel("right")
    module = EncryptedChannel("wrong", role="module")
    decoder = FrameDecoder()
    for plain in module.feed(client.seal(encode(Frame(0x7E)))):
        assert decoder.feed(plain) == []


@pytest.mark.parametrize("length", range(BLOCK))
def test_a_pdu_shorter_than_a_block_is_their_error(length: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"of {length} bytes"):
        EncryptedChannel(KEY).feed(bytes((length,)) + bytes(length + 1))


@given(st.sampled_from(["client", "module"]), st.lists(st.binary(max_size=300), max_size=8))
def test_arbitrary_bytes_raise_nothing_but_remote_protocol_error(
    role: Literal["client", "module"], pieces: list[bytes]
) -> None:
    channel = EncryptedChannel(KEY, role=role)
    try:
        opened = sum(len(plain) for piece in pieces for plain in channel.feed(piece))
    except RemoteProtocolError:
        return
    assert opened <= sum(map(len, pieces))


def test_a_frame_beyond_one_pdu_is_our_error() -> None:
    channel = EncryptedChannel(KEY)
    assert len(channel.seal(bytes(249))) == 256
    with pytest.raises(LocalProtocolError, match="250 bytes"):
        channel.seal(bytes(250))


@pytest.mark.parametrize("key", ["", "thirteen-char", "klucz-ą", "tab\t"])
def test_an_impossible_key_is_our_error_and_is_not_repeated(key: str) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        EncryptedChannel(key)
    assert not key or key not in str(raised.value)
    assert KEY not in repr(EncryptedChannel(KEY))
