"""A piece as the measures hear it: written, played and mastered as a job would."""

from dataclasses import dataclass, replace

import numpy as np

from generation.audio.master import master
from generation.audio.types import Audio
from generation.composer.brief import Brief
from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Score
from generation.composer.sound.render import render
from generation.composer.writing.compose import compose

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Piece:
    """`audio` is the mastered mix, (2, frames); `pitched` the mix of all roles but the drums."""

    score: Score
    audio: Audio
    pitched: Audio

    @property
    def is_rhythmic(self) -> bool:
        """Whether drums play in at least two of three bars."""
        strokes = (note.start for part in self.score.parts if part.role == "drums" for note in part.notes)
        beaten = {int(start // self.score.metre.beats) for start in strokes}
        return len(beaten) >= self.score.bars * 2 / 3


def played(genre: str, seed: int, duration: float = 30.0) -> Piece:
    """A piece of a genre by a seed, without words."""
    return heard(brief_of(genre, seed, duration))


def heard(brief: Brief) -> Piece:
    """The piece of a brief."""
    score = compose(brief)
    pitched = replace(score, parts=tuple(part for part in score.parts if part.role != "drums"))
    return Piece(score, master(sound_of(score)), sound_of(pitched))


def brief_of(genre: str, seed: int, duration: float = 30.0, metre: str | None = None) -> Brief:
    """The brief of a genre and a seed, without words."""
    return read_prompt("", duration=duration, seed=seed, genre=genre, time_signature=metre)


def has_beat(genre: str) -> bool:
    """Whether the genre has drums at all."""
    return bool(GENRES[genre].drum_voices)


def sound_of(score: Score) -> Audio:
    """The mix of a score, not mastered."""
    return Audio(np.concatenate(list(render(score, sample_rate=RATE)), axis=1), RATE)
