"""A track's stems as they add up to its master, block by block: played anew, or read from the archive of them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from zipfile import ZipFile

import numpy as np

from generation.audio.master import Mastering, mastered
from generation.audio.types import Audio, Samples
from generation.models import Rendition, Track
from generation.tracks.scores import stems_of

Block = Mapping[str, Samples]
"""What all stems play for a while: (channels, frames) by stem."""

FLAC = ".flac"
_READ_FRAMES = 65536


def mastered_stems(track: Track) -> Iterator[Block]:
    """The stems of a track in blocks: each gets the gain that mastering gave the mix, so that they add up to it.

    They are rendered twice, to find that gain and to apply it, in no more memory than the mix takes. Raises NoScore or
    OutdatedScore.
    """
    how, sounding = _mastering(track)
    start = 0
    for block in stems_of(track):
        # What is silent gets no share of the offset that mastering takes off.
        yield {
            name: how.of_part(samples, start, 1 / len(sounding)) if name in sounding else samples
            for name, samples in block.items()
        }
        start += frames_of(block)


def kept_stems(archive: Rendition) -> Iterator[Block]:
    """The stems of a track in blocks, from the archive in which they are stored. Raises StorageError."""
    import soundfile

    with archive.storage.open(archive.storage_key) as stored, ZipFile(stored) as files, ExitStack() as opened:
        sounds = {
            name.removesuffix(FLAC): opened.enter_context(
                soundfile.SoundFile(opened.enter_context(files.open(name)))
            )
            for name in files.namelist()
            if name.endswith(FLAC)
        }
        while True:
            block = {
                name: sound.read(_READ_FRAMES, dtype="float32", always_2d=True).T
                for name, sound in sounds.items()
            }
            if not block or not frames_of(block):
                return
            yield block


def frames_of(block: Block) -> int:
    return int(next(iter(block.values())).shape[1])


def _mastering(track: Track) -> tuple[Mastering, frozenset[str]]:
    """What mastering does to the sum of all stems, and which of them are heard."""
    mix = np.zeros((track.channels, round(track.duration * track.sample_rate)), np.float32)
    sounding: set[str] = set()
    start = 0
    for block in stems_of(track):
        stop = start + frames_of(block)
        for name, samples in block.items():
            mix[:, start:stop] += samples
            if samples.any():
                sounding.add(name)
        start = stop
    return mastered(Audio(mix, track.sample_rate))[1], frozenset(sounding)
