"""Tracks put into an archive, one after the other, each in one format, and the lists that say what lies where."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from generation.archives.names import EntryNames
from generation.archives.zip_writer import Copied, ZipWriter
from generation.audio.formats import FORMATS
from generation.models import Rendition, Track
from generation.storage import StorageError
from generation.tracks.missing import AudioMissing
from generation.tracks.renditions import make_rendition

DELETED = "It was deleted before it could be put in."
MISSING = "Its file is missing."
DAMAGED = "Its file is not as large as it was when it was stored."
# What spreadsheets would take for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    *("file", "title", "id", "left_out", "genre", "bpm", "key", "time_signature", "duration"),
    *("tags", "favorite", "created_at", "size", "sha256"),
)


class LeftOut(Exception):
    """A track cannot be put in. Its text says why, to its owner."""


@dataclass(slots=True)
class Contents:
    """What has been put into an archive so far."""

    writer: ZipWriter
    format_name: str
    # Masters as they are stored, though their tags may say an earlier title; else each file as a download has it.
    masters: bool = False
    names: EntryNames = field(default_factory=EntryNames)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def left_out(self) -> list[list[str]]:
        return [[row["id"], row["left_out"]] for row in self.rows if row["left_out"]]

    @property
    def number(self) -> int:
        """How many tracks are in it."""
        return len(self.rows) - len(self.left_out)


def add_track(
    contents: Contents, track_id: UUID, owner_id: UUID, on_chunk: Callable[[int], object], folder: str = ""
) -> Track | None:
    """Put one of the owner's tracks into the archive, or note why it is left out; then None.

    Raises StorageError where the storage or the disk fails.
    """
    track = (
        Track.objects.kept()
        .filter(pk=track_id, owner_id=owner_id)
        .select_related("job")
        .defer("peaks")
        .first()
    )
    try:
        if track is None:
            raise LeftOut(DELETED)
        name, copied = _copied(contents, track, on_chunk, folder)
    except LeftOut as left_out:
        contents.rows.append(_row(track_id, track, left_out=str(left_out)))
        return None
    contents.rows.append(_row(track_id, track, file=name, copied=copied))
    return track


def write_lists(contents: Contents) -> None:
    """Put in what says which track lies where: `tracks.csv` for people, `tracks.json` for programs."""
    now = timezone.now()
    contents.writer.json("tracks.json", iter(contents.rows), now)
    # Spreadsheets know by its first bytes that a file is UTF-8.
    contents.writer.bytes("tracks.csv", "".join(_csv_lines(contents.rows)).encode("utf-8-sig"), now)


def _copied(
    contents: Contents, track: Track, on_chunk: Callable[[int], object], folder: str
) -> tuple[str, Copied]:
    audio_format = FORMATS[track.master_format if contents.masters else contents.format_name]
    file = track if contents.masters else _file_of(track, contents.format_name)
    try:
        if file.storage.stat(file.storage_key).size != file.size:
            raise LeftOut(DAMAGED)
        source = file.storage.open(file.storage_key)
    except FileNotFoundError:
        # Deleted in this moment, or moved; of what was moved a later attempt knows where it lies.
        now = file.refetched()
        if now is not None and now.storage_key != file.storage_key:
            raise StorageError("moved", "The audio was moved just now.", retryable=True) from None
        raise LeftOut(DELETED if now is None else MISSING) from None
    with source:
        name = contents.names.name_for(track.title, audio_format.extension, folder)
        copied = contents.writer.copy(name, source, file.size, track.created_at, on_chunk)
    if copied.size != file.size:
        raise StorageError("not_read_whole", f"{file.storage_key} broke off.", retryable=True)
    return name, copied


def _file_of(track: Track, format_name: str) -> Track | Rendition:
    """The track in this format and with its present tags, made now if need be. Raises LeftOut and StorageError."""
    try:
        rendition = make_rendition(track.pk, format_name)
    except AudioMissing:
        raise LeftOut(MISSING) from None
    if rendition is None:
        raise LeftOut(DELETED)
    return rendition


def _row(
    track_id: UUID, track: Track | None, *, file: str = "", copied: Copied | None = None, left_out: str = ""
) -> dict[str, Any]:
    if track is None:
        return dict.fromkeys(COLUMNS) | {"id": str(track_id), "left_out": left_out}
    return {
        "file": file or None,
        "title": track.title,
        "id": str(track_id),
        "left_out": left_out or None,
        "genre": track.genre or None,
        "bpm": track.bpm,
        "key": track.key or None,
        "time_signature": track.time_signature or None,
        "duration": round(track.duration, 3),
        "tags": track.tags,
        "favorite": track.favorite,
        "created_at": track.created_at.isoformat(),
        "size": copied and copied.size,
        "sha256": copied and copied.checksum,
    }


def _csv_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([_cell(row[name]) for name in COLUMNS])


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            value = ", ".join(value)
        case bool():
            value = "yes" if value else "no"
    text = str(value)
    # Whoever shared a title could otherwise have a spreadsheet compute something.
    return f"'{text}" if text.startswith(_FORMULAS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
