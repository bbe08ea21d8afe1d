"""Making renditions: a track's audio in another format, from its master, and its stems, from its score."""

import uuid
from datetime import timedelta
from typing import BinaryIO, cast

from django.db import transaction

from generation.audio.decode import AudioDecodeError, decode
from generation.audio.formats import LISTENING_FORMAT, MIXER, STEMS
from generation.audio.types import Audio
from generation.models import Rendition, Track
from generation.storage import StorageError, StoredFile, audio_storage
from generation.storage.verified import measured
from generation.tracks.mixer_file import write_mixer
from generation.tracks.stem_archive import write_stems
from generation.tracks.store import encode_and_save, save_file, tags_of

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)


def make_rendition(track_id: uuid.UUID, format_name: str) -> Rendition | None:
    """Make a track's audio in another format from its master and store it, if that is still to be done.

    Stems are made from its score instead, those of the mixer from the archive of stems if that is there. None: the
    track was deleted meanwhile. Raises StorageError; what listeners are served is then asked for again later
    (`worker.reaper`). Raises AudioDecodeError, and FileNotFoundError where the master is gone; NoScore where there is
    no score to make stems from.
    """
    track = Track.objects.kept().filter(pk=track_id).first()
    if track is None:
        return None
    try:
        rendition = track.renditions.filter(format=format_name).first() or _make_rendition(track, format_name)
    except StorageError:
        if format_name == LISTENING_FORMAT:
            track.postpone_rendition(SHORTEST_PAUSE, LONGEST_PAUSE)
        raise
    except (AudioDecodeError, FileNotFoundError):
        if format_name == LISTENING_FORMAT:
            # Given up, unless the master has just been moved and lies elsewhere by now.
            track.where_it_was().update(rendition_due_at=None)
        raise
    if format_name == LISTENING_FORMAT:
        Track.objects.filter(pk=track.pk).update(rendition_due_at=None)
    return rendition


def _make_rendition(track: Track, format_name: str) -> Rendition | None:
    if format_name == STEMS.name:
        stored = save_file(track, format_name, lambda file: write_stems(track, file, tags_of(track)))
    elif format_name == MIXER.name:
        stored = save_file(track, format_name, lambda file: write_mixer(track, file))
    else:
        stored = encode_and_save(track, _master_of(track), format_name)
    rendition = _row_of(track, format_name, stored)
    if rendition is None or rendition.storage_key != stored.name:
        audio_storage().delete(stored.name)
    return rendition


def _master_of(track: Track) -> Audio:
    try:
        with track.storage.open(track.storage_key) as stored:
            return decode(cast(BinaryIO, stored))
    except FileNotFoundError:
        now = track.refetched()
        if now is None or now.storage_key == track.storage_key:
            raise
        return _master_of(now)  # it was moved since its row was read


def _row_of(track: Track, format_name: str, stored: StoredFile) -> Rendition | None:
    """The row of a rendition: a new one for what was just stored, or one that is there. None: the track is deleted."""
    with transaction.atomic():
        # Whoever deletes the track waits until the row is there, and then deletes what it names.
        if not Track.objects.kept().select_for_update().filter(pk=track.pk).exists():
            return None
        rendition, is_new = Rendition.objects.get_or_create(
            track=track,
            format=format_name,
            defaults={
                "audio": stored.name,
                "storage_type": audio_storage().storage_type,
                "size": stored.size,
                "checksum": stored.checksum,
            },
        )
        if not is_new and rendition.storage_key == stored.name and rendition.checksum != stored.checksum:
            _describe_anew(rendition)
    return rendition


def _describe_anew(rendition: Rendition) -> None:
    """Two workers made it at once, and no two Opus files are alike: its row describes the one that lies there now."""
    with rendition.storage.open(rendition.storage_key) as stored:
        rendition.size, rendition.checksum = measured(stored)
    rendition.save(update_fields=["size", "checksum"])
