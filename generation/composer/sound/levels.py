"""How loud a part will be, estimated from its notes before a sample of it is made.

Each instrument was measured note by note (`calibrate.py`); the notes' energies are laid out in time and gated
as ITU-R BS.1770-4 gates the real thing. So a busy part and a sparse one are equally loud where they play.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.composer.sources.timed_note import TimedNote

CALIBRATION = Path(__file__).parent / "calibration.toml"
REFERENCE_VELOCITY = 100
# Seconds of the notes that were measured; each is four times the one before.
LENGTHS = (0.15, 0.6, 2.4)

STEP = 0.05
_WINDOW = 8
_HOP = 2
OFFSET = -0.691
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_TOUCH = 1.6
_MUTED_SECONDS = 0.12
_UNKNOWN = (60.0, -38.0, -34.0, -30.0)


@dataclass(frozen=True, slots=True)
class Loudness:
    """An instrument's K-weighted energy in dB (0 dB: full-scale power for a second) at velocity 100.

    `notes` has rows [pitch, energy of a note of 0.15, of 0.6, of 2.4 s], the ringing out included; `drums`
    has the energy of one stroke by drum. A `compressed` instrument has one level however many notes sound.
    """

    notes: npt.NDArray[np.float64]
    drums: Mapping[str, float]
    compressed: bool


@lru_cache(maxsize=128)
def calibration(name: str, recorded: bool) -> Loudness:
    """What is known of an instrument, recorded or synthesised."""
    kind = "recorded" if recorded else "synthesised"
    entry = _table().get(name, {}).get(kind, {})
    rows = np.array(entry.get("notes", [_UNKNOWN]), dtype=np.float64)
    return Loudness(rows, entry.get("drums", {}), entry.get("compressed", False))


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(CALIBRATION.read_text("utf-8"))


def predicted_lufs(notes: Sequence[TimedNote], loudness: Loudness) -> float:
    """Integrated loudness in LUFS of a part at unit gain; -70 for a part without notes."""
    if not notes:
        return _ABSOLUTE_GATE
    starts = np.array([note.time for note in notes])
    lengths, energies = _drum_energies(notes, loudness) if loudness.drums else _note_energies(notes, loudness)
    first = np.maximum(0, np.round(starts / STEP)).astype(int)
    count = np.maximum(1, np.round(lengths / STEP)).astype(int)
    power = energies / (count * STEP)
    if loudness.compressed:
        course = _sounding(first, count) * np.average(power, weights=count)
    else:
        change = np.zeros(int((first + count).max()) + 1)
        np.add.at(change, first, power)
        np.add.at(change, first + count, -power)
        course = np.maximum(np.cumsum(change), 0)
    return gated(course)


def gated(power: npt.NDArray[np.float64]) -> float:
    """LUFS of K-weighted power per 50 ms, summed over channels."""
    padded = np.concatenate([power, np.zeros(_WINDOW)])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    windows = (sums[_WINDOW:] - sums[:-_WINDOW])[::_HOP] / _WINDOW
    loud = windows[windows > 10 ** ((_ABSOLUTE_GATE - OFFSET) / 10)]
    if not len(loud):
        return _ABSOLUTE_GATE
    loud = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return OFFSET + 10 * math.log10(float(loud.mean()))


def _sounding(first: npt.NDArray[np.int_], count: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
    change = np.zeros(int((first + count).max()) + 1)
    np.add.at(change, first, 1)
    np.add.at(change, first + count, -1)
    return (np.cumsum(change) > 0).astype(np.float64)


Energies = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _sounds(note: TimedNote) -> float:
    return min(note.duration, _MUTED_SECONDS) if note.voice == "mute" else note.duration


def _note_energies(notes: Sequence[TimedNote], loudness: Loudness) -> Energies:
    """(seconds over which each note's energy lies, energy)."""
    durations = np.array([max(0.05, _sounds(note)) for note in notes])
    pitches = np.array([note.pitch for note in notes])
    short, middle, long = (
        np.interp(pitches, loudness.notes[:, 0], column) for column in loudness.notes[:, 1:].T
    )
    place = np.log(durations / LENGTHS[1]) / math.log(LENGTHS[2] / LENGTHS[1])
    decibels = middle + place * np.where(place < 0, middle - short, long - middle)
    if not loudness.compressed:
        decibels += 20 * _TOUCH * np.log10([note.velocity / REFERENCE_VELOCITY for note in notes])
    # A note that goes on gathers energy in step with its length, one that dies has it all in its beginning.
    lasting = np.clip((long - middle) / (10 * math.log10(LENGTHS[2] / LENGTHS[1])), 0, 1)
    spread = np.minimum(durations, LENGTHS[1]) ** (1 - lasting) * durations**lasting
    return spread, 10 ** (decibels / 10)


def _drum_energies(notes: Sequence[TimedNote], loudness: Loudness) -> Energies:
    usual = min(loudness.drums.values())
    energies = 10 ** (np.array([loudness.drums.get(note.voice, usual) for note in notes]) / 10)
    force = np.array([note.velocity for note in notes]) / REFERENCE_VELOCITY
    return np.full(len(notes), 0.15), energies * force ** (2 * _TOUCH)
