"""A track's stems and notes as one zip archive, written in bounded memory: no more than the mix is held."""

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from shutil import copyfileobj
from typing import IO, BinaryIO
from zipfile import ZipFile, ZipInfo

from generation.audio.encode import flac_writer
from generation.models import Track
from generation.storage.scratch import scratch_writer
from generation.tracks.mastered_stems import FLAC, Block, mastered_stems
from generation.tracks.scores import midi_of

NOTES = "notes.mid"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write_stems(track: Track, file: BinaryIO, tags: Mapping[str, str]) -> None:
    """Write a zip of the track's stems, FLAC of 24 bits, and its notes; equal tracks and tags give equal bytes.

    All stems are as long as the track, silent ones too, and add up to its master. Raises NoScore or OutdatedScore, and
    StorageError where the disk for temporary files is full.
    """
    notes = midi_of(track)
    with ZipFile(file, "w") as archive, ExitStack() as open_files:
        stems = _encoded(track, mastered_stems(track), tags, open_files)
        for name, stem in stems.items():
            stem.seek(0)
            with archive.open(_entry(f"{name}{FLAC}"), "w") as entry:
                copyfileobj(stem, entry)
        archive.writestr(_entry(NOTES), notes)


def _encoded(
    track: Track, blocks: Iterable[Block], tags: Mapping[str, str], open_files: ExitStack
) -> dict[str, IO[bytes]]:
    """Each stem as a temporary file of FLAC."""
    files: dict[str, IO[bytes]] = {}
    with ExitStack() as writers:
        write = {}
        for block in blocks:
            for name, samples in block.items():
                if name not in write:
                    files[name] = open_files.enter_context(tempfile.TemporaryFile())
                    scratch = writers.enter_context(scratch_writer(files[name]))
                    titled = {**tags, "title": f"{track.title}: {name}"}
                    writer = flac_writer(scratch, track.sample_rate, track.channels, titled)
                    write[name] = writers.enter_context(writer)
                write[name](samples)
    return files


def _entry(name: str) -> ZipInfo:
    """A file of the archive, stored as it is: FLAC cannot be packed any tighter."""
    entry = ZipInfo(name, _LONG_AGO)
    entry.external_attr = _READABLE
    return entry
