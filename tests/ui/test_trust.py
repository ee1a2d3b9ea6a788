"""How far the picture may be trusted, in views; and the choices of the look."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.client.models import PanelCounts, SystemMode, SystemStatus
from api.client.supervision import SupervisedPart
from tests.ui.factories import NOW, user
from ui_flutter.appearance import SCALES, Appearance
from ui_flutter.state import present_trust
from ui_flutter.state.link import Link, Phase
from ui_flutter.state.store import Login, Store
from ui_flutter.state.views import DialogKind, Mood
from ui_flutter.theme import ThemeName
from workflows.domain.sound import MUTE_FOR
from workflows.domain.supervision import SourceKind, SourceState


@pytest.fixture
def store() -> Store:
    made = Store(login=Login.IN, link=Link(phase=Phase.LIVE, heard_at=NOW))
    made.user = user()
    return made


def status(**changes: object) -> SystemStatus:
    values: dict[str, object] = {
        "mode": SystemMode.NORMAL,
        **dict.fromkeys(("database", "redis", "temporal", "relay"), True),
        "panels": PanelCounts(total=43, connected=43),
        "sequence_id": 1,
        "server_time": NOW,
        "version": "1",
    }
    return SystemStatus(**(values | changes))  # type: ignore[arg-type]


def modem(*, ago: float, state: SourceState = SourceState.HEARD) -> SupervisedPart:
    at = NOW - timedelta(seconds=ago)
    return SupervisedPart(kind=SourceKind.MODEM, key="0", promised_seconds=60, last_seen_at=at, state=state, since=at)


@pytest.mark.parametrize(
    ("connected", "shown", "mood"), [(43, "43/43", Mood.GOOD), (42, "42/43", Mood.WARN), (None, "?/43", Mood.WARN)]
)
def test_panels_on_the_line_are_counted_and_what_is_not_known_is_said(
    store: Store, connected: int | None, shown: str, mood: Mood
) -> None:
    assert present_trust.trust(store, NOW).panels == "", "not told yet"
    store.system = status(panels=PanelCounts(total=43, connected=connected))
    view = present_trust.trust(store, NOW)
    assert (view.panels, view.panels_mood) == (shown, mood)


def test_the_way_of_text_messages_has_an_age_or_no_modem(store: Store) -> None:
    store.system = status()
    assert present_trust.trust(store, NOW).sms == "brak modemu"
    store.parts = (modem(ago=700), modem(ago=42))
    view = present_trust.trust(store, NOW)
    assert (view.sms, view.sms_mood) == ("42 s", Mood.GOOD)
    store.parts = (modem(ago=700, state=SourceState.SILENT), modem(ago=42))
    assert present_trust.trust(store, NOW).sms_mood is Mood.BAD
    store.parts = (modem(ago=-3),)
    assert present_trust.trust(store, NOW).sms == "0 s", "two clocks differ a little"


def test_a_degraded_system_says_what_does_not_work(store: Store) -> None:
    store.link = replace(store.link, mode="DEGRADED")
    store.system = status(mode=SystemMode.DEGRADED, temporal=False, redis=False)
    (banner,) = present_trust.banners(store, NOW)
    assert (banner.key, banner.detail) == ("mode", "bez przejmowania i poleceń · bez stanu central")


def test_a_device_that_cannot_be_heard_has_a_banner_with_a_way_out(store: Store) -> None:
    store.sound = store.sound.checked(works=False, now=NOW)
    (banner,) = present_trust.banners(store, NOW)
    assert (banner.key, banner.mood, banner.action) == ("sound", Mood.BAD, "Włącz dźwięk")
    assert not present_trust.sound(store, NOW).works


def test_the_quiet_counts_down(store: Store) -> None:
    assert not present_trust.sound(store, NOW).muted
    store.sound = store.sound.toggle_mute(NOW)
    view = present_trust.sound(store, NOW + timedelta(seconds=18))
    assert (view.muted, view.left) == (True, "1:43")
    assert not present_trust.sound(store, NOW + MUTE_FOR).muted


def test_nobody_is_warned_before_the_login(store: Store) -> None:
    store.login = Login.OUT
    store.sound = store.sound.checked(works=False, now=NOW)
    assert present_trust.banners(store, NOW) == ()


# -- the look


def test_choices_of_look_are_kept_and_taken_up_again(store: Store) -> None:
    kept: dict[str, str] = {}
    drawn: list[bool] = []
    look = Appearance(store, kept.__setitem__, lambda: drawn.append(True))
    look.show()
    assert store.dialog.kind is DialogKind.LOOK
    look.next_theme()
    look.theme(ThemeName.CONTRAST)
    look.scale(SCALES[-1])
    look.still(True)
    assert kept == {"theme": "contrast", "scale": "2.0", "still": "yes"}
    fresh = Store()
    Appearance(fresh, kept.__setitem__, lambda: None).recall(kept["theme"], kept["scale"], kept["still"])
    assert (fresh.theme, fresh.scale, fresh.still) == (ThemeName.CONTRAST, 2.0, True)
    fresh.forget_session()
    assert (fresh.theme, fresh.scale, fresh.still) == (ThemeName.CONTRAST, 2.0, True)
    assert len(drawn) == 5


def test_choices_nobody_knows_are_not_taken() -> None:
    store = Store()
    Appearance(store, lambda *_: None, lambda: None).recall("neon", "7", None)
    assert (store.theme, store.scale, store.still) == (ThemeName.DARK, 1.0, False)
