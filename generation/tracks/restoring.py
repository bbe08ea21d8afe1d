"""Making the master of a track again from its seed, where the same sound comes out.

Of a WAV that is the same file, stored where it was. The bytes of a FLAC, and of its cover, are those of a version of
their encoders: where only these are others, the master is stored in another file, which its row then names.
"""

import logging
import tempfile
from copy import copy

from django.db import transaction

from generation.audio.formats import SMALL_FORMAT
from generation.audio.master import master
from generation.audio.pcm import samples_md5
from generation.audio.tagging.tags import Tags
from generation.audio.types import Audio
from generation.engines.base import InProcessEngine
from generation.models import ExpiringFile, Track
from generation.models.job_event import EventKind
from generation.models.track import title_for
from generation.storage import Damaged, StorageError, StoredFile, audio_storage, save_verified
from generation.storage.scratch import write_scratch
from generation.tracks import expiring, scores
from generation.tracks.files import new_key_of_master
from generation.tracks.store import write_encoded
from generation.tracks.tags import tags_digest, tags_of

logger = logging.getLogger(__name__)


def restore_master(track: Track) -> bool:
    """Make a track's master again and store it. False: it would not be the same.

    That takes as long as the music took. It may be done twice: what is stored is the same. Raises StorageError, and
    what the engine raises.
    """
    try:
        engine = scores.engine_of(track)
    except scores.NoScore as error:
        logger.warning("The master of track %s cannot be made again: %s", track.pk, error)
        return False
    if not isinstance(engine, InProcessEngine):
        return False
    music = engine.generate(track.job.variation(track.index), lambda _: None, lambda: False)
    audio, made = master(music.audio), _as_made(track)
    # Masters that were stored while WAVs had covers have the tags of an MP3.
    was_at = track.storage_key
    is_same_file = any(
        _is_stored_again(track, audio, tags_of(made, name)) for name in (track.master_format, SMALL_FORMAT)
    )
    if not is_same_file and not _is_stored_anew(track, audio, made):
        logger.warning("Track %s was made again from its seed and is not the same", track.pk)
        return False
    logger.warning("The master of track %s was missing, and was made again from its seed", track.pk)
    track.job.note(EventKind.RESTORED, f"track {track.index + 1}: {was_at} was missing")
    return True


def _is_stored_again(track: Track, audio: Audio, tags: Tags) -> bool:
    with tempfile.TemporaryFile() as file:
        write_scratch(file, lambda scratch: write_encoded(audio, track.master_format, tags, scratch))
        try:
            save_verified(track.storage, track.storage_key, file, checksum=track.checksum)
        except Damaged:  # and nothing is saved
            return False
    return True


def _is_stored_anew(track: Track, audio: Audio, made: Track) -> bool:
    """Store the master in another file, if it has the same samples; or find that somebody else just has."""
    if samples_md5(audio) != track.samples_md5:
        return False
    tags = tags_of(made, track.master_format)
    with tempfile.TemporaryFile() as content:
        write_scratch(content, lambda scratch: write_encoded(audio, track.master_format, tags, scratch))
        file = expiring.about_to_write(track, new_key_of_master(track))
        stored = save_verified(audio_storage(), file.name, content)
    if _replace_master(track, stored, file, tags_digest(made)):
        return True
    expiring.delete_file(file)
    now = track.refetched()
    return now is not None and now.storage_key != track.storage_key


def _replace_master(track: Track, stored: StoredFile, file: ExpiringFile, digest: str) -> bool:
    """Have the row name this file as its master, and the one before deleted later. False: it was changed meanwhile."""
    before = (track.storage_type, track.storage_key)
    fields = {
        "audio": stored.name,
        "storage_type": file.storage_type,
        "size": stored.size,
        "checksum": stored.checksum,
        "tags_digest": digest,
    }
    with transaction.atomic():
        if track.where_it_was().filter(deleted_at=None).update(**fields) != 1:
            return False
        if not file.keep():
            raise StorageError(
                "took_too_long", f"Making {stored.name} took so long that it was deleted.", retryable=True
            )
        expiring.note_replaced(track, *before)
    for name, value in fields.items():
        setattr(track, name, value)
    return True


def _as_made(track: Track) -> Track:
    """The track as it was when its master was stored, whose tags have the first title."""
    made = copy(track)
    made.title = title_for(track.job.request, track.index)
    return made
