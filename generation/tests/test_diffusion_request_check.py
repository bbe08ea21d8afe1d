"""What a model can be asked for."""

import pytest

from generation.diffusion.catalog import ACE_STEP, MODELS, MUSICGEN
from generation.diffusion.errors import UnfitRequest
from generation.diffusion.request_check import asked_seconds, check
from generation.diffusion.songs import SongRequest


def request(duration: float = 20, **fields) -> SongRequest:
    return SongRequest("rainy night", duration, 7, **fields)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_model_makes_twenty_seconds_of_a_prompt(model):
    check(model, request())


@pytest.mark.parametrize("duration", [4.9, 30.1])
def test_a_duration_outside_the_limits_is_refused(duration):
    with pytest.raises(UnfitRequest, match="5 to 30 seconds"):
        check(MUSICGEN, request(duration))


@pytest.mark.parametrize(
    "fields", [{"bpm": 90}, {"key": "A minor"}, {"lyrics": "la la"}, {"instrumental": False}]
)
def test_what_a_model_would_not_obey_is_refused(fields):
    with pytest.raises(UnfitRequest, match="MusicGen"):
        check(MUSICGEN, request(**fields))
    check(ACE_STEP, request(**fields))


@pytest.mark.parametrize("duration", [5, 30])
def test_a_duration_at_the_limits_is_made(duration):
    check(MUSICGEN, request(duration))


def test_a_model_that_never_sings_may_be_asked_not_to():
    check(MUSICGEN, request(instrumental=True))


def test_instrumental_music_has_no_lyrics():
    with pytest.raises(UnfitRequest, match="leave out"):
        check(ACE_STEP, request(instrumental=True, lyrics="la la"))


@pytest.mark.parametrize("key", ["A minor", "Bb major", "F# minor", "G♯ minor"])
def test_major_and_minor_keys_are_known(key):
    check(ACE_STEP, request(key=key))


@pytest.mark.parametrize("key", ["D dorian", "H minor", "Am", "A minor 7"])
def test_other_keys_are_refused(key):
    with pytest.raises(UnfitRequest, match=key):
        check(ACE_STEP, request(key=key))


@pytest.mark.parametrize(("duration", "seconds"), [(20, 20), (16.42, 17), (29.999, 30)])
def test_a_model_is_asked_for_whole_seconds_and_never_too_few(duration, seconds):
    assert asked_seconds(request(duration)) == seconds
