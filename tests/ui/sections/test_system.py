"""The system's page: what the view-models say, and the page on the real API for everybody who may see it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.db.models.outbox import OutboxRow
from activities.db.session import Database
from api.client.models import LedgerBalance, Page, PanelCounts, SystemMode, SystemStatus
from api.client.supervision import SupervisedPart, Supervision
from api.client.system import FlagOrigin, FlagState, FlagStates, IngestHost, OutboxState, SigningKeyAge, SystemDetails
from tests.api.conftest import Api
from tests.api.people import People
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import present_system
from ui_flutter.state.present_system import Tab
from ui_flutter.state.spans import Preset, Span
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood
from workflows.domain.alarm import Outcome, SignalSource
from workflows.domain.flags import Flag
from workflows.domain.permissions import Role
from workflows.domain.supervision import SourceKind, SourceState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Words(Language.EN)
SECOND = timedelta(seconds=1)


def status(**more: Any) -> SystemStatus:
    given: dict[str, Any] = {
        "mode": SystemMode.NORMAL,
        "database": True,
        "redis": True,
        "temporal": True,
        "relay": True,
        "panels": PanelCounts(total=4, connected=4),
        "sequence_id": 10,
        "server_time": NOW,
        "version": "1.0",
    }
    return SystemStatus(**given | more)


def details(**more: Any) -> SystemDetails:
    given: dict[str, Any] = {
        "environment": "prod",
        "server_time": NOW,
        "newest_sequence": 10,
        "seen_sequence": 10,
        "outbox": OutboxState(unpublished=0, unstarted=0, parked=0, most=10_000),
        "temporal_url": "http://temporal",
        "key_from_setting": False,
    }
    return SystemDetails(**given | more)


def state(**more: Any) -> Any:
    given: dict[str, Any] = {
        "tab": Tab.STATE,
        "tabs": tuple(Tab),
        "status": status(),
        "supervision": None,
        "details": None,
        "looked_at": NOW,
        "error": "",
        "span": Span(preset=Preset.DAY),
        "ledger": None,
        "ledger_busy": False,
        "ledger_error": "",
        "flags": None,
        "flags_on": None,
    }
    return SimpleNamespace(**given | more)


def shown(**more: Any) -> present_system.StateView:
    view = present_system.system(state(**more), Store(language=Language.EN), NOW).state
    assert view is not None
    return view


def test_a_part_that_is_away_says_what_that_means() -> None:
    view = shown(status=status(mode=SystemMode.DEGRADED, temporal=False))
    assert (view.mode, view.mood) == ("Degraded", Mood.WARN)
    moods = {lamp.key: lamp.mood for lamp in view.parts}
    assert moods == {"database": Mood.GOOD, "redis": Mood.GOOD, "temporal": Mood.BAD, "relay": Mood.GOOD}
    (temporal,) = [lamp for lamp in view.parts if lamp.key == "temporal"]
    assert temporal.detail == "Alarms arrive, but cannot be acted on."


def test_an_old_picture_says_how_old_it_is() -> None:
    assert shown().note == ""
    assert shown(looked_at=NOW - timedelta(minutes=1)).note.startswith("As of ")
    assert shown(error="No answer.").note.endswith("No answer.")


@pytest.mark.parametrize(
    ("counts", "mood", "known"),
    [
        (PanelCounts(total=4, connected=4), Mood.GOOD, True),
        (PanelCounts(total=4, connected=3), Mood.WARN, True),
        (PanelCounts(total=4), Mood.WARN, False),
    ],
)
def test_unknown_is_not_connected(counts: PanelCounts, mood: Mood, known: bool) -> None:
    panels = shown(status=status(panels=counts)).panels
    assert panels is not None
    assert (panels.mood, panels.known) == (mood, known)


def test_who_is_silent_and_who_is_not_there() -> None:
    part = SupervisedPart(
        kind=SourceKind.RELAY,
        key="push",
        promised_seconds=60,
        last_seen_at=NOW - timedelta(minutes=4),
        state=SourceState.SILENT,
        since=NOW,
    )
    found = Supervision(server_time=NOW, parts=(part,), panels=Page(items=(), next_cursor=None))
    relay, modem = shown(supervision=found).sources
    assert (relay.mood, relay.label, relay.value) == (Mood.BAD, "Relay: publishing", "silent for 4 min")
    assert (modem.mood, modem.value) == (Mood.QUIET, "there is none")


def test_a_broken_promise_shows_before_the_watcher_tells_of_it() -> None:
    def part(ago: float) -> SupervisedPart:
        seen = NOW - ago * SECOND
        return SupervisedPart(
            kind=SourceKind.WORKER, key="core", promised_seconds=60, last_seen_at=seen, state=SourceState.HEARD, since=NOW
        )

    found = Supervision(server_time=NOW, parts=(part(59), part(61)), panels=Page(items=(), next_cursor=None))
    assert [lamp.mood for lamp in shown(supervision=found).sources[:2]] == [Mood.GOOD, Mood.WARN]


def test_queues_hosts_and_keys_in_their_moods() -> None:
    outbox = OutboxState(unpublished=10_000, unstarted=3, parked=1, most=10_000, oldest_at=NOW - timedelta(minutes=2))
    hosts = (
        IngestHost(host="a", panels=2, heard=2, last_seen_at=NOW - SECOND),
        IngestHost(host="b", panels=2, heard=1, last_seen_at=NOW - SECOND),
        IngestHost(host="c", panels=1, heard=1, last_seen_at=NOW - timedelta(minutes=5)),
    )
    keys = (
        SigningKeyAge(kid="next", signs_at=NOW + timedelta(minutes=5), signs=False),
        SigningKeyAge(kid="now", signs_at=NOW - timedelta(days=200), signs=True),
        SigningKeyAge(kid="old", signs_at=NOW - timedelta(days=300), signs=False, not_after=NOW + timedelta(days=2)),
    )
    view = shown(details=details(outbox=outbox, hosts=hosts, keys=keys, newest_sequence=100))
    assert [(lamp.key, lamp.mood, lamp.value) for lamp in view.queues] == [
        ("unpublished", Mood.BAD, "≥ 10000"),
        ("unstarted", Mood.GOOD, "3"),
        ("parked", Mood.BAD, "1"),
        ("lag", Mood.WARN, "90"),
    ]
    assert view.panels is not None
    assert [lamp.mood for lamp in view.panels.hosts] == [Mood.GOOD, Mood.WARN, Mood.BAD]
    assert [lamp.mood for lamp in view.keys] == [Mood.QUIET, Mood.WARN, Mood.QUIET], "a key that is not renewed warns"


def _balance(received: int, accounted: int) -> LedgerBalance:
    return LedgerBalance(
        since=NOW - timedelta(days=1),
        until=NOW,
        received=received,
        accounted=accounted,
        balanced=received == accounted,
        by_outcome={Outcome.EVENT: accounted},
        by_source={SignalSource.LOG: received},
    )


def test_the_balance_is_said_in_numbers_and_words() -> None:
    good = present_system.ledger(state(ledger=_balance(12_345, 12_345)), WORDS, NOW)
    assert (good.received, good.balanced) == ("12\u202f345", True)
    assert {share.label: share.share for share in good.outcomes}["New event"] == 1.0
    bad = present_system.ledger(state(ledger=_balance(10, 8)), WORDS, NOW)
    assert (bad.balanced, bad.verdict) == (False, "2 signals have no outcome.")


def test_a_flag_tells_where_it_comes_from() -> None:
    one = FlagState(flag=Flag.SMS, on=True, origin=FlagOrigin.OWN_ENVIRONMENT, by_environment={"dev": False, "prod": True})
    view = present_system.flags(state(flags=FlagStates(environment="prod", flags=(one,))), WORDS)
    assert view.flags[0].origin == "by this installation's file for prod"
    assert view.flags[0].elsewhere == (("dev", False), ("prod", True))


@pytest.mark.parametrize(
    ("role", "width"),
    [*((role, 1440) for role in Role if role is not Role.SYSTEM), (Role.FIELD_WORKER, 390), (Role.MASTER, 390)],
)
async def test_everybody_sees_of_the_system_what_he_may(api: Api, at: At, role: Role, width: int) -> None:
    screen = await at(api, role.value.lower(), "/system", width=width)
    await eventually(lambda: "system-mode" in screen.identifiers())
    inside = role in {Role.ADMIN, Role.MASTER, Role.AUDITOR}
    await eventually(lambda: "lamp-database" in screen.identifiers() and "panels-online" in screen.identifiers())
    if inside:
        await eventually(lambda: "system-queues" in screen.identifiers())
    assert ("tab-ledger" in screen.identifiers()) is inside
    assert ("temporal-link" in screen.identifiers()) is inside
    await screen.click("tab-flags")
    await eventually(lambda: f"flag-{Flag.COMMANDS}" in screen.identifiers())
    assert screen.controller.store.toasts == [], "nothing was refused"
    assert screen.browser.errors == []


async def test_the_page_keeps_itself_fresh_while_it_is_looked_at(api: Api, at: At, db: Database) -> None:
    screen = await at(api, "admin", "/system")
    await eventually(lambda: "lamp-parked" in screen.identifiers())
    async with db.write() as session:
        session.add(OutboxRow(type="alarm.new", payload={}, orchestrate=True, parked_at=NOW, parked_reason="no"))
    await eventually(lambda: "1" in screen.texts("lamp-parked"), within=15)
    assert screen.browser.errors == []


async def test_the_ledger_of_a_chosen_span(api: Api, at: At, people: People) -> None:
    screen = await at(api, "auditor", "/system/ledger")
    await eventually(lambda: "ledger-verdict" in screen.identifiers())
    assert screen.texts("ledger-received") == ["0"]
    await screen.click("tab-custom")
    await eventually(lambda: "span-since" in screen.identifiers())
    await screen.type("span-since", "2026-13-01")
    await eventually(lambda: "span-error" in screen.identifiers())
    await screen.type("span-since", "2026-01-01")
    await eventually(lambda: any("2026-01-01" in text for text in screen.texts("ledger-balance")))
    assert "span-error" not in screen.identifiers()
    assert screen.browser.errors == []
