"""Drums from sines and noise. Each recipe gives one stroke, mono, float32 (frames,)."""

import math
from collections.abc import Sequence

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import butterworth, filtered
from generation.composer.sources.envelope import fade_out

# A metal plate sings at frequencies with no common measure; these are those of a classic drum machine.
_PLATE = (2050.0, 3070.0, 3660.0, 4430.0, 5410.0, 6210.0)
# Seconds until the gate closes on a room, and those that closing takes.
_GATE, _GATE_CLOSES = 0.2, 0.025


class Stroke:
    """What a recipe needs: a length, a clock, noise that differs from stroke to stroke, and filters."""

    def __init__(self, seconds: float, seed: Sequence[int], sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.frames = int(seconds * sample_rate)
        self.time = np.arange(self.frames, dtype=np.float32) / np.float32(sample_rate)
        self._rng = np.random.Generator(np.random.PCG64(list(seed)))

    def noise(self) -> Samples:
        return self._rng.standard_normal(self.frames, dtype=np.float32)

    def fall(self, seconds: float) -> Samples:
        """exp(-t / seconds)."""
        return np.asarray(np.exp(self.time * np.float32(-1 / seconds)))

    def glide(self, start: float, end: float, seconds: float) -> Samples:
        """A sine that falls from `start` to `end` Hz by time constant `seconds`."""
        course = np.float32(end) * self.time
        course += np.float32((start - end) * seconds) * (1 - self.fall(seconds))
        # Whole turns go first: float32 would lose the phase of a long glide.
        return np.asarray(np.sin(np.float32(2 * math.pi) * (course - np.floor(course))))

    def tone(self, hertz: float) -> Samples:
        return self.glide(hertz, hertz, 1.0)

    def band(self, samples: Samples, low: float, high: float, order: int = 1) -> Samples:
        return filtered(butterworth("bandpass", (low, high), order, self.sample_rate), samples)

    def below(self, samples: Samples, hertz: float, order: int = 2) -> Samples:
        return filtered(butterworth("lowpass", hertz, order, self.sample_rate), samples)

    def above(self, samples: Samples, hertz: float, order: int = 2) -> Samples:
        return filtered(butterworth("highpass", hertz, order, self.sample_rate), samples)

    def finished(self, samples: Samples, level: float) -> Samples:
        """Brought to the peak `level`, with ends that do not click."""
        scaled = samples * np.float32(level / max(1e-9, float(np.abs(samples).max())))
        scaled[:24] *= np.linspace(0, 1, 24, dtype=np.float32)
        return fade_out(scaled, 0.01, self.sample_rate)


def kick(
    stroke: Stroke, tuned: float, *, sweep: float, drop: float, decay: float, click: float, top: float
) -> Samples:
    """A head that falls from `sweep` times its pitch, `tuned` Hz, and the beater's click, below `top` Hz."""
    head = stroke.glide(tuned * sweep, tuned, drop) * stroke.fall(decay)
    beater = stroke.above(stroke.noise(), 1500) * stroke.fall(0.004)
    sound = np.tanh(1.6 * (head + np.float32(click * 0.5) * beater))
    return stroke.finished(stroke.below(sound, top), 0.95)


def snare(
    stroke: Stroke, hertz: float, *, body: float, ring: float, wires: float, low: float, top: float
) -> Samples:
    """Two modes of the head at `hertz`; the wires' noise from `low` to `top` Hz dies in `wires` seconds."""
    head = (stroke.glide(hertz * 1.25, hertz, 0.012) + 0.6 * stroke.tone(hertz * 1.58)) * stroke.fall(ring)
    rattle = stroke.band(stroke.noise(), low, top) * stroke.fall(wires)
    snap = stroke.above(stroke.noise(), 3500) * stroke.fall(0.006)
    return stroke.finished(np.tanh(1.3 * (np.float32(body) * head + rattle + np.float32(0.5) * snap)), 0.8)


def gated_snare(stroke: Stroke, hertz: float, top: float) -> Samples:
    """A snare in a great room whose sound a gate cuts off."""
    head = (stroke.glide(hertz * 1.3, hertz, 0.014) + 0.5 * stroke.tone(hertz * 1.6)) * stroke.fall(0.07)
    rattle = stroke.band(stroke.noise(), 1200, top) * stroke.fall(0.045)
    dry = np.float32(0.9) * head + np.float32(1.1) * rattle
    return stroke.finished(np.tanh(1.4 * (dry + np.float32(0.8) * _gated_room(stroke, 320, top / 2))), 0.62)


def gated_tom(stroke: Stroke, hertz: float, top: float) -> Samples:
    """An electronic tom, which falls an octave, in the same room."""
    head = stroke.glide(hertz * 2, hertz, 0.07) * stroke.fall(0.2)
    stick = stroke.below(stroke.noise(), 4500) * stroke.fall(0.015)
    room = np.float32(0.5) * _gated_room(stroke, 160, top / 2)
    return stroke.finished(np.tanh(1.3 * (head + np.float32(0.5) * stick + room)), 0.9)


def _gated_room(stroke: Stroke, low: float, top: float) -> Samples:
    """Noise that hardly falls until the gate closes on it."""
    rise = np.minimum(stroke.time / np.float32(0.012), np.float32(1))
    closed = np.clip((stroke.time - np.float32(_GATE)) / np.float32(_GATE_CLOSES), 0, 1)
    gate = np.float32(0.5) + np.float32(0.5) * np.cos(np.float32(math.pi) * closed)
    return stroke.band(stroke.noise(), low, top) * (rise * gate * stroke.fall(0.45))


def rim(stroke: Stroke, top: float) -> Samples:
    """A stick across the rim."""
    wood = (stroke.tone(480) + 0.8 * stroke.tone(1720) + 0.4 * stroke.tone(2650)) * stroke.fall(0.018)
    return stroke.finished(stroke.below(wood + 0.2 * stroke.noise() * stroke.fall(0.003), top), 0.5)


def brush(stroke: Stroke, top: float) -> Samples:
    """A brush drawn and dropped on the head."""
    sweep = np.minimum(stroke.time / np.float32(0.03), np.float32(1)) * stroke.fall(0.09)
    return stroke.finished(stroke.band(stroke.noise(), 900, top) * sweep, 0.45)


def clap(stroke: Stroke, top: float) -> Samples:
    """Four hands, not quite together, then the room."""
    envelope = np.zeros_like(stroke.time)
    for late, decay, level in (
        (0.0, 0.007, 1.0),
        (0.011, 0.007, 0.9),
        (0.022, 0.007, 1.0),
        (0.032, 0.085, 0.8),
    ):
        since = stroke.time - np.float32(late)
        envelope += np.where(since >= 0, np.exp(-np.maximum(since, 0) / np.float32(decay)), 0) * np.float32(
            level
        )
    return stroke.finished(stroke.band(stroke.noise(), 850, top) * envelope, 0.75)


def cymbal(
    stroke: Stroke, *, low: float, decay: float, metal: float, top: float, wash: float = 0.0
) -> Samples:
    """Hat, ride or crash: `metal` of plate tones in noise above `low` Hz; `wash` adds a dying lower band."""
    plate = np.zeros(stroke.frames, np.float32)
    for hertz in _PLATE:
        plate += np.sign(stroke.tone(hertz))
    sound = stroke.above(stroke.noise() * np.float32(0.6) + plate * np.float32(metal), low, 4) * stroke.fall(
        decay
    )
    if wash:
        sound += np.float32(wash) * stroke.band(stroke.noise(), 1000, 4500) * stroke.fall(decay * 0.4)
    return stroke.finished(stroke.below(sound, top), 0.5)


def ride(stroke: Stroke, top: float) -> Samples:
    """A stick's ping over a quiet wash."""
    ping = sum((stroke.tone(hertz * 1.31) for hertz in _PLATE[:4]), np.zeros(stroke.frames, np.float32))
    wash = stroke.above(stroke.noise(), 4500) * stroke.fall(0.4)
    return stroke.finished(
        stroke.below(ping * stroke.fall(0.25) * np.float32(0.35) + wash * np.float32(0.5), top), 0.4
    )


def shaker(stroke: Stroke, top: float) -> Samples:
    """Seeds thrown forward: swelling, then gone."""
    throw = np.sin(np.float32(math.pi) * np.minimum(stroke.time / stroke.time[-1], np.float32(1))) ** 2
    return stroke.finished(stroke.band(stroke.noise(), 4500, top, 2) * throw, 0.3)


def tom(stroke: Stroke, hertz: float) -> Samples:
    """A tuned drum with a little stick."""
    head = stroke.glide(hertz * 1.6, hertz, 0.03) * stroke.fall(0.19)
    second = 0.35 * stroke.glide(hertz * 2.5, hertz * 1.59, 0.03) * stroke.fall(0.1)
    stick = stroke.below(stroke.noise(), 3000) * stroke.fall(0.012)
    return stroke.finished(np.tanh(1.2 * (head + second + np.float32(0.3) * stick)), 0.85)


def taiko(stroke: Stroke, tuned: float, decay: float) -> Samples:
    """A great drum: a head tuned to `tuned` Hz, the skin's slap, the shell's thud."""
    head = stroke.glide(tuned * 1.9, tuned, 0.026) * stroke.fall(decay)
    shell = 0.4 * stroke.glide(tuned * 2.6, tuned * 1.504, 0.02) * stroke.fall(decay * 0.45)
    skin = stroke.below(stroke.noise(), 900) * stroke.fall(0.045) * np.float32(0.9)
    slap = stroke.above(stroke.noise(), 2300) * stroke.fall(0.007) * np.float32(0.12)
    return stroke.finished(np.tanh(1.7 * (head + shell + skin + slap)), 0.95)
