"""A file to audio."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from generation.audio.blocks import BLOCK
from generation.audio.types import Audio, Samples

if TYPE_CHECKING:
    from soundfile import SoundFile


class AudioDecodeError(ValueError):
    """The file is no audio that can be read; the message says so to a person."""


def decode(file: BinaryIO) -> Audio:
    """Read a complete WAV, FLAC, Ogg (Vorbis, Opus) or MP3 file, at its own rate and channels.

    `file` is open for reading in binary and can seek. Raises AudioDecodeError where it is no audio,
    or is a FLAC or MP3 that breaks off; a WAV or Ogg file that does gives what there is.
    """
    import soundfile

    try:
        with soundfile.SoundFile(file) as sound:
            blocks = list(_blocks(sound))
            sample_rate, promised = sound.samplerate, sound.frames
            empty = np.empty((sound.channels, 0), np.float32)
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip(" .:")
        raise AudioDecodeError(
            f"This file cannot be read as audio ({reason}). It must be a whole WAV, FLAC, Ogg or MP3 file."
        ) from error
    samples = np.concatenate([empty, *blocks], axis=1)
    if samples.shape[1] < promised:
        raise AudioDecodeError(
            f"This audio file breaks off: it should hold {promised} frames, and {samples.shape[1]} can be "
            f"read. Fetch or make it again."
        )
    return Audio(samples, sample_rate)


def _blocks(sound: "SoundFile") -> Iterator[Samples]:
    while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
        yield block.T
