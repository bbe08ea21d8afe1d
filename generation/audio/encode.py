"""Audio to a file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from generation.audio.blocks import require_finite, spans
from generation.audio.formats import FORMATS
from generation.audio.mp3 import mp3_file
from generation.audio.pcm import ENCODER_BLOCK, pcm16_blocks
from generation.audio.resample import resample
from generation.audio.types import Audio, Samples

# On libsndfile's scale of 0 to 1; this gives about 160 kbit/s in stereo, where Opus is transparent.
_OPUS_COMPRESSION = 0.7


def encode(audio: Audio, format: str, file: BinaryIO) -> None:
    """Write `audio` to `file` as one of `FORMATS`, without tags (`tagging.retag` gives them).

    wav and flac hold the same 16-bit samples (see `pcm16_blocks`); mp3 is 192 kbit/s; opus is Ogg Opus
    at 48 kHz, about 160 kbit/s. Equal samples give equal bytes, except in opus: libsndfile draws the serial
    number of an Ogg stream at random. `file` is open for writing in binary and can seek; it stays open.

    Raises ValueError for an unknown format, for audio without a frame, for samples that are not
    finite, and for more channels than the format can hold.
    """
    if format not in FORMATS:
        raise ValueError(f"There is no audio format {format!r}. Choose one of {', '.join(FORMATS)}.")
    if not audio.frames or not audio.channels:
        raise ValueError("There is no sound to encode: the audio has no frames.")
    require_finite(audio)
    if format == "mp3":
        file.write(mp3_file(audio))
    elif format == "opus":
        file.write(_opus_file(audio))
    else:
        kind = {"format": format.upper(), "subtype": "PCM_16"}
        _write(file, audio, pcm16_blocks(audio), **kind)


@contextmanager
def flac_writer(file: BinaryIO, sample_rate: int, channels: int) -> Iterator[Callable[[Samples], None]]:
    """Write `file` as FLAC of 24 bits, block by block: call what this gives with samples (channels, frames).

    `file` is as that of `encode`; it is complete once the context is left. Samples beyond full scale
    are clipped.
    """
    import soundfile

    kind = {"format": "FLAC", "subtype": "PCM_24"}
    with soundfile.SoundFile(file, "w", sample_rate, channels, **kind) as sound:

        def write(samples: Samples) -> None:
            for start, stop in spans(samples.shape[1], ENCODER_BLOCK):
                sound.write(np.ascontiguousarray(samples[:, start:stop].T))

        yield write


def _opus_file(audio: Audio) -> bytes:
    audio = resample(audio, 48000)
    blocks = (
        np.ascontiguousarray(audio.samples[:, start:stop].T)
        for start, stop in spans(audio.frames, ENCODER_BLOCK)
    )
    stream = BytesIO()
    kind = {"format": "OGG", "subtype": "OPUS", "compression_level": _OPUS_COMPRESSION}
    _write(stream, audio, blocks, **kind)
    return stream.getvalue()


def _write(
    file: BinaryIO,
    audio: Audio,
    blocks: Iterable[np.ndarray[Any, Any]],
    **kind: Any,
) -> None:
    import soundfile

    with soundfile.SoundFile(file, "w", audio.sample_rate, audio.channels, **kind) as sound:
        for block in blocks:
            sound.write(block)
