"""A track's stems and notes as one zip archive, written in bounded memory: no more than the mix is held."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from shutil import copyfileobj
from typing import IO, BinaryIO
from zipfile import ZipFile, ZipInfo

import numpy as np

from generation.audio.encode import flac_writer
from generation.audio.master import Mastering, mastered
from generation.audio.types import Audio
from generation.models import Track
from generation.storage.scratch import scratch_writer
from generation.tracks.scores import midi_of, stems_of

NOTES = "notes.mid"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write_stems(track: Track, file: BinaryIO, tags: Mapping[str, str]) -> None:
    """Write a zip of the track's stems, FLAC of 24 bits, and its notes; equal tracks and tags give equal bytes.

    All stems are as long as the track, silent ones too, and add up to its master: each gets the gain that mastering
    gave the mix. They are rendered twice, to find that gain and to apply it. Raises NoScore or OutdatedScore, and
    StorageError where the disk for temporary files is full.
    """
    notes = midi_of(track)
    how, sounding = _mastering(track)
    with ZipFile(file, "w") as archive, ExitStack() as open_files:
        stems = _encoded(track, how, sounding, tags, open_files)
        for name, stem in stems.items():
            stem.seek(0)
            with archive.open(_entry(f"{name}.flac"), "w") as entry:
                copyfileobj(stem, entry)
        archive.writestr(_entry(NOTES), notes)


def _mastering(track: Track) -> tuple[Mastering, frozenset[str]]:
    """What mastering does to the sum of all stems, and which of them are heard."""
    mix = np.zeros((track.channels, round(track.duration * track.sample_rate)), np.float32)
    sounding: set[str] = set()
    start = 0
    for block in stems_of(track):
        stop = start + _frames(block)
        for name, samples in block.items():
            mix[:, start:stop] += samples
            if samples.any():
                sounding.add(name)
        start = stop
    return mastered(Audio(mix, track.sample_rate))[1], frozenset(sounding)


def _encoded(
    track: Track, how: Mastering, sounding: frozenset[str], tags: Mapping[str, str], open_files: ExitStack
) -> dict[str, IO[bytes]]:
    """Each stem as a temporary file of FLAC."""
    files: dict[str, IO[bytes]] = {}
    start = 0
    with ExitStack() as writers:
        write = {}
        for block in stems_of(track):
            for name, samples in block.items():
                if name not in write:
                    files[name] = open_files.enter_context(tempfile.TemporaryFile())
                    scratch = writers.enter_context(scratch_writer(files[name]))
                    titled = {**tags, "title": f"{track.title}: {name}"}
                    writer = flac_writer(scratch, track.sample_rate, track.channels, titled)
                    write[name] = writers.enter_context(writer)
                # What is silent gets no share of the offset that mastering takes off.
                write[name](how.of_part(samples, start, 1 / len(sounding)) if name in sounding else samples)
            start += _frames(block)
    return files


def _frames(block: Mapping[str, np.ndarray]) -> int:
    return next(iter(block.values())).shape[1]


def _entry(name: str) -> ZipInfo:
    """A file of the archive, stored as it is: FLAC cannot be packed any tighter."""
    entry = ZipInfo(name, _LONG_AGO)
    entry.external_attr = _READABLE
    return entry
