"""A track's stems for the mixer of its page: cut into pieces of two seconds, each decoded by itself.

A page that plays five stems of three minutes from memory would hold 345 MB of samples. So it fetches and decodes a few
pieces ahead of what is heard, by ranges of this one file:

    4 bytes     how long the index is, the lowest byte first
    the index   JSON: `sample_rate`, `channels`, `frames` of the whole, `piece_frames`, `stems`, and `sizes`, the bytes
                of each stem's part, piece by piece; 0 stands for silence
    the pieces  in order of time; in each the parts of the stems, in the order of `stems`, FLAC of 16 bits

FLAC because it begins and ends at exactly the samples that it was given, in every browser: pieces join without a
seam, and all stems together are the master.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from shutil import copyfileobj
from typing import BinaryIO

import numpy as np

from generation.audio.formats import STEMS
from generation.audio.pcm import FULL_SCALE
from generation.audio.types import Samples
from generation.models import Track
from generation.storage.scratch import scratch_writer
from generation.tracks.files import rendition_in
from generation.tracks.mastered_stems import Block, frames_of, kept_stems, mastered_stems

PIECE_FRAMES = 24 * 4096
"""Whole blocks of FLAC: two seconds at 48 kHz."""

_LENGTH_BYTES = 4


def write_mixer(track: Track, file: BinaryIO) -> None:
    """Write the file, from the archive of the track's stems if there is one.

    Raises NoScore or OutdatedScore where there is none, and StorageError.
    """
    archive = rendition_in(track, STEMS.name)
    blocks = kept_stems(archive) if archive else mastered_stems(track)
    sizes: list[list[int]] = []
    stems: list[str] = []
    frames = 0
    with tempfile.TemporaryFile() as pieces:
        with scratch_writer(pieces) as scratch:
            for piece in _pieces(blocks):
                stems = list(piece)
                frames += frames_of(piece)
                parts = [_encoded(samples, track.sample_rate) for samples in piece.values()]
                sizes.append([len(part) for part in parts])
                scratch.write(b"".join(parts))
        index = {
            "sample_rate": track.sample_rate,
            "channels": track.channels,
            "frames": frames,
            "piece_frames": PIECE_FRAMES,
            "stems": stems,
            "sizes": sizes,
        }
        text = json.dumps(index, separators=(",", ":")).encode()
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        pieces.seek(0)
        copyfileobj(pieces, file)


def _pieces(blocks: Iterable[Block]) -> Iterator[dict[str, Samples]]:
    """The blocks, however long they are, in pieces of PIECE_FRAMES; the last is as long as what is left."""
    held: list[Block] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += frames_of(block)
        while count >= PIECE_FRAMES:
            whole = _joined(held)
            yield {name: samples[:, :PIECE_FRAMES] for name, samples in whole.items()}
            held = [{name: samples[:, PIECE_FRAMES:] for name, samples in whole.items()}]
            count -= PIECE_FRAMES
    if count:
        yield _joined(held)


def _joined(blocks: list[Block]) -> dict[str, Samples]:
    return {name: np.concatenate([block[name] for block in blocks], axis=1) for name in blocks[0]}


def _encoded(samples: Samples, sample_rate: int) -> bytes:
    """A part as FLAC, nothing where it is silent. Without dither, which five stems would add up to hiss."""
    import soundfile

    steps = np.clip(np.rint(samples.T * np.float32(FULL_SCALE)), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    if not steps.any():
        return b""
    part = BytesIO()
    soundfile.write(part, np.ascontiguousarray(steps), sample_rate, format="FLAC", subtype="PCM_16")
    return part.getvalue()
