"""The files of a track: their keys, and which there are. The web process has this: nothing heavy."""

import secrets

from generation.audio.formats import MASTER_FORMAT, MIXER, STEMS, STORED
from generation.models import Job, Rendition, Track
from generation.storage import audio_storage
from generation.tracks.tags import has_tags_of

_NAMES = {MASTER_FORMAT: "download", STEMS.name: "stems", MIXER.name: "stems"}


def key_of_master(track: Track) -> str:
    """The key under which a track's master is stored, made of its job and itself alone."""
    return f"{track.key_prefix}/master.{STORED[MASTER_FORMAT].extension}"


def new_key(track: Track, format_name: str) -> str:
    """A key for a new rendition in a format of `STORED`, which no other file has ever had.

    What lies under a key never becomes anything else: caches keep it for ever, and whoever deletes a file that was
    replaced deletes no other.
    """
    name = _NAMES.get(format_name, "listen")
    return f"{track.key_prefix}/{name}-{secrets.token_hex(6)}.{STORED[format_name].extension}"


def to_play(track: Track, format_name: str) -> Track | Rendition | None:
    """The file of a track in this format, whatever it says of it; None where there is none. Load `renditions`."""
    return track if format_name == MASTER_FORMAT else rendition_in(track, format_name)


def to_keep(track: Track, format_name: str) -> Track | Rendition | None:
    """The file of a track in this format that says of it what is so now. None: it is still to be made."""
    files = (to_play(track, format_name), rendition_in(track, format_name))
    return next((file for file in files if file and has_tags_of(track, file, format_name)), None)


def to_share(track: Track, format_name: str) -> Track | Rendition | None:
    """The file of a track in this format that tells nobody a former title; None: it is still to be made.

    A file whose tags are not known has none: it is from before files had any.
    """
    played = to_play(track, format_name)
    return played if played and not played.tags_digest else to_keep(track, format_name)


def rendition_in(track: Track, format_name: str) -> Rendition | None:
    """The rendition of a track in this format, if there is one."""
    return next((made for made in track.renditions.all() if made.format == format_name), None)


def delete_unsaved(job: Job, index: int) -> None:
    """Delete what an attempt stored of a job's variation without saving its row. Raises StorageError."""
    audio_storage().delete(key_of_master(Track(id=Track.id_for(job, index), job=job)))
