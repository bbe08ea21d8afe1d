"""Synthesised basses: one that closes after the stroke, and one that is almost only its fundamental."""

import math
from dataclasses import dataclass

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.envelope import held
from generation.composer.sources.oscillators import sine, wave
from generation.composer.sources.pitched import Manner, frequency
from generation.composer.sources.tone import ENDLESS, Growing, Tone

_LEVEL = 0.22


@dataclass(frozen=True, slots=True)
class Bass:
    """`saw` closing from `bright` to `dark` Hz in `sweep` seconds, `sub` of pure sine, `drive` into tanh."""

    bright: float
    dark: float
    sweep: float
    saw: float
    sub: float
    drive: float
    envelope: tuple[float, float, float]
    manner: Manner


def make(voice: Bass, pitch: int, velocity: int, sample_rate: int) -> Tone:
    """The tone of `voice` at a MIDI pitch and velocity layer."""
    hertz, force = frequency(pitch), velocity / 127
    envelope = held(*voice.envelope, sample_rate)
    bright = voice.bright * (0.5 + 0.7 * force)
    beat = 2 ** (4 / 1200)

    def saw(cutoff: float, start: int, stop: int) -> Samples:
        first = wave("saw", hertz, cutoff, start, stop, sample_rate)
        return first + wave("saw", hertz * beat, cutoff, start, stop, sample_rate, 0.31)

    def render(start: int, stop: int) -> Samples:
        time = np.arange(start, stop, dtype=np.float32) / np.float32(sample_rate)
        sound = np.float32(voice.sub) * sine(hertz, start, stop, sample_rate)
        if voice.saw:
            dark = saw(voice.dark, start, stop)
            closing = np.exp(time * np.float32(-1 / voice.sweep))
            sound += np.float32(voice.saw) * (dark + (saw(bright, start, stop) - dark) * closing)
        else:
            sound += np.float32(0.16) * sine(hertz * 2, start, stop, sample_rate)
            sound += np.float32(0.05) * sine(hertz * 3, start, stop, sample_rate)
        driven = np.tanh(sound * np.float32(voice.drive)) * np.float32(_LEVEL / math.sqrt(voice.drive))
        return np.asarray(driven * envelope.read(start, stop))[None]

    return Growing(render, 1, ENDLESS, sample_rate // 4)


VOICES: dict[str, Bass] = {
    "synth_bass": Bass(2600, 420, 0.09, 0.42, 0.75, 1.3, (0.003, 0.5, 0.75), Manner(0.07)),
    "sub_bass": Bass(0, 0, 0, 0.0, 1.0, 1.0, (0.035, 0.8, 0.9), Manner(0.35)),
}
"""Every synthesised bass by instrument name."""
