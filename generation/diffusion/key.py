"""Measures the key of audio: a major or minor key by its pitch classes."""

from typing import Final

import numpy as np

from generation.audio.types import Audio
from generation.diffusion.spectrum import Matrix, magnitudes, mono

MAJOR_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
# How often each degree sounds in music of a key: J. Albrecht, D. Shanahan, "The Use of Large Corpora to Train a New
# Type of Key-Finding Algorithm", Music Perception 31 (2013), p. 59–67.
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_WINDOW: Final = 0.4
_LOWEST, _HIGHEST = 60.0, 2000.0
_QUIET: Final = 1e-4
LIKE_ENOUGH: Final = 0.5
"""What fits the best key less than this has none."""


def measure_key(audio: Audio) -> str | None:
    """The key as "A minor" or "Bb major"; None where the notes make none, as in noise, silence and single tones."""
    likeness = key_likeness(audio)
    if likeness is None:
        return None
    key = max(likeness, key=lambda name: likeness[name])
    return key if likeness[key] >= LIKE_ENOUGH else None


def key_likeness(audio: Audio) -> dict[str, float] | None:
    """How well each of the 24 keys fits, as a correlation from -1 to 1; None where too few notes sound."""
    chroma = _chroma(audio)
    return None if chroma is None else chroma_likeness(chroma)


def chroma_likeness(chroma: Matrix) -> dict[str, float]:
    """How well each key fits the amounts of the twelve pitch classes, from C."""
    return {
        f"{names[tonic]} {mode}": float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for profile, names, mode in ((_MAJOR, MAJOR_NAMES, "major"), (_MINOR, MINOR_NAMES, "minor"))
        for tonic in range(12)
    }


def _chroma(audio: Audio) -> Matrix | None:
    """How much of the sound lies on each of the twelve pitch classes, from C; None where too little does."""
    window = 2 * round(audio.sample_rate * _WINDOW / 2)
    lowest, highest = (round(hertz * window / audio.sample_rate) for hertz in (_LOWEST, _HIGHEST))
    pitches: list[Matrix] = []
    weights: list[Matrix] = []
    for block in magnitudes(mono(audio), window, window // 2):
        here = block[:, lowest:highest]
        before, after = block[:, lowest - 1 : highest - 1], block[:, lowest + 1 : highest + 1]
        peaks = (here > before) & (here >= after) & (here > 0.1 * here.max(axis=1, keepdims=True))
        peaks &= here > _QUIET * window
        bend = before - 2 * here + after
        shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1), 0)
        hertz = ((np.arange(lowest, highest) + shift) * audio.sample_rate / window)[peaks]
        pitches.append(12 * np.log2(hertz / 440) + 9)
        # The lower of two notes says more about the key, and overtones lie high.
        weights.append(np.sqrt(here[peaks] / hertz))
    if not sum(map(len, pitches)):
        return None
    notes, amounts = np.concatenate(pitches), np.concatenate(weights)
    # Music may be tuned a little off 440 Hz: the mean, on the circle, of what lies beside the semitones.
    tuning = np.angle(np.sum(amounts * np.exp(2j * np.pi * notes))) / (2 * np.pi)
    classes = np.rint(notes - tuning).astype(int) % 12
    chroma: Matrix = np.bincount(classes, weights=amounts, minlength=12).astype(np.float64)
    return chroma if np.count_nonzero(chroma > 0.05 * chroma.max()) >= 3 else None
