"""The shared protocol vectors: frames from the vendor's paper, from field logs and from other implementations."""

import json
from dataclasses import dataclass
from pathlib import Path

from ingest.satel.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    name: str
    direction: str
    frame: Frame
    wire: bytes
    checksum: int
    encryption: dict[str, str] | None
    source: str


def load() -> list[Vector]:
    """All vectors of `vectors.json`."""
    rows = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
    return [
        Vector(
            name=row["name"],
            direction=row["direction"],
            frame=Frame(int(row["command"], 16), bytes.fromhex(row["payload_hex"])),
            wire=bytes.fromhex(row["frame_hex"]),
            checksum=int(row["crc_hex"], 16),
            encryption=row.get("encryption"),
            source=row["source"],
        )
        for row in rows
    ]


VECTORS = load()
REQUESTS = [vector for vector in VECTORS if vector.direction == "request"]
RESPONSES = [vector for vector in VECTORS if vector.direction == "response"]
ENCRYPTED = [vector for vector in VECTORS if vector.encryption]
