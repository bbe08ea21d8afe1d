from io import BytesIO

import numpy as np
import pytest
import soundfile

from generation.audio.decode import AudioDecodeError, decode
from generation.audio.encode import encode
from generation.tests.audio_signals import beat


def written(audio, **kind):
    file = BytesIO()
    soundfile.write(file, audio.samples.T, audio.sample_rate, **kind)
    file.seek(0)
    return file


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
def test_a_float_file_comes_back_exactly(sample_rate):
    audio = beat(2, sample_rate)
    back = decode(written(audio, format="WAV", subtype="FLOAT"))
    assert back.sample_rate == sample_rate
    assert back.samples.dtype == np.float32
    assert np.array_equal(back.samples, audio.samples)


@pytest.mark.parametrize("kind", [{"format": "FLAC"}, {"format": "OGG"}, {"format": "MP3"}])
def test_other_peoples_files_can_be_read(kind):
    audio = beat(1, 44100)
    back = decode(written(audio, **kind))
    assert back.channels == 2
    assert np.corrcoef(back.samples[0, :44100], audio.samples[0])[0, 1] > 0.98


def test_a_file_without_frames_is_empty_audio():
    assert decode(written(beat(0), format="WAV")).samples.shape == (2, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>" * 50,
        b"RIFF\0\0\0\0WAVE",
        bytes(range(256)) * 20,
    ],
)
def test_what_is_no_audio_is_refused_with_a_sentence(content):
    with pytest.raises(AudioDecodeError, match=r"cannot be read as audio \([^<>]+\)\. It must be"):
        decode(BytesIO(content))


@pytest.mark.parametrize("name", ["flac", "mp3"])
def test_a_file_that_breaks_off_is_refused(name):
    file = BytesIO()
    encode(beat(1), name, file)
    file.truncate(file.tell() // 2)
    file.seek(0)
    with pytest.raises(AudioDecodeError, match=r"breaks off|cannot be read"):
        decode(file)
