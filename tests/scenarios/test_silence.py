"""Principle 7 on a whole system: a process that hangs is as silent as a dead one, and nobody but the watcher would notice."""

import os
import signal
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest

from api.client.supervision import SupervisedPanel, Supervision
from deploy.local.system import System, running_system
from tests.scenarios.people import Person, at_work
from tests.scenarios.site import Site
from tests.support.eventually import eventually
from workflows.domain.alarm import LINK_LOST, AlarmType, Priority
from workflows.domain.supervision import MONITORING_CENTRE, SITE, SourceKind, SourceState, SupervisionClass

pytestmark = pytest.mark.timeout(400)

PANELS = SITE + 1
INGEST = "ingest-local-1"


async def test_a_hung_process_is_one_alarm_for_all_its_panels_until_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAM_SUPERVISION_GRACE_SECONDS", "10")
    async with (
        running_system(tmp_path, panels=PANELS, ingest_processes=1) as system,
        at_work(system.api_url, "admin") as admin,
        at_work(system.api_url, "operator") as olga,
        httpx.AsyncClient() as nobody,
    ):
        centre = Site(name="the centre", object_id=MONITORING_CENTRE, panel_id=UUID(int=0), port=0, control=nobody)
        await _in_the_quickest_class(admin)
        await eventually(lambda: _all_are(admin, SourceState.HEARD), within=60, what="all panels are heard")
        assert await _parts_are_heard(admin)

        _send(system, signal.SIGSTOP)
        alarm = await olga.sees(centre, within=90, alarm_type=AlarmType.COMM_LOSS, active_count=PANELS)
        assert (alarm.event_count, alarm.priority, alarm.headline.code) == (PANELS, Priority.HIGH, LINK_LOST)
        await eventually(lambda: _all_are(admin, SourceState.SILENT), what="all panels are silent")
        events = (await olga.client.events(bundle_id=alarm.id)).items
        assert {event.panel_id for event in events} == {panel.panel_id for panel in (await _look(admin)).panels.items}
        await olga.claims(alarm)
        claimed = await olga.starts(alarm)

        _send(system, signal.SIGCONT)
        over = await olga.sees_it(claimed, within=90, active_count=0)
        await eventually(lambda: _all_are(admin, SourceState.HEARD), within=30)
        assert over.event_count == PANELS
        olga.sees_only(centre, alarm)
        restores = [event for event in (await olga.client.events(bundle_id=alarm.id)).items if event.restore]
        assert len(restores) == PANELS


def _send(system: System, what: signal.Signals) -> None:
    parent = psutil.Process(system.pid(INGEST))
    for process in (parent, *parent.children(recursive=True)):
        os.kill(process.pid, what)


async def _in_the_quickest_class(admin: Person) -> None:
    for watched in (await _look(admin)).panels.items:
        panel = await admin.client.panel(watched.panel_id)
        await admin.client.change_panel(panel.id, version=panel.version, supervision_class=SupervisionClass.SP6)


async def _look(person: Person) -> Supervision:
    return await person.client.supervision.look()


async def _all_are(person: Person, state: SourceState) -> bool:
    panels = (await _look(person)).panels.items
    return len(panels) == PANELS and all(_is(panel, state) for panel in panels)


def _is(panel: SupervisedPanel, state: SourceState) -> bool:
    return panel.state is state and panel.promised_seconds == 20 and panel.last_seen_at is not None


async def _parts_are_heard(person: Person) -> bool:
    parts = (await _look(person)).parts
    return {part.kind for part in parts} == {SourceKind.RELAY, SourceKind.WORKER} and all(
        part.state is SourceState.HEARD for part in parts
    )
