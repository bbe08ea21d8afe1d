"""Captions and lyrics for the models."""

import pytest

from generation.diffusion.prompts import (
    INSTRUMENTAL,
    ace_step_words,
    caption_of,
    caption_with_tempo_and_key,
    cut_to_fit,
    song_text,
)
from generation.diffusion.songs import SongRequest


def request(prompt: str = "rainy night", **fields) -> SongRequest:
    return SongRequest(prompt, 30, 7, **fields)


def test_genre_and_tags_follow_the_prompt():
    assert caption_of(request(genre="drum_and_bass", tags=("warm", "vinyl"))) == (
        "rainy night, drum and bass, warm, vinyl"
    )


def test_what_the_prompt_says_already_is_not_said_again():
    assert caption_of(request("Warm lofi  for a\nrainy night", genre="lofi", tags=("warm", "rain"))) == (
        "Warm lofi for a rainy night, rain"
    )


def test_ace_step_gets_tempo_and_key_beside_the_caption():
    words = ace_step_words(request(bpm=92.6, key="B♭ minor"))
    assert (words.caption, words.bpm, words.key) == ("rainy night", 93, "Bb minor")


def test_tempo_and_key_can_be_told_in_words():
    given = request(bpm=91.6, key="B♭ minor", tags=("warm",))
    assert caption_with_tempo_and_key(given, lambda text: True) == "rainy night, warm, 92 BPM, Bb minor"
    assert caption_with_tempo_and_key(request(), lambda text: True) == "rainy night"
    said = request("rain at 92 BPM", bpm=92)
    assert caption_with_tempo_and_key(said, lambda text: True) == "rain at 92 BPM"


def test_a_long_prompt_does_not_push_tempo_and_key_out_of_a_caption():
    given = request("rain " * 50, bpm=92, key="D minor")
    caption = caption_with_tempo_and_key(given, lambda text: len(text) <= 40)
    assert caption == "rain rain rain rain, 92 BPM, D minor"


@pytest.mark.parametrize("instrumental", [True, None])
def test_without_lyrics_ace_step_makes_instrumental_music(instrumental):
    assert ace_step_words(request(instrumental=instrumental)).lyrics == INSTRUMENTAL


def test_vocals_without_lyrics_are_asked_for_in_the_caption():
    words = ace_step_words(request(instrumental=False))
    assert (words.caption, words.lyrics) == ("rainy night, vocals", "")


def test_lyrics_are_sung_in_their_language():
    words = ace_step_words(request(lyrics="[verse]\nIch bin der Regen und du bist nicht da"))
    assert words.language == "de"
    assert words.lyrics.startswith("[verse]\n")


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("[Verse 1]", "[Verse 1]"),
        ("[ chorus ]", "[chorus]"),
        ("[guitar solo]", "[guitar solo]"),
        ("(Bridge)", "[Bridge]"),
        ("verse 2:", "[Verse 2]"),
        ("Pre-Chorus:", "[Pre-chorus]"),
    ],
)
def test_a_section_has_its_tag_in_brackets_however_it_was_written(line, tag):
    assert song_text(f"first words\r\n{line}\r\n  the rain  \r\n") == f"first words\n\n{tag}\nthe rain"


@pytest.mark.parametrize("line", ["Bridge", "(oh yeah)", "hold the line:", "verse after verse"])
def test_a_line_that_may_be_sung_stays_a_line(line):
    assert song_text(line) == line


def test_blank_lines_around_tags_do_not_pile_up():
    assert song_text("\n\n[verse]\n\n\nthe rain\n\n\n\n[chorus]\nfalls\n\n") == (
        "[verse]\n\nthe rain\n\n[chorus]\nfalls"
    )


def test_a_text_that_is_too_long_ends_after_its_last_whole_word():
    assert cut_to_fit("rain, rain and snow", lambda text: len(text) <= 12) == "rain, rain"


def test_a_text_without_spaces_is_cut_where_it_must_be():
    assert cut_to_fit("雨" * 20, lambda text: len(text) <= 12) == "雨" * 12


def test_a_text_that_fits_stays_whole():
    assert cut_to_fit("rain", lambda text: True) == "rain"


def test_a_text_is_cut_at_the_last_length_that_fits():
    assert cut_to_fit("abcdef", lambda text: len(text) <= 5) == "abcde"
    assert cut_to_fit("abcdef", lambda text: len(text) <= 1) == "a"


def test_a_caption_without_a_prompt_is_genre_and_tags():
    assert caption_of(request("", genre="rock", tags=("loud",))) == "rock, loud"


def test_a_tag_within_another_word_is_not_named_already():
    assert caption_of(request("rocking", tags=("rock", "rocking"))) == "rocking, rock"


def test_instrumental_music_has_no_language_tempo_or_key_of_its_own():
    words = ace_step_words(request())
    assert (words.language, words.bpm, words.key) == ("unknown", None, None)


def test_blank_lyrics_are_none():
    assert ace_step_words(request(lyrics=" \n ")).lyrics == INSTRUMENTAL
