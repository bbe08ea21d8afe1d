"""What a take is judged by, on sounds whose tempo, key and faults are known."""

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.diffusion import sung_words
from generation.diffusion.scoring import key_score, score_take, sound_score, tempo_score
from generation.diffusion.songs import Song, SongRequest
from generation.tests.audio_signals import beat, noise, silence
from generation.tests.composed import RATE, composed

REQUEST = SongRequest("rock", 20.0, 4)


@pytest.fixture(scope="module")
def rock() -> Audio:
    return composed("rock", bpm=131.7, key="E minor", seed=4)


def test_without_wishes_only_the_sound_is_judged(rock):
    take = score_take(Song(rock, {}), REQUEST)
    assert set(take.scores) == {"sound"}
    assert take.score == take.scores["sound"] > 0.9
    assert (round(take.bpm or 0, 1), take.key, take.seed) == (pytest.approx(131.7, rel=0.005), "E minor", 4)


def test_each_wish_counts_as_much_as_the_sound(rock):
    take = score_take(Song(rock, {}), SongRequest("rock", 20.0, 4, bpm=131.7, key="C major"))
    assert set(take.scores) == {"sound", "tempo", "key"}
    assert take.score == pytest.approx(sum(take.scores.values()) / 3, abs=0.001)
    assert take.scores["tempo"] > 0.95
    assert take.scores["key"] < 0.2


@pytest.mark.parametrize(
    ("asked", "measured", "score"),
    [
        (120, 120, 1),
        (120, 60, 1),
        (120, 240, 1),
        (120, 132, 0),
        (120, 90, 0),
        (100, 105, 0.49),
        (120, None, 0),
    ],
)
def test_a_tempo_is_as_good_at_half_and_at_double_and_a_tenth_beside_is_another(asked, measured, score):
    assert tempo_score(asked, measured) == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize(
    ("asked", "measured", "score"),
    [
        ("A minor", "A minor", 1.0),
        ("Bb major", "Bb major", 1.0),
        ("A# major", "Bb major", 1.0),
        ("A minor", "E minor", 0.5),
        ("A minor", "D minor", 0.5),
        ("A minor", "C major", 0.3),
        ("C major", "A minor", 0.3),
        ("A minor", "A major", 0.2),
        ("A minor", "F# major", 0.0),
        ("A minor", None, 0.0),
    ],
)
def test_a_key_is_judged_by_how_near_it_is(asked, measured, score):
    fits_perfectly = dict.fromkeys(("A minor", "Bb major", "C major"), 1.0)
    base = 0.1 if measured else 0.0
    assert key_score(asked, measured, fits_perfectly) == pytest.approx(0.9 * score + base, abs=0.001)


def test_between_takes_in_one_key_the_clearer_is_better():
    clear, vague = ({"A minor": fit} for fit in (0.9, 0.6))
    assert key_score("A minor", "A minor", clear) > key_score("A minor", "A minor", vague) > 0.9


def test_noise_silence_and_what_is_cut_off_are_no_good_sound(rock):
    good = sound_score(rock.samples, RATE)
    assert good > 0.9
    assert sound_score(beat(4.0).samples, 48_000) > 0.5
    assert sound_score(noise(4.0).samples, 48_000) < 0.1
    assert sound_score(silence(4.0).samples, 48_000) == 0.0
    half = rock.samples.copy()
    half[:, half.shape[1] // 2 :] = 0
    assert sound_score(half, RATE) == pytest.approx(good / 2, abs=0.06)
    assert sound_score(np.clip(rock.samples * 20, -1, 1), RATE) < 0.2


@pytest.mark.parametrize("loudness", [0.1, 1.0, 4.0])
def test_how_loud_a_model_plays_says_nothing_of_its_sound(rock, loudness):
    """What is louder than full scale is no cut off sound: the decoders go beyond it, and mastering sets the level."""
    good = sound_score(rock.samples, RATE)
    assert sound_score(rock.samples * np.float32(loudness), RATE) == pytest.approx(good, abs=0.03)
    cut = np.clip(rock.samples * 20, -1, 1) * np.float32(loudness)
    assert sound_score(cut, RATE) < 0.2


@pytest.mark.parametrize(
    ("lyrics", "heard", "share"),
    [
        ("[verse]\nRain on my window", "rain on my window", 1.0),
        ("[verse]\nRain on my window", "train on a window", 0.5),
        ("Don’t go", "don't go", 1.0),
        ("[chorus]", "anything", 1.0),
        ("夜のドライブ", "夜のドライ", 5 / 6),
        ("la la la la", "la la", 0.5),
        ("one two", "two one", 0.5),
    ],
)
def test_words_are_sung_as_far_as_they_are_heard_in_their_order(lyrics, heard, share):
    assert sung_words.share_sung(lyrics, heard) == pytest.approx(share)


def test_where_hearing_fails_words_are_not_judged(rock, monkeypatch, caplog):
    class Deaf:
        def transcribe(self, samples, language):
            raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(sung_words, "listener", Deaf)
    assert "words" not in score_take(Song(rock, {}), SongRequest("rock", 20.0, 4, lyrics="rain")).scores
    assert "could not be heard" in caplog.text


def test_words_count_where_they_can_be_heard(rock, monkeypatch):
    request = SongRequest("rock", 20.0, 4, lyrics="rain on my window")
    monkeypatch.setattr(sung_words, "heard", lambda audio, lyrics: "rain on the")
    assert score_take(Song(rock, {}), request).scores["words"] == 0.5
    monkeypatch.setattr(sung_words, "heard", lambda audio, lyrics: None)
    assert "words" not in score_take(Song(rock, {}), request).scores
