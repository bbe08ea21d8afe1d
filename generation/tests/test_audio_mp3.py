import json
import subprocess
from io import BytesIO

import eyed3
import mutagen
import numpy as np
import pytest
import soundfile
from pymediainfo import MediaInfo

from generation.audio.crc16 import crc16
from generation.audio.mp3 import mp3_file
from generation.audio.types import Audio
from generation.tests.audio_signals import beat


def frames_read(mp3):
    with soundfile.SoundFile(BytesIO(mp3)) as sound:
        return len(sound.read())


@pytest.mark.parametrize("sample_rate", [32000, 44100, 48000])
def test_the_info_frame_is_what_makes_the_length_exact(sample_rate):
    audio = beat(1, sample_rate)
    mp3 = mp3_file(audio)
    info_frame = 144 * 192000 // sample_rate
    assert frames_read(mp3) == sample_rate
    assert frames_read(mp3[info_frame:]) != sample_rate


def test_the_info_frame_itself_is_silent_and_first():
    mp3 = mp3_file(beat(1))
    assert mp3[:2] == b"\xff\xfb"
    assert mp3[36:40] == b"Info"
    assert int.from_bytes(mp3[44:48], "big") == (len(mp3) - 576) // 576


def test_the_mean_bit_rate_is_192_kbit():
    assert len(mp3_file(beat(5))) * 8 / 5 == pytest.approx(192000, rel=0.02)


def test_both_channels_keep_their_place():
    audio = beat(1)
    audio.samples[1] *= 0.1
    with soundfile.SoundFile(BytesIO(mp3_file(audio))) as sound:
        left, right = np.abs(sound.read().T).mean(axis=1)
    assert left > 5 * right


def test_the_checksum_is_the_one_of_the_lame_fields():
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"12345678") == plain_crc(b"12345678")
    assert crc16(b"") == 0


def plain_crc(data):
    """CRC-16/ARC bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def test_the_lame_fields_have_the_checksums_of_the_frames_and_of_themselves():
    mp3 = mp3_file(beat(1))
    assert int.from_bytes(mp3[188:190], "big") == plain_crc(mp3[576:])
    assert int.from_bytes(mp3[190:192], "big") == plain_crc(mp3[:190])
    assert int.from_bytes(mp3[184:188], "big") == len(mp3)


@pytest.mark.parametrize(
    ("sample_rate", "said"), [(48000, "48 kHz"), (44100, "44.1 kHz"), (32000, "<= 32 kHz")]
)
@pytest.mark.parametrize(("channels", "mode", "lowpass"), [(2, "Stereo", 18600), (1, "Mono", 20500)])
def test_other_programs_read_the_lame_fields(tmp_path, sample_rate, said, channels, mode, lowpass):
    audio = beat(1, sample_rate)
    path = tmp_path / "a.mp3"
    path.write_bytes(mp3_file(Audio(audio.samples[:channels].copy(), sample_rate)))
    found = eyed3.load(path).info.lame_tag
    assert (found["stereo_mode"], found["sample_freq"]) == (mode, said)
    assert found["lowpass_filter"] == min(lowpass, sample_rate // 2)
    assert (found["vbr_method"], found["bitrate"]) == ("Constant Bitrate", (192, "Constant"))
    info = mutagen.File(path).info
    assert info.encoder_info.startswith("LAME 3.100")
    assert (info.mode == 3, info.sample_rate, info.length) == (channels == 1, sample_rate, 1.0)
    general = MediaInfo.parse(path).audio_tracks[0].to_data()
    assert general["writing_library"] == "LAME3.100"
    assert f"-m {mode[0].lower()}" in general["encoding_settings"]


@pytest.mark.ffprobe
def test_ffprobe_finds_where_the_sound_begins_and_what_follows_it(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(mp3_file(beat(1)))
    ask = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_packets", str(path)]
    found = json.loads(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
    [stream] = found["streams"]
    assert (stream["sample_rate"], stream["channels"], stream["bit_rate"]) == ("48000", 2, "192000")
    assert float(stream["start_time"]) == pytest.approx((576 + 529) / 48000, abs=1e-4)
    cut = [side for packet in found["packets"] for side in packet.get("side_data_list", [])]
    assert cut[0]["skip_samples"] == 576 + 529
    assert cut[-1]["discard_padding"] > 0
