"""Orders in, answers out: what one of a batch does to the others."""

from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pytest

from generation.diffusion.songs import Song, SongRequest, Take
from generation.diffusion.takes import make_best, take_seeds
from generation.engines.gpu_side import GpuSide
from generation.engines.parcel import VERSION, Answer, Delivery, Order, Refusal
from generation.tests.test_diffusion_flac import opened
from generation.tests.tiny_models import TINY_ACE_STEP, TINY_MUSICGEN

pytestmark = pytest.mark.torch
# Half of a character: what no tokenizer takes.
NO_TEXT = "\ud800"


@pytest.fixture
def reported() -> list[dict[str, float | None]]:
    return []


@pytest.fixture
def side(tiny_runner, reported) -> GpuSide:
    return GpuSide(tiny_runner("musicgen"), "L40S", reported.append)


def order(seed: int = 1, prompt: str = "rain", duration: float = 1.0) -> dict[str, Any]:
    return Order((SongRequest(prompt, duration, seed),), TINY_MUSICGEN.name, f"key-{seed}").pack()


def spoiled(**fields: Any) -> dict[str, Any]:
    packed = order()
    packed["songs"][0] |= fields
    return packed


def answers(side: GpuSide, *orders: Any) -> list[Delivery | Refusal]:
    return [song for answer in side.answer(orders) for song in Answer.unpack(answer).songs]


@pytest.mark.parametrize(
    "bad", [None, {"version": VERSION}, spoiled(seed="x"), spoiled(duration=[]), spoiled(tags=3)]
)
def test_what_cannot_be_read_is_refused_alone(side, bad):
    refused, made = answers(side, bad, order())
    assert isinstance(refused, Refusal)
    assert not refused.retryable
    assert isinstance(made, Delivery)


def test_an_order_that_cannot_be_made_is_answered_for_each_of_its_songs(side):
    songs = (SongRequest("rain", 1.0, 1), SongRequest("rain", 1.0, 2))
    wrong = Order(songs, "another-model", "key").pack()
    unreadable = Order(songs, TINY_MUSICGEN.name, "key").pack()
    unreadable["songs"][1] |= {"seed": "x"}
    for parcel in (wrong, unreadable):
        assert [type(song) for song in answers(side, parcel)] == [Refusal, Refusal]


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf"), 500.0])
def test_a_length_that_cannot_be_made_is_refused_alone_and_costs_nothing(side, duration):
    refused, made = answers(side, order(duration=duration), order(2))
    assert isinstance(refused, Refusal)
    assert refused.code == "content_rejected"
    assert isinstance(made, Delivery)
    assert made.gpu_seconds > 0
    [alone] = answers(side, order(duration=duration))
    assert isinstance(alone, Refusal)


def test_what_fails_as_nobody_foresaw_fails_alone_too(side, reported):
    failed, made = answers(side, order(1, NO_TEXT), order(2))
    assert isinstance(failed, Refusal)
    assert failed.retryable
    assert isinstance(made, Delivery)
    assert reported[-1] == {"key-1": None, "key-2": None}


def test_where_nothing_can_be_made_any_more_that_is_raised(side):
    with pytest.raises(RuntimeError, match="any more"):
        side.answer([order(1, NO_TEXT), order(2, NO_TEXT)])
    with pytest.raises(TypeError):
        side.answer([order(1, NO_TEXT)])


def test_the_songs_of_an_order_are_one_batch_in_the_model(tiny_runner, monkeypatch):
    runner, sizes = tiny_runner("ace_step"), []
    make = runner.make
    monkeypatch.setattr(
        runner, "make", lambda songs, on_step: (sizes.append(len(songs)), make(songs, on_step))[1]
    )
    songs = tuple(SongRequest("rain", 1.0, seed) for seed in range(4))
    [answer] = GpuSide(runner, "L40S", lambda parts: None).answer(
        [Order(songs, TINY_ACE_STEP.name, "key").pack()]
    )
    made = Answer.unpack(answer).songs
    assert sizes == [4]
    assert [song.seed for song in made if isinstance(song, Delivery)] == [0, 1, 2, 3]
    assert len({song.flac for song in made if isinstance(song, Delivery)}) == 4


@pytest.mark.parametrize("best", range(4))
def test_of_four_takes_the_best_is_sent_with_the_scores_of_all(tiny_runner, best):
    song = SongRequest("rain", 1.0, 7, takes=4)
    seeds = take_seeds(song)

    def known(made: Song, request: SongRequest) -> Take:
        score = 0.9 if request.seed == seeds[best] else 0.2
        return Take(request.seed, score, {"sound": score})

    side = GpuSide(tiny_runner("musicgen"), "L40S", lambda parts: None, make=partial(make_best, score=known))
    [answer] = side.answer([Order((song,), TINY_MUSICGEN.name, "key").pack()])
    [sent] = Answer.unpack(answer).songs
    [alone] = answers(side, order(seed=seeds[best]))
    assert isinstance(sent, Delivery)
    assert isinstance(alone, Delivery)
    assert [take.score for take in sent.takes] == [0.9 if place == best else 0.2 for place in range(4)]
    assert sent.seed == seeds[best]
    assert np.allclose(opened(sent.flac).samples, opened(alone.flac).samples, atol=1e-3)


def test_the_seconds_are_shared_out_by_length(tiny_runner):
    clock = iter(range(1000))
    side = GpuSide(tiny_runner("musicgen"), "L40S", lambda parts: None, clock=lambda: float(next(clock)))
    began = next(clock)
    short, long = answers(side, order(1, duration=1.0), order(2, duration=3.0))
    assert isinstance(short, Delivery)
    assert isinstance(long, Delivery)
    assert long.gpu_seconds == pytest.approx(3 * short.gpu_seconds)
    assert 0 < short.gpu_seconds + long.gpu_seconds <= next(clock) - began


def test_progress_is_reported_at_once_then_once_a_second_and_at_last_that_there_is_no_more(tiny_runner):
    def reports(seconds_between: float) -> list[dict[str, float | None]]:
        reported: list[dict[str, float | None]] = []
        clock = count(0.0, seconds_between)
        answers(GpuSide(tiny_runner("musicgen"), "L40S", reported.append, clock=lambda: next(clock)), order())
        assert reported[-1] == {"key-1": None}
        return reported[:-1]

    assert len(reports(0.0)) == 1
    assert 10 < 2 * len(reports(0.3)) < len(reports(1.0))


def test_progress_never_goes_back_where_songs_are_made_alone_after_all(tiny_runner, reported):
    clock = count(0.0, 1.0)
    side = GpuSide(tiny_runner("musicgen"), "L40S", reported.append, clock=lambda: next(clock))
    answers(side, order(1, NO_TEXT), order(2), order(3))
    parts = [part for each in reported[:-1] if (part := each["key-2"]) is not None]
    assert parts == sorted(parts)
    assert len(set(parts)) > 2
    assert parts[-1] == 1.0


def test_that_nobody_can_hear_of_it_costs_no_song(tiny_runner):
    refused = []

    def refuse(parts: dict[str, float | None]) -> None:
        refused.append(parts)
        raise ConnectionError("Modal is away")

    [made] = answers(GpuSide(tiny_runner("musicgen"), "L40S", refuse), order())
    assert isinstance(made, Delivery)
    assert len(refused) == 1
