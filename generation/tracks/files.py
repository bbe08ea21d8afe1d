"""The files of a track: their keys, and deleting one that no row names. The web process has this: nothing heavy."""

from generation.audio.formats import MASTER_FORMAT, MIXER, STEMS, STORED
from generation.models import Job, Track
from generation.storage import audio_storage


def key_of(track: Track, format_name: str) -> str:
    """The key under which a track is stored in a format of `STORED`, made of its job and itself alone."""
    stems = {STEMS.name: "stems", MIXER.name: "stems"}
    name = {MASTER_FORMAT: "master", **stems}.get(format_name, "listen")
    return f"{track.key_prefix}/{name}.{STORED[format_name].extension}"


def delete_unsaved(job: Job, index: int) -> None:
    """Delete what an attempt stored of a job's variation without saving its row. Raises StorageError."""
    audio_storage().delete(key_of(Track(id=Track.id_for(job, index), job=job), MASTER_FORMAT))
