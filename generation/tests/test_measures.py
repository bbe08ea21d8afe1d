"""The measures of music, on sounds made for them: what must pass, and what must not."""

from dataclasses import replace

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.composer.score import Section
from generation.tests.audio_signals import noise, silence, sine
from generation.tests.measures.genres import nearest_share
from generation.tests.measures.hearing import bands, statistics
from generation.tests.measures.key import key_rank
from generation.tests.measures.loudness import lufs, true_peak
from generation.tests.measures.pieces import Piece, brief_of, played
from generation.tests.measures.sections import likeness, likeness_by_chance
from generation.tests.measures.seeds import fresh_seeds
from generation.tests.measures.symbols import writing
from generation.tests.measures.tempo import shuffled, tempo_found


@pytest.fixture(scope="module")
def rock() -> Piece:
    return played("rock", 4, 30)


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
