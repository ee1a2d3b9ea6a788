"""A line that breaks and a session that ends, in a real Chromium on the real API: what was missed is there afterwards, and what
was being written stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from activities.db.recorder import Batch, record_signals
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from tests.api.conftest import password_hash, serving, settings
from tests.api.people import PASSWORD, People, seed_people
from tests.api.realtime_support import publishing
from tests.support.eventually import eventually
from tests.support.signals import edge
from tests.support.wire import Wire, wire_to
from tests.ui.chromium import Desk, Desks
from workflows.domain.alarm import AlarmType

__all__ = ["settings"]

TOKEN_LASTS = 8  # s
NOTE = "Zażółć gęślą jaźń — patrol w drod"  # half-written
REFRESH = "/api/auth/refresh"
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The real API, whose access tokens last `TOKEN_LASTS`, with its relay; a panel; and the console of an operator."""

    desk: Desk
    wire: Wire
    admin: StamClient
    people: People
    db: Database
    panel_id: UUID

    async def alarm(self, kind: AlarmType, zone: int) -> UUID:
        """Recorded as ingest records it."""
        signal = edge(self.panel_id, zone, datetime.now(UTC), alarm_type=kind)
        await record_signals(self.db, Batch(signals=(signal,)))
        (found,) = (await self.admin.alarms(open=True, alarm_type=[kind])).items
        return found.id

    async def somebody_writes(self) -> UUID:
        """An operator is in the middle of a note. Returns the alarm."""
        await self.desk.log_in("operator", PASSWORD)
        fire = await self.alarm(AlarmType.FIRE, zone=7)
        await self.desk.click(f"alarm-row-{fire}")
        await self.desk.type("note-text", NOTE)
        return fire

    async def still_writes(self) -> None:
        await self.desk.part("note-text").wait_for(state="attached")
        await eventually(self._is_written, within=60, every=0.2, what="the half-written note")

    async def _is_written(self) -> bool:
        return await self.desk.value("note-text") == NOTE


@pytest.fixture
def house_settings(settings: Settings, console_folder: Path) -> Settings:
    return settings.model_copy(update={"console_dir": console_folder, "access_token_seconds": TOKEN_LASTS})


@asynccontextmanager
async def house(settings: Settings, desks: Desks, port: int) -> AsyncIterator[House]:
    database_url, redis_url = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    async with AsyncExitStack() as stack:
        db = Database.connect(database_url)
        stack.push_async_callback(db.dispose)
        people = await seed_people(db, password_hash())
        api = await stack.enter_async_context(serving(settings))
        relay = await stack.enter_async_context(publishing(database_url, redis_url))
        pushing = asyncio.create_task(relay.push.run())
        stack.push_async_callback(asyncio.wait, [pushing])
        stack.callback(pushing.cancel)
        admin = StamClient(api.url)
        stack.push_async_callback(admin.aclose)
        await admin.login("admin", PASSWORD)
        shop = await admin.create_object(name="Apteka", address="Rynek 1", kind="shop", external_number="A-1")
        panel = await admin.create_panel(object_id=shop.id, name="Główna", host="10.0.0.1")
        wire = await stack.enter_async_context(wire_to(api.url, port=port))
        desk = await stack.enter_async_context(desks.taken_over(wire.url))
        yield House(desk=desk, wire=wire, admin=admin, people=people, db=db, panel_id=panel.id)


async def test_the_loss_of_the_websocket_alone_is_told_and_made_good(
    house_settings: Settings, desks: Desks, console_port: int
) -> None:
    async with house(house_settings, desks, console_port) as at:
        fire = await at.somebody_writes()
        at.wire.pull_out(websockets_only=True)
        await at.desk.until_said("banner-link", "Brak połączenia z serwerem od")
        assert await at.desk.part(f"alarm-row-{fire}").count() == 1
        missed = await at.alarm(AlarmType.HOLDUP, zone=6)
        at.wire.plug_in()
        await at.desk.until_said("conn-state", "Na żywo")
        await at.desk.part(f"alarm-row-{missed}").wait_for(state="attached")
        await at.desk.until_said("banner-missed", "1 nowy alarm")
        assert await at.desk.part("banner-link").count() == 0
        await at.still_writes()


async def test_an_access_token_that_ends_is_renewed_without_a_word(
    house_settings: Settings, desks: Desks, console_port: int
) -> None:
    async with house(house_settings, desks, console_port) as at:
        await at.somebody_writes()
        answered = at.desk.traffic.answered
        before = answered[REFRESH]
        await eventually(lambda: answered[REFRESH] >= before + 2, within=120, what="a second renewal")
        holdup = await at.alarm(AlarmType.HOLDUP, zone=6)
        await at.desk.part(f"alarm-row-{holdup}").wait_for(state="attached")
        assert await at.desk.part("login-submit").count() == 0
        await at.still_writes()
        assert at.desk.traffic.errors == []


async def test_a_session_that_is_over_asks_for_the_login_and_gives_back_what_was_being_written(
    house_settings: Settings, desks: Desks, console_port: int
) -> None:
    async with house(house_settings, desks, console_port) as at:
        fire = await at.somebody_writes()
        (session,) = await at.admin.users.sessions(at.people["operator"])
        await at.admin.users.end_session(at.people["operator"], session.id)
        await at.desk.until_said("login-message", "Sesja wygasła")
        assert await at.desk.part(f"alarm-row-{fire}").count() == 0
        await at.desk.log_in("operator", PASSWORD)
        await at.still_writes()
        assert at.desk.page.url.endswith(f"/alarms/{fire}")
