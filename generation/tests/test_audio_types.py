import numpy as np
import pytest

from generation.audio.types import Audio


def test_half_a_second_of_stereo_has_its_channels_frames_and_duration():
    audio = Audio(np.zeros((2, 24_000), np.float32), 48_000)
    assert (audio.channels, audio.frames, audio.duration) == (2, 24_000, 0.5)


@pytest.mark.parametrize("rate", [0, -48_000])
def test_a_rate_that_is_not_positive_is_refused(rate):
    with pytest.raises(ValueError, match=f"not {rate}"):
        Audio(np.zeros((2, 10), np.float32), rate)


@pytest.mark.parametrize(
    "samples", [np.zeros(10, np.float32), np.zeros((2, 10)), np.zeros((2, 10), np.int16)]
)
def test_samples_of_another_shape_or_type_are_refused(samples):
    with pytest.raises(ValueError, match=r"float32 samples of shape \(channels, frames\)"):
        Audio(samples, 48_000)
