"""What crosses the border of the PanelNames workflow, and the activities it calls (typed stubs).

A panel's names are read over the line that is already held, by the process that holds it: the activity runs on that
process's own queue. The names themselves go from there to the database and nowhere else, those of users are people's.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.domain.panel_names import ReadFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesInput:
    """`read_id`: this reading, in `panel_name_reads`."""

    panel_id: UUID
    object_id: UUID
    read_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRequest:
    panel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the panel's line by the database: "" when nobody does. `wanted` False: the panel is deleted or disabled."""

    host: str = ""
    wanted: bool = True


class NamesEnd(StrEnum):
    READ = "READ"  # and stored
    NOT_HELD = "NOT_HELD"  # not here (any more): ask who has it now
    NOT_CONNECTED = "NOT_CONNECTED"  # held here, but the panel does not answer
    LINK_LOST = "LINK_LOST"  # while reading
    SILENT = "SILENT"  # the module left the first question unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesRequest:
    panel_id: UUID
    read_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesProgress:
    """The heartbeat: how many questions were asked, of how many."""

    asked: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesResult:
    """`found`: how many parts have a name."""

    end: NamesEnd
    found: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesFailed:
    panel_id: UUID
    read_id: UUID
    failure: ReadFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesOutcome:
    """How the reading ended; `failure` None: all is in `panel_names`."""

    found: int = 0
    failure: ReadFailure | None = None


@activity.defn(name="find_panel_holder")
async def find_panel_holder(request: HolderRequest) -> Holder:
    """Who holds the panel's line now."""
    raise NotImplementedError


@activity.defn(name="read_panel_names")
async def read_panel_names(request: NamesRequest) -> NamesResult:
    """Ask the panel for every name at the lowest urgency and store them, under `policies.panel_names(host)`.

    Every heartbeat tells the progress, which is stored every few seconds, too. All rows of the panel are replaced in one
    transaction that also marks the reading as done; an end other than READ has changed nothing. A database that is away
    is raised.
    """
    raise NotImplementedError


@activity.defn(name="fail_names_read")
async def fail_names_read(failed: NamesFailed) -> NamesOutcome:
    """Note why the reading failed, where it is still this reading. Repeating changes nothing."""
    raise NotImplementedError


class StartOptions(TypedDict):
    """Keyword arguments of `Client.start_workflow`."""

    id: str
    task_queue: str
    static_summary: str
    search_attributes: TypedSearchAttributes


def start_options(start: NamesInput) -> StartOptions:
    """How a PanelNames is started, by whomever."""
    attributes = {names.OBJECT_ID: str(start.object_id), names.PANEL_ID: str(start.panel_id)}
    return StartOptions(
        id=names.panel_names_workflow_id(start.panel_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Names of panel {start.panel_id}",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in attributes.items()]
        ),
    )
