"""Metres in the words of a prompt."""

from collections import Counter

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.reading.prompt import read_prompt


def brief(prompt, **given):
    return read_prompt(prompt, **{"duration": 60, "seed": 1, **given})


@pytest.mark.parametrize(
    ("prompt", "metre", "reason"),
    [
        ("folk in 3/4", "3/4", "'3/4' → 3/4 time"),
        ("folk, 6/8 time", "6/8", "'6/8 time' → 6/8 time"),
        ("rock in 7/8.", "7/8", "'7/8' → 7/8 time"),
        ("rock in 5 / 4, loud", "5/4", "'5 / 4' → 5/4 time"),
        ("jazz, 2/4", "4/4", "'2/4' → 4/4 time"),
        ("a folk waltz", "3/4", "'waltz' → 3/4 time"),
        ("classical waltzes", "3/4", "'waltze' → 3/4 time"),
        ("a merry folk jig", "6/8", "'jig' → Folk, 6/8 time"),
        ("rock in odd time", "7/8", "'odd time' → 7/8 time"),
        ("jazz in an odd time signature", "5/4", "'odd time signature' → 5/4 time"),
        ("pop in compound metre", "6/8", "'compound metre' → 6/8 time"),
        ("rock, slow blues", "12/8", "'slow blues' → 12/8 time"),
        ("pop in common time", "4/4", "'common time' → 4/4 time"),
    ],
)
def test_signatures_and_dances_give_the_metre(prompt, metre, reason):
    heard = brief(prompt)
    assert heard.metre.name == metre
    assert reason in heard.reasons
    assert heard.notices == ()


@pytest.mark.parametrize(
    ("prompt", "notice"),
    [
        ("folk in 9/8", "'9/8' was not used: the composer counts in 4/4, 3/4, 6/8, 12/8, 5/4 and 7/8."),
        ("house waltz", "'waltz' was not used: House is played in 4/4 here."),
        ("techno in 7/8", "'7/8' was not used: Techno is played in 4/4 here."),
        ("folk in 5/4", "'5/4' was not used: Folk is played in 4/4, 3/4 and 6/8 here."),
        ("folk waltz, then a jig", "'jig' was not used: a piece keeps to one metre, here 3/4."),
    ],
)
def test_what_cannot_be_counted_is_said(prompt, notice):
    assert notice in brief(prompt).notices


@pytest.mark.parametrize(
    "prompt", ["folk 24/7", "pop from 3/4/2021", "lofi 1.3/4", "jazz 3/40", "rock with 3/4s of gain"]
)
def test_other_numbers_are_no_metre(prompt):
    assert not [reason for reason in brief(prompt).reasons if "time" in reason]


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_time_signature_is_played_or_refused_with_those_there_are(genre):
    played = metres_of(GENRES[genre])
    for metre in ("4/4", "3/4", "6/8", "12/8", "5/4", "7/8"):
        if metre in played:
            assert brief("", genre=genre, time_signature=metre).metre.name == metre
        else:
            with pytest.raises(ValueError, match=f"is played in {', '.join(played)} here, not in {metre}"):
                brief("", genre=genre, time_signature=metre)


def test_no_time_signature_is_refused_with_all_that_there_are():
    with pytest.raises(ValueError, match=r"'9/8' is no time signature here\. There are 4/4, 3/4, 6/8"):
        brief("folk", time_signature="9/8")


def test_a_time_signature_wins_over_the_words():
    assert brief("a folk waltz", time_signature="6/8").metre.name == "6/8"
    heard = brief("house", time_signature="3/4")
    assert (heard.genre, heard.metre.name) == ("house", "4/4")
    assert "'3/4' was not used: House is played in 4/4 here." in heard.notices


@pytest.mark.parametrize(
    ("prompt", "metre", "styles"),
    [("a waltz", "3/4", 1), ("a jig", "6/8", 1), ("triple metre", "3/4", 3), ("music in 7/8", "7/8", 3)],
)
def test_a_metre_alone_draws_a_style_that_has_it(prompt, metre, styles):
    heard = [brief(prompt, seed=seed) for seed in range(60)]
    assert {each.metre.name for each in heard} == {metre}
    assert all(metre in GENRES[each.genre].metres for each in heard)
    # Dances name their style as well.
    assert len({each.genre for each in heard}) >= styles


def test_a_time_signature_alone_draws_a_style_that_has_it():
    genres = {brief("", seed=seed, time_signature="7/8").genre for seed in range(60)}
    assert genres == {genre for genre in GENRES if "7/8" in GENRES[genre].metres}


def test_a_word_that_is_ignored_asks_for_no_metre():
    heard = Counter(brief("a folk waltz", seed=seed, ignored=("waltz",)).metre.name for seed in range(30))
    assert heard["4/4"] > heard["3/4"]
