"""Float samples to 16-bit integers."""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from generation.audio.blocks import spans
from generation.audio.types import Audio, Samples

FULL_SCALE = 32768
# libsndfile's Opus writer overruns its stack on blocks much longer than this, so all encoders keep to it.
ENCODER_BLOCK = 16384


def pcm16_blocks(audio: Audio) -> Iterator[npt.NDArray[np.int16]]:
    """The audio as int16 of shape (frames, channels), in blocks of at most `ENCODER_BLOCK` frames.

    Triangular dither of ±1 step (TPDF) makes the rounding error noise that does not follow the music.
    It comes from a fixed seed, so equal samples always give equal integers. A block that lies on the
    16-bit grid already (digital silence, or a 16-bit file decoded) passes unchanged: copies of copies
    stay exact. Samples beyond full scale are clipped.
    """
    noise = np.random.PCG64(0)
    for start, stop in spans(audio.frames, ENCODER_BLOCK):
        steps = audio.samples[:, start:stop].T * np.float32(FULL_SCALE)
        if not np.array_equal(steps, np.rint(steps)):
            steps += _triangular(noise, steps.size).reshape(steps.shape)
        yield np.clip(np.rint(steps), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def samples_md5(audio: Audio) -> str:
    """The MD5 of the samples as `pcm16_blocks` has them, as a FLAC file holds it in its STREAMINFO.

    Layout: https://www.rfc-editor.org/rfc/rfc9639#section-8.2
    """
    digest = hashlib.md5(usedforsecurity=False)
    for block in pcm16_blocks(audio):
        digest.update(block.astype("<i2").tobytes())
    return digest.hexdigest()


def _triangular(noise: np.random.PCG64, count: int) -> Samples:
    """`count` triangularly distributed values in (−1, 1): the difference of two uniform ones.

    Built from the raw bits, the only output of a numpy generator that is promised never to change.
    """
    raw = noise.random_raw((count + 1) // 2).astype("<u8").view("<u2").astype(np.float32)
    return ((raw[0::2] - raw[1::2]) / np.float32(65536))[:count]
