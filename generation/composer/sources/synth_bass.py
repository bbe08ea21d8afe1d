"""Synthesised basses: closing after the stroke, almost only a fundamental, or singing through a resonance."""

import math
from dataclasses import dataclass

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.envelope import held
from generation.composer.sources.oscillators import sine, wave
from generation.composer.sources.pitched import Manner, frequency
from generation.composer.sources.tone import ENDLESS, Growing, Tone

_LEVEL = 0.22
_GLIDE = 0.022
_MOST_HARMONICS = 48
_TOP = 5500.0
# How narrow the edge of a resonant filter sings.
_EDGE = np.float32(18.0)


@dataclass(frozen=True, slots=True)
class Bass:
    """`saw` closing from `bright` to `dark` Hz in `sweep` seconds, `sub` of pure sine, `drive` into tanh.

    The sub starts `glide` octaves higher and falls to its pitch within some `_GLIDE` seconds.
    """

    bright: float
    dark: float
    sweep: float
    saw: float
    sub: float
    drive: float
    envelope: tuple[float, float, float]
    manner: Manner
    glide: float = 0.0


@dataclass(frozen=True, slots=True)
class Acid:
    """A saw through a low-pass of four poles that sings at its edge: from `bright` to `dark` Hz in `sweep` s.

    `peak` is the level of the edge against what lies below it.
    """

    bright: float
    dark: float
    sweep: float
    peak: float
    drive: float
    envelope: tuple[float, float, float]
    manner: Manner


BassVoice = Bass | Acid


def make(voice: BassVoice, pitch: int, velocity: int, sample_rate: int) -> Tone:
    """The tone of `voice` at a MIDI pitch and velocity layer."""
    if isinstance(voice, Acid):
        return _acid(voice, pitch, velocity, sample_rate)
    return _bass(voice, pitch, velocity, sample_rate)


def _acid(voice: Acid, pitch: int, velocity: int, sample_rate: int) -> Tone:
    hertz, force = frequency(pitch), velocity / 127
    envelope = held(*voice.envelope, sample_rate)
    opening = voice.bright * (0.35 + 0.9 * force * force) - voice.dark
    orders = range(1, max(2, min(_MOST_HARMONICS, int(_TOP / hertz))))

    def render(start: int, stop: int) -> Samples:
        time = np.arange(start, stop, dtype=np.float32) / np.float32(sample_rate)
        edge = np.float32(voice.dark) + np.float32(opening) * np.exp(time * np.float32(-1 / voice.sweep))
        sound = np.zeros(stop - start, np.float32)
        for order in orders:
            place = np.float32(hertz * order) / edge
            passed = 1 / (1 + place**4) + np.float32(voice.peak) * np.exp(-((place - 1) ** 2) * _EDGE)
            sound += sine(hertz * order, start, stop, sample_rate) * passed / np.float32(order)
        driven = np.tanh(sound * np.float32(voice.drive)) * np.float32(_LEVEL / math.sqrt(voice.drive))
        return np.asarray(driven * envelope.read(start, stop))[None]

    return Growing(render, 1, ENDLESS, sample_rate // 8)


def _bass(voice: Bass, pitch: int, velocity: int, sample_rate: int) -> Tone:
    hertz, force = frequency(pitch), velocity / 127
    envelope = held(*voice.envelope, sample_rate)
    bright = voice.bright * (0.5 + 0.7 * force)
    beat = 2 ** (4 / 1200)

    def saw(cutoff: float, start: int, stop: int) -> Samples:
        first = wave("saw", hertz, cutoff, start, stop, sample_rate)
        return first + wave("saw", hertz * beat, cutoff, start, stop, sample_rate, 0.31)

    def render(start: int, stop: int) -> Samples:
        time = np.arange(start, stop, dtype=np.float32) / np.float32(sample_rate)
        sound = np.float32(voice.sub) * _sub(voice, hertz, time, sine(hertz, start, stop, sample_rate))
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


def _sub(voice: Bass, hertz: float, time: Samples, steady: Samples) -> Samples:
    """The fundamental, which slides into `steady` where the voice glides."""
    if not voice.glide or time[0] > _GLIDE * 12:
        return steady
    ahead = hertz * (2**voice.glide - 1) * _GLIDE
    turns = np.float32(hertz) * time - np.float32(ahead) * np.exp(time * np.float32(-1 / _GLIDE))
    return np.asarray(np.sin(np.float32(2 * math.pi) * (turns - np.floor(turns))))


VOICES: dict[str, BassVoice] = {
    "synth_bass": Bass(2600, 420, 0.09, 0.42, 0.75, 1.3, (0.003, 0.5, 0.75), Manner(0.07)),
    "sub_bass": Bass(0, 0, 0, 0.0, 1.0, 1.0, (0.035, 0.8, 0.9), Manner(0.35)),
    "bass_808": Bass(0, 0, 0, 0.0, 1.0, 2.6, (0.002, 0.9, 0.12), Manner(0.3, shortest=0.3), glide=1.3),
    "acid_bass": Acid(2900, 260, 0.11, 2.6, 1.5, (0.003, 0.35, 0.55), Manner(0.05)),
}
"""Every synthesised bass by instrument name."""
