"""What crosses the border of the PanelConnection workflow, and the lease activity (typed stub)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from temporalio import activity


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelInput:
    """Start of the workflow. `lease_number` grows by one with every lease and fences off a former holder."""

    panel_id: UUID
    object_id: UUID
    lease_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged:
    """Signal: the panel's row changed (address, key, enabled) to `config_version`."""

    config_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    panel_id: UUID
    lease_number: int


class LeaseEnd(StrEnum):
    DISABLED = "DISABLED"  # the row says disabled or deleted: the workflow waits for a change
    CONFIG_CHANGED = "CONFIG_CHANGED"  # start again with the new row
    HANDED_OVER = "HANDED_OVER"  # the process is shutting down: somebody else shall take it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseResult:
    end: LeaseEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSnapshot:
    """Answer of query `snapshot`."""

    panel_id: UUID
    lease_number: int
    holding: bool


@activity.defn(name="hold_panel_line")
async def hold_panel_line(request: LeaseRequest) -> LeaseResult:
    """Hold the panel's only TCP line, heartbeating, until told otherwise (design §5)."""
    raise NotImplementedError
