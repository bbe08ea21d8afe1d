"""Several takes of each song, made at once, of which the best is kept."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Final

from generation.diffusion.errors import SongError
from generation.diffusion.runner import OnProgress, Runner, ShouldStop
from generation.diffusion.scoring import score_take
from generation.diffusion.songs import BestTake, Song, SongRequest, Take

# The golden ratio of the seeds' range, and odd: takes lie far from each other and from other songs of the same order.
SEED_STEP: Final = 0x9E3779B1
SEEDS: Final = 2**32

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

    All takes of all songs are made as `Runner.generate` makes songs. A take that could not be made counts for
    nothing as long as another could. Raises Interrupted.
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
    if len(made) == 1:
        [(request, song)] = songs
        return BestTake(song, request.seed)
    takes = [score(song, request) for request, song in songs]
    best = max(range(len(takes)), key=lambda place: takes[place].score)
    return BestTake(songs[best][1], takes[best].seed, tuple(takes))
