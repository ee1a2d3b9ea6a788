"""The orchestration consumer: tells Temporal what was committed, by signal-with-start (principle 4).

Rows of one bundle or panel go in order and the newest speaks for those before it (the workflow reads the row when it missed
one); different ones go side by side. Temporal away: rows wait. A row that Temporal refuses for good is parked with the reason
and does not hold up others. What no row can tell `relay_reconciliation` finds.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities import relay_metrics
from activities.auto_arm_schedules import AutoArmSchedules
from activities.db.session import Database, DatabaseUnavailable
from activities.infra import metrics
from workflows.contracts import bundle, callback, names, object_import, panel
from workflows.contracts.bundle import BundleInput, EventAdded
from workflows.contracts.callback import CallbackInput
from workflows.contracts.object_import import ImportInput
from workflows.contracts.panel import ConfigChanged, PanelInput
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleState, BundleStatus

log = structlog.get_logger(__name__)

ROUND: Final = 200  # rows
SIDE_BY_SIDE: Final = 16  # calls
CALL_TIMEOUT: Final = timedelta(seconds=5)
LOOK_EVERY: Final = 1.0  # s; the notification is a hint, the table is the truth
AWAY_FIRST, AWAY_LAST = 0.2, 5.0  # s; pauses while Temporal is away
ATTEMPTS: Final = 6  # of one row, over about half a minute, before it is parked
REFUSED_FIRST: Final = 1.0  # s; pause after the first refusal of a row, doubled with each

# Not about this row: the server is away, starting, overloaded, not to be reached, or lacks our namespace.
_AWAY: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.NOT_FOUND,
    }
)

_PENDING: Final = """
    SELECT o.id, o.type, o.object_id, o.bundle_id, o.panel_id, o.payload::text AS payload, o.attempts, o.created_at,
           b.status = 'CLOSED' AS closed
    FROM outbox o LEFT JOIN bundle_alarms b ON b.id = o.bundle_id
    WHERE o.orchestrate AND o.orchestrated_at IS NULL AND o.parked_at IS NULL
      AND NOT coalesce(o.bundle_id, o.panel_id, '00000000-0000-0000-0000-000000000000') = ANY($2::uuid[])
    ORDER BY o.id LIMIT $1
"""
_DONE: Final = "UPDATE outbox SET orchestrated_at = clock_timestamp() WHERE id = ANY($1::bigint[])"
_REFUSED: Final = """
    UPDATE outbox SET attempts = attempts + 1,
           parked_at = CASE WHEN $3 THEN clock_timestamp() END, parked_reason = CASE WHEN $3 THEN $2 END
    WHERE id = ANY($1::bigint[])
"""


class TemporalAway(Exception):  # noqa: N818 - nobody's error
    """The server cannot be reached now; nothing is wrong with the rows."""


class MalformedRow(Exception):  # noqa: N818 - what a row is
    """The row can never be told: parked at once."""


@dataclass(slots=True)
class Orchestration:
    """See the module. ``news`` is set when something was committed. ``auto_arm`` None: nobody looks after its schedules."""

    db: Database
    client: Client
    news: asyncio.Event
    auto_arm: AutoArmSchedules | None = None
    _not_before: dict[UUID, float] = field(default_factory=dict)  # by bundle or panel, loop time
    _limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))

    async def run(self) -> None:
        """Until cancelled."""
        pause = 0.0
        while True:
            self.news.clear()
            try:
                full = await self.round() >= ROUND
                if pause:
                    log.info("relay.temporal_back")
                pause = 0.0
            except TemporalAway as error:
                if not pause:
                    log.warning("relay.temporal_away", error=str(error)[:200])
                pause = min(max(AWAY_FIRST, pause * 2), AWAY_LAST)
                await asyncio.sleep(pause)
                continue
            except DatabaseUnavailable:
                full = False  # who holds the lock notices and ends this
            if not full:
                await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await self.news.wait()

    async def round(self) -> int:
        """Tell of what waits, at most `ROUND` rows; how many were looked at. Raises TemporalAway."""
        now = asyncio.get_running_loop().time()
        self._not_before = {about: at for about, at in self._not_before.items() if at > now}
        async with self.db.fast() as connection:
            rows = await connection.fetch(_PENDING, ROUND, list(self._not_before))
        groups: dict[UUID | int, list[asyncpg.Record]] = {}
        for row in rows:
            groups.setdefault(row["bundle_id"] or row["panel_id"] or row["id"], []).append(row)
        results = await asyncio.gather(*(self._tell(group) for group in groups.values()), return_exceptions=True)
        told = [group for group, result in zip(groups.values(), results, strict=True) if result is True]
        await self._mark_done([row for group in told for row in group])
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(rows)

    async def _mark_done(self, rows: list[asyncpg.Record]) -> None:
        if not rows:
            return
        async with self.db.fast() as connection:
            await connection.execute(_DONE, [row["id"] for row in rows])
        relay_metrics.OUTBOX_RELAYED.labels("orchestration").inc(len(rows))
        now = datetime.now(UTC)
        for row in rows:
            waited = (now - row["created_at"]).total_seconds()
            metrics.STAGE_SECONDS.labels(metrics.Stage.ORCHESTRATED).observe(max(0.0, waited))

    async def _tell(self, group: list[asyncpg.Record]) -> bool:
        """Whether Temporal knows now; False: it refused, and the rows say so. Raises TemporalAway."""
        try:
            async with self._limit:
                await self._call(group[-1], alone=len(group) == 1)
        except RPCError as error:
            if error.status in _AWAY:
                raise TemporalAway(f"{error.status.name}: {error}") from error
            await self._refused(group, f"{error.status.name}: {error}", for_good=False)
            return False
        except (MalformedRow, KeyError, ValueError, TypeError) as error:
            await self._refused(group, repr(error), for_good=True)
            return False
        except Exception as error:
            if _is_connecting(error):
                raise TemporalAway(str(error)) from error
            await self._refused(group, repr(error), for_good=False)  # whatever it is, it must not hold up others
            return False
        return True

    async def _refused(self, group: list[asyncpg.Record], reason: str, *, for_good: bool) -> None:
        attempts = group[-1]["attempts"] + 1
        parked = for_good or attempts >= ATTEMPTS
        async with self.db.fast() as connection:
            await connection.execute(_REFUSED, [row["id"] for row in group], reason[:500], parked)
        about = group[-1]["bundle_id"] or group[-1]["panel_id"]
        if not parked and about is not None:
            self._not_before[about] = asyncio.get_running_loop().time() + REFUSED_FIRST * 2 ** (attempts - 1)
        log.error("relay.refused", outbox_id=group[-1]["id"], attempts=attempts, parked=parked, reason=reason[:200])

    async def _call(self, row: asyncpg.Record, *, alone: bool) -> None:
        if row["bundle_id"] is not None:
            if not row["closed"]:
                await self._tell_bundle(row, alone=alone)
        elif row["type"] == names.PANEL_CHANGED and row["panel_id"] is not None:
            await self._tell_panel(row)
        elif row["type"] == names.IMPORT_UPLOADED:
            await self._start_import(row)
        elif row["type"] == names.CALLBACK_SET:
            await self._start_callback(UUID(orjson.loads(row["payload"])["callback_id"]), row["object_id"])
        elif row["type"] == names.AUTO_ARM_CHANGED:
            if self.auto_arm is not None:
                await self.auto_arm.sync(UUID(orjson.loads(row["payload"])["schedule_id"]))
        else:
            raise MalformedRow(f"a row of type {row['type']!r} about no bundle and no panel")

    async def _tell_bundle(self, row: asyncpg.Record, *, alone: bool) -> None:
        alarm = orjson.loads(row["payload"])["alarm"]
        state, kind = _state(alarm), AlarmType(alarm["alarm_type"])
        opening = alone and row["type"] == names.ALARM_NEW
        start = BundleInput(
            bundle_id=row["bundle_id"], object_id=row["object_id"], alarm_type=kind, state=state if opening else None
        )
        event = EventAdded(
            outbox_id=row["id"],
            version=state.version,
            priority=state.priority,
            last_activity_at=state.last_activity_at,
            alarm_type=kind,
        )
        with contextlib.suppress(WorkflowAlreadyStartedError):  # it ran and ended: the bundle is closed
            await self.client.start_workflow(
                names.BUNDLE_ALARM,
                start,
                **bundle.start_options(start, status=state.status, priority=state.priority),
                start_signal=names.EVENT_ADDED,
                start_signal_args=[event],
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=CALL_TIMEOUT,
            )

    async def _tell_panel(self, row: asyncpg.Record) -> None:
        start = PanelInput(panel_id=row["panel_id"], object_id=row["object_id"])
        told = orjson.loads(row["payload"])
        change = ConfigChanged(config_version=int(told["config_version"]), request_id=told.get("request_id", ""))
        await self.client.start_workflow(
            names.PANEL_CONNECTION,
            start,
            **panel.start_options(start),
            start_signal=names.CONFIG_CHANGED,
            start_signal_args=[change],
            rpc_timeout=CALL_TIMEOUT,
        )

    async def _start_import(self, row: asyncpg.Record) -> None:
        start = ImportInput(import_id=UUID(orjson.loads(row["payload"])["import_id"]))
        with contextlib.suppress(WorkflowAlreadyStartedError):  # somebody's decision was faster
            await self.client.start_workflow(
                names.OBJECT_IMPORT,
                start,
                **object_import.start_options(start),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=CALL_TIMEOUT,
            )

    async def _start_callback(self, callback_id: UUID, object_id: UUID) -> None:
        start = CallbackInput(callback_id=callback_id, object_id=object_id)
        with contextlib.suppress(WorkflowAlreadyStartedError):  # somebody's decision was faster
            await self.client.start_workflow(
                names.CALLBACK,
                start,
                **callback.start_options(start),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=CALL_TIMEOUT,
            )


def _is_connecting(error: Exception) -> bool:
    """The lazy client's first connection fails with a RuntimeError that only its words tell from others."""
    return isinstance(error, OSError | TimeoutError) or (isinstance(error, RuntimeError) and "connect" in str(error))


def _state(alarm: dict[str, Any]) -> BundleState:
    """The bundle as the row's transaction left it. Raises KeyError or ValueError on a payload that is none."""
    claimed_by = alarm["claimed_by"]
    return BundleState(
        status=BundleStatus(alarm["status"]),
        version=int(alarm["version"]),
        priority=Priority(alarm["priority"]),
        opened_at=_time(alarm["opened_at"]),
        status_changed_at=_time(alarm["status_changed_at"]),
        last_activity_at=_time(alarm["last_activity_at"]),
        requires_note=bool(alarm["requires_note"]),
        claimed_by=UUID(claimed_by) if claimed_by else None,
        stale=bool(alarm["stale"]),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
