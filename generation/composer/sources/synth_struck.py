"""Synthesised voices that are struck or plucked: sums of dying partials."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources import spectra
from generation.composer.sources.oscillators import sine
from generation.composer.sources.pitched import Manner, frequency
from generation.composer.sources.tone import Growing, Tone

Partial = tuple[float, float, float]
"""Frequency as a multiple of the fundamental, level, and how many times e it falls in a second."""

_TOP = 15_000.0
_SILENT = math.log(2000)
_LONGEST = 14.0
_LEVEL = 0.25


@dataclass(frozen=True, slots=True)
class Struck:
    """`partials` by (fundamental in Hz, force 0 to 1); `knock` is the level of the stroke's own noise."""

    partials: Callable[[float, float], Sequence[Partial]]
    knock: float
    knock_top: float
    manner: Manner
    attack: float = 0.0015


def make(voice: Struck, pitch: int, velocity: int, sample_rate: int, seed: int) -> Tone:
    """The tone of `voice` at a MIDI pitch and velocity layer."""
    hertz, force = frequency(pitch), velocity / 127
    rng = np.random.Generator(np.random.PCG64([seed, pitch]))
    partials = [part for part in voice.partials(hertz, force) if part[0] * hertz < _TOP]
    total = math.sqrt(sum(level * level for _, level, _ in partials))
    offsets = rng.random(len(partials)) * 2 * math.pi
    slowest = min(fall for _, _, fall in partials)
    frames = int(min(_LONGEST, _SILENT / slowest) * sample_rate)
    rise = max(2, int(voice.attack * sample_rate))
    knock = spectra.noise(120, voice.knock_top, rng, sample_rate, frames=8192)[: sample_rate // 10]
    knock *= np.exp(np.arange(len(knock), dtype=np.float32) * np.float32(-60 / sample_rate))
    knock *= np.float32(voice.knock * force * 6)

    def render(start: int, stop: int) -> Samples:
        time = np.arange(start, stop, dtype=np.float32) / np.float32(sample_rate)
        sound = np.zeros(stop - start, np.float32)
        for (ratio, level, fall), offset in zip(partials, offsets, strict=True):
            loudness = np.float32(_LEVEL * level / total)
            sound += (
                sine(hertz * ratio, start, stop, sample_rate, offset)
                * np.exp(time * np.float32(-fall))
                * loudness
            )
        if start < len(knock):
            piece = knock[start:stop]
            sound[: len(piece)] += piece
        if start < rise:
            count = min(rise, stop) - start
            sound[:count] *= np.arange(start, start + count, dtype=np.float32) / np.float32(rise)
        left = frames - np.arange(start, stop, dtype=np.float32)
        return np.asarray(sound * np.minimum(left / np.float32(rise * 8), np.float32(1)))[None]

    return Growing(render, 1, frames, sample_rate // 2)


def _piano(hertz: float, force: float) -> list[Partial]:
    register = 2 ** (math.log2(hertz / 261.6) / 2)
    stiffness = 4e-4 * register**1.3
    return [
        (
            order * math.sqrt(1 + stiffness * order * order),
            (0.35 + 0.65 * abs(math.sin(math.pi * order / 8))) / order ** (1.1 + 0.9 * (1 - force)),
            (0.5 + 0.22 * order) * register,
        )
        for order in range(1, 16)
    ]


def _string(place: float, dull: float, fall: float, loss: float) -> Callable[[float, float], list[Partial]]:
    """A plucked string: where it is plucked, how fast levels fall with the harmonic, how fast it dies."""

    def partials(hertz: float, force: float) -> list[Partial]:
        register = (hertz / 220) ** 0.5
        return [
            (
                order * math.sqrt(1 + 6e-5 * order * order),
                (0.06 + abs(math.sin(math.pi * order * place))) / order ** (dull - 0.5 * force),
                (fall + loss * order**1.4) * register,
            )
            for order in range(1, 25)
        ]

    return partials


def _fixed(*partials: tuple[float, float, float, float]) -> Callable[[float, float], list[Partial]]:
    """(ratio, level, level's exponent of force, fall)."""
    return lambda hertz, force: [
        (ratio, level * force**power, fall) for ratio, level, power, fall in partials
    ]


VOICES: dict[str, Struck] = {
    "piano": Struck(_piano, 0.05, 2500, Manner(0.35, spread=0.13)),
    "epiano": Struck(
        _fixed(
            (1, 1, 0, 0.8), (2, 0.3, 0.8, 1.4), (3, 0.18, 1.5, 2.6), (4, 0.08, 2, 4), (14.1, 0.12, 1.2, 16)
        ),
        0.02,
        1800,
        Manner(0.3, spread=0.08),
        0.003,
    ),
    "clavinet": Struck(_string(0.09, 0.95, 1.2, 0.06), 0.05, 5000, Manner(0.05)),
    "vibraphone": Struck(
        _fixed((1, 1, 0, 0.9), (4, 0.3, 0.7, 3.5), (10.1, 0.12, 1, 16)),
        0.02,
        4000,
        Manner(0.9, spread=0.12, shortest=0.3),
    ),
    "bell": Struck(
        _fixed(
            (1, 1, 0, 0.9),
            (2.0, 0.35, 0.5, 1.4),
            (3.01, 0.25, 0.8, 2.4),
            (4.17, 0.22, 1, 3.6),
            (5.43, 0.15, 1, 5),
            (8.9, 0.08, 1.2, 11),
        ),
        0.0,
        3000,
        Manner(2.5, spread=0.12, shortest=1.5),
        0.002,
    ),
    "harp": Struck(_string(0.22, 1.6, 0.7, 0.10), 0.02, 2500, Manner(1.2, spread=0.14, shortest=0.9)),
    "jazz_guitar": Struck(_string(0.3, 2.1, 0.9, 0.10), 0.03, 1600, Manner(0.16)),
    "clean_guitar": Struck(_string(0.14, 1.35, 0.55, 0.05), 0.03, 4000, Manner(0.25)),
    "wah_guitar": Struck(_string(0.12, 1.25, 0.55, 0.05), 0.04, 4000, Manner(0.25)),
    "steel_guitar": Struck(_string(0.13, 1.4, 0.65, 0.06), 0.05, 5000, Manner(0.3)),
    "banjo": Struck(_string(0.1, 1.15, 2.6, 0.16), 0.06, 5000, Manner(0.18)),
    "harpsichord": Struck(_string(0.11, 1.05, 0.8, 0.06), 0.06, 6000, Manner(0.12, spread=0.1)),
    "nylon_guitar": Struck(_string(0.2, 1.8, 0.9, 0.12), 0.05, 2200, Manner(0.25)),
    "distorted_guitar": Struck(_string(0.12, 1.1, 0.35, 0.03), 0.03, 4000, Manner(0.07)),
    "overdriven_guitar": Struck(_string(0.14, 1.2, 0.4, 0.04), 0.03, 4000, Manner(0.07)),
    "lead_guitar": Struck(_string(0.17, 1.2, 0.3, 0.03), 0.02, 4000, Manner(0.1)),
    "double_bass": Struck(_string(0.24, 1.9, 1.0, 0.16), 0.08, 900, Manner(0.14), 0.004),
    "fingered_bass": Struck(_string(0.2, 1.7, 0.5, 0.09), 0.04, 1200, Manner(0.09), 0.003),
    "picked_bass": Struck(_string(0.12, 1.35, 0.5, 0.06), 0.06, 3000, Manner(0.08)),
    "slap_bass": Struck(_string(0.07, 1.0, 0.7, 0.05), 0.16, 5000, Manner(0.07), 0.001),
    "timpani": Struck(
        _fixed(
            (1, 1, 0, 1.5),
            (1.5, 0.5, 0.3, 2.6),
            (1.98, 0.3, 0.5, 3.5),
            (2.44, 0.16, 0.6, 4.5),
            (0.85, 0.2, 0, 9),
        ),
        0.12,
        700,
        Manner(1.6, shortest=0.5),
        0.003,
    ),
}
"""Every struck or plucked voice by instrument name."""
