"""Synthesised basses: some that close after the stroke, and some that are almost only their fundamental."""

import math
from dataclasses import dataclass

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.envelope import held
from generation.composer.sources.oscillators import sine, wave
from generation.composer.sources.pitched import Manner, frequency
from generation.composer.sources.tone import ENDLESS, Growing, Tone

_LEVEL = 0.22
# How far below the cutoff the lifted partials begin, and in how many steps a resonant filter closes.
_EDGE = 0.72
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Bass:
    """`saw` closing from `bright` to `dark` Hz in `sweep` seconds, `sub` of pure sine, `drive` into tanh.

    `edge` lifts the partials at the filter's edge, as its resonance does.
    """

    bright: float
    dark: float
    sweep: float
    saw: float
    sub: float
    drive: float
    envelope: tuple[float, float, float]
    manner: Manner
    edge: float = 0.0


def make(voice: Bass, pitch: int, velocity: int, sample_rate: int) -> Tone:
    """The tone of `voice` at a MIDI pitch and velocity layer."""
    hertz, force = frequency(pitch), velocity / 127
    envelope = held(*voice.envelope, sample_rate)
    bright = voice.bright * (0.5 + 0.7 * force)
    beat = 2 ** (4 / 1200)

    def saw(cutoff: float, start: int, stop: int) -> Samples:
        first = wave("saw", hertz, cutoff, start, stop, sample_rate)
        if voice.edge:
            below = wave("saw", hertz, cutoff * _EDGE, start, stop, sample_rate)
            return np.asarray(first + np.float32(voice.edge) * (first - below))
        return first + wave("saw", hertz * beat, cutoff, start, stop, sample_rate, 0.31)

    def closing_saw(start: int, stop: int, time: Samples) -> Samples:
        """The filter's way down in a few steps, each blended into the next."""
        place = _STEPS * (1 - np.exp(time * np.float32(-1 / voice.sweep)))
        cutoffs = np.geomspace(bright, voice.dark, _STEPS + 1)
        return sum(
            (
                np.maximum(0, 1 - np.abs(place - np.float32(step))) * saw(cutoff, start, stop)
                for step, cutoff in enumerate(cutoffs)
            ),
            np.zeros(stop - start, np.float32),
        )

    def render(start: int, stop: int) -> Samples:
        time = np.arange(start, stop, dtype=np.float32) / np.float32(sample_rate)
        sound = np.float32(voice.sub) * sine(hertz, start, stop, sample_rate)
        if voice.edge:
            sound += np.float32(voice.saw) * closing_saw(start, stop, time)
        elif voice.saw:
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
    "acid_bass": Bass(4200, 300, 0.13, 0.5, 0.2, 2.4, (0.002, 0.4, 0.7), Manner(0.05), edge=2.2),
    "bass_808": Bass(0, 0, 0, 0.0, 1.1, 2.2, (0.003, 0.7, 0.3), Manner(0.12)),
    "sub_bass": Bass(0, 0, 0, 0.0, 1.0, 1.0, (0.035, 0.8, 0.9), Manner(0.35)),
}
"""Every synthesised bass by instrument name."""
