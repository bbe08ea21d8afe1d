"""Orders to open models: what is said about them at once."""

import pytest

from generation.diffusion.catalog import MINIMAX_MUSIC
from generation.engines.open_models import HINTS, count_sung_words, notices_about
from generation.engines.request import MusicRequest


def notices(lyrics: str | None, duration: float, **fields) -> tuple[str, ...]:
    return notices_about(MusicRequest("a song", duration, lyrics=lyrics, **fields), MINIMAX_MUSIC)


def test_words_that_do_not_fit_into_the_time_are_told_with_the_time_that_they_take():
    [notice] = notices("rain " * 80, 30)
    assert "about 80 words" in notice
    assert "30 seconds" in notice
    assert "about 32 seconds" in notice


def test_no_longer_song_is_recommended_than_the_model_makes():
    [notice] = notices("rain " * 800, 300)
    assert notice.endswith("left out. Shorten them.")


@pytest.mark.parametrize("lyrics", [None, "", " \n ", "[Verse]\n\n[Chorus]", "rain " * 75])
def test_words_that_fit_are_not_mentioned(lyrics):
    assert notices(lyrics, 30) == ()


def test_too_many_words_are_told_beside_the_hints():
    said = notices("rain " * 80, 30, bpm=90)
    assert said[0] == HINTS
    assert len(said) == 2


def test_the_tags_of_sections_are_not_sung():
    assert count_sung_words("[Verse 1]\nthe rain is falling\n\nChorus:\nall [softly] night") == 6


@pytest.mark.parametrize("lyrics", ["rain, rain — rain!", "la-la don't stop", "हिन्दी में गीत"])
def test_a_word_is_what_stands_between_spaces(lyrics):
    assert count_sung_words(lyrics) == 3


@pytest.mark.parametrize(
    ("lyrics", "words"),
    [
        ("雨が降る夜に", 3),
        ("雨下了一整夜", 3),
        ("비가 내리는 밤", 3),
        ("ฝนตกทั้งคืน", 3),
        ("雨 love 雨", 2),
    ],
)
def test_scripts_without_spaces_are_counted_by_their_characters(lyrics, words):
    assert count_sung_words(lyrics) == words


def test_a_page_of_chinese_does_not_pass_for_one_word():
    assert notices("雨" * 400, 60)
    assert not notices("雨" * 200, 60)
