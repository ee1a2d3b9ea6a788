"""The console's voice at work: a controller, a station and a loudspeaker that remembers."""

from collections.abc import AsyncIterator

import pytest

from tests.support.eventually import eventually
from tests.ui.fake_station import Station, app
from tests.ui.serve import serving
from tests.ui.test_controller import Desk, desk_at
from ui_flutter import siren
from ui_flutter.state.sound import CHECK_TONE, Speaker
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    station = Station()
    async with serving(app(station)) as url, desk_at(station, url) as made:
        yield made


async def test_an_alarm_rings_until_somebody_anywhere_claims_it(desk: Desk) -> None:
    await desk.log_in()
    fire = desk.station.alarm(AlarmType.FIRE, desk.station.place("Hurtownia Żółw"))
    await eventually(lambda: desk.around.loudspeaker.played == [CHECK_TONE, 1])
    assert desk.store.sound.playing == 1
    desk.station.change(fire.id, status=BundleStatus.CLAIMING, claimed_by=desk.station.people["anna"].id)
    await eventually(lambda: desk.around.loudspeaker.stopped == 1)
    assert desk.store.sound.playing is None


async def test_a_device_that_cannot_be_heard_is_told_until_it_can(desk: Desk) -> None:
    desk.around.loudspeaker.works = False
    await desk.log_in()
    await eventually(lambda: desk.store.sound.speaker is Speaker.BLOCKED)
    desk.around.loudspeaker.works = True
    desk.controller.siren.check()
    await eventually(lambda: desk.store.sound.speaker is Speaker.WORKS)
    assert desk.around.loudspeaker.played == [CHECK_TONE, CHECK_TONE]


async def test_quiet_ends_with_the_session_and_the_device_is_tried_again_in_the_next(desk: Desk) -> None:
    await desk.log_in()
    await eventually(lambda: desk.around.loudspeaker.played == [CHECK_TONE])
    desk.controller.siren.toggle_mute()
    assert desk.store.sound.muted_until is not None
    desk.controller.log_out()
    await eventually(lambda: desk.around.loudspeaker.stopped == 1)
    assert desk.store.sound.muted_until is None
    await desk.log_in()
    await eventually(lambda: desk.around.loudspeaker.played == [CHECK_TONE, CHECK_TONE])


async def test_a_mute_is_told_to_the_server_as_soon_as_it_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siren, "TELL_AGAIN", 0.02)
    await desk.log_in()
    desk.station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    desk.controller.siren.toggle_mute()
    asked = "POST /api/account/mute"
    await eventually(lambda: desk.station.calls.count(asked) >= 2)
    assert desk.station.mutes == []
    desk.station.fail_with = None
    await eventually(lambda: desk.station.mutes == [("jan", 120)])
    desk.controller.siren.toggle_mute()
    await eventually(lambda: desk.station.mutes == [("jan", 120), ("jan", 0)])


async def test_each_class_has_its_loudness_which_is_heard_and_kept(desk: Desk) -> None:
    await desk.log_in()
    await eventually(lambda: desk.around.loudspeaker.played == [CHECK_TONE])
    desk.controller.siren.volume(2, 0.25)
    await eventually(lambda: desk.around.loudspeaker.played == [CHECK_TONE, 2])
    assert (desk.around.loudspeaker.volume, desk.around.remembered["volume-2"]) == (0.25, "0.25")
    desk.controller.siren.volume(1, 0.25)  # what nobody may sleep through
    assert desk.store.volumes == {1: 1.0, 2: 0.25, 3: 1.0}
    desk.controller.log_out()
    await desk.log_in()
    assert desk.store.volumes[2] == 0.25


@pytest.mark.parametrize(("kept", "volume"), [("0.5", 0.5), (None, 1.0), ("0.25", 1.0), ("loud", 1.0)])
async def test_a_loudness_that_is_none_is_not_taken_up(desk: Desk, kept: str | None, volume: float) -> None:
    desk.controller.siren.recall({1: kept})
    assert desk.store.volumes[1] == volume


async def test_a_loudspeaker_that_breaks_does_not_end_the_voice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    async def broken(rank: int, volume: float) -> bool:
        tries.append(rank)
        raise OSError("no such device")

    monkeypatch.setattr(desk.around.loudspeaker, "play", broken)
    await desk.log_in()
    await eventually(lambda: desk.store.sound.speaker is Speaker.BLOCKED)
    desk.station.alarm(AlarmType.FIRE, desk.station.place("Hurtownia Żółw"))
    await eventually(lambda: tries[-1] == 1)
