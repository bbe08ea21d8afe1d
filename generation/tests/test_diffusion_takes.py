"""Several takes of a song: which seeds they have, which one is kept, and what a bad one does."""

import dataclasses
import random
from collections.abc import Sequence

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.diffusion.errors import OutOfMemory, SongError
from generation.diffusion.runner import Runner
from generation.diffusion.songs import BestTake, Song, SongRequest, Take
from generation.diffusion.takes import make_best, take_seeds

REQUEST = SongRequest("rain", 1.0, 7, takes=4)


class Playing(Runner):
    """Makes a song of one sample, its seed, and none of the seeds in `failing`."""

    def __init__(self, failing: Sequence[int] = ()) -> None:
        self.failing = failing
        self.asked: list[list[SongRequest]] = []

    def generate(self, requests, on_progress, should_stop):
        self.asked.append(list(requests))
        return [
            OutOfMemory("No room.")
            if request.seed in self.failing
            else Song(Audio(np.full((2, 1), 0.5, np.float32), 48_000), {"seed": request.seed})
            for request in requests
        ]

    @staticmethod
    def read(folder, device, later): ...

    def move_to(self, device): ...

    def batch_key(self, request): ...

    def make(self, requests, on_step): ...


def by(goodness):
    """A scorer that is known: a take is as good as this says of its seed."""
    return lambda song, request: Take(request.seed, goodness(request.seed), {"sound": goodness(request.seed)})


def made(runner: Runner, requests: Sequence[SongRequest], score) -> list[BestTake | SongError]:
    return make_best(runner, requests, lambda part: None, lambda: False, score)


def test_the_takes_of_the_songs_of_an_order_have_seeds_of_their_own_and_the_first_is_the_songs():
    songs = [dataclasses.replace(REQUEST, seed=seed, takes=8) for seed in range(2**32 - 2, 2**32 + 2)]
    seeds = [seed for song in songs for seed in take_seeds(song)]
    assert len(set(seeds)) == 32
    assert [take_seeds(song)[0] for song in songs[:2]] == [2**32 - 2, 2**32 - 1]
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_all_takes_of_all_songs_are_made_at_once():
    runner = Playing()
    made(runner, [REQUEST, dataclasses.replace(REQUEST, seed=8)], by(lambda seed: 0.5))
    [asked] = runner.asked
    assert [request.seed for request in asked] == [
        *take_seeds(REQUEST),
        *take_seeds(dataclasses.replace(REQUEST, seed=8)),
    ]
    assert {request.takes for request in asked} == {1}


@pytest.mark.parametrize("best", range(4))
def test_the_best_is_kept_with_the_scores_of_all(best):
    seeds = take_seeds(REQUEST)
    [kept] = made(Playing(), [REQUEST], by(lambda seed: 0.9 if seed == seeds[best] else 0.1))
    assert isinstance(kept, BestTake)
    assert (kept.seed, kept.song.used["seed"]) == (seeds[best], seeds[best])
    assert [take.seed for take in kept.takes] == seeds
    assert [take.score for take in kept.takes] == [0.9 if place == best else 0.1 for place in range(4)]


def test_where_scores_are_shuffled_the_choice_is_chance():
    """The control: what chooses is the scores, and nothing else."""
    chance = random.Random(5)
    chosen = []
    for seed in range(400):
        request = dataclasses.replace(REQUEST, seed=seed)
        [kept] = made(Playing(), [request], by(lambda seed: chance.random()))
        assert isinstance(kept, BestTake)
        chosen.append(take_seeds(request).index(kept.seed))
    assert all(70 <= chosen.count(place) <= 130 for place in range(4))


def test_a_take_that_could_not_be_made_counts_for_nothing():
    seeds = take_seeds(REQUEST)
    [kept] = made(Playing(failing=seeds[:3]), [REQUEST], by(lambda seed: 0.2))
    assert isinstance(kept, BestTake)
    assert (kept.seed, len(kept.takes)) == (seeds[3], 1)
    [failed, other] = made(
        Playing(failing=seeds), [REQUEST, dataclasses.replace(REQUEST, seed=9)], by(lambda seed: 0.2)
    )
    assert isinstance(failed, OutOfMemory)
    assert isinstance(other, BestTake)


def test_a_take_that_cannot_be_judged_costs_no_song():
    """All takes are made by then, and paid for."""

    def judged(song, request):
        if request.seed in unjudged:
            raise FloatingPointError("scripted")
        return Take(request.seed, 0.2, {"sound": 0.2})

    seeds = take_seeds(REQUEST)
    unjudged = seeds[:3]
    [kept] = made(Playing(), [REQUEST], judged)
    assert isinstance(kept, BestTake)
    assert (kept.seed, [take.seed for take in kept.takes]) == (seeds[3], seeds[3:])
    unjudged = seeds
    [kept] = made(Playing(), [REQUEST], judged)
    assert isinstance(kept, BestTake)
    assert (kept.seed, kept.takes) == (7, ())


def test_of_a_single_take_nothing_is_judged():
    def judged(song, request):
        raise AssertionError("There is nothing to choose.")

    [kept] = made(Playing(), [dataclasses.replace(REQUEST, takes=1)], judged)
    assert isinstance(kept, BestTake)
    assert (kept.seed, kept.takes) == (7, ())
