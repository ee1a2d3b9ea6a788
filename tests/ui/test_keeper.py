"""R-OFFLINE in the console: it starts without its server, shows its last picture, and sends what was written meanwhile."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from api.client.client import StamClient
from api.client.models import AlarmSummary, Object
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.serve import serving
from tests.ui.test_controller import Surroundings
from ui_flutter import keeper
from ui_flutter.controller import Controller
from ui_flutter.offline.cache import FILE
from ui_flutter.offline.device import NativeDevice
from ui_flutter.state import present, present_kept, present_offline, present_trust
from ui_flutter.state.link import Phase
from ui_flutter.state.offline import KEPT_FOR
from ui_flutter.state.store import Login, Store
from ui_flutter.state.views import ListPhase, Mood, QueuedView
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import Action
from workflows.domain.dispatch import EntryKind
from workflows.domain.errors import ErrorCode
from workflows.domain.intent import IntentOutcome


class Device(NativeDevice):
    """One computer: its key and its files live longer than a console on it."""


class Site:
    """A station that can go away and come back under its address, and a computer with consoles one after another."""

    def __init__(self) -> None:
        self.station = Station()
        self.device = Device()
        self.around = Surroundings()
        self.refresh_token: str | None = None
        self.port = 0
        self._server = AsyncExitStack()
        self.now = lambda: datetime.now(UTC)

    async def up(self) -> None:
        url = await self._server.enter_async_context(serving(app(self.station), port=self.port))
        self.port = urlsplit(url).port or 0

    async def down(self) -> None:
        await self.station.cut()
        await self._server.aclose()
        self._server = AsyncExitStack()

    @asynccontextmanager
    async def console(self) -> AsyncIterator[Controller]:
        """A console that is started, as after a reload of its page."""
        client = StamClient(f"http://127.0.0.1:{self.port}", refresh_token=self.refresh_token)
        controller = Controller(client, self.around, clock=self.now, device=lambda: self.device)
        had_session = self.around.remembered.get("session") == "yes"
        owner = self.around.remembered.get(keeper.OWNER, "")
        controller._spawn(controller.start(self.around.route, had_session=had_session, owner=owner), of_session=False)
        try:
            yield controller
        finally:
            await controller.stop()
            self.refresh_token = client.session.refresh_token
            await client.aclose()


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "PICTURE_EVERY", 0.05)
    monkeypatch.setattr(keeper, "AGAIN_AFTER", 0.05)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.up()
    yield made
    await made.down()
    made.device.erase()


@pytest.fixture
def place(site: Site) -> Object:
    return site.station.place("Hurtownia Żółw")


@pytest.fixture
def fire(site: Site, place: Object) -> AlarmSummary:
    return site.station.alarm(AlarmType.FIRE, place)


async def live(controller: Controller) -> Store:
    store = controller.store
    await eventually(lambda: store.link.phase is Phase.LIVE and store.list_phase is ListPhase.READY and store.offline.synced_at)
    return store


async def worked_with(site: Site) -> datetime:
    """Somebody has worked here, and his page was closed; when his picture was kept."""
    async with site.console() as console:
        await eventually(lambda: console.store.login is Login.OUT)
        console.gate.log_in("jan", PASSWORD)
        store = await live(console)
        await console.keeper.keep_picture()
        assert store.link.heard_at is not None
        return store.link.heard_at


@pytest.fixture
async def left(site: Site, fire: AlarmSummary) -> datetime:
    at = await worked_with(site)
    await site.down()
    return at


async def shown(controller: Controller) -> Store:
    await eventually(lambda: controller.store.offline.restored_at)
    return controller.store


async def write(controller: Controller, alarm: UUID, callback: str = "") -> QueuedView:
    """A patrol is written down, or a call-back; the line that says so."""
    controller.case.open(alarm)
    await eventually(lambda: controller.store.card and controller.store.card.contacts)
    before = len(controller.store.offline.queue)
    if callback:
        controller.desk.confirm_callback(None, 30, callback)
    else:
        controller.desk.patrol(EntryKind.PATROL_SENT)
    await eventually(lambda: len(controller.store.offline.queue) > before)
    return lines(controller.store)[-1]


def kept(site: Site, kind: str) -> int:
    """How many rows of the kind there are on the device."""
    with closing(sqlite3.connect(site.device.folder / FILE)) as db:
        return int(db.execute("SELECT count(*) FROM kept WHERE kind = ?", (kind,)).fetchone()[0])


def lines(store: Store) -> tuple[QueuedView, ...]:
    return present_offline.queue(store, datetime.now(UTC)).lines


async def test_a_console_without_its_server_shows_the_last_picture_with_its_age(
    site: Site, left: datetime, fire: AlarmSummary, place: Object
) -> None:
    async with site.console() as console:
        store = await shown(console)
        assert (store.login, store.user and store.user.username) == (Login.IN, "jan")
        assert store.book.alarms[fire.id].object_name == "Hurtownia Żółw"
        later = datetime.now(UTC) + timedelta(minutes=5)
        assert present_trust.banners(store, later)[0].mood is Mood.BAD
        assert present.listing(store, later).veiled
        assert present_kept.kept(store, "ŻÓŁW", place.id, later).opened == present_kept.KeptObject(
            title="Hurtownia Żółw",
            address=place.address,
            contacts=("Piotr Zieliński · +48 600 700 800",),
            steps=("Brak procedury",),
        )


async def test_the_last_picture_is_for_looking_only(site: Site, left: datetime, fire: AlarmSummary) -> None:
    async with site.console() as console:
        store = await shown(console)
        console.case.open(fire.id)
        for action in Action:
            console.case.act(action)
        console.case.add_note("into nothing")
        console.reload()
        assert store.pending == {}
        assert site.station.actions == []
        await eventually(lambda: store.card and [one.name for one in store.card.contacts] == ["Piotr Zieliński"])


async def test_when_the_server_is_back_the_console_goes_on_by_itself(site: Site, left: datetime, fire: AlarmSummary) -> None:
    async with site.console() as console:
        store = await shown(console)
        console.go("/offline")
        await site.up()
        await live(console)
        assert store.offline.restored_at is None
        assert store.section == "offline"
        assert console.store.user is not None
        console.go(f"/alarms/{fire.id}")
        console.case.act(Action.CLAIM)
        await eventually(lambda: site.station.actions)


async def test_what_was_written_meanwhile_is_kept_over_a_reload_and_sent_in_its_order(
    site: Site, left: datetime, fire: AlarmSummary
) -> None:
    async with site.console() as console:
        await shown(console)
        first = await write(console, fire.id)
        assert (first.waits, first.text) == (True, "Patrol wysłany · Hurtownia Żółw")
        await write(console, fire.id, "the keys")
        await eventually(lambda: kept(site, "intent") == 2)
    async with site.console() as console:
        store = await shown(console)
        assert [one.text for one in lines(store)] == [
            "Patrol wysłany · Hurtownia Żółw",
            "Oddzwonienie · Hurtownia Żółw · the keys",
        ]
        await site.up()
        await eventually(lambda: store.offline.queue and not store.offline.unsent)
        assert [one.answer and one.answer.outcome for one in store.offline.queue] == [
            IntentOutcome.APPLIED,
            IntentOutcome.EXPIRED,
        ]
        assert [("entry" in one, one["bundle_id"]) for one in site.station.intents] == [
            (True, str(fire.id)),
            (False, str(fire.id)),
        ]
        shown_lines = lines(store)
        assert [one.mood for one in shown_lines] == [Mood.GOOD, Mood.WARN]
        for line in shown_lines:
            console.dismiss_queued(line.id)
        assert lines(store) == ()
        await eventually(lambda: kept(site, "intent") == 0)


async def test_a_line_that_cannot_be_sent_is_queued_and_a_refusal_stays_until_it_was_seen(
    site: Site, fire: AlarmSummary
) -> None:
    async with site.console() as console:
        await eventually(lambda: console.store.login is Login.OUT)
        console.gate.log_in("jan", PASSWORD)
        store = await live(console)
        await site.down()
        site.station.refuses_intents = ErrorCode.CONFLICT
        await write(console, fire.id)
        withdrawn = await write(console, fire.id, "never mind")
        console.dismiss_queued(withdrawn.id)
        await site.up()
        await eventually(lambda: not store.offline.unsent)
        (line,) = lines(store)
        assert (line.mood, line.waits) == (Mood.BAD, False)
        assert "odrzucone" in line.detail
        console.dismiss_queued(line.id)
        assert lines(store) == ()


async def test_a_server_that_will_have_nothing_of_it_is_not_asked_for_ever(site: Site, fire: AlarmSummary) -> None:
    async with site.console() as console:
        await eventually(lambda: console.store.login is Login.OUT)
        console.gate.log_in("jan", PASSWORD)
        store = await live(console)
        await site.down()
        await write(console, fire.id)
        await site.up()
        site.station.fail_with = ErrorCode.FORBIDDEN
        await eventually(lambda: not store.offline.unsent)
        (queued,) = store.offline.queue
        assert queued.answer is not None
        assert (queued.answer.outcome, queued.answer.code) == (IntentOutcome.REJECTED, ErrorCode.FORBIDDEN)


async def test_a_session_that_is_refused_leaves_nothing_on_the_device(site: Site, left: datetime) -> None:
    async with site.console() as console:
        await shown(console)
        site.station.refresh.clear()
        await site.up()
        await eventually(lambda: console.store.login is Login.OUT)
        assert console.store.login_notice == console.store.words("login.ended")
        assert console.store.offline.objects == {}
        await eventually(lambda: not site.device.folder.exists())
        assert site.around.remembered[keeper.OWNER] == ""


async def test_a_logout_leaves_nothing_on_the_device(site: Site, fire: AlarmSummary) -> None:
    await worked_with(site)
    assert site.device.folder.exists()
    async with site.console() as console:
        await live(console)
        console.log_out()
        await eventually(lambda: not site.device.folder.exists())
    await site.down()
    async with site.console() as console:
        await eventually(lambda: console.store.login is Login.OUT)
        assert console.store.book.alarms == {}
    await site.up()


async def test_a_picture_that_is_too_old_is_not_shown_but_destroyed(site: Site, left: datetime) -> None:
    site.now = lambda: datetime.now(UTC) + KEPT_FOR
    async with site.console() as console:
        await eventually(lambda: not site.device.folder.exists())
        assert console.store.offline.restored_at is None
        assert console.store.book.alarms == {}


async def test_a_device_that_can_keep_nothing_does_not_keep_anybody_from_working(
    site: Site, fire: AlarmSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> bool:
        raise OSError("no room")

    monkeypatch.setattr(site.device, "load", broken)
    async with site.console() as console:
        await eventually(lambda: console.store.login is Login.OUT)
        console.gate.log_in("jan", PASSWORD)
        await eventually(lambda: console.store.link.phase is Phase.LIVE)
        await eventually(lambda: fire.id in console.store.book.alarms)
