"""Fuzz target of the INTEGRA codecs: no bytes from a wire or a database may surprise them.

    python -m tests.fuzz.fuzz_satel --seconds 60            # random and mutated inputs, new seed each time, printed
    python -m tests.fuzz.fuzz_satel --runs 10000 --seed 7   # the same inputs again
    python -m tests.fuzz.fuzz_satel --input crash.bin       # one input
    python -m tests.fuzz.fuzz_satel --atheris [libFuzzer options]

The last form is guided by coverage and needs `atheris` (not a dependency of the project). The others mutate the shared
protocol vectors. A failing input is written to `fuzz-satel-crash.bin` in the current folder, and the exception goes on.
"""

import argparse
import importlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from ingest.satel.encryption import EncryptedChannel
from ingest.satel.equipment import PanelModel
from ingest.satel.errors import LocalProtocolError, RemoteProtocolError
from ingest.satel.eventlog import LogCursor, LogRecord, LogWalk, describe, local_time
from ingest.satel.frames import MAX_BODY, MAX_DATA, Frame, FrameDecoder, encode
from ingest.satel.messages import EventAnswer, decode, is_answer
from tests.ingest.satel.automaton import Automaton
from tests.ingest.satel.vectors import VECTORS

CLOCK = datetime(2026, 3, 14, 12, 34)  # noqa: DTZ001 - a panel's wall clock
WALK_LIMIT = 64


class Reader:
    """Takes small pieces off the input; zeros when it is used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece.ljust(size, b"\0")

    def chunks(self) -> Iterator[bytes]:
        """The rest of the input, in pieces whose sizes it tells itself."""
        while self._at < len(self._data):
            size = self.take(1)[0]
            piece = self._data[self._at : self._at + size]
            self._at += size
            yield piece


def fuzz_frames(reader: Reader) -> None:
    """The decoder equals the automaton on any stream in any pieces, and keeps little of it."""
    decoder, automaton, fed, framed = FrameDecoder(), Automaton(), 0, 0
    for chunk in reader.chunks():
        found = decoder.feed(chunk)
        assert found == automaton.feed(chunk)
        fed += len(chunk)
        framed += sum(len(encode(frame)) for frame in found if len(frame.data) <= MAX_DATA)
        framed += sum(2 * MAX_BODY for frame in found if len(frame.data) > MAX_DATA)
        assert fed - framed - decoder.discarded_bytes <= 2 * MAX_BODY + 4
    ours = decoder.frames, decoder.bad_checksum, decoder.overlong, decoder.discarded_bytes
    assert ours == (automaton.frames, automaton.bad_checksum, automaton.overlong, automaton.discarded_bytes)


def fuzz_messages(reader: Reader) -> None:
    """Any frame is a message or their error; any frame can be held against any request."""
    request = Frame(reader.take(1)[0], reader.take(reader.take(1)[0] % (MAX_DATA + 1)))
    frame = Frame(reader.take(1)[0], reader.take(reader.take(1)[0] % (MAX_DATA + 8)))
    assert isinstance(is_answer(request, frame), bool)
    assert len(repr(frame)) < 300
    try:
        message = decode(frame)
    except RemoteProtocolError:
        return
    assert repr(message)


def fuzz_encryption(reader: Reader) -> None:
    """Any stream opens or is their error."""
    client = reader.take(1)[0] & 1
    channel = EncryptedChannel("fuzz", role="client" if client else "module", random_bytes=bytes)
    fed = opened = 0
    try:
        for chunk in reader.chunks():
            fed += len(chunk)
            opened += sum(len(plain) for plain in channel.feed(chunk))
            assert opened <= fed
    except RemoteProtocolError:
        return


def fuzz_records(reader: Reader) -> None:
    """Any eight bytes are a record that can be told; any stored bytes are a cursor or named as damaged."""
    raw = reader.take(8)
    record = LogRecord.from_bytes(raw)
    assert record.to_bytes() == raw
    assert record.text("en")
    assert record.text("pl")
    assert record.change in type(record.change)
    describe(record, list(PanelModel)[reader.take(1)[0] % len(PanelModel)])
    stamp = local_time(record, CLOCK)
    assert stamp is None or (stamp - CLOCK).days <= 1
    stored = reader.take(reader.take(1)[0])
    try:
        assert LogCursor.from_bytes(stored).to_bytes() == stored
    except LocalProtocolError:
        return


def fuzz_walk(reader: Reader) -> None:
    """A walk ends within its limit whatever the panel answers, and its cursor can be stored."""
    size = reader.take(1)[0] % 18
    chain = tuple(reader.take(8) for _ in range(size))
    walking = LogWalk(LogCursor(index=reader.take(3), chain=chain, whole_log=bool(reader.take(1)[0] & 1)), limit=WALK_LIMIT)
    for answered in count():
        request = walking.next_request()
        if request is None:
            break
        assert answered <= WALK_LIMIT
        pick = reader.take(1)[0]
        record = chain[pick % size] if size and pick < 128 else b"\xb0" + reader.take(7) if pick < 250 else bytes(8)
        walking.receive(EventAnswer(record=record, index=reader.take(3), called_with=request.data))
    result = walking.result
    assert result is not None
    assert result.cursor is not None
    assert LogCursor.from_bytes(result.cursor.to_bytes()) == result.cursor


TARGETS: tuple[Callable[[Reader], None], ...] = (fuzz_frames, fuzz_messages, fuzz_encryption, fuzz_records, fuzz_walk)


def one_input(data: bytes) -> None:
    """Run one input: its first byte chooses the target. Raises whatever is a finding."""
    if data:
        TARGETS[data[0] % len(TARGETS)](Reader(data[1:]))


def seeds() -> list[bytes]:
    """Inputs that reach deep at once: every vector, for every target that can use it."""
    found = []
    for vector in VECTORS:
        found.append(b"\0" + bytes((len(vector.wire),)) + vector.wire)
        found.append(b"\1\0\0" + bytes((vector.frame.command, len(vector.frame.data))) + vector.frame.data)
        if vector.encryption:
            wire = bytes.fromhex(vector.encryption["wire_hex"])
            found.append(b"\2\1" + bytes((len(wire),)) + wire)
        if vector.frame.command == 0x8C and len(vector.frame.data) == 14:
            found.append(b"\3" + vector.frame.data)
            found.append(b"\4\1" + vector.frame.data * 3)
    return found


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """An input out of nothing, or a seed with some bytes changed, doubled, cut out or glued to another."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(1, 400))
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if at < len(data):
                data[at] = rng.randrange(256)
            case 1:
                data[at:at] = rng.choice((b"\xfe", b"\xfe\xfe", b"\xfe\x0d", b"\xfe\xf0", b"\0", b"\xff"))
            case 2:
                del data[at : at + rng.randrange(4)]
            case 3:
                data[at:at] = data[at : at + rng.randrange(64)] * rng.randrange(1, 5)
            case _:
                data += rng.choice(corpus)[1:]
    return bytes(data[:2000])


def run(*, seed: int, runs: int | None = None, seconds: float | None = None) -> int:
    """Run seeds, then mutations, until either bound is reached; the number of inputs tried."""
    corpus, rng = seeds(), random.Random(seed)
    until = time.monotonic() + seconds if seconds is not None else None
    for tried in count():
        if tried == runs or (until is not None and time.monotonic() >= until):
            return tried
        _guarded(corpus[tried] if tried < len(corpus) else mutated(rng, corpus))
    raise AssertionError


def _guarded(data: bytes) -> None:
    try:
        one_input(data)
    except BaseException:
        Path("fuzz-satel-crash.bin").write_bytes(data)
        raise


def _guided(options: list[str]) -> None:
    atheris = importlib.import_module("atheris")
    atheris.Setup([sys.argv[0], *options], one_input)
    atheris.instrument_all()
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the INTEGRA codecs.")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xFFFFFFFF)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--atheris", action="store_true")
    args, rest = parser.parse_known_args()
    if args.atheris:
        _guided(rest)
    elif args.input:
        one_input(args.input.read_bytes())
    else:
        seconds = 30.0 if args.seconds is None and args.runs is None else args.seconds
        print(f"seed {args.seed}: {run(seed=args.seed, runs=args.runs, seconds=seconds)} inputs, no findings")


if __name__ == "__main__":
    main()
