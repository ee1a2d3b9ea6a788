"""Bytes to frames and back: the framing layer of the INTEGRA integration protocol (vendor paper V19, p. 2).

On the wire a frame is

    FE FE | command | data ... | checksum high | checksum low | FE 0D

Between the two marks every byte FE travels as FE F0, and the command itself is never FE. The reader is this automaton:

    state   byte FE         byte F0          byte 0D          any other byte
    ------  --------------  ---------------  ---------------  ---------------
    HUNT    HALF            HUNT             HUNT             HUNT
    HALF    CMD             HUNT             HUNT             HUNT
    CMD     CMD             BODY, collect    BODY, collect    BODY, collect
    BODY    ESC             BODY, collect    BODY, collect    BODY, collect
    ESC     CMD, forget     BODY, collect FE HUNT, emit       HUNT, forget

HUNT and HALF are the two halves of "wait for two FE in a row". CMD skips further FE, because a command cannot be FE;
what follows is collected in BODY. In ESC the last byte was an FE of the body and the next one says what it meant: F0 a
literal FE, 0D the end, FE a new start, anything else damage. A body that would grow beyond `MAX_BODY` is damage as well.

Two consecutive FE lead to CMD from *every* state, so the automaton has no memory across them, and the frames of a
stream are exactly the matches of one regular expression. `FrameDecoder` uses that expression, since `re` runs in C;
the table above stays the definition, kept in the tests, which hold the two against each other on arbitrary bytes.

A frame with a wrong checksum is dropped without a word (V19 p. 2) and counted.
"""

import re
from array import array
from dataclasses import dataclass

from ingest.satel.errors import LocalProtocolError

MAX_DATA = 64  # bytes; the largest data field of the protocol, answers 30 and 31
MAX_BODY = 140  # unstuffed bytes of command, data and checksum; no frame of the protocol has more than 67

_START = b"\xfe\xfe"
_END = b"\xfe\x0d"
_SEED = 0x147A
_EVENT_COMMANDS = frozenset({0x8C, 0x8F})
_PRIVATE_COMMANDS = frozenset({*range(0x80, 0x92), *range(0xA0, 0xA4), *range(0xE0, 0xEB), 0xEE}) - _EVENT_COMMANDS


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """One command byte with its data, unstuffed, without checksum. Same shape in both directions."""

    command: int
    data: bytes = b""

    def __repr__(self) -> str:
        """Hide the data of commands that carry a user code or a person's name."""
        shown = f"<{len(self.data)} bytes hidden>" if self.command in _PRIVATE_COMMANDS else self.data.hex(" ")
        return f"Frame({self.command:02X}: {shown})"


def _checksum_step(register: int) -> int:
    """Rotate left by one bit, invert, add the high byte: what one checksum step does before it adds the data byte."""
    turned = ~((register << 1) | (register >> 15)) & 0xFFFF
    return (turned + (turned >> 8)) & 0xFFFF


# The step for every register value; 256 more entries because the loop adds a data byte before it wraps to 16 bits.
_STEPS = array("H", [_checksum_step(register & 0xFFFF) for register in range(0x10000 + 0x100)])


def checksum(body: bytes) -> int:
    """The 16-bit checksum over command and data, unstuffed (V19 p. 2). Not a CRC: it adds with carry."""
    register = _SEED
    steps = _STEPS
    for byte in body:
        register = steps[register] + byte
    return register & 0xFFFF


def encode(frame: Frame) -> bytes:
    """The wire bytes of a frame, with marks, checksum and stuffing. LocalProtocolError if it cannot be a frame."""
    if not 0 <= frame.command <= 0xFF or frame.command == 0xFE:
        raise LocalProtocolError(f"command {frame.command:#x} cannot be sent")
    if len(frame.data) > MAX_DATA:
        raise LocalProtocolError(f"{len(frame.data)} data bytes, the protocol has at most {MAX_DATA}")
    body = bytes((frame.command,)) + frame.data
    body += checksum(body).to_bytes(2, "big")
    return _START + body.replace(b"\xfe", b"\xfe\xf0") + _END


def looks_busy(data: bytes) -> bool:
    """Whether bytes that came before we sent anything are the "Busy!" banner of an occupied module (reference §1.6)."""
    return not data.startswith(_START) and (data.startswith(b"\x10") or b"Busy" in data)


# A whole body, or one that is known to be too long as soon as its 141st byte is there.
_BODY = re.compile(
    rb"\xfe\xfe([^\xfe](?:[^\xfe]|\xfe\xf0){0,%d}+)(?:(\xfe\x0d)|(?=[^\xfe]|\xfe\xf0))" % (MAX_BODY - 1), re.DOTALL
)
# What may still become a frame: a start, then perhaps a command, data, and an FE whose meaning is still to come.
_OPEN = re.compile(rb"\xfe\xfe(?:[^\xfe](?:[^\xfe]|\xfe\xf0){0,%d}+\xfe?)?" % (MAX_BODY - 1), re.DOTALL)


class FrameDecoder:
    """Cuts a byte stream into frames, however it is split. Never raises; keeps less than 2 * MAX_BODY + 4 bytes.

    Counters over the decoder's life: `frames` delivered, `bad_checksum` and `overlong` bodies dropped, and
    `discarded_bytes`, every byte that neither belongs to a delivered frame nor may still become part of one.
    """

    __slots__ = ("_pending", "bad_checksum", "discarded_bytes", "frames", "overlong")

    def __init__(self) -> None:
        self._pending = b""
        self.frames = 0
        self.bad_checksum = 0
        self.discarded_bytes = 0
        self.overlong = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take received bytes; return the frames they complete, in order."""
        stream = self._pending + data
        found: list[Frame] = []
        used = position = 0
        while match := _BODY.search(stream, position):
            position = match.end()
            if (frame := self._frame(match)) is not None:
                found.append(frame)
                used += position - match.start()
        self._pending = _unfinished(stream, position)
        self.frames += len(found)
        self.discarded_bytes += len(stream) - used - len(self._pending)
        return found

    def _frame(self, match: re.Match[bytes]) -> Frame | None:
        if match[2] is None:
            self.overlong += 1
            return None
        body = match[1].replace(b"\xfe\xf0", b"\xfe")
        if len(body) < 3 or checksum(body[:-2]) != int.from_bytes(body[-2:], "big"):
            self.bad_checksum += 1
            return None
        return Frame(body[0], body[1:-2])


def _unfinished(stream: bytes, position: int) -> bytes:
    """The end of the stream, from `position` on, that the next bytes may complete to a frame."""
    start = stream.rfind(_START, position)
    if start >= 0 and _OPEN.fullmatch(stream, start):
        return stream[start:]
    return b"\xfe" if stream.endswith(b"\xfe") else b""
