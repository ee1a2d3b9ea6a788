"""A technician programs a panel while everything runs (R-DLOAD)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.scenarios.people import Person
from tests.scenarios.site import SAFE, SMOKE, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.alarm import AlarmType
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus

pytestmark = pytest.mark.timeout(240)

REASON = "The technician enters new users"


async def test_a_released_panel_belongs_to_the_technician_and_what_it_told_meanwhile_is_not_lost(story: Story) -> None:
    site, admin, olga = await story.site(), await story.person("admin"), await story.olga()
    await olga.sees_link(site, LinkStatus.CONNECTED)
    with olga.refused_with(ErrorCode.FORBIDDEN):
        await olga.client.releases.release(site.panel_id, minutes=30, reason=REASON)

    release = await admin.client.releases.release(site.panel_id, minutes=30, reason=REASON)
    assert release.freed_at is not None
    await eventually(lambda: _is_free(site), within=5, what="the module's slot is free")
    state = await olga.sees_link(site, LinkStatus.RELEASED)
    assert (state.link.until, state.stale) == (release.until, True)
    await eventually(lambda: _was_told(olga, site), within=10, what="the stream tells of the release")
    async with _another_client(site):
        await site.violate(SMOKE)
        await site.restore(SMOKE)
        extended = await admin.client.releases.release(site.panel_id, minutes=60, reason="It takes longer")
        assert (extended.id, await site.has_a_client()) == (release.id, True)

    ended = await admin.client.releases.resume(site.panel_id)
    assert (ended.id, ended.ended_by) == (release.id, admin.id)
    alarm = await olga.sees(site, within=60, alarm_type=AlarmType.FIRE)
    assert alarm.headline.recovered
    await olga.sees_link(site, LinkStatus.CONNECTED)
    await site.violate(SAFE)
    after = await olga.sees(site, alarm_type=AlarmType.INTRUSION)
    olga.sees_only(site, alarm, after)  # nobody missed the line

    history = await olga.client.panel_history(site.panel_id, from_=site.since, partition=0)
    newest, *_, oldest = (change.state for change in history.items)  # Busy between them, if the module is slow to free its slot
    assert (oldest, newest) == (LinkStatus.RELEASED, LinkStatus.CONNECTED)
    assert REASON.encode() not in await story.history_of(names.panel_workflow_id(site.panel_id))


# -- steps


async def _is_free(site: Site) -> bool:
    return not await site.has_a_client()


def _was_told(person: Person, site: Site) -> bool:
    told = [each for each in person.screen.told if each.event == names.PANEL_RELEASE_CHANGED]
    return any(each.data["panel_id"] == str(site.panel_id) and each.data["freed_at"] for each in told)


@asynccontextmanager
async def _another_client(site: Site) -> AsyncIterator[None]:
    """The technician's program takes the only slot."""

    async def taken() -> asyncio.StreamWriter | None:
        _, writer = await asyncio.open_connection("127.0.0.1", site.port)
        if await site.has_a_client():
            return writer
        writer.close()
        return None

    writer = await eventually(taken, within=15, every=0.5, what="the slot can be taken")
    assert writer is not None
    try:
        yield
    finally:
        writer.close()
        await writer.wait_closed()
