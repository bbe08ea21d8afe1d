"""Several takes of each song, made at once, of which the best is kept."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Final

from generation.diffusion.errors import SongError
from generation.diffusion.runner import OnProgress, Runner, ShouldStop
from generation.diffusion.scoring import score_take
from generation.diffusion.songs import BestTake, Song, SongRequest, Take

# The golden ratio of the seeds' range, and odd: takes lie far from each other and from other songs of the same order.
SEED_STEP: Final = 0x9E3779B1
SEEDS: Final = 2**32
logger = logging.getLogger(__name__)

Score = Callable[[Song, SongRequest], Take]


def take_seeds(request: SongRequest) -> list[int]:
    """The seeds of the takes of a song. The first is its own, so that a song of one take is the first of several."""
    return [(request.seed + number * SEED_STEP) % SEEDS for number in range(request.takes)]


def make_best(
    runner: Runner,
    requests: Sequence[SongRequest],
    on_progress: OnProgress,
    should_stop: ShouldStop,
    score: Score = score_take,
) -> list[BestTake | SongError]:
    """The best take of each song, in the order of the requests; in the place of one that could not be made, why.

    All takes of all songs are made as `Runner.generate` makes songs. A take that could not be made or judged counts
    for nothing as long as another could. Raises Interrupted.
    """
    takes = [
        [dataclasses.replace(request, seed=seed, takes=1) for seed in take_seeds(request)]
        for request in requests
    ]
    made = iter(runner.generate([take for each in takes for take in each], on_progress, should_stop))
    return [_best([(take, next(made)) for take in each], score) for each in takes]


def _best(made: Sequence[tuple[SongRequest, Song | SongError]], score: Score) -> BestTake | SongError:
    songs = [(request, song) for request, song in made if isinstance(song, Song)]
    if not songs:
        return next(song for _, song in made if isinstance(song, SongError))
    judged = [] if len(made) == 1 else _judged(songs, score)
    if not judged:
        request, song = songs[0]
        return BestTake(song, request.seed)
    best, song = max(judged, key=lambda each: each[0].score)
    return BestTake(song, best.seed, tuple(take for take, _ in judged))


def _judged(songs: Sequence[tuple[SongRequest, Song]], score: Score) -> list[tuple[Take, Song]]:
    """The songs with their scores, without those that cannot be judged: by now all of them have been paid for."""
    judged = []
    for request, song in songs:
        try:
            judged.append((score(song, request), song))
        except Exception:
            logger.exception("A take cannot be judged; it counts for nothing")
    return judged
