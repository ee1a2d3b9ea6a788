"""The frame automaton as `ingest.satel.frames` defines it, one byte at a time: the yardstick for the fast decoder."""

from enum import Enum, auto

from ingest.satel.frames import MAX_BODY, Frame, checksum


class State(Enum):
    HUNT = auto()
    HALF = auto()
    CMD = auto()
    BODY = auto()
    ESC = auto()


class Automaton:
    """Same interface and counters as `FrameDecoder`; also `bodies`, every finished body whatever its checksum."""

    def __init__(self) -> None:
        self.state = State.HUNT
        self.body = bytearray()
        self.bodies: list[bytes] = []
        self.wire = 0  # bytes of the frame under way, as received
        self.total = 0
        self.used = 0
        self.frames = 0
        self.bad_checksum = 0
        self.overlong = 0

    @property
    def discarded_bytes(self) -> int:
        return self.total - self.used - self.wire

    def feed(self, data: bytes) -> list[Frame]:
        found: list[Frame] = []
        for byte in data:
            self.total += 1
            self.wire += 1
            self._step(byte, found)
        self.frames += len(found)
        return found

    def _step(self, byte: int, found: list[Frame]) -> None:
        match self.state, byte:
            case State.HUNT, 0xFE:
                self._go(State.HALF, 1)
            case ((State.HALF | State.CMD | State.ESC), 0xFE):
                self.body.clear()
                self._go(State.CMD, 2)
            case ((State.HUNT | State.HALF), _):
                self._go(State.HUNT, 0)
            case ((State.CMD | State.BODY), _) if byte != 0xFE:
                self._collect(byte)
            case State.BODY, _:
                self.state = State.ESC
            case State.ESC, 0xF0:
                self._collect(0xFE)
            case State.ESC, 0x0D:
                self._emit(found)
            case _:
                self.body.clear()
                self._go(State.HUNT, 0)

    def _go(self, state: State, wire: int) -> None:
        self.state = state
        self.wire = wire

    def _collect(self, byte: int) -> None:
        self.body.append(byte)
        self.state = State.BODY
        if len(self.body) > MAX_BODY:
            self.overlong += 1
            self.body.clear()
            self._go(State.HUNT, 0)

    def _emit(self, found: list[Frame]) -> None:
        body = bytes(self.body)
        self.bodies.append(body)
        self.body.clear()
        if len(body) >= 3 and checksum(body[:-2]) == int.from_bytes(body[-2:], "big"):
            found.append(Frame(body[0], body[1:-2]))
            self.used += self.wire
        else:
            self.bad_checksum += 1
        self._go(State.HUNT, 0)
