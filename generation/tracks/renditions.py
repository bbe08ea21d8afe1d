"""Making renditions: a track's audio in other formats, from its master, its stems, from its score, and their tags."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from shutil import copyfileobj
from typing import Any, BinaryIO, TypeVar, cast

from django.db import transaction

from generation.audio.decode import AudioDecodeError, decode
from generation.audio.formats import LISTENING_FORMAT, MIXER, STEMS, encoded_as
from generation.audio.tagging.retag import retag
from generation.audio.tagging.streams import NotThatFormat
from generation.audio.types import Audio
from generation.models import ExpiringFile, Rendition, Track
from generation.storage import Damaged, StorageError, StoredFile, audio_storage, save_verified
from generation.storage.scratch import write_scratch
from generation.storage.verified import measured
from generation.tracks import expiring
from generation.tracks.files import new_key, retaggable, to_keep
from generation.tracks.missing import AudioMissing
from generation.tracks.mixer_file import write_mixer
from generation.tracks.restoring import restore_master
from generation.tracks.stem_archive import retag_stems, write_stems
from generation.tracks.store import write_encoded
from generation.tracks.tags import digest_in, tags_of
from musicgen.backoff import Backoff, retry

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
# What a file is that is not there, or not as it was.
UNREADABLE = (FileNotFoundError, AudioDecodeError, Damaged, NotThatFormat)
READ_TRIES = 3
READ_AGAIN = Backoff(first=1.0, factor=1.0, longest=1.0)
File = TypeVar("File", Track, Rendition)
Read = TypeVar("Read")


def make_rendition(track_id: uuid.UUID, format_name: str) -> Track | Rendition | None:
    """Make a track's audio in another format from its master and store it, if that is still to be done.

    Stems are made from its score instead, those of the mixer from the archive of stems if that is there. A file from
    before the track was renamed is stored anew with other tags; of the master, which stays, a copy is made. So what
    is played and its download as MP3 are made of each other where one of them is there. None: the track was deleted
    meanwhile. Raises StorageError; what listeners are served is then asked for again later
    (`worker.reaper`). Raises AudioMissing where the master is not there any more as it was and cannot be made again,
    which is noted with the track; NoScore where
    there is no score to make stems from.
    """
    track = Track.objects.kept().select_related("job").filter(pk=track_id).first()
    if track is None:
        return None
    try:
        made = _made(track, format_name)
    except AudioMissing:
        track.note_missing()
        raise
    except StorageError:
        if format_name == LISTENING_FORMAT:
            track.postpone_rendition(SHORTEST_PAUSE, LONGEST_PAUSE)
        raise
    if format_name == LISTENING_FORMAT:
        Track.objects.filter(pk=track.pk).update(rendition_due_at=None)
    return made


def _made(track: Track, format_name: str) -> Track | Rendition | None:
    """What there is or can be made, if need be of a master that is made again first. Raises AudioMissing."""
    if track.missing_since is not None and not retaggable(track, format_name):
        _find_master(track)
    try:
        return to_keep(track, format_name) or _make_rendition(track, format_name)
    except UNREADABLE:
        if track.refetched() is None:
            return None
        _find_master(track)
    return _make_rendition(track, format_name)


def _find_master(track: Track) -> None:
    """Read the master, a few times, and make it again where it cannot be read. Raises AudioMissing."""
    try:
        retry(lambda: _read_where_it_lies(track, _decoded), UNREADABLE, READ_AGAIN, tries=READ_TRIES)
    except UNREADABLE as error:
        if not restore_master(track):
            raise AudioMissing(track) from error
    track.note_found()


def _make_rendition(track: Track, format_name: str) -> Rendition | None:
    with tempfile.TemporaryFile() as content:
        write_scratch(content, lambda scratch: _write(track, format_name, scratch))
        file = expiring.about_to_write(track, new_key(track, format_name))
        stored = save_verified(audio_storage(), file.name, content)
    rendition = _row_of(track, format_name, stored, file)
    if rendition is None or rendition.storage_key != stored.name:
        expiring.delete_file(file)
    return rendition


def _write(track: Track, format_name: str, file: BinaryIO) -> None:
    """Write the file of a track in a format: what is there with other tags, or else anew."""
    if format_name == MIXER.name:
        write_mixer(track, file)
    elif format_name == track.master_format:
        _read_where_it_lies(track, lambda master: _write_retagged(track, master, format_name, file))
    elif not _is_retagged(track, format_name, file):
        if format_name == STEMS.name:
            write_stems(track, file, tags_of(track, format_name))
        else:
            audio = _read_where_it_lies(track, _decoded)
            write_encoded(audio, format_name, tags_of(track, format_name), file)


def _is_retagged(track: Track, format_name: str, file: BinaryIO) -> bool:
    """Write a rendition that there is with other tags. False: there is none, or not as it was stored."""
    for before in retaggable(track, format_name):
        try:
            _read_where_it_lies(before, lambda there: _write_retagged(track, there, format_name, file))
        except (FileNotFoundError, Damaged, NotThatFormat):
            file.seek(0)
            file.truncate()
        else:
            return True
    return False


def _write_retagged(track: Track, source: Track | Rendition, format_name: str, file: BinaryIO) -> None:
    with _copy_of(source) as copy:
        if format_name == STEMS.name:
            retag_stems(copy, file, tags_of(track, format_name))
        else:
            retag(encoded_as(format_name), copy, file, tags_of(track, format_name))


@contextmanager
def _copy_of(file: Track | Rendition) -> Iterator[BinaryIO]:
    """A stored file in a temporary one. Raises Damaged where it is not what its row says."""
    with tempfile.TemporaryFile() as copy:
        with file.storage.open(file.storage_key) as stored:
            write_scratch(copy, lambda scratch: copyfileobj(stored, scratch))
        if measured(copy)[1] != file.checksum:
            raise Damaged(f"{file.storage_key} has another SHA-256 than {file.checksum[:12]}….")
        copy.seek(0)
        yield cast(BinaryIO, copy)


def _decoded(track: Track) -> Audio:
    with _copy_of(track) as master:
        return decode(master)


def _read_where_it_lies(file: File, read: Callable[[File], Read]) -> Read:
    """Read a stored file, also where it was moved or replaced since its row was read. Raises FileNotFoundError."""
    try:
        return read(file)
    except FileNotFoundError:
        now = file.refetched()
        if now is None or now.storage_key == file.storage_key:
            raise
        return _read_where_it_lies(now, read)


def _row_of(track: Track, format_name: str, stored: StoredFile, file: ExpiringFile) -> Rendition | None:
    """The row of a rendition: one that names what was just stored, or what somebody else has stored meanwhile.

    What was just stored stands for what is there only if it says what is so now. None: the track is deleted.
    """
    digest = digest_in(track, format_name)
    with transaction.atomic():
        # Whoever deletes the track waits until the row is there, and then deletes what it names.
        now = Track.objects.kept().select_for_update().defer("peaks").filter(pk=track.pk).first()
        if now is None:
            return None
        there = Rendition.objects.filter(track=track, format=format_name).first()
        if there is not None and (there.tags_digest == digest or digest != digest_in(now, format_name)):
            return there
        if not file.keep():
            raise StorageError(
                "took_too_long", f"Making {stored.name} took so long that it was deleted.", retryable=True
            )
        fields = {
            "audio": stored.name,
            "storage_type": audio_storage().storage_type,
            "size": stored.size,
            "checksum": stored.checksum,
            "tags_digest": digest,
        }
        if there is None:
            return Rendition.objects.create(track=track, format=format_name, **fields)
        return _replaced(there, fields)


def _replaced(rendition: Rendition, fields: dict[str, Any]) -> Rendition:
    """Have a row name another file, and the one before deleted later. It may be moved at this moment."""
    before = (rendition.storage_type, rendition.storage_key)
    if rendition.replace_file(**fields):
        expiring.note_replaced(rendition.track, *before)
        return rendition
    return _replaced(Rendition.objects.get(pk=rendition.pk), fields)
