"""MP3 by LAME, with the header that lets a player give back exactly the frames that went in."""

import struct

from generation.audio.crc16 import crc16
from generation.audio.pcm import pcm16_blocks
from generation.audio.resample import resample
from generation.audio.types import Audio

KBIT_PER_SECOND = 192
_QUALITY = 5
_RATES = (32000, 44100, 48000)
_FRAME = 1152
_ENCODER_DELAY = 576
_SIDE_INFO = {1: 17, 2: 32}

# What LAME 3.100 writes of itself into files of this bit rate and quality.
_VERSION = b"LAME3.100"
_CONSTANT_BIT_RATE = 0x01
_FIT = 55
"""How good it is, of 100."""
_LOWPASS = {1: 20_500, 2: 18_600}
_PSYCHOACOUSTICS_AND_ATH = 0x14
_NOISE_SHAPING = 0x01
# The mode of channels in the header of a frame (stereo, joint, dual, mono), and what LAME's fields call it.
_MODES = (1, 3, 2, 0)
_SOURCE_RATES = {32000: 0, 44100: 1, 48000: 2}


def mp3_file(audio: Audio) -> bytes:
    """A complete MP3 file without tags: Info frame, constant 192 kbit/s.

    Rates that MPEG-1 lacks are resampled to 48 kHz. Raises ValueError beyond two channels.
    """
    if audio.channels > 2:
        raise ValueError(f"MP3 holds one or two channels, not {audio.channels}. Mix them down first.")
    audio = resample(audio, audio.sample_rate if audio.sample_rate in _RATES else 48000)
    stream = _lame(audio)
    return _info_frame(stream, audio) + stream


def _lame(audio: Audio) -> bytes:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(KBIT_PER_SECOND)
    encoder.set_in_sample_rate(audio.sample_rate)
    encoder.set_out_sample_rate(audio.sample_rate)
    encoder.set_channels(audio.channels)
    encoder.set_quality(_QUALITY)
    stream = bytearray()
    for block in pcm16_blocks(audio):
        stream += encoder.encode(block.astype("<i2").tobytes())
    stream += encoder.flush()
    return bytes(stream)


def _info_frame(stream: bytes, audio: Audio) -> bytes:
    """A silent frame that carries length, delay and padding: the "Info" form of the Xing/LAME header.

    Without it players start 24 ms late, end late, and a loop has a gap. Layout of the fields:
    http://gabriel.mp3-tech.org/mp3infotag.html
    """
    bytes_per_frame = 144 * KBIT_PER_SECOND * 1000 / audio.sample_rate
    size = int(bytes_per_frame)
    # A constant bit rate stays within one byte of its mean, so the size gives the number of frames.
    frames = round(len(stream) / bytes_per_frame)
    padding = frames * _FRAME - _ENCODER_DELAY - audio.frames
    total = size + len(stream)
    unpadded_header = bytes([*stream[:2], stream[2] & ~0x02, stream[3]])
    seek_table = bytes(percent * 256 // 100 for percent in range(100))
    body = unpadded_header + bytes(_SIDE_INFO[audio.channels])
    body += b"Info" + struct.pack(">III", 0x0F, frames, total) + seek_table + struct.pack(">I", _FIT)
    lowpass = min(_LOWPASS[audio.channels], audio.sample_rate // 2) // 100
    body += _VERSION + struct.pack(">BB", _CONSTANT_BIT_RATE, lowpass)
    body += bytes(8)  # peak and replay gain: not said
    body += struct.pack(">BB", _PSYCHOACOUSTICS_AND_ATH, KBIT_PER_SECOND)
    body += (_ENCODER_DELAY << 12 | padding).to_bytes(3, "big")
    how = _SOURCE_RATES[audio.sample_rate] << 6 | _MODES[stream[3] >> 6] << 2 | _NOISE_SHAPING
    body += struct.pack(">BBHIH", how, 0, KBIT_PER_SECOND, total, crc16(stream))
    body += struct.pack(">H", crc16(body))
    return body.ljust(size, b"\0")
