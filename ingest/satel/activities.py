"""The lease activity: Temporal's order to hold a panel's line, carried out by this process (`workflows.contracts.panel`)."""

import asyncio
from dataclasses import dataclass

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.db.session import DatabaseUnavailable
from ingest.satel.holder import PanelHolder
from workflows.contracts import policies
from workflows.contracts.panel import LeaseBeat, LeaseRequest, LeaseResult

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PanelActivities:
    holder: PanelHolder

    @activity.defn(name="hold_panel_line")
    async def hold_panel_line(self, request: LeaseRequest) -> LeaseResult:
        """See `workflows.contracts.panel.hold_panel_line`.

        One thing differs while Temporal itself is away: an attempt that ends only because nobody heard its heartbeats
        leaves the line up. The next attempt here adopts it; one elsewhere fences it off (see `holder`).
        """
        beat = LeaseBeat(lease_number=0, holder=self.holder.store.holder)
        beating = asyncio.create_task(_beat(beats := [beat]))
        try:
            return await self.holder.hold(
                request.panel_id, on_lease=lambda number: _say(beats, LeaseBeat(lease_number=number, holder=beat.holder))
            )
        except DatabaseUnavailable as error:
            raise ApplicationError(
                "the database is away", type=DatabaseUnavailable.__name__, category=ApplicationErrorCategory.BENIGN
            ) from error
        except asyncio.CancelledError:
            if _is_wanted_by_workflow():
                await self.holder.release(request.panel_id)
            raise
        finally:
            beating.cancel()


def _say(beats: list[LeaseBeat], beat: LeaseBeat) -> None:
    beats[0] = beat
    activity.heartbeat(beat)


async def _beat(beats: list[LeaseBeat]) -> None:
    while True:
        activity.heartbeat(beats[0])
        await asyncio.sleep(policies.LEASE_BEAT_EVERY.total_seconds())


def _is_wanted_by_workflow() -> bool:
    details = activity.cancellation_details()
    return details is not None and details.cancel_requested
