"""Tracks whose master is not where it was stored, or not as it was: what is said of them. The web process has this."""

from datetime import timedelta

from django.utils import timezone

from generation.audio.formats import FORMATS, LISTENING_FORMAT
from generation.models import Rendition, Track
from generation.storage import StorageError
from generation.tracks import scores
from generation.tracks.files import retaggable

# A worker looks again when somebody asks, no more often: the operator may have put the audio back.
LOOK_AGAIN = timedelta(hours=1)
_OF_MASTER = frozenset({*FORMATS, LISTENING_FORMAT})
_LOST = "The audio of this track is not stored any more as it was."
_CHANGED = "It cannot be made again from its seed: {engine} has changed since it made this track."
_DIFFERENT = "Made again from its seed it would not be the same."
_NOT_MADE_AGAIN = "Music of its engine cannot be made again from its seed."
_BACKUP = "The operator of this site may have it in a backup."


class AudioMissing(StorageError):
    """The master of a track cannot be read, and cannot be made again either. `public` says why."""

    def __init__(self, track: Track) -> None:
        super().__init__(
            "audio_missing",
            f"The audio of track {track.pk} is not as it was stored at {track.storage_key} ({track.storage_type}).",
        )
        self._public = f"{_LOST} {_why(track)} {_BACKUP}"

    @property
    def public(self) -> str:
        return self._public


def is_missing(track: Track, file: Track | Rendition | None, format_name: str) -> bool:
    """Whether this file of a track is its missing master, or would be made of it."""
    if track.missing_since is None or format_name not in _OF_MASTER or isinstance(file, Rendition):
        return False
    return not retaggable(track, format_name)


def is_worth_a_look(track: Track) -> bool:
    """Whether nobody has looked for the master for a while."""
    return track.missing_since is not None and track.missing_since < timezone.now() - LOOK_AGAIN


def _why(track: Track) -> str:
    """Why the master was not made again."""
    try:
        scores.engine_of(track)
    except scores.OutdatedScore:
        return _CHANGED.format(engine=scores.title_of_engine(track))
    except scores.NoScore:
        return _NOT_MADE_AGAIN
    return _DIFFERENT
