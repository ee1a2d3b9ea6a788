"""The activities of ServiceMode without their database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio import activity

from tests.support.fakes import Clock
from workflows.contracts.service_mode import (
    BeginService,
    DecideService,
    ExtendService,
    ServiceChange,
    ServiceRef,
    ServiceRow,
    ServiceSettled,
    WarnService,
)
from workflows.domain.service import ServiceRefusal, ServiceState, too_long
from workflows.domain.two_person import refuse_release


class FakeService:
    """One row of `service_modes`, asked for by ``requested_by``. `away` makes the database fail."""

    def __init__(self, clock: Clock, row: ServiceRow, *, requested_by: UUID) -> None:
        self.clock, self.row, self.requested_by, self.away = clock, row, requested_by, False
        self.lost = 0  # answers that are lost after the commit
        self.warnings: list[WarnService] = []
        self.ends: list[DecideService] = []
        self.settled: list[ServiceRef] = []

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [
            *(self.begin_service, self.release_service, self.refuse_service, self.extend_service),
            *(self.warn_of_service_end, self.end_service, self.settle_service),
        ]

    @activity.defn(name="begin_service")
    async def begin_service(self, request: BeginService) -> ServiceRow:
        self._fail_if_away()
        if request.alone and self.row.state is ServiceState.AWAITING_RELEASE:
            await self._enter()
        return self.row

    @activity.defn(name="release_service")
    async def release_service(self, request: DecideService) -> ServiceChange:
        self._fail_if_away()
        assert request.actor_id is not None
        waiting = self.row.state is ServiceState.AWAITING_RELEASE
        refusal = refuse_release(requested_by=self.requested_by, actor=request.actor_id, waiting=waiting)
        if refusal is None:
            await self._enter()
        self._lose()
        return ServiceChange(row=self.row, release_refusal=refusal)

    @activity.defn(name="refuse_service")
    async def refuse_service(self, request: DecideService) -> ServiceRow:
        self._fail_if_away()
        if self.row.state is ServiceState.AWAITING_RELEASE:
            self._become(ServiceState.REFUSED)
        return self.row

    @activity.defn(name="extend_service")
    async def extend_service(self, request: ExtendService) -> ServiceChange:
        self._fail_if_away()
        if self.row.state is not ServiceState.ACTIVE:
            return ServiceChange(row=self.row, refusal=ServiceRefusal.NOT_ACTIVE)
        if too_long(self.row.begun_at, request.ends_at, None):
            return ServiceChange(row=self.row, refusal=ServiceRefusal.TOO_LONG)
        if self.row.ends_at != request.ends_at:
            self.row = replace(self.row, ends_at=request.ends_at, version=self.row.version + 1)
        self._lose()
        return ServiceChange(row=self.row)

    @activity.defn(name="warn_of_service_end")
    async def warn_of_service_end(self, request: WarnService) -> ServiceRow:
        self._fail_if_away()
        self.warnings.append(request)
        return self.row

    @activity.defn(name="end_service")
    async def end_service(self, request: DecideService) -> ServiceRow:
        self._fail_if_away()
        self.ends.append(request)
        due = request.actor_id is not None or await self.clock() >= self.row.ends_at
        if self.row.state is ServiceState.ACTIVE and due:
            self._become(ServiceState.ENDED)
        return self.row

    @activity.defn(name="settle_service")
    async def settle_service(self, ref: ServiceRef) -> ServiceSettled:
        self._fail_if_away()
        self.settled.append(ref)
        return ServiceSettled(events=3, active=1, rung=1)

    async def _enter(self) -> None:
        lasts: timedelta = self.row.ends_at - self.row.begun_at
        now = await self.clock()
        self.row = replace(self.row, begun_at=now, ends_at=now + lasts)
        self._become(ServiceState.ACTIVE)

    def _become(self, state: ServiceState) -> None:
        self.row = replace(self.row, state=state, version=self.row.version + 1)

    def _lose(self) -> None:
        if self.lost:
            self.lost -= 1
            raise ConnectionError("the answer was lost")

    def _fail_if_away(self) -> None:
        if self.away:
            raise ConnectionError("the database is away")
