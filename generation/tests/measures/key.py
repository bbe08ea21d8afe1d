"""At which place of 24 keys a listener would put the one that was written."""

import math

import numpy as np

from generation.audio.types import Audio
from generation.composer.score import Note, Score
from generation.composer.sound.mix_table import load_mix
from generation.composer.theory import family, key_name
from generation.diffusion.key import LIKE_ENOUGH, chroma_likeness, key_likeness
from generation.tests.measures.hearing import Matrix

_PARTIALS = (1.0, 0.5, 0.35, 0.25, 0.18, 0.12)
_LOWEST, _HIGHEST = 60.0, 2000.0


def key_rank(audio: Audio, tonic: int, mode: str) -> int:
    """1 where the key is the likeliest, 24 where nothing has a key; modes count by their third."""
    likeness = key_likeness(audio)
    if likeness is None or max(likeness.values()) < LIKE_ENOUGH:
        return 24
    return _rank(likeness, tonic, mode)


def written_key_rank(score: Score, tonic: int, mode: str) -> int:
    """The same read from notes alone, in a hundredth of the time; it ranks nine pieces of ten as their sound does.

    A note counts by its length, its force, its part's level in the mix and the first six partials, each less the
    higher it lies, as the sound's peaks do.
    """
    mix, amounts = load_mix(score.genre), np.zeros(12)
    for part in score.parts:
        if part.role not in ("drums", "fx"):
            level = 10 ** (mix.role(part.role).lufs / 40)
            for note in part.notes:
                _add(amounts, note, level)
    return _rank(chroma_likeness(amounts), tonic, mode)


def _add(amounts: Matrix, note: Note, level: float) -> None:
    fundamental = 440 * 2 ** ((note.pitch - 69) / 12)
    weight = level * note.length * math.sqrt(note.velocity / 100)
    for number, strength in enumerate(_PARTIALS, start=1):
        hertz = number * fundamental
        if _LOWEST <= hertz <= _HIGHEST:
            pitch_class = round(note.pitch + 12 * math.log2(number)) % 12
            amounts[pitch_class] += weight * math.sqrt(strength / hertz)


def _rank(likeness: dict[str, float], tonic: int, mode: str) -> int:
    ranked = sorted(likeness, key=lambda name: -likeness[name])
    return ranked.index(key_name(tonic % 12, family(mode))) + 1
