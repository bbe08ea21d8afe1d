"""A track's stems and notes as one zip archive, written in bounded memory: no more than the mix is held."""

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import IO, BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from generation.audio.encode import flac_writer
from generation.audio.tagging.retag import retag
from generation.audio.tagging.streams import NotThatFormat
from generation.audio.tagging.tags import Tags
from generation.models import Track
from generation.storage.scratch import scratch_writer
from generation.tracks.mastered_stems import FLAC, Block, mastered_stems
from generation.tracks.scores import midi_of

NOTES = "notes.mid"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write_stems(track: Track, file: BinaryIO, tags: Tags) -> None:
    """Write a zip of the track's stems, FLAC of 24 bits, and its notes; equal tracks and tags give equal bytes.

    All stems are as long as the track, silent ones too, and add up to its master. Raises NoScore or OutdatedScore, and
    StorageError where the disk for temporary files is full.
    """
    notes = midi_of(track)
    with ZipFile(file, "w") as archive, ExitStack() as open_files:
        for name, stem in _encoded(track, mastered_stems(track), open_files).items():
            _add_stem(archive, name, stem, tags)
        archive.writestr(_entry(NOTES), notes)


def retag_stems(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write such a zip anew with other tags: the sound of its stems and its notes as they are.

    Raises NotThatFormat where `source` is none.
    """
    try:
        with ZipFile(source) as before, ZipFile(target, "w") as archive:
            for name in before.namelist():
                with before.open(name) as file:
                    if name.endswith(FLAC):
                        _add_stem(archive, name.removesuffix(FLAC), file, tags)
                    else:
                        archive.writestr(_entry(name), file.read())
    except BadZipFile as error:
        raise NotThatFormat(f"The archive of stems cannot be read: {error}") from error


def _add_stem(archive: ZipFile, name: str, stem: IO[bytes], tags: Tags) -> None:
    with archive.open(_entry(f"{name}{FLAC}"), "w") as entry:
        titled = replace(tags, title=f"{tags.title}: {name}")
        retag("flac", cast(BinaryIO, stem), cast(BinaryIO, entry), titled)


def _encoded(track: Track, blocks: Iterable[Block], open_files: ExitStack) -> dict[str, IO[bytes]]:
    """Each stem as a temporary file of FLAC without tags."""
    files: dict[str, IO[bytes]] = {}
    with ExitStack() as writers:
        write = {}
        for block in blocks:
            for name, samples in block.items():
                if name not in write:
                    files[name] = open_files.enter_context(tempfile.TemporaryFile())
                    scratch = writers.enter_context(scratch_writer(files[name]))
                    writer = flac_writer(scratch, track.sample_rate, track.channels)
                    write[name] = writers.enter_context(writer)
                write[name](samples)
    return files


def _entry(name: str) -> ZipInfo:
    """A file of the archive, stored as it is: FLAC cannot be packed any tighter."""
    entry = ZipInfo(name, _LONG_AGO)
    entry.external_attr = _READABLE
    return entry
