"""What crosses the border of the PanelConnection workflow, and the lease activity (typed stub).

The workflow says *that* somebody shall hold the panel's line, the activity *who* does: the number that fences off a former
holder is taken in the database by the activity itself, because Temporal starts it again without asking the workflow when a
holder falls silent. How others talk to the workflow: `config_changed` by signal-with-start with `**start_options(...)`.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.contracts.panel_release import ReleaseRow
from workflows.contracts.starting import StartOptions


class LeaseEnd(StrEnum):
    DISABLED = "DISABLED"  # the row says disabled: the workflow waits for a change
    REMOVED = "REMOVED"  # the row is gone or marked deleted: the workflow ends
    CONFIG_CHANGED = "CONFIG_CHANGED"  # start again with the new row
    RELEASED = "RELEASED"  # the row says released for programming: nobody holds the line until that is over
    HANDED_OVER = "HANDED_OVER"  # the process is shutting down or was fenced off: somebody else shall take it


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelInput:
    """Start of the workflow (the two ids), and all it knows while it runs: continue-as-new hands it on as it is."""

    panel_id: UUID
    object_id: UUID
    config_version: int = 0  # the newest anybody told of
    used_version: int = 0  # the newest a lease has seen in the row
    leases: int = 0  # ended so far
    lease_number: int = 0  # of the last one that ended
    holder: str = ""
    last_end: LeaseEnd | None = None
    request_id: str = ""  # on whose account the next lease will be
    short_leases: int = 0  # in a row: leases that end at once are followed by a growing pause
    release: ReleaseRow | None = None  # while there is one, nobody is to hold the line


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged:
    """Signal: the panel's row changed (address, key, enabled, deleted) to `config_version`."""

    config_version: int
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """`request_id`: of the change that made this lease necessary, if it was one."""

    panel_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseBeat:
    """The one heartbeat detail, so that the web UI shows who holds the line: `activity.heartbeat(LeaseBeat(...))`."""

    lease_number: int
    holder: str  # host id of the ingest process


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseResult:
    """`config_version`: the newest this lease has seen in the panel's row, with CONFIG_CHANGED the one it ended for, and
    `request_id` the request that made that change, where it is known. `release`: with RELEASED, the one it ended for."""

    end: LeaseEnd
    lease_number: int = 0
    holder: str = ""
    config_version: int = 0
    request_id: str = ""
    release: ReleaseRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSnapshot:
    """Answer of query `snapshot` and of the updates. `leased`: a lease is under way; who holds it now is in `panel_leases`."""

    panel_id: UUID
    leased: bool
    leases: int
    config_version: int
    last_end: LeaseEnd | None = None
    lease_number: int = 0
    holder: str = ""
    release: ReleaseRow | None = None


@activity.defn(name="hold_panel_line")
async def hold_panel_line(request: LeaseRequest) -> LeaseResult:
    """Hold the panel's only TCP line until told otherwise, under `policies.PANEL_LEASE` on `names.PANELS_QUEUE`.

    Each attempt, and Temporal makes a new one when a holder misses its heartbeats, must

    - read the panel's row; disabled → DISABLED, deleted or missing → REMOVED, released for programming → RELEASED, before any
      number is taken;
    - take its own number: `panel_leases.lease_number + 1 … RETURNING`, with its host id as holder, in one statement;
    - call `activity.heartbeat(LeaseBeat(...))` at once and then every `policies.LEASE_BEAT_EVERY`, whatever the line does
      (a panel that does not answer is still held: CONNECTING, BUSY, NO_ANSWER are states of the line, not ends of the lease);
    - return CONFIG_CHANGED as soon as `names.PANEL_CHANNEL` tells of the panel and its row then has another config_version, and
      RELEASED when it then is released;
    - return HANDED_OVER when the worker shuts down, or when the recorder says that its number is stale;
    - on cancellation (the workflow wants it so after a change it heard of first; noticed at the next heartbeat): close the
      line, then raise on.

    The line is closed before the activity ends, in every case: the module has one slot. An unforeseen error is raised, and
    Temporal tries again with back-off.
    """
    raise NotImplementedError


def start_options(start: PanelInput) -> StartOptions:
    """How a PanelConnection is started, by whomever."""
    attributes = {names.OBJECT_ID: str(start.object_id), names.PANEL_ID: str(start.panel_id)}
    return StartOptions(
        id=names.panel_workflow_id(start.panel_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Line to panel {start.panel_id}",
        static_details=f"Panel `{start.panel_id}` of object `{start.object_id}`",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in attributes.items()]
        ),
    )
