"""The three tones of the console, made here from sine waves: by class, told apart by rhythm as well as by pitch.

Fundamentals lie a fifth apart (three times the 20 % that the ear needs); the more urgent, the higher and the faster. None
lasts: speech on the telephone must be heard between them.
"""

import io
import math
import wave
from array import array
from dataclasses import dataclass
from functools import cache
from typing import Final

RATE: Final = 11_025  # samples/s; the highest partial lies far below half of it
LOUDNESS: Final = 0.55
ATTACK, RELEASE = 0.008, 0.05  # s; without them each pulse begins and ends with a click
OVERTONE: Final = 0.28  # of the octave: small loudspeakers drop the fundamental


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """`pulses` of `hertz`, `on` seconds long with `off` seconds after each."""

    hertz: float
    pulses: int
    on: float
    off: float

    @property
    def seconds(self) -> float:
        return self.pulses * (self.on + self.off)


# By the class's rank. P4 is silent: a tone that asks for nothing teaches people not to listen.
TONES: Final[dict[int, Tone]] = {
    1: Tone(hertz=1174.7, pulses=6, on=0.11, off=0.07),
    2: Tone(hertz=783.1, pulses=3, on=0.22, off=0.16),
    3: Tone(hertz=522.1, pulses=2, on=0.42, off=0.26),
}


@cache
def wav(rank: int) -> bytes:
    """The tone of a class as a WAV file: mono, 16 bit."""
    tone = TONES[rank]
    pulse = [_sample(tone, n / RATE) for n in range(round(tone.on * RATE))]
    samples = array("h", (pulse + [0] * round(tone.off * RATE)) * tone.pulses)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(samples.itemsize)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def _sample(tone: Tone, at: float) -> int:
    turn = 2 * math.pi * tone.hertz * at
    swell = min(1.0, at / ATTACK, (tone.on - at) / RELEASE)
    return round(32_767 * LOUDNESS * swell * (math.sin(turn) + OVERTONE * math.sin(2 * turn)) / (1 + OVERTONE))
