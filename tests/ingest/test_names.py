"""A panel's own names (R-SATEL: EE, Windows-1250)."""

from collections.abc import Callable

from ingest.satel.equipment import Capacity
from ingest.satel.frames import Frame
from ingest.satel.names import read_names
from ingest.satel.session import Timing, open_session
from tests.ingest.scripted import ScriptedPeer
from tests.ingest.transports import memory_dial

FAST = Timing(connect=1.0, silence=0.01, probe=0.3, answer=0.1)
SMALL = Capacity(partitions=2, zones=3, outputs=3, onboard_zones=3)


def answering(*known: tuple[int, int]) -> Callable[[Frame], list[Frame]]:
    """Names for the known (type, number) pairs, EF 08 for all others."""

    def answer(request: Frame) -> list[Frame]:
        kind, number = request.data
        if (kind, number) not in known:
            return [Frame(0xEF, b"\x08")]
        tail = b"\x02" if kind == 5 else b""
        return [Frame(0xEE, request.data + b"\x20" + "Wejście".encode("cp1250").ljust(16) + tail)]

    return answer


async def test_names_of_what_the_panel_has_are_read_in_its_code_page() -> None:
    peer = ScriptedPeer({0xEE: answering((0, 1), (5, 1), (5, 3))})
    session, _ = await open_session(memory_dial(lambda: peer), on_frames=lambda _: None, timing=FAST)
    found = await read_names(session, SMALL, "cp1250")
    assert [(each.number, each.name) for each in found.partitions] == [(1, "Wejście")]
    assert [(each.number, each.name, each.partition, each.function) for each in found.zones] == [
        (1, "Wejście", 2, 32),
        (3, "Wejście", 2, 32),
    ]
    session.close("done")


async def test_a_module_that_knows_no_names_is_asked_once() -> None:
    peer = ScriptedPeer()
    session, _ = await open_session(memory_dial(lambda: peer), on_frames=lambda _: None, timing=FAST)
    found = await read_names(session, SMALL, "cp1250")
    assert (found.zones, found.partitions) == ((), ())
    assert [request.command for request in peer.heard] == [0x7E, 0xEE]
    assert session.lost is None
    session.close("done")
