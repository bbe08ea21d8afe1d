"""Synthesised voices that last as long as they are held: pads, saws, stand-ins for bows, winds and voices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples
from generation.composer.dsp.interpolation import hermite
from generation.composer.sources import spectra
from generation.composer.sources.envelope import held
from generation.composer.sources.pitched import Manner, frequency
from generation.composer.sources.tone import ENDLESS, Growing, Loop, Tone, around
from generation.composer.sources.vibrato import Vibrato

Spectrum = npt.NDArray[np.float32]
Colour = Callable[[float, float], spectra.Gains]
"""(fundamental in Hz, force 0 to 1) -> level of each partial."""


@dataclass(frozen=True, slots=True)
class Choir:
    """An ensemble: tone colour, smear in cents, envelope (attack s, decay s, sustain), and the manner."""

    colour: Colour
    width: float
    envelope: tuple[float, float, float]
    manner: Manner
    frames: int = spectra.LONG


@dataclass(frozen=True, slots=True)
class Solo:
    """One player: a narrow ensemble read with vibrato, with a share of breath noise."""

    colour: Colour
    envelope: tuple[float, float, float]
    vibrato: Vibrato
    breath: float
    manner: Manner


@dataclass(frozen=True, slots=True)
class Swept:
    """Saws that open on the stroke and close to `dark` Hz within `sweep` seconds (0: no sweep)."""

    stack: spectra.SawStack
    bright: float
    dark: float
    sweep: float
    envelope: tuple[float, float, float]
    manner: Manner
    frames: int = spectra.SHORT


SustainedVoice = Choir | Solo | Swept


def make(voice: SustainedVoice, pitch: int, velocity: int, sample_rate: int, seed: int) -> Tone:
    """The tone of `voice` at a MIDI pitch and velocity layer; `seed` picks its random phases."""
    rng = np.random.Generator(np.random.PCG64([seed, pitch]))
    hertz, force = frequency(pitch), velocity / 127
    if isinstance(voice, Choir):
        table = spectra.ensemble(
            hertz,
            voice.colour(hertz, force),
            voice.width,
            rng,
            sample_rate,
            channels=voice.manner.channels,
            frames=voice.frames,
        )
        return Loop(table, held(*voice.envelope, sample_rate))
    if isinstance(voice, Solo):
        return _solo(voice, hertz, force, rng, sample_rate)
    return _swept(voice, hertz, force, rng, sample_rate)


def _solo(voice: Solo, hertz: float, force: float, rng: np.random.Generator, sample_rate: int) -> Tone:
    table = spectra.ensemble(
        hertz, voice.colour(hertz, force), 2.5, rng, sample_rate, channels=1, frames=spectra.SHORT
    )[0]
    breath = spectra.noise(hertz, hertz * 5, rng, sample_rate, frames=spectra.SHORT) * np.float32(
        voice.breath
    )
    padded = np.concatenate([table[-1:], table, table[:3]])
    envelope = held(*voice.envelope, sample_rate)
    bend = voice.vibrato.course(sample_rate)

    def render(start: int, stop: int) -> Samples:
        places = (np.arange(start, stop, dtype=np.float64) + bend.read(start, stop)) % len(table) + 1
        sound = hermite(padded, places) + around(breath[None], start, stop)[0]
        return np.asarray(sound * envelope.read(start, stop))[None]

    return Growing(render, 1, ENDLESS, sample_rate // 2, holding=padded.nbytes + breath.nbytes)


def _swept(voice: Swept, hertz: float, force: float, rng: np.random.Generator, sample_rate: int) -> Tone:
    open_to = voice.bright * (0.55 + 0.6 * force)
    state = rng.bit_generator.state
    bright = spectra.saws(hertz, voice.stack, spectra.lowpass(open_to), rng, sample_rate, frames=voice.frames)
    envelope = held(*voice.envelope, sample_rate)
    if not voice.sweep:
        return Loop(bright, envelope)
    rng.bit_generator.state = state
    dark = spectra.saws(
        hertz, voice.stack, spectra.lowpass(voice.dark), rng, sample_rate, frames=voice.frames
    )
    difference = bright - dark

    def render(start: int, stop: int) -> Samples:
        closing = np.exp(
            np.arange(start, stop, dtype=np.float32) * np.float32(-1 / (voice.sweep * sample_rate))
        )
        sound = around(dark, start, stop) + around(difference, start, stop) * closing
        return np.asarray(sound * envelope.read(start, stop), dtype=np.float32)

    return Growing(render, 2, ENDLESS, sample_rate // 4, holding=dark.nbytes + difference.nbytes)


def _saw(low: float, high: float, order: int = 2) -> Colour:
    """Harmonics as in a saw, closed at `low` Hz when soft and `high` Hz when hard."""

    def colour(hertz: float, force: float) -> spectra.Gains:
        shape = spectra.lowpass(low + (high - low) * force * force, order)
        return lambda partial: shape(partial) * np.float32(hertz) / partial

    return colour


def _partials(levels: Mapping[int, float]) -> Colour:
    """Only the harmonics named."""
    highest = max(levels)
    table = np.zeros(highest + 2, np.float32)
    for order, level in levels.items():
        table[order] = level

    def colour(hertz: float, force: float) -> spectra.Gains:
        return lambda partial: table[np.minimum(np.round(partial / hertz), highest + 1).astype(int)]

    return colour


def _resonant(base: Colour, peaks: tuple[tuple[float, float, float], ...], floor: float) -> Colour:
    """`base` heard through a body or a mouth: peaks of (Hz, level, width in octaves)."""

    def colour(hertz: float, force: float) -> spectra.Gains:
        inner = base(hertz, force)

        def gains(partial: Spectrum) -> Spectrum:
            body = np.full_like(partial, floor)
            for centre, level, width in peaks:
                away = np.log2(np.maximum(partial, 20) / np.float32(centre)) / np.float32(width)
                body += np.float32(level) * np.exp(-np.minimum(away * away, 40))
            return inner(partial) * body

        return gains

    return colour


_BODY = ((290.0, 0.7, 0.35), (520.0, 0.6, 0.4), (1100.0, 0.9, 0.6), (2600.0, 0.7, 0.6))
_MOUTH = ((720.0, 1.0, 0.28), (1180.0, 0.7, 0.22), (2700.0, 0.35, 0.2), (3400.0, 0.2, 0.2))
_ROUND_MOUTH = ((360.0, 1.0, 0.4), (820.0, 0.8, 0.25), (2500.0, 0.3, 0.2))
_strings = _resonant(_saw(2400, 7500, 1), _BODY, 0.5)

VOICES: dict[str, SustainedVoice] = {
    "warm_pad": Choir(_saw(620, 1500), 13, (0.35, 1.0, 0.9), Manner(0.8, channels=2)),
    "glass_pad": Choir(
        _partials({1: 1, 2: 0.55, 3: 0.12, 4: 0.3, 5: 0.05, 6: 0.1, 8: 0.12, 12: 0.04}),
        9,
        (0.7, 1.0, 0.95),
        Manner(2.2, channels=2),
    ),
    "super_saw": Swept(
        spectra.spread(7, 21, 0.9), 7000, 0, 0, (0.015, 0.8, 0.85), Manner(0.25, channels=2), spectra.LONG
    ),
    "stab": Swept(spectra.spread(5, 15, 0.8), 8200, 1700, 0.09, (0.003, 0.5, 0.5), Manner(0.2, channels=2)),
    "dub_stab": Swept(
        spectra.spread(3, 9, 0.5), 3400, 480, 0.13, (0.004, 0.3, 0.0), Manner(0.3, channels=2, shortest=0.25)
    ),
    "pluck": Swept(
        spectra.SawStack((-8, 0, 8), (-0.5, 0, 0.5), hollow=True),
        9500,
        1100,
        0.07,
        (0.002, 0.28, 0.0),
        Manner(0.4, channels=2, shortest=0.2),
    ),
    "soft_pluck": Swept(
        spectra.SawStack((-5, 5), (-0.6, 0.6), hollow=True),
        2600,
        700,
        0.12,
        (0.004, 0.45, 0.0),
        Manner(0.9, channels=2, shortest=0.5),
    ),
    "saw_lead": Swept(
        spectra.spread(5, 11, 0.55), 6500, 3200, 0.4, (0.006, 0.6, 0.85), Manner(0.14, channels=2)
    ),
    "strings": Choir(_strings, 13, (0.16, 0.8, 0.9), Manner(0.5, channels=2)),
    "violins": Choir(_strings, 10, (0.1, 0.8, 0.9), Manner(0.35, channels=2)),
    "celli": Choir(_resonant(_saw(1500, 4200, 1), _BODY, 0.6), 8, (0.1, 0.8, 0.9), Manner(0.4, channels=2)),
    "spiccato": Choir(_strings, 9, (0.008, 0.11, 0.0), Manner(0.2, channels=2, longest=0.3), spectra.SHORT),
    "choir": Choir(
        _resonant(_saw(2200, 4200, 1), _MOUTH, 0.03), 14, (0.26, 0.8, 0.92), Manner(0.6, channels=2)
    ),
    "horns": Choir(_saw(520, 2100), 5, (0.07, 0.4, 0.85), Manner(0.3, channels=2), spectra.SHORT),
    "brass": Choir(_saw(900, 4600), 5, (0.045, 0.3, 0.85), Manner(0.22, channels=2), spectra.SHORT),
    "synth_voice": Choir(
        _resonant(_saw(2600, 5200, 1), _ROUND_MOUTH, 0.06), 7, (0.03, 0.5, 0.85), Manner(0.2, channels=2)
    ),
    "flute": Solo(
        _partials({1: 1, 2: 0.3, 3: 0.1, 4: 0.03}),
        (0.05, 0.5, 0.88),
        Vibrato(5.1, 9, 0.25),
        0.06,
        Manner(0.12),
    ),
    "oboe": Solo(
        _resonant(_saw(3000, 6000, 1), ((1050.0, 1.0, 0.5), (2900.0, 0.6, 0.3)), 0.12),
        (0.03, 0.5, 0.9),
        Vibrato(5.4, 8, 0.2),
        0.01,
        Manner(0.1),
    ),
    "saxophone": Solo(
        _resonant(_saw(1800, 5200, 1), ((620.0, 1.0, 0.5), (1500.0, 0.5, 0.4)), 0.2),
        (0.035, 0.4, 0.88),
        Vibrato(5.0, 11, 0.3),
        0.03,
        Manner(0.1),
    ),
    "trumpet": Solo(
        _resonant(_saw(1200, 6500, 1), ((1200.0, 0.8, 0.8),), 0.3),
        (0.025, 0.3, 0.88),
        Vibrato(5.2, 7, 0.35),
        0.01,
        Manner(0.1),
    ),
    "muted_trumpet": Solo(
        _resonant(_saw(3000, 7000, 1), ((1700.0, 1.0, 0.4), (3500.0, 0.5, 0.4)), 0.06),
        (0.02, 0.3, 0.88),
        Vibrato(5.2, 7, 0.35),
        0.01,
        Manner(0.1),
    ),
    "violin": Solo(
        _resonant(_saw(1800, 6500, 1), _BODY, 0.35),
        (0.06, 0.4, 0.9),
        Vibrato(5.6, 12, 0.22),
        0.01,
        Manner(0.16),
    ),
    "clarinet": Solo(
        _partials({1: 1, 2: 0.06, 3: 0.55, 4: 0.05, 5: 0.3, 6: 0.06, 7: 0.16, 9: 0.08}),
        (0.04, 0.4, 0.9),
        Vibrato(4.6, 3, 0.4),
        0.012,
        Manner(0.1),
    ),
    "harmonica": Solo(
        _resonant(_saw(2200, 5600, 1), ((1300.0, 0.9, 0.5), (2600.0, 0.6, 0.4)), 0.15),
        (0.03, 0.3, 0.9),
        Vibrato(4.8, 9, 0.25),
        0.03,
        Manner(0.1),
    ),
    "organ": Choir(
        _partials({1: 1, 2: 0.8, 3: 0.55, 4: 0.4, 6: 0.2, 8: 0.18}),
        1.6,
        (0.01, 1.0, 1.0),
        Manner(0.06, channels=2),
        spectra.SHORT,
    ),
}
"""Every sustained voice by instrument name."""
