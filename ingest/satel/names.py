"""What a panel calls its zones and partitions (R-SATEL: read by EE), for a panel nobody has described yet.

A name takes a third of a second (reference §5), a large panel over a minute: read at the lowest urgency, once, and only
where the database has no zones of the panel. Names are those of rooms and doors; users are never asked for.
"""

import contextlib
from dataclasses import dataclass

from ingest.satel import requests
from ingest.satel.equipment import Capacity
from ingest.satel.messages import Command, NameType, ObjectName, decode
from ingest.satel.session import Session, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All zones and partitions the panel has. An object that was never named has a name of the factory's."""

    zones: tuple[ObjectName, ...]
    partitions: tuple[ObjectName, ...]


class _Silent(Exception):  # noqa: N818 - the module's right
    """The module knows nothing of names; asking on would only keep the line busy."""


async def read_names(session: Session, capacity: Capacity, code_page: str) -> Names:
    """Ask for every name, until the module leaves a question unanswered. Raises `LinkLost`."""
    found: dict[NameType, list[ObjectName]] = {NameType.PARTITION: [], NameType.ZONE_WITH_PARTITION: []}
    counts = {NameType.PARTITION: capacity.partitions, NameType.ZONE_WITH_PARTITION: capacity.zones}
    with contextlib.suppress(_Silent):
        for kind, names in found.items():
            for number in range(1, counts[kind] + 1):
                if (name := await _read(session, kind, number, code_page)) is not None:
                    names.append(name)
    return Names(zones=tuple(found[NameType.ZONE_WITH_PARTITION]), partitions=tuple(found[NameType.PARTITION]))


async def _read(session: Session, kind: NameType, number: int, code_page: str) -> ObjectName | None:
    """None for an object that the panel does not have."""
    answer = await session.ask_maybe(requests.read_name(kind, number), urgency=Urgency.BACKGROUND)
    if answer is None:
        raise _Silent
    if answer.command != Command.NAME:
        return None
    message = decode(answer, code_page=code_page)
    return message if isinstance(message, ObjectName) else None
