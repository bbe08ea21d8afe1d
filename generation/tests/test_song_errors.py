"""What a model's errors mean to those who ask for music."""

import pytest

from generation.diffusion.errors import (
    DiffusionError,
    NotDownloaded,
    OutOfMemory,
    UnfitRequest,
    UnsoundSong,
)
from generation.engines.song_errors import NOT_READY, refusal


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnfitRequest("At most 30 s."), "content_rejected"),
        (OutOfMemory("At most 30 s."), "out_of_memory"),
        (UnsoundSong("At most 30 s."), "internal"),
    ],
)
def test_an_error_of_a_model_is_passed_on_in_its_own_words_and_not_tried_again(
    error: DiffusionError, code: str
) -> None:
    refused = refusal(error)
    assert (refused.code, refused.message, refused.retryable) == (code, "At most 30 s.", False)


def test_what_keeps_a_model_from_being_loaded_is_not_for_who_asked():
    refused = refusal(NotDownloaded("It is not in /srv/models. Download it."))
    assert (refused.code, refused.message, refused.retryable) == ("engine_unavailable", NOT_READY, False)
