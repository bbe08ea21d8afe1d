"""Judges a take by what can be measured: its sound, and how near it comes to the tempo, key and words asked for."""

import math
from typing import Final

import numpy as np

from generation.audio.types import Samples
from generation.diffusion import sung_words
from generation.diffusion.key import key_likeness, measure_key
from generation.diffusion.songs import Song, SongRequest, Take
from generation.diffusion.spectrum import magnitudes
from generation.diffusion.tempo import measure_bpm

# A tempo this much off, as a ratio, counts for nothing: a tenth is another tempo.
WORST_TEMPO: Final = 1.1
# What a key is worth that is not the one asked for, by the intervals of the evaluation of key finders at MIREX.
FIFTH, RELATIVE, PARALLEL = 0.5, 0.3, 0.2
# Of -60 dBFS and less a listener hears nothing.
SILENT: Final = 1e-3
FRAME_SECONDS: Final = 0.1
# Noise spreads evenly over the spectrum (a flatness of 0.56 for white noise), music lies below 0.1.
NOISY, TONAL = 0.5, 0.15
# Three samples in a row that are alike and the loudest of all are no peaks of music but what was cut off.
LOUDEST: Final = 0.999
MOST_CUT: Final = 0.01
_NOTES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


def score_take(song: Song, request: SongRequest) -> Take:
    """The scores of a take: for sound always, for tempo, key and words where those were asked for."""
    audio = song.audio
    bpm, key = measure_bpm(audio), measure_key(audio)
    scores = {"sound": sound_score(audio.samples, audio.sample_rate)}
    if request.bpm is not None:
        scores["tempo"] = tempo_score(request.bpm, bpm)
    if request.key is not None:
        scores["key"] = key_score(request.key, key, key_likeness(audio))
    if request.lyrics and (heard := sung_words.heard(audio, request.lyrics)) is not None:
        scores["words"] = sung_words.share_sung(request.lyrics, heard)
    rounded = {name: round(score, 3) for name, score in scores.items()}
    return Take(request.seed, round(sum(rounded.values()) / len(rounded), 3), rounded, bpm, key)


def tempo_score(asked: float, measured: float | None) -> float:
    """1 at the tempo asked for, at half or at double of it, falling to 0 at a tenth beside; 0 where none is found."""
    if measured is None:
        return 0.0
    off = min(abs(math.log(measured * factor / asked)) for factor in (0.5, 1.0, 2.0))
    return max(0.0, 1.0 - off / math.log(WORST_TEMPO))


def key_score(asked: str, measured: str | None, likeness: dict[str, float] | None) -> float:
    """1 in the key asked for, less in its neighbours, by how near the two are; 0 where there is no key.

    A tenth of it is how well the key asked for fits the notes, which decides between takes in the same key.
    """
    if measured is None or likeness is None:
        return 0.0
    fits = next((fit for name, fit in likeness.items() if _place(name) == _place(asked)), 0.0)
    return 0.9 * _nearness(asked, measured) + 0.1 * max(0.0, fits)


def _nearness(asked: str, measured: str) -> float:
    (tonic, is_minor), (other, other_is_minor) = _place(asked), _place(measured)
    step = (other - tonic) % 12
    if is_minor == other_is_minor:
        return {0: 1.0, 7: FIFTH, 5: FIFTH}.get(step, 0.0)
    if step == 0:
        return PARALLEL
    return RELATIVE if step == (3 if is_minor else 9) else 0.0


def _place(key: str) -> tuple[int, bool]:
    """The pitch class of the tonic, from C, and whether the key is minor."""
    tonic, _, mode = key.partition(" ")
    return (_NOTES[tonic[0]] + _ACCIDENTALS[tonic[1:]]) % 12, mode == "minor"


def sound_score(samples: Samples, sample_rate: int) -> float:
    """From 1 down to 0 by how much of the samples (2, frames) is silent, noise, or cut off, however loud they are."""
    return (
        (1.0 - _silence(samples, sample_rate)) * (1.0 - _noise(samples, sample_rate)) * (1.0 - _cut(samples))
    )


def _silence(samples: Samples, sample_rate: int) -> float:
    """The part of the time in which nothing is heard."""
    length = max(1, round(FRAME_SECONDS * sample_rate))
    frames = samples.shape[1] // length
    if not frames:
        return 1.0
    peaks = np.abs(samples[:, : frames * length]).max(axis=0).reshape(frames, length).max(axis=1)
    return float(np.mean(peaks < SILENT))


def _noise(samples: Samples, sample_rate: int) -> float:
    """How far what sounds is on the way from music to noise, 0 to 1.

    By the flatness of its spectrum: the geometric over the arithmetic mean of the power.
    """
    window = 2 * round(FRAME_SECONDS * sample_rate / 2)
    flatness = []
    for block in magnitudes(samples.mean(axis=0), window, 4 * window):
        power = np.square(block[:, 1:]).astype(np.float64) + 1e-20
        mean = power.mean(axis=1)
        sounding = mean > np.square(SILENT * window) / power.shape[1]
        flatness.append(np.exp(np.log(power[sounding]).mean(axis=1)) / mean[sounding])
    if not sum(map(len, flatness)):
        return 0.0
    middle = float(np.median(np.concatenate(flatness)))
    return min(1.0, max(0.0, (middle - TONAL) / (NOISY - TONAL)))


def _cut(samples: Samples) -> float:
    """How much is cut off, wherever that is: 1 from a hundredth of the time on."""
    top = np.abs(samples) >= LOUDEST * np.abs(samples).max(initial=0.0)
    alike = np.diff(samples, axis=1) == 0
    in_a_row = top[:, 1:-1] & alike[:, 1:] & alike[:, :-1]
    return min(1.0, float(in_a_row.mean()) / MOST_CUT) if in_a_row.size else 0.0
