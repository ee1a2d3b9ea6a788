"""Reading all names of a panel on somebody's order, over the line that is held here (`workflows.contracts.panel_names`)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.db.session import Database, DatabaseUnavailable
from ingest.satel import requests
from ingest.satel.equipment import Capacity
from ingest.satel.errors import LinkLost, RemoteProtocolError
from ingest.satel.holder import PanelHolder
from ingest.satel.messages import Command, NameType, ObjectName, PanelVersion, decode
from ingest.satel.session import Session, Urgency
from workflows.contracts.panel_names import NamesEnd, NamesProgress, NamesRequest, NamesResult
from workflows.domain.panel_names import NameKind

USERS: Final = 248  # 1..240 users, 241..248 masters (reference §5); beyond are functions of the panel, not people
STORE_EVERY: Final = 10  # questions between two notes of the progress: a few seconds

_TYPES: Final = {
    NameKind.PARTITION: NameType.PARTITION,
    NameKind.ZONE: NameType.ZONE_WITH_PARTITION,
    NameKind.OUTPUT: NameType.OUTPUT,
    NameKind.USER: NameType.USER,
}
_FUNCTIONS: Final = {NameKind.ZONE, NameKind.OUTPUT}  # of which the panel tells what they are for, and we keep it

_PROGRESS: Final = text(
    """
    UPDATE panel_name_reads SET asked = :asked, total = :total
    WHERE panel_id = :panel_id AND read_id = :read_id AND status = 'RUNNING'
    """
)
_DONE: Final = text(
    """
    UPDATE panel_name_reads SET status = 'DONE', asked = total, ended_at = now()
    WHERE panel_id = :panel_id AND read_id = :read_id AND status = 'RUNNING'
    """
)
_FORGET: Final = text("DELETE FROM panel_names WHERE panel_id = :panel_id")
_STORE: Final = text(
    """
    INSERT INTO panel_names (panel_id, kind, number, name, partition, function, read_at)
    VALUES (:panel_id, :kind, :number, :name, :partition, :function, now())
    """
)


class _Silent(Exception):  # noqa: N818 - the module's right
    """The module leaves names unanswered."""


@dataclass(frozen=True, slots=True)
class NamesActivities:
    holder: PanelHolder
    db: Database

    @activity.defn(name="read_panel_names")
    async def read_panel_names(self, request: NamesRequest) -> NamesResult:
        """See `workflows.contracts.panel_names.read_panel_names`."""
        runtime = self.holder.runtime(request.panel_id)
        if runtime is None:
            return NamesResult(end=NamesEnd.NOT_HELD)
        if (line := runtime.line) is None:
            return NamesResult(end=NamesEnd.NOT_CONNECTED)
        try:
            found = await self._ask(request, *line)
            await self._store(request, found)
        except _Silent:
            return NamesResult(end=NamesEnd.SILENT)
        except (LinkLost, RemoteProtocolError):
            held = self.holder.runtime(request.panel_id) is runtime
            return NamesResult(end=NamesEnd.LINK_LOST if held else NamesEnd.NOT_HELD)
        except DatabaseUnavailable as error:
            kind = DatabaseUnavailable.__name__
            raise ApplicationError("the database is away", type=kind, category=ApplicationErrorCategory.BENIGN) from error
        return NamesResult(end=NamesEnd.READ, found=len(found))

    async def _ask(self, request: NamesRequest, session: Session, version: PanelVersion) -> list[dict[str, Any]]:
        """The rows of `panel_names`; what the panel does not have has none."""
        questions, found = list(_questions(version.capacity)), []
        for asked, (kind, number) in enumerate(questions):
            activity.heartbeat(NamesProgress(asked=asked, total=len(questions)))
            if asked % STORE_EVERY == 0:
                await self._note(request, asked=asked, total=len(questions))
            name = await _read(session, kind, number, version.code_page)
            if name is not None:
                found.append(_row(request.panel_id, kind, name))
        return found

    async def _note(self, request: NamesRequest, *, asked: int, total: int) -> None:
        """A progress that cannot be noted holds nothing up."""
        values = {"panel_id": request.panel_id, "read_id": request.read_id, "asked": asked, "total": total}
        with contextlib.suppress(DatabaseUnavailable):
            async with self.db.write() as session:
                await session.execute(_PROGRESS, values)

    async def _store(self, request: NamesRequest, found: list[dict[str, Any]]) -> None:
        async with self.db.write() as session:
            await session.execute(_FORGET, {"panel_id": request.panel_id})
            if found:
                await session.execute(_STORE, found)
            await session.execute(_DONE, {"panel_id": request.panel_id, "read_id": request.read_id})


def _questions(capacity: Capacity) -> Iterator[tuple[NameKind, int]]:
    counts = {
        NameKind.PARTITION: capacity.partitions,
        NameKind.ZONE: capacity.zones,
        NameKind.OUTPUT: capacity.outputs,
        NameKind.USER: USERS,
    }
    for kind, count in counts.items():
        yield from ((kind, number) for number in range(1, count + 1))


async def _read(session: Session, kind: NameKind, number: int, code_page: str) -> ObjectName | None:
    """None for a part that the panel does not have."""
    answer = await session.ask_maybe(requests.read_name(_TYPES[kind], number), urgency=Urgency.BACKGROUND)
    if answer is None:
        raise _Silent
    message = decode(answer, code_page=code_page) if answer.command == Command.NAME else None
    return message if isinstance(message, ObjectName) else None


def _row(panel_id: UUID, kind: NameKind, found: ObjectName) -> dict[str, Any]:
    return {
        "panel_id": panel_id,
        "kind": kind.value,
        "number": found.number,
        "name": found.name,
        "partition": found.partition,
        "function": found.function if kind in _FUNCTIONS else None,
    }
