from io import BytesIO

import numpy as np
import pytest
import soundfile

from generation.audio.ogg import _pages, with_steady_serial
from generation.tests.audio_signals import beat


@pytest.fixture(scope="module")
def opus():
    file = BytesIO()
    with soundfile.SoundFile(file, "w", 48000, 2, format="OGG", subtype="OPUS") as sound:
        sound.write(beat(0.3).samples.T)
    return file.getvalue()


def with_serial(stream, serial):
    """The stream with only its serial numbers overwritten: its checksums no longer fit."""
    changed = bytearray(stream)
    start = 0
    for page in _pages(stream):
        changed[start + 14 : start + 18] = serial
        start += len(page)
    return bytes(changed)


def test_the_sound_is_untouched(opus):
    before, _ = soundfile.read(BytesIO(opus))
    after, _ = soundfile.read(BytesIO(with_steady_serial(opus)))
    assert np.array_equal(before, after)


def test_the_serial_given_at_random_no_longer_matters(opus):
    assert with_steady_serial(with_serial(opus, b"1234")) == with_steady_serial(opus)


def test_the_checksums_are_made_anew(opus):
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(BytesIO(with_serial(opus, b"1234")))
    soundfile.read(BytesIO(with_steady_serial(with_serial(opus, b"1234"))))


def test_other_content_gets_another_serial(opus):
    other = BytesIO()
    with soundfile.SoundFile(other, "w", 48000, 2, format="OGG", subtype="OPUS") as sound:
        sound.write(-beat(0.3).samples.T)
    assert with_steady_serial(opus)[14:18] != with_steady_serial(other.getvalue())[14:18]
