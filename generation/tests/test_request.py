import json
import math
from dataclasses import replace

import pytest

from generation.engines.capabilities import Capabilities
from generation.engines.request import MAX_SEED, MusicRequest, RequestError

CAN = Capabilities(
    title="Test engine",
    description="",
    genres=("lofi", "jazz"),
    keys=("A minor",),
    time_signatures={"lofi": ("4/4",), "jazz": ("4/4", "3/4", "5/4")},
    honours=frozenset({"key", "time_signature"}),
)


def fields_wrong_with(**changes):
    try:
        MusicRequest(**{"prompt": "rain", "duration": 30.0} | changes).check(CAN)
    except RequestError as error:
        return {wrong.field: wrong.code for wrong in error.errors}
    return {}


def test_a_plain_request_is_fine():
    assert fields_wrong_with() == {}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"prompt": ""}, "prompt", "required"),
        ({"prompt": " \n"}, "prompt", "required"),
        ({"prompt": "\u200b"}, "prompt", "required"),
        ({"prompt": "x" * 2001}, "prompt", "too_long"),
        ({"duration": 4.9}, "duration", "out_of_range"),
        ({"duration": 301.0}, "duration", "out_of_range"),
        ({"duration": math.nan}, "duration", "out_of_range"),
        ({"duration": math.inf}, "duration", "out_of_range"),
        ({"seed": -1}, "seed", "out_of_range"),
        ({"seed": MAX_SEED + 1}, "seed", "out_of_range"),
        ({"genre": "polka"}, "genre", "unknown"),
        ({"variations": 0}, "variations", "out_of_range"),
        ({"variations": 5}, "variations", "out_of_range"),
        ({"key": "H minor"}, "key", "unknown"),
        ({"time_signature": "9/8"}, "time_signature", "unknown"),
        ({"time_signature": "3/4", "genre": "lofi"}, "time_signature", "invalid"),
        ({"title": "\u200b"}, "title", "blank"),
        ({"title": " "}, "title", "blank"),
        ({"title": "x" * 121}, "title", "too_long"),
        ({"tags": ("x",) * 11}, "tags", "invalid"),
        ({"tags": ("\u2060",)}, "tags", "invalid"),
        ({"tags": (" ",)}, "tags", "invalid"),
        ({"bpm": 90.0}, "bpm", "unsupported"),
        ({"lyrics": "la"}, "lyrics", "unsupported"),
        ({"instrumental": False}, "instrumental", "unsupported"),
        ({"ignored_words": ("rock",)}, "ignored_words", "unsupported"),
    ],
)
def test_each_fault_is_said_at_its_field(changes, field, code):
    assert fields_wrong_with(**changes)[field] == code


def test_a_time_signature_is_one_that_the_genre_is_played_in_where_one_is_named():
    for genre in ("jazz", None):
        assert fields_wrong_with(time_signature="3/4", genre=genre) == {}
    assert fields_wrong_with(time_signature="3/4", genre="polka") == {"genre": "unknown"}
    wrong = MusicRequest("rain", 30.0, time_signature="7/8", genre="jazz")
    with pytest.raises(RequestError, match=r"here\. Choose one of: 4/4, 3/4, 5/4\.$"):
        wrong.check(CAN)
    for genre, played in (
        ("lofi", "“lofi” is played in 4/4"),
        ("jazz", "“jazz” is played in 4/4, 3/4 and 5/4"),
    ):
        with pytest.raises(RequestError, match=f"^The genre {played} here, not in 6/8.$"):
            replace(wrong, time_signature="6/8", genre=genre).check(
                replace(CAN, time_signatures=CAN.time_signatures | {"folk": ("6/8",)})
            )


def test_all_faults_are_said_at_once():
    assert set(fields_wrong_with(prompt="", duration=0.0, seed=-1)) == {"prompt", "duration", "seed"}


def test_bounds_are_inside():
    assert fields_wrong_with(prompt="x" * 2000, duration=5.0, seed=MAX_SEED) == {}
    assert fields_wrong_with(duration=300.0, seed=0, variations=4, genre="jazz") == {}


def test_json_and_back_is_the_same_request():
    request = MusicRequest(prompt="dué 🎹", duration=12.5, seed=3, bpm=90.0, tags=("a", "b"), genre="jazz")
    request = replace(request, ignored_words=("no drums", "夜"), time_signature="3/4")
    assert MusicRequest.from_json(json.loads(json.dumps(request.as_json()))) == request


def test_json_of_an_older_release_is_read():
    assert MusicRequest.from_json({"prompt": "p", "duration": 5, "gone": 1}).variations == 1


@pytest.mark.parametrize(
    "data",
    [
        MusicRequest("rain", 5.0, seed=3, tags=("a",), genre="jazz").as_json(),
        {"prompt": "p", "duration": 5, "gone": 1},
    ],
)
def test_json_of_any_release_is_shown_as_the_request_would_be(data):
    shown = MusicRequest.present_json(data)
    assert list(shown.items()) == list(MusicRequest.from_json(data).as_json().items())


def test_variations_have_consecutive_seeds_that_wrap():
    request = MusicRequest(prompt="p", duration=5.0, seed=MAX_SEED, variations=2)
    assert [request.variation(index).seed for index in (0, 1)] == [MAX_SEED, 0]
    assert request.variation(1).variations == 1


ALL = replace(
    CAN,
    honours=frozenset(
        {"bpm", "key", "time_signature", "ignored_words", "lyrics", "negative_prompt", "instrumental"}
    ),
)
ANY = replace(CAN, genres=(), keys=(), time_signatures={})


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"bpm": 29.9}, "bpm", "out_of_range"),
        ({"bpm": 300.1}, "bpm", "out_of_range"),
        ({"bpm": math.nan}, "bpm", "out_of_range"),
        ({"lyrics": "x" * 10_001}, "lyrics", "too_long"),
        ({"negative_prompt": "x" * 2001}, "negative_prompt", "too_long"),
        ({"tags": ("x" * 41,)}, "tags", "invalid"),
        ({"ignored_words": ("x",) * 21}, "ignored_words", "invalid"),
        ({"ignored_words": ("x" * 81,)}, "ignored_words", "invalid"),
        ({"ignored_words": ("\u200b",)}, "ignored_words", "invalid"),
    ],
)
def test_what_an_engine_honours_has_bounds_too(changes, field, code):
    with pytest.raises(RequestError) as refused:
        MusicRequest(prompt="rain", duration=30.0, **changes).check(ALL)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_all_that_an_engine_honours_may_be_asked_up_to_its_bounds():
    text = {
        "lyrics": "x" * 10_000,
        "negative_prompt": "x" * 2000,
        "title": "x" * 120,
        "tags": ("x" * 40,) * 10,
        "ignored_words": ("x" * 80,) * 20,
    }
    for bpm in (30.0, 300.0):
        MusicRequest("rain", 30.0, bpm=bpm, key="A minor", instrumental=False, **text).check(ALL)


def test_an_engine_without_a_list_of_genres_keys_or_time_signatures_takes_any():
    MusicRequest("rain", 30.0, genre="polka", key="H minor", time_signature="9/8").check(ANY)


def test_what_is_empty_or_instrumental_asks_for_nothing_special():
    MusicRequest("rain", 30.0, lyrics="", negative_prompt="", instrumental=True).check(CAN)


@pytest.mark.parametrize("field", ["lyrics", "negative_prompt"])
def test_a_text_that_the_engine_does_not_honour_is_refused(field):
    with pytest.raises(RequestError, match=f"Test engine cannot honour “{field}”"):
        MusicRequest("rain", 30.0, **{field: "la"}).check(CAN)


def test_vocals_of_an_engine_without_them_are_refused_in_a_sentence():
    with pytest.raises(RequestError, match="Test engine makes instrumental music only"):
        MusicRequest("rain", 30.0, instrumental=False).check(CAN)


@pytest.mark.parametrize("asked", [{"key": "A minor"}, {"bpm": 90.0}, {"time_signature": "3/4"}])
def test_of_an_engine_that_honours_nothing_only_what_is_asked_is_refused(asked):
    nothing = replace(CAN, honours=frozenset())
    MusicRequest("rain", 30.0).check(nothing)
    with pytest.raises(RequestError) as refused:
        MusicRequest("rain", 30.0, **asked).check(nothing)
    assert [(error.field, error.code) for error in refused.value.errors] == [(*asked, "unsupported")]
