"""What travels to the GPU side."""

import pytest

from generation.diffusion.songs import SongRequest

REQUEST = SongRequest(
    "rain", 20.5, 7, genre="lofi", bpm=90.0, key="A minor", lyrics="la", tags=("warm", "slow")
)


def test_a_request_comes_back_from_json_as_it_was():
    data = REQUEST.as_json()
    assert data["tags"] == ["warm", "slow"]
    assert SongRequest.from_json(data) == REQUEST


def test_fields_of_a_newer_site_are_left_out_and_numbers_are_numbers():
    data = {"prompt": "rain", "duration": "20", "seed": "7", "mood": "sad"}
    assert SongRequest.from_json(data) == SongRequest("rain", 20.0, 7)


@pytest.mark.parametrize("missing", ["prompt", "duration", "seed"])
def test_a_request_without_a_prompt_duration_or_seed_is_none(missing):
    data = REQUEST.as_json()
    del data[missing]
    with pytest.raises((KeyError, TypeError)):
        SongRequest.from_json(data)
