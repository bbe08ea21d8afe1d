"""Whether bars of the same section sound more alike than bars of different ones."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from generation.composer.score import Score
from generation.tests.measures.hearing import Matrix, bands, hop_seconds
from generation.tests.measures.pieces import Piece

_SHUFFLES = 20


def likeness(piece: Piece) -> float | None:
    """Mean distance between bars of different kinds over that between bars of one kind; None for one kind alone.

    1 where sections make no difference.
    """
    return _likeness(_distances(piece), np.array(kinds_of(piece.score)))


def likeness_by_chance(piece: Piece, seed: int) -> float | None:
    """The control: the same where the bars' kinds are dealt out anew, a few times over."""
    random, kinds, distances = np.random.default_rng(seed), kinds_of(piece.score), _distances(piece)
    found = [_likeness(distances, random.permutation(kinds)) for _ in range(_SHUFFLES)]
    known = [each for each in found if each is not None]
    return float(np.mean(known)) if known else None


def _likeness(distances: Matrix, kinds: npt.NDArray[np.str_]) -> float | None:
    same = kinds[:, None] == kinds[None]
    pairs = ~np.eye(len(kinds), dtype=bool)
    if same.all() or not (same & pairs).any():
        return None
    return float(distances[~same].mean() / distances[same & pairs].mean())


def _distances(piece: Piece) -> Matrix:
    heard = _bars(piece)
    distances: Matrix = np.sqrt(np.square(heard[:, None] - heard[None]).mean(axis=2))
    return distances


def kinds_of(score: Score) -> list[str]:
    return [section.name for section in score.sections for _ in range(section.bars)]


def _bars(piece: Piece) -> Matrix:
    """The mean spectrum of each bar and its spread, (bars, 80)."""
    heard = bands(piece.audio)
    seconds = piece.score.bar_seconds
    edges = np.rint(np.arange(piece.score.bars + 1) * seconds / hop_seconds(piece.audio)).astype(int)
    rows = [heard[start:stop] for start, stop in pairwise(edges)]
    return np.array([np.concatenate([row.mean(axis=0), row.std(axis=0)]) for row in rows])
