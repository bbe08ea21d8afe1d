import tracemalloc
from io import BytesIO

import numpy as np
import pytest

from generation.audio.decode import decode
from generation.audio.encode import encode
from generation.audio.formats import FORMATS
from generation.audio.types import Audio
from generation.tests.audio_signals import beat, noise, silence

EVERY_FORMAT = pytest.mark.parametrize("name", list(FORMATS))
LOSSY = pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if kind.lossy])
LOSSLESS = pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if not kind.lossy])


def encoded(audio, name):
    file = BytesIO()
    encode(audio, name, file)
    return file.getvalue()


def round_trip(audio, name):
    return decode(BytesIO(encoded(audio, name)))


@EVERY_FORMAT
@pytest.mark.parametrize("frames", [1, 1151, 1152, 40000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_frame_comes_back(name, frames, channels):
    audio = Audio(noise(1).samples[:channels, :frames], 48000)
    back = round_trip(audio, name)
    assert (back.frames, back.channels, back.sample_rate) == (frames, channels, 48000)


@LOSSLESS
def test_lossless_formats_come_back_within_the_dither(name):
    audio = beat(1)
    assert np.abs(round_trip(audio, name).samples - audio.samples).max() <= 1.5 / 32768


def test_wav_and_flac_hold_the_same_samples():
    audio = beat(1)
    assert np.array_equal(round_trip(audio, "wav").samples, round_trip(audio, "flac").samples)


@LOSSY
def test_lossy_formats_sound_the_same_and_start_at_the_same_time(name):
    audio = beat(1)
    back = round_trip(audio, name).samples[0]
    here = np.corrcoef(audio.samples[0], back)[0, 1]
    a_frame_late = np.corrcoef(audio.samples[0, 1:], back[:-1])[0, 1]
    assert here > 0.99
    assert here > a_frame_late


@LOSSY
def test_lossy_formats_are_small(name):
    assert len(encoded(beat(2), name)) < len(encoded(beat(2), "wav")) / 5


@pytest.mark.parametrize(("sample_rate", "mp3_rate"), [(44100, 44100), (32000, 32000), (22050, 48000)])
def test_lossy_formats_resample_where_they_must(sample_rate, mp3_rate):
    audio = beat(1, sample_rate)
    assert round_trip(audio, "mp3").sample_rate == mp3_rate
    opus = round_trip(audio, "opus")
    assert (opus.sample_rate, opus.frames) == (48000, 48000)


@pytest.mark.parametrize("name", ["wav", "mp3", "flac"])
def test_the_same_sound_gives_the_same_bytes(name):
    assert encoded(beat(1), name) == encoded(beat(1), name)
    assert encoded(beat(1), name) != encoded(beat(1.1), name)


def test_the_same_sound_gives_the_same_samples_as_opus():
    assert np.array_equal(round_trip(beat(1), "opus").samples, round_trip(beat(1), "opus").samples)


@EVERY_FORMAT
def test_silence_stays_silent(name):
    assert np.abs(round_trip(silence(0.2), name).samples).max() < 1e-6


@LOSSLESS
def test_what_was_decoded_encodes_without_any_change(name):
    first = round_trip(beat(1), name)
    assert np.array_equal(round_trip(first, name).samples, first.samples)


@EVERY_FORMAT
def test_the_file_stays_open(name, tmp_path):
    with (tmp_path / "track").open("wb") as file:
        encode(beat(0.2), name, file)
        assert not file.closed
    with (tmp_path / "track").open("rb") as file:
        assert decode(file).frames == 9600


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match=r"'aiff'.*wav, mp3, flac, opus"):
        encode(beat(0.1), "aiff", BytesIO())


@EVERY_FORMAT
def test_no_frames_are_refused(name):
    with pytest.raises(ValueError, match="no sound"):
        encode(silence(0), name, BytesIO())


@EVERY_FORMAT
def test_a_sample_that_is_no_number_is_refused_before_anything_is_written(name):
    audio = silence(1)
    audio.samples[1, 24000] = np.nan
    file = BytesIO()
    with pytest.raises(ValueError, match=r"0\.500 s"):
        encode(audio, name, file)
    assert file.getvalue() == b""


def test_mp3_refuses_more_than_two_channels():
    with pytest.raises(ValueError, match="not 6"):
        encode(silence(0.1, channels=6), "mp3", BytesIO())


@EVERY_FORMAT
def test_memory_stays_far_below_a_copy(name, tmp_path):
    audio = noise(20)
    encode(beat(0.1), name, BytesIO())
    with (tmp_path / "track").open("wb") as file:
        tracemalloc.start()
        encode(audio, name, file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < audio.samples.nbytes / 2
