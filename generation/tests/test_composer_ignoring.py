"""Words of a prompt that were not meant as they are read: left out wherever they stand, and nothing else with them."""

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.composer.brief import Brief, Reading
from generation.composer.reading.prompt import read_prompt
from generation.tests.measures.odd_prompts import odd_prompt

TOLD = ("prompt", "readings", "reasons")


def brief(prompt: str, *ignored: str, **given: Any) -> Brief:
    return read_prompt(prompt, **{"duration": 60, "seed": 1, "ignored": ignored, **given})


def music(heard: Brief) -> dict[str, object]:
    """All of a brief but how it is put into words."""
    return {
        field.name: getattr(heard, field.name)
        for field in dataclasses.fields(heard)
        if field.name not in TOLD
    }


def words_read(prompt: str, *ignored: str, **given: Any) -> list[str]:
    return [reading.words for reading in brief(prompt, *ignored, **given).readings]


def test_a_reading_has_the_words_as_they_stand_and_all_that_they_mean():
    heard = brief("Rainy Night\nlo-fi for Drums,  no\n reverb or bass")
    assert heard.readings == (
        Reading("no reverb or bass", "left out, dry"),
        Reading("lo-fi", "Lo-fi"),
        Reading("Rainy", "Lo-fi, calmer, darker"),
        Reading("Night", "calmer, darker"),
        Reading("Drums", "lo-fi drums"),
    )
    assert "'drum' → lo-fi drums" in heard.reasons


def test_what_was_drawn_without_words_is_a_reason_and_no_reading():
    heard = brief("🎉")
    assert heard.readings == ()
    assert heard.reasons[0].startswith("No style was named → ")


@pytest.mark.parametrize(
    ("prompt", "ignored", "same_as"),
    [
        ("techno for my house", ["house"], "techno for my"),
        ("Rainy RAINY rainy, rock", ["rAINY"], "rock"),
        ("rock, no drums, piano", ["no drums"], "rock, piano"),
        ("rock, no  DRUMS", ["no drums"], "rock"),
        ("rock with drums", ["drum"], "rock"),
        ("rock with a drum", ["drums"], "rock"),
        ("hip hop, jazz", ["hip hop"], "jazz"),
        (
            "jazz, slow build, at 90 bpm in D minor",
            ["slow build", "at 90 bpm", "in d minor", "90 bpm"],
            "jazz",
        ),
        ("jazz for solo piano", ["solo piano"], "jazz for"),
        ("jazz, without any reverb", ["without any reverb"], "jazz"),
        ("rock, ジャズ", ["ジャズ"], "rock"),
        ("ｒｏｃｋ jazz", ["rock"], "jazz"),
        ("rock, half-time, andante, 80s", ["half-time", "andante", "80s"], "rock"),
        ("rock", ["", "  ", "polka"], "rock"),
    ],
)
def test_they_are_as_if_they_were_not_there(prompt, ignored, same_as):
    heard = brief(prompt, *ignored)
    assert music(heard) == music(brief(same_as))
    assert heard.prompt == prompt


def test_a_longer_phrase_with_them_in_it_is_still_read():
    heard = brief("jazz guitar and jazz, ambient", "jazz")
    assert (heard.genre, heard.wanted) == ("ambient", ("jazz_guitar",))
    heard = brief("drum and bass with a bass", "bass")
    assert (heard.genre, heard.wanted) == ("drum and bass", ())
    heard = brief("rock, no drums, with drums", "no drums")
    assert heard.without == ()
    assert heard.wanted


def test_what_lies_within_them_is_not_read_either():
    assert words_read("drum and bass, jazz", "drum and bass") == ["jazz"]
    assert words_read("hip hop beats, rock", "hip hop beats") == ["rock"]
    assert words_read("rock, no drums or piano", "drums or piano") == ["rock"]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("rock with vocals", "vocals"),
        ("rock with castanets", "castanets"),
        ("rock in 11/8", "11/8"),
        ("rock with a key change", "key change"),
        ("a seamless loop, rock", "seamless loop"),
        ("rock in the style of Miles Davis", "in the style of Miles Davis"),
        ("heavy dubstep", "dubstep"),
        ("rock at 1000 bpm", "1000 bpm"),
        ("ambient, half-time", "half-time"),
        ("solo theremin, ambient", "theremin"),
    ],
)
def test_their_notices_go_with_them(prompt, words):
    assert brief(prompt).notices
    assert brief(prompt, words).notices == ()


@settings(max_examples=80, deadline=None)
@given(draw=st.integers(0, 2**32).map(random.Random), seed=st.integers(0, 2**32 - 1))
def test_whatever_was_read_can_be_taken_back(draw, seed):
    prompt = odd_prompt(draw)[:300]
    for words in words_read(prompt, seed=seed)[:6]:
        left = words_read(prompt, words.upper() if words.isascii() else words, seed=seed)
        assert words.lower() not in [each.lower() for each in left]
    everything = words_read(prompt, seed=seed)[:0]
    while new := [each for each in words_read(prompt, *everything, seed=seed) if each not in everything]:
        everything += new  # where one is taken back, such as a style, another may come to light
    assert words_read(prompt, *everything, seed=seed) == []


@settings(max_examples=80, deadline=None)
@given(
    draw=st.integers(0, 2**32).map(random.Random),
    seed=st.integers(0, 2**32 - 1),
    added=st.sampled_from(
        ["rainy", "no drums", "in D minor", "flute", "slow build", "at 71 bpm", "80s", "disco"]
    ),
)
def test_words_that_are_taken_back_change_nothing_wherever_they_stand(draw, seed, added):
    prompt = odd_prompt(draw)
    without = music(brief(prompt, added, seed=seed))
    assert music(brief(f"{prompt}. {added}", added, seed=seed)) == without
    again = brief(prompt, added, seed=seed)
    pinned = {"genre": again.genre, "bpm": again.bpm, "key": again.key}
    assert music(brief(prompt, added, seed=seed, **pinned)) | {"notices": again.notices} == music(again)
