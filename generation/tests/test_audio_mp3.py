from io import BytesIO

import numpy as np
import pytest
import soundfile

from generation.audio.id3 import id3_tag
from generation.audio.mp3 import _crc16, mp3_file
from generation.tests.audio_signals import beat


def frames_read(mp3):
    with soundfile.SoundFile(BytesIO(mp3)) as sound:
        return len(sound.read())


@pytest.mark.parametrize("sample_rate", [32000, 44100, 48000])
def test_the_info_frame_is_what_makes_the_length_exact(sample_rate):
    audio = beat(1, sample_rate)
    mp3 = mp3_file(audio, {})
    info_frame = 144 * 192000 // sample_rate
    assert frames_read(mp3) == sample_rate
    assert frames_read(mp3[info_frame:]) != sample_rate


def test_the_info_frame_itself_is_silent_and_first():
    mp3 = mp3_file(beat(1), {})
    assert mp3[:2] == b"\xff\xfb"
    assert mp3[36:40] == b"Info"
    assert int.from_bytes(mp3[44:48], "big") == (len(mp3) - 576) // 576


def test_the_checksum_is_the_one_of_the_lame_fields():
    assert _crc16(b"123456789") == 0xBB3D


def test_a_tag_without_content_is_no_tag():
    assert id3_tag({}) == b""
    assert mp3_file(beat(0.1), {})[:3] != b"ID3"


def test_a_tag_is_laid_out_as_id3v2_3_asks():
    assert id3_tag({"title": "é"}) == b"ID3\x03\0\0\0\0\0\x0fTIT2\0\0\0\x05\0\0\x01\xff\xfe\xe9\0"


def test_a_comment_has_a_language_and_an_empty_description():
    tag = id3_tag({"comment": "a"})
    assert tag[10:].endswith(b"\x01XXX" + b"\xff\xfe\0\0" + b"\xff\xfea\0")


def test_a_long_tag_has_a_synchsafe_size():
    tag = id3_tag({"title": "a" * 1000})
    size = len(tag) - 10
    assert tag[6:10] == bytes([0, 0, size >> 7, size & 0x7F])
    assert max(tag[6:10]) < 0x80


def test_the_mean_bit_rate_is_192_kbit():
    assert len(mp3_file(beat(5), {})) * 8 / 5 == pytest.approx(192000, rel=0.02)


def test_both_channels_keep_their_place():
    audio = beat(1)
    audio.samples[1] *= 0.1
    with soundfile.SoundFile(BytesIO(mp3_file(audio, {}))) as sound:
        left, right = np.abs(sound.read().T).mean(axis=1)
    assert left > 5 * right
