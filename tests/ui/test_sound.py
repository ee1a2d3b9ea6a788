"""The console's voice: the tones as they sound, and when each sounds."""

import io
import math
import wave
from array import array
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise

import pytest

from api.client.models import AlarmSummary
from tests.ui.factories import NOW, alarm
from ui_flutter.state.sound import CHECK_EVERY, REPEAT, Cue, Sound, Speaker, cue
from ui_flutter.tones import RATE, TONES, wav
from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.sound import MUTE_FOR

SECOND = timedelta(seconds=1)
P1, P2, P3, P4 = Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW


# -- the tones


def samples(rank: int) -> "array[int]":
    with wave.open(io.BytesIO(wav(rank))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array("h", file.readframes(file.getnframes()))


def pitch(sound: "array[int]") -> float:
    """The frequency with the most power, to 5 Hz, by correlation with sines."""
    part = sound[: RATE // 10]

    def power(hertz: int) -> float:
        turn = 2 * math.pi * hertz / RATE
        return math.hypot(*(sum(one * wind(turn * n) for n, one in enumerate(part)) for wind in (math.sin, math.cos)))

    return max(range(300, 3000, 5), key=power)


def rhythm(sound: "array[int]") -> list[int]:
    """How long it sounds and is silent in turn, in hundredths of a second."""
    step = RATE // 100
    loud = [max(map(abs, sound[n : n + step])) > 1000 for n in range(0, len(sound) - step, step)]
    turns = [0]
    for before, now in zip([True, *loud], loud, strict=False):
        if now is not before:
            turns.append(0)
        turns[-1] += 1
    return turns


def test_the_tones_are_told_apart_by_pitch() -> None:
    heard = {rank: pitch(samples(rank)) for rank in TONES}
    for high, low in combinations(sorted(heard.values(), reverse=True), 2):
        assert high / low >= 1.2, heard
    assert heard[1] > heard[2] > heard[3], "the more urgent, the higher"


def test_the_tones_are_told_apart_by_rhythm() -> None:
    beats = {rank: rhythm(samples(rank)) for rank in TONES}
    assert {rank: len(turns) // 2 for rank, turns in beats.items()} == {1: 6, 2: 3, 3: 2}
    assert beats[1][0] < beats[2][0] < beats[3][0], "the more urgent, the faster"


@pytest.mark.parametrize("rank", sorted(TONES))
def test_a_tone_neither_clips_nor_clicks_nor_outlasts_its_repetition(rank: int) -> None:
    sound = samples(rank)
    assert 12_000 < max(map(abs, sound)) < 32_767
    edges = [abs(before + after) for before, after in pairwise(sound) if 0 in (before, after)]
    assert max(edges) < 2_500, "it swells out of the silence and back into it"
    assert (abs(sound[0]), sound[-1]) == (0, 0)
    assert len(sound) / RATE < REPEAT[rank].total_seconds() / 4, "speech is heard between"


# -- when


def played(*alarms: AlarmSummary, sound: Sound | None = None, seconds: int = 0) -> tuple[Sound, list[tuple[int, int]]]:
    """What sounds at which second, looking twice a second."""
    sound, found = sound or Sound(), []
    for half in range(2 * seconds + 1):
        sound, wanted = cue(sound, alarms, NOW + half * SECOND / 2)
        if wanted.ring is not None:
            found.append((half // 2, wanted.ring))
    return sound, found


@pytest.mark.parametrize(("priority", "every"), [(P1, 10), (P2, 20), (P3, 60)])
def test_a_waiting_alarm_sounds_at_once_and_in_the_rhythm_of_its_class(priority: Priority, every: int) -> None:
    _, found = played(alarm(priority=priority), seconds=2 * every)
    assert found == [(n * every, priority.rank) for n in range(3)]


@pytest.mark.parametrize(
    "silent",
    [
        alarm(priority=P4),
        alarm(priority=P1, suppressed=True),
        *(alarm(priority=P1, status=status) for status in BundleStatus if status is not BundleStatus.NEW),
    ],
)
def test_information_service_and_what_is_claimed_are_silent(silent: AlarmSummary) -> None:
    assert played(silent, seconds=30)[1] == []


def test_a_claim_stops_what_sounds() -> None:
    one = alarm(priority=P1)
    sound, _ = played(one)
    claimed = replace(one, status=BundleStatus.CLAIMING)
    sound, wanted = cue(sound, [claimed], NOW + SECOND)
    assert wanted == Cue(hush=True)
    assert cue(sound, [claimed], NOW + 60 * SECOND)[1] == Cue(), "once"


def test_a_claim_does_not_stop_the_sound_of_another_alarm() -> None:
    one, other = alarm(priority=P1), alarm(priority=P1)
    sound, _ = played(one, other)
    assert cue(sound, [replace(one, status=BundleStatus.CLAIMING), other], NOW + SECOND)[1] == Cue()


def test_only_the_most_urgent_class_sounds() -> None:
    assert played(alarm(priority=P2), alarm(priority=P1), alarm(priority=P3), seconds=40)[1] == [
        (n, 1) for n in (0, 10, 20, 30, 40)
    ]


def test_when_the_most_urgent_is_claimed_the_next_class_speaks() -> None:
    first, second = alarm(priority=P1), alarm(priority=P2)
    sound, _ = played(first, second)
    later = cue(sound, [replace(first, status=BundleStatus.IN_PROGRESS), second], NOW + SECOND)[1]
    assert later == Cue(ring=2)


def test_a_newcomer_sounds_between_two_repetitions_and_a_burst_of_them_once() -> None:
    sound, _ = played(alarm(priority=P1))
    burst = [alarm(priority=P1) for _ in range(20)]
    sound, wanted = cue(sound, burst, NOW + 3 * SECOND)
    assert wanted == Cue(ring=1)
    sound, wanted = cue(sound, [*burst, alarm(priority=P1)], NOW + 4 * SECOND)
    assert wanted == Cue(), "not while the tone sounds"


@pytest.mark.parametrize("status", [BundleStatus.NEW, BundleStatus.IN_PROGRESS])
def test_evidence_of_a_higher_class_sounds_again(status: BundleStatus) -> None:
    one = alarm(priority=P3)
    sound, _ = played(one)
    held = replace(one, status=status)
    sound, _ = cue(sound, [held], NOW + SECOND)
    risen = replace(held, priority=P1)
    sound, wanted = cue(sound, [risen], NOW + 2 * SECOND)
    assert wanted == Cue(ring=1)
    again = [cue(sound, [risen], NOW + (2 + n) * SECOND)[1].ring for n in range(1, 9)]
    assert 1 not in again


def test_two_minutes_of_quiet_can_be_had_from_all_but_p1() -> None:
    quiet = Sound().toggle_mute(NOW)
    assert played(alarm(priority=P2), sound=quiet, seconds=119)[1] == []
    assert played(alarm(priority=P2), sound=quiet, seconds=121)[1] == [(120, 2)], "by itself again"
    assert played(alarm(priority=P1), sound=quiet, seconds=5)[1] == [(0, 1)]
    assert timedelta(minutes=2) == MUTE_FOR


def test_muting_stops_what_sounds_and_can_be_taken_back() -> None:
    waiting = alarm(priority=P2)
    sound, _ = played(waiting)
    muted = sound.toggle_mute(NOW + SECOND)
    assert cue(muted, [waiting], NOW + SECOND)[1] == Cue(hush=True)
    assert not muted.toggle_mute(NOW + 2 * SECOND).is_muted(NOW + 2 * SECOND)


def test_the_device_is_tried_at_the_beginning_and_each_hour() -> None:
    sound = Sound()
    assert (sound.speaker, sound.check_due(NOW)) == (Speaker.UNTRIED, True)
    sound = sound.checked(works=False, now=NOW)
    assert (sound.speaker, sound.check_due(NOW)) == (Speaker.BLOCKED, False)
    assert sound.check_due(NOW + CHECK_EVERY)
    assert sound.checked(works=True, now=NOW).speaker is Speaker.WORKS


def test_what_is_gone_is_forgotten() -> None:
    sound, _ = played(alarm(), alarm())
    assert len(sound.heard) == 2
    assert cue(sound, [], NOW + SECOND)[0].heard == {}
