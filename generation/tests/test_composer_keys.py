"""Whether the chords of each genre, and the pieces made of them, say which key they are in."""

from itertools import product

import numpy as np
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.types import Bars, Genre
from generation.composer.theory import family, key_name, parse_chord
from generation.composer.writing.compose import compose
from generation.diffusion.key import chroma_likeness
from generation.tests.measures.key import written_key_rank
from generation.tests.measures.pieces import brief_of
from generation.tests.measures.seeds import fresh_seeds

PIECES = 40


def amounts(progression: Bars) -> np.ndarray:
    """How much of each pitch class sounds in a bar: basses more, what lies above the fifth less."""
    found = np.zeros(12)
    for bar in progression:
        for chord in bar:
            found[chord.bass] += 1.6 / len(bar)
            for place, pitch_class in enumerate(chord.pitch_classes):
                found[pitch_class] += (1.0 if place < 3 else 0.7) / len(bar)
    return found / len(progression)


def heard_key(genre: Genre, mode: str, first: Bars, second: Bars) -> str:
    likeness = chroma_likeness(
        amounts(first) + amounts(second) + 0.15 * amounts(((genre.cadence_for(mode).end,),))
    )
    return max(likeness, key=lambda name: likeness[name])


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_any_two_progressions_that_may_meet_are_heard_in_their_key(genre):
    found = GENRES[genre]
    uses = list(dict.fromkeys(section.harmony for section in found.sections.values()))[:2]
    for mode in dict.fromkeys(mode for mode, _ in found.progressions):
        options = [found.progressions_for(mode, use) for use in uses]
        for first, second in product(options[0], options[-1]):
            assert heard_key(found, mode, first, second) == key_name(0, family(mode)), (mode, first, second)


def test_chords_of_the_relative_major_are_not_heard_in_minor():
    """The control: four chords that most minor songs share, and that say C major."""
    loop = tuple((parse_chord(name),) for name in ("Am", "F", "C", "G"))
    assert heard_key(GENRES["rock"], "minor", loop, loop) == "C major"


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_notes_of_a_piece_say_its_key(genre, figure):
    scores = [compose(brief_of(genre, seed)) for seed in fresh_seeds(PIECES, f"key of {genre}")]
    ranks = [written_key_rank(score, score.tonic, score.mode) for score in scores]
    off = [written_key_rank(score, score.tonic + 6, score.mode) for score in scores]
    figure(
        f"{genre}: by the notes of {PIECES} pieces the key is first in {ranks.count(1)}, at worst at {max(ranks)}"
    )
    assert ranks.count(1) >= 0.85 * PIECES
    assert sum(rank <= 3 for rank in ranks) >= PIECES - 1
    assert min(off) > 3
