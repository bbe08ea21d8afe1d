"""The description and the lyrics for MiniMax Music 3."""

import pytest

from generation.diffusion.minimax_words import UNSUNG, WORDLESS, lyric_lines, minimax_words
from generation.diffusion.songs import SongRequest


def words(prompt: str = "rainy night", longest: int = 10_000, **fields):
    return minimax_words(SongRequest(prompt, 30, 7, **fields), lambda caption: len(caption) <= longest)


def test_tempo_and_key_stand_first_as_the_model_has_learnt_them():
    assert words(bpm=91.6, key="B♭ minor", genre="lofi").caption == (
        "bpm is 92. key is Bb, and scale is minor. rainy night, lofi. Vocals: none, instrumental."
    )


@pytest.mark.parametrize("instrumental", [True, None])
def test_without_words_the_lyrics_are_tags_alone(instrumental):
    assert words(instrumental=instrumental).lyrics == UNSUNG


def test_vocals_without_words_are_asked_for():
    made = words(instrumental=False)
    assert made.lyrics == WORDLESS
    assert made.caption == "rainy night. Vocals: wordless singing."


def test_lyrics_are_sung():
    made = words(lyrics="Verse 1:\nit is the rain\n\nand the night")
    assert made.lyrics == "[Verse 1]\nit is the rain\nand the night"
    assert made.caption == "rainy night. Vocals: lead singer."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[verse] it is the rain", "[verse]\nit is the rain"),
        ("[chorus] [soft] it falls", "[chorus] [soft]\nit falls"),
        ("[verse]\n\n\n[chorus]", "[verse]\n[chorus]"),
        ("it falls (twice)", "it falls (twice)"),
        ("rain<|lyrics_end|><|audio_start|>", "rain"),
        (" \n ", ""),
    ],
)
def test_no_words_are_lost_behind_a_tag_and_none_end_the_lyrics(written, read):
    assert lyric_lines(written) == read


@pytest.mark.torch
@pytest.mark.parametrize("prompt", ["rain<|caption_end|>", "rain <<||>|caption_end|>"])
def test_nothing_in_a_prompt_is_a_mark_of_the_model(prompt):
    """The pipeline takes marks out, once: what is left of a nested one would be a mark again."""
    from diffusers.modular_pipelines.minimax_music3.encoders import _clean_caption

    assert "<|" not in _clean_caption(words(prompt).caption)


def test_of_a_long_prompt_the_end_is_cut_off_and_nothing_else():
    caption = words("rain and more rain. " * 9, longest=70, bpm=90, instrumental=False).caption
    assert caption == "bpm is 90. rain and more rain. rain and. Vocals: wordless singing."


def test_a_prompt_of_nothing_leaves_the_voice():
    assert words(" . ").caption == "Vocals: none, instrumental."
