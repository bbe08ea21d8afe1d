"""Making the master of a track again from its seed, where the same bytes come out, and storing it where it was."""

import logging
import tempfile
from copy import copy

from generation.audio.formats import MASTER_FORMAT, SMALL_FORMAT
from generation.audio.master import master
from generation.audio.tagging.tags import Tags
from generation.audio.types import Audio
from generation.engines.base import InProcessEngine
from generation.models import Track
from generation.models.job_event import EventKind
from generation.models.track import title_for
from generation.storage import Damaged, save_verified
from generation.storage.scratch import write_scratch
from generation.tracks import scores
from generation.tracks.store import write_encoded
from generation.tracks.tags import tags_of

logger = logging.getLogger(__name__)


def restore_master(track: Track) -> bool:
    """Make a track's master again and store it under its key. False: it would not be the same.

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
    if not any(_is_stored_again(track, audio, tags_of(made, name)) for name in (MASTER_FORMAT, SMALL_FORMAT)):
        logger.warning("Track %s was made again from its seed and is not the same", track.pk)
        return False
    logger.warning("The master of track %s was missing, and was made again from its seed", track.pk)
    track.job.note(EventKind.RESTORED, f"track {track.index + 1}: {track.storage_key} was missing")
    return True


def _is_stored_again(track: Track, audio: Audio, tags: Tags) -> bool:
    with tempfile.TemporaryFile() as file:
        write_scratch(file, lambda scratch: write_encoded(audio, MASTER_FORMAT, tags, scratch))
        try:
            save_verified(track.storage, track.storage_key, file, checksum=track.checksum)
        except Damaged:  # and nothing is saved
            return False
    return True


def _as_made(track: Track) -> Track:
    """The track as it was when its master was stored, whose tags have the first title."""
    made = copy(track)
    made.title = title_for(track.job.request, track.index)
    return made
