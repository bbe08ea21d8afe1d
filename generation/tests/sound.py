"""What the tests of the sound share: a short piece written by hand, and measures of a signal."""

import numpy as np
import pyloudnorm

from generation.audio.types import Samples
from generation.composer.metre import FOUR_FOUR
from generation.composer.score import Note, Part, Score, Section
from generation.composer.sources.player import Player
from generation.composer.sources.registry import Setting, instrument
from generation.composer.sources.timed_note import TimedNote

RATE = 48_000

CASTS = {
    "lofi": {"drums": "lofi_kit", "bass": "double_bass", "keys": "epiano", "fx": "vinyl"},
    "ambient": {"pad": "glass_pad", "bass": "sub_bass", "lead": "bell"},
    "rock": {"drums": "rock_kit", "bass": "picked_bass", "guitar_left": "distorted_guitar"},
    "house": {"drums": "electronic_kit", "bass": "synth_bass", "pad": "super_saw"},
}


def small_score(genre: str = "lofi", duration: float = 7.0, bpm: float = 96.0, seed: int = 3) -> Score:
    """Two bars and a long tail on the genre's instruments in CASTS, in A minor."""
    bars = 2
    sections = (Section("A", 0, 1, 0.5), Section("B", 1, 1, 1.0))
    parts = tuple(Part(role, name, _notes(role, bars)) for role, name in CASTS[genre].items())
    tail = duration - bars * FOUR_FOUR.bar_seconds(bpm)
    return Score(genre, seed, duration, bpm, 9, "minor", 0.5, bars, tail, sections, parts)


def _notes(role: str, bars: int) -> tuple[Note, ...]:
    if role == "drums":
        strokes = [
            (0.0, "kick"),
            (1.0, "snare"),
            (2.0, "kick"),
            (2.5, "open_hat"),
            (3.0, "hat"),
            (3.5, "hat"),
        ]
        return tuple(
            Note(4.0 * bar + beat, 0.2, 0, 100, drum) for bar in range(bars) for beat, drum in strokes
        )
    if role == "fx":
        return (Note(0.0, 4.0 * bars, 60, 60),)
    if role == "bass":
        return tuple(Note(float(beat), 0.9, 33, 96) for beat in range(4 * bars))
    pitches = (45, 52) if role.startswith("guitar") else (57, 60, 64)
    return tuple(Note(2.0 * half, 1.8, pitch, 80) for half in range(2 * bars) for pitch in pitches)


def played(
    name: str, notes: list[TimedNote], seconds: float, *, recorded: bool = True, role: str = "lead"
) -> Samples:
    """Notes on one instrument, (2, frames)."""
    setting = Setting(role, tonic=9, seed=1, sample_rate=RATE, recorded=recorded)
    block = Player(instrument(name, setting), notes, RATE).pull(int(seconds * RATE))
    assert block is not None
    return np.broadcast_to(block, (2, block.shape[1]))


def tone(hertz: float, seconds: float = 1.0, level: float = 0.5) -> Samples:
    """A sine, (2, frames)."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def lufs(samples: Samples) -> float:
    return float(pyloudnorm.Meter(RATE).integrated_loudness(samples.T.astype(np.float64)))


def cents_off(samples: Samples, hertz: float) -> float:
    """How far the strongest of the first three partials lies from where `hertz` wants it."""
    mono = samples.mean(axis=0) * np.hanning(samples.shape[1])
    frames = 1 << 19
    spectrum = np.abs(np.fft.rfft(mono, frames))
    bins = np.fft.rfftfreq(frames, 1 / RATE)
    peaks = []
    for order in (1, 2, 3):
        near = np.flatnonzero(np.abs(bins / (hertz * order) - 1) < 0.07)
        best = near[np.argmax(spectrum[near])]
        peaks.append((spectrum[best] / order, 1200 * np.log2(bins[best] / (hertz * order))))
    return float(max(peaks)[1])


def largest_jump(samples: Samples, place: int, reach: int = 4) -> float:
    """How much sharper the signal bends at `place` than anywhere else in the 20 ms around it."""
    bends = np.abs(np.diff(samples, n=2, axis=1)).max(axis=0)
    around = bends[max(0, place - 480) : place + 480]
    return float(bends[place - reach : place + reach].max() / (np.quantile(around, 0.99) + 1e-9))
