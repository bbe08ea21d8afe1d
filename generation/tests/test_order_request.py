"""The request that the values of the order's form make."""

import math

import pytest

from generation.engines.capabilities import Capabilities
from generation.web.order_request import request_of

CAN = Capabilities(title="Test engine", description="", default_duration=45)


@pytest.mark.parametrize(("chosen", "instrumental"), [("yes", True), ("no", False), ("", None)])
def test_vocals_are_as_chosen(chosen, instrumental):
    assert request_of({"instrumental": chosen}, CAN).instrumental is instrumental


def test_what_is_empty_counts_as_left_out():
    names = ("genre", "key", "time_signature", "lyrics", "negative_prompt", "title", "duration", "prompt")
    empty = dict.fromkeys(names, "")
    request = request_of({**empty, "seed": None, "variations": None, "bpm": None}, CAN)
    assert request == request_of({}, CAN)
    assert (request.genre, request.key, request.lyrics, request.title) == (None, None, None, None)
    assert (request.negative_prompt, request.variations, request.duration) == (None, 1, 45)


def test_a_seed_and_a_number_of_variations_of_zero_are_not_left_out():
    request = request_of({"seed": 0, "variations": 0}, CAN)
    assert (request.seed, request.variations) == (0, 0)


def test_every_value_goes_to_its_own_field():
    texts = {"prompt": "a", "genre": "b", "key": "c", "lyrics": "d", "negative_prompt": "e", "title": "f"}
    texts["time_signature"] = "g"
    request = request_of({**texts, "seed": 1, "variations": 2, "takes": 8, "bpm": 3.5, "duration": "4"}, CAN)
    assert request.as_json() == texts | {
        "seed": 1,
        "variations": 2,
        "takes": 8,
        "bpm": 3.5,
        "duration": 4.0,
        "instrumental": None,
        "tags": [],
        "ignored_words": [],
    }


def test_lines_end_as_the_page_counts_them():
    request = request_of({"prompt": "a\r\nb", "lyrics": "la\r\nla"}, CAN)
    assert (request.prompt, request.lyrics) == ("a\nb", "la\nla")


@pytest.mark.parametrize(
    ("given", "duration"),
    [
        ({"duration": "60"}, 60),
        ({"duration": "60", "seconds": 12.5}, 60),
        ({"duration": "custom", "seconds": 12.5}, 12.5),
        ({"duration": "custom", "seconds": 0.0}, 0),
    ],
)
def test_the_length_is_the_chosen_one_or_any_other(given, duration):
    assert request_of(given, CAN).duration == duration


@pytest.mark.parametrize("given", [{"duration": "soon"}, {"duration": "custom"}])
def test_a_length_that_cannot_be_read_is_none_at_all(given):
    assert math.isnan(request_of(given, CAN).duration)
