"""The measures of music, on sounds made for them: what must pass, and what must not."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.composer.metre import METRES
from generation.composer.score import Section
from generation.composer.writing.compose import compose
from generation.tests.audio_signals import noise, silence, sine
from generation.tests.measures.genres import nearest_share
from generation.tests.measures.hearing import bands, statistics
from generation.tests.measures.key import key_rank
from generation.tests.measures.loudness import lufs, true_peak
from generation.tests.measures.metre import (
    agreement,
    beats,
    f_measure,
    hear_metre,
    in_three,
    onsets,
    sounding_metre,
)
from generation.tests.measures.pieces import Piece, brief_of, heard, played, sound_of
from generation.tests.measures.sections import likeness, likeness_by_chance
from generation.tests.measures.seeds import fresh_seeds
from generation.tests.measures.symbols import writing
from generation.tests.measures.tempo import shuffled, tempo_found


@pytest.fixture(scope="module")
def rock() -> Piece:
    return heard(brief_of("rock", 4, 30, metre="4/4"))


def test_a_tone_is_heard_in_its_band():
    loudest = bands(sine(1000, 1)).mean(axis=0).argmax()
    assert bands(sine(2000, 1)).mean(axis=0).argmax() > loudest
    assert bands(sine(500, 1)).mean(axis=0).argmax() < loudest


def test_loudness_and_peak_know_a_tone():
    assert lufs(Audio(np.repeat(sine(1000, 5, 0.1).samples, 2, axis=0), 48_000)) == pytest.approx(
        -20, abs=0.2
    )
    assert true_peak(sine(1000, 1, 0.5)) == pytest.approx(-6.02, abs=0.05)
    # A tone at a quarter of the rate whose samples all miss its tops.
    times = np.arange(48_000)
    between = np.sin(np.pi / 2 * times + np.pi / 4).astype(np.float32)[None] / np.float32(np.sqrt(2))
    assert true_peak(Audio(between, 48_000)) > 20 * np.log10(np.abs(between).max()) + 2.5


def test_a_tempo_is_found_at_any_octave_and_nowhere_else(rock):
    assert tempo_found(rock.audio, rock.score.bpm)
    assert tempo_found(rock.audio, rock.score.bpm * 2)
    assert not tempo_found(rock.audio, rock.score.bpm * 1.05)
    assert not tempo_found(shuffled(rock.audio, 1), rock.score.bpm)
    assert not tempo_found(noise(20), 120)


def test_a_key_is_first_where_it_is_and_last_where_none_is(rock):
    tonic, mode = rock.score.tonic, rock.score.mode
    assert key_rank(rock.pitched, tonic, mode) == 1
    assert key_rank(rock.pitched, tonic + 1, mode) > 6
    assert key_rank(silence(5), tonic, mode) == 24
    assert key_rank(noise(5), tonic, mode) == 24


def test_sections_are_alike_only_where_they_are_said_to_be(rock):
    found = likeness(rock)
    assert found is not None
    assert found > 1.3
    by_chance = likeness_by_chance(rock, 1)
    assert by_chance is not None
    assert by_chance < 1.1
    one_kind = replace(rock.score, sections=(Section("all", 0, rock.score.bars, 1.0),))
    assert likeness(replace(rock, score=one_kind)) is None


def test_genres_are_told_apart_only_by_their_sound():
    names = ["ambient", "rock", "techno"]
    labels = [genre for genre in names for _ in range(3)]
    heard = np.array(
        [
            statistics(played(genre, seed, 20).audio)
            for genre in names
            for seed in fresh_seeds(3, "told apart")
        ]
    )
    assert nearest_share(heard, labels) >= 7 / 9
    assert nearest_share(heard, ["a", "b", "c"] * 3) <= 2 / 9


def test_laws_of_harmony_fail_a_tune_a_semitone_off():
    right, wrong = writing(brief_of("jazz", 5)), writing(brief_of("jazz", 5), lift=1)
    assert right.strong == wrong.strong > 10
    assert (right.foreign, right.clashing) == (0, 0)
    assert wrong.foreign > right.strong / 2
    assert wrong.clashing > 3


def test_noise_has_neither_sections_nor_a_genre(rock):
    hiss = Piece(rock.score, noise(30), noise(30))
    found = likeness(hiss)
    assert found is not None
    assert found < 1.1


def clicks(times: np.ndarray, accents: np.ndarray, seconds: float) -> Audio:
    """Strokes: low and loud where a bar begins (accent 2), middling on a beat (1), high and soft else (0).

    Every bar has a note that it holds.
    """
    samples = np.zeros(round(seconds * 48_000), dtype=np.float32)
    since = np.arange(4800) / 48_000
    for time, accent in zip(times, accents, strict=True):
        stroke = np.exp(-40 * since) * np.sin(2 * np.pi * (4000, 900, 110)[accent] * since)
        start = round(time * 48_000)
        samples[start : start + 4800] += ((0.1, 0.25, 0.8)[accent] * stroke).astype(np.float32)
    for number, (start, end) in enumerate(pairwise(np.rint(times[accents == 2] * 48_000).astype(int))):
        held = np.sin(2 * np.pi * (262, 330, 392)[number % 3] * np.arange(end - start) / 48_000)
        samples[start:end] += (0.05 * held).astype(np.float32)
    return Audio(samples[None], 48_000)


BARS_OF_EIGHTHS = {"4/4": "20101010", "3/4": "201010", "6/8": "200100", "5/4": "2010101010", "7/8": "2010100"}


@pytest.mark.parametrize("name", sorted(BARS_OF_EIGHTHS))
@pytest.mark.parametrize("eighth", [0.19, 0.4])
@pytest.mark.parametrize("late", [0, 3])
def test_the_metre_of_clicks_is_heard_wherever_they_begin(name, eighth, late):
    bar = BARS_OF_EIGHTHS[name]
    count = int(29 / eighth)
    accents = np.array([int(bar[(place + late) % len(bar)]) for place in range(count)])
    times = 0.5 + np.arange(count) * eighth
    heard = hear_metre(clicks(times, accents, 30), eighth)
    assert heard.name == name
    assert f_measure(heard.counted, times[accents > 0]) > 0.9
    assert f_measure(heard.bar_lines, times[accents == 2]) > 0.85


def test_beats_are_found_where_strokes_are_even_if_some_are_missing():
    times = 0.3 + np.arange(56) * 0.5
    kept = times[np.random.default_rng(1).random(56) < 0.8]
    found = beats(onsets(clicks(kept, np.ones(len(kept), dtype=int), 29)), 0.5)
    assert f_measure(found, times) > 0.95
    assert f_measure(found, times + 0.25) == 0


def test_an_f_measure_counts_each_place_once():
    assert f_measure(np.array([1.0, 2.0]), np.array([1.05, 2.0])) == 1
    assert f_measure(np.array([1.0, 1.01, 1.02]), np.array([1.0])) == pytest.approx(0.5)
    assert f_measure(np.array([1.1]), np.array([1.0])) == 0
    assert f_measure(np.array([]), np.array([1.0])) == 0


@pytest.mark.parametrize(
    ("genre", "metre", "other"),
    [("folk", "3/4", "4/4"), ("rock", "7/8", "4/4"), ("pop", "6/8", "4/4"), ("rock", "4/4", "3/4")],
)
def test_a_metre_is_its_own_scores_and_no_others(genre, metre, other):
    score = compose(brief_of(genre, 11, 30, metre))
    sound = sound_of(score)
    right = agreement(sound, score)
    assert (right.heard, right.own) == (metre, metre)
    assert right.beats_found
    assert right.bar_lines_found
    assert right.heard_in_three == in_three(metre)
    # The same sound beside a score in another metre with quarters as long.
    count = METRES[metre].count / METRES[other].count
    as_other = replace(score, metre=METRES[other], bpm=score.bpm * count)
    bars = int(score.bars * score.bar_seconds / as_other.bar_seconds)
    wrong = agreement(sound, replace(as_other, bars=bars))
    assert not wrong.metre_heard
    assert not wrong.bar_lines_found
    # Beats of the right tempo may hit by chance, in whatever they are found.
    lost = [agreement(shuffled(sound, seed), score) for seed in range(4)]
    assert sum(one.beats_found for one in lost) <= 2
    assert sum(one.bar_lines_found for one in lost) <= 1


def test_noise_has_no_beats():
    score = compose(brief_of("rock", 11, 20, "3/4"))
    found = agreement(noise(20), score)
    assert not found.beats_found
    assert not found.bar_lines_found


def test_a_bar_of_twelve_eighths_is_heard_as_two_of_six():
    assert [sounding_metre(name) for name in METRES] == ["4/4", "3/4", "6/8", "6/8", "5/4", "7/8"]
