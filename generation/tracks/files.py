"""The files of a track: their keys, and which there are. The web process has this: nothing heavy."""

import secrets

from generation.audio.formats import (
    LISTENING_FORMAT,
    MASTER_FORMATS,
    MIXER,
    SMALL_FORMAT,
    STEMS,
    STORED,
)
from generation.models import Job, Rendition, Track
from generation.storage import audio_storage
from generation.tracks.tags import has_tags_of

_NAMES = {LISTENING_FORMAT: "listen", STEMS.name: "stems", MIXER.name: "stems"}
_SAME_SOUND = {LISTENING_FORMAT: SMALL_FORMAT, SMALL_FORMAT: LISTENING_FORMAT}


def key_of_master(track: Track) -> str:
    """The key under which a track's master is stored, made of its job, itself and the master's format alone."""
    return f"{track.key_prefix}/master.{STORED[track.master_format].extension}"


def new_key_of_master(track: Track) -> str:
    """A key for a master that is stored again in other bytes, which no other file has ever had."""
    return f"{track.key_prefix}/master-{secrets.token_hex(6)}.{STORED[track.master_format].extension}"


def new_key(track: Track, format_name: str) -> str:
    """A key for a new rendition in a format of `STORED`, which no other file has ever had.

    What lies under a key never becomes anything else: caches keep it for ever, and whoever deletes a file that was
    replaced deletes no other.
    """
    name = _NAMES.get(format_name, "download")
    return f"{track.key_prefix}/{name}-{secrets.token_hex(6)}.{STORED[format_name].extension}"


def to_play(track: Track, format_name: str) -> Track | Rendition | None:
    """The file of a track in this format, whatever it says of it; None where there is none. Load `renditions`."""
    return track if format_name == track.master_format else rendition_in(track, format_name)


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


def retaggable(track: Track, format_name: str) -> list[Rendition]:
    """The renditions of which one in this format is made by other tags alone; none of the master's own format."""
    if format_name == track.master_format:
        return []
    names = (format_name, _SAME_SOUND.get(format_name, format_name))
    found = {name: rendition_in(track, name) for name in names}
    return [rendition for rendition in found.values() if rendition]


def delete_unsaved(job: Job, index: int) -> None:
    """Delete what attempts stored of a job's variation without saving its row, in whichever format was chosen then.

    Raises StorageError.
    """
    for name in MASTER_FORMATS:
        track = Track(id=Track.id_for(job, index), job=job, master_format=name)
        audio_storage().delete(key_of_master(track))
