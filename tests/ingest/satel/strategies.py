"""Generated frames, byte streams and ways to split them."""

import itertools

from hypothesis import strategies as st

from ingest.satel.frames import MAX_DATA, Frame, encode

commands = st.integers(0, 0xFF).filter(lambda command: command != 0xFE)
marks = st.sampled_from([b"\xfe", b"\xfe\xfe", b"\xf0", b"\x0d", b"\xfe\x0d", b"\xfe\xf0", b"\0", b"\x10"])
# Data rich in FE, F0 and 0D, where stuffing bites.
payloads = st.one_of(
    st.binary(max_size=MAX_DATA),
    st.lists(st.sampled_from([0xFE, 0xF0, 0x0D, 0x00, 0xFF]), max_size=MAX_DATA).map(bytes),
)
frames = st.builds(Frame, commands, payloads)
garbage = st.one_of(marks, st.binary(max_size=8), st.integers(100, 300).map(lambda size: b"\xfe\xfe" + b"\1" * size))
streams = st.lists(st.one_of(frames.map(encode), garbage), max_size=12).map(b"".join)


@st.composite
def splits(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The data cut into pieces anywhere, empty pieces included."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=10)))
    edges = [0, *cuts, len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]
