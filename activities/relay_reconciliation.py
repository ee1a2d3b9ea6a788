"""What no row of the outbox can tell Temporal: a workflow somebody terminated, a row written while nobody looked.

Every enabled panel, open bundle, open call-back and period of service mode that is not settled has its workflow, every
critical alarm nobody has dealt with its escalation, and auto-arm's schedules are as their rows say (`auto_arm_schedules`).
Releases of panels end in time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.auto_arm_schedules import AutoArmSchedules
from activities.db.session import Database, DatabaseUnavailable
from activities.panel_releases import end_overdue
from activities.relay_orchestration import AWAY_LAST, CALL_TIMEOUT, SIDE_BY_SIDE
from workflows.contracts import bundle, callback, names, panel, service_mode
from workflows.contracts.bundle import BundleInput, BundleRef
from workflows.contracts.callback import CallbackInput
from workflows.contracts.panel import PanelInput
from workflows.contracts.service_mode import ServiceInput
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.escalation import ESCALATED, NOT_DEALT_WITH

log = structlog.get_logger(__name__)

RECONCILE_EVERY: Final = 60.0  # s
YOUNG: Final = 15  # s; the row of something as young as this may still be on its way to Temporal

_PANELS: Final = "SELECT id, object_id FROM panels WHERE enabled AND deleted_at IS NULL ORDER BY id"
_BUNDLES: Final = """
    SELECT id, object_id, alarm_type, status, priority, suppressed FROM bundle_alarms
    WHERE status <> 'CLOSED' AND opened_at < now() - make_interval(secs => $1) ORDER BY id
"""
_CALLBACKS: Final = """
    SELECT id, object_id FROM callbacks
    WHERE state IN ('PENDING', 'DUE') AND created_at < now() - make_interval(secs => $1) ORDER BY id
"""
_SERVICES: Final = """
    SELECT id, object_id FROM service_modes
    WHERE (state IN ('AWAITING_RELEASE', 'ACTIVE') OR (state = 'ENDED' AND settled_at IS NULL))
      AND begun_at < now() - make_interval(secs => $1) ORDER BY id
"""

_Work = Callable[[asyncpg.Record], Awaitable[None]]
_Todo = list[tuple[_Work, asyncpg.Record]]


@dataclass(slots=True)
class Reconciliation:
    """See the module. ``auto_arm`` None: nobody looks after its schedules. ``escalates``: the flag; where it is off critical
    alarms have no escalation."""

    db: Database
    client: Client
    auto_arm: AutoArmSchedules | None = None
    escalates: bool = False
    _limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))

    async def run(self) -> None:
        """At once and then every minute, until cancelled."""
        while True:
            try:
                mended = await self.once()
                if mended:
                    log.info("relay.reconciled", mended=mended)
            except (RPCError, RuntimeError, OSError, DatabaseUnavailable) as error:
                log.warning("relay.reconcile_failed", error=str(error)[:200])
                await asyncio.sleep(AWAY_LAST)
                continue
            except Exception:  # a bug of ours, or a row that nobody foresaw: pushing must not suffer
                log.exception("relay.reconcile_failed")
            await asyncio.sleep(RECONCILE_EVERY)

    async def once(self) -> int:
        """Mend everything that is amiss; how much that was."""
        async with self.db.fast() as connection:
            panels = await connection.fetch(_PANELS)
            bundles = await connection.fetch(_BUNDLES, YOUNG)
            callbacks = await connection.fetch(_CALLBACKS, YOUNG)
            services = await connection.fetch(_SERVICES, YOUNG)
        critical = [row for row in bundles if self._escalates(row)]
        running = await self._running(names.BUNDLE_ALARM, bundles)
        watched = [row for row in critical if names.bundle_workflow_id(row["id"]) in running]
        todo = [
            *await self._missing(names.PANEL_CONNECTION, names.panel_workflow_id, panels, self._start_panel),
            *_not_among(running, names.bundle_workflow_id, bundles, self._start_bundle),
            *await self._missing(names.ESCALATION, names.escalation_workflow_id, watched, self._escalation_lost),
            *await self._missing(names.CALLBACK, names.callback_workflow_id, callbacks, self._resume_callback),
            *await self._missing(names.SERVICE_MODE, names.service_workflow_id, services, self._resume_service),
        ]
        results = await asyncio.gather(*(work(row) for work, row in todo), return_exceptions=True)
        ended = await end_overdue(self.db)
        mended = await self.auto_arm.reconcile() if self.auto_arm is not None else 0
        for result in results:  # one that cannot be started must not hold up what comes after it
            if isinstance(result, BaseException):
                raise result
        return len(todo) + ended + mended

    async def _missing(self, kind: str, id_of: Callable[[UUID], str], rows: list[asyncpg.Record], work: _Work) -> _Todo:
        """``work`` for each row whose workflow does not run."""
        return _not_among(await self._running(kind, rows), id_of, rows, work)

    async def _running(self, kind: str, rows: list[asyncpg.Record]) -> frozenset[str]:
        """The ids of all workflows of a kind that run; not asked for where no row needs one."""
        if not rows:
            return frozenset()
        query = f"WorkflowType = '{kind}' AND ExecutionStatus = 'Running'"
        found = self.client.list_workflows(query, page_size=1000, rpc_timeout=CALL_TIMEOUT)
        return frozenset([execution.id async for execution in found])

    async def _start(self, kind: str, start: object, options: Any) -> None:
        async with self._limit:
            await self.client.start_workflow(
                kind,
                start,
                **options,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=CALL_TIMEOUT,
            )

    async def _start_panel(self, row: asyncpg.Record) -> None:
        start = PanelInput(panel_id=row["id"], object_id=row["object_id"])
        await self._start(names.PANEL_CONNECTION, start, panel.start_options(start))

    async def _start_bundle(self, row: asyncpg.Record) -> None:
        start = BundleInput(bundle_id=row["id"], object_id=row["object_id"], alarm_type=AlarmType(row["alarm_type"]))
        status, priority = BundleStatus(row["status"]), Priority(row["priority"])
        await self._start(names.BUNDLE_ALARM, start, bundle.start_options(start, status=status, priority=priority))

    async def _resume_callback(self, row: asyncpg.Record) -> None:
        start = CallbackInput(callback_id=row["id"], object_id=row["object_id"])
        await self._start(names.CALLBACK, start, callback.start_options(start))

    async def _resume_service(self, row: asyncpg.Record) -> None:
        """Without it nothing would be summed up, and what still stands in alarm at the end would never ring."""
        start = ServiceInput(service_id=row["id"], object_id=row["object_id"])
        await self._start(names.SERVICE_MODE, start, service_mode.start_options(start))

    def _escalates(self, row: asyncpg.Record) -> bool:
        status, priority = BundleStatus(row["status"]), Priority(row["priority"])
        return self.escalates and priority in ESCALATED and status in NOT_DEALT_WITH and not row["suppressed"]

    async def _escalation_lost(self, row: asyncpg.Record) -> None:
        """Somebody ended it, or it failed: whether people are still to be rung its alarm decides."""
        handle = self.client.get_workflow_handle(names.bundle_workflow_id(row["id"]))
        try:
            async with self._limit:
                await handle.signal(names.ESCALATION_LOST, BundleRef(bundle_id=row["id"]), rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # closed meanwhile
                raise


def _not_among(running: frozenset[str], id_of: Callable[[UUID], str], rows: list[asyncpg.Record], work: _Work) -> _Todo:
    return [(work, row) for row in rows if id_of(row["id"]) not in running]
