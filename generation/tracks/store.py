"""Storing the master of a track, and the files that are made from it."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.utils import timezone

from generation.audio.encode import encode
from generation.audio.formats import encoded_as
from generation.audio.measure import measure
from generation.audio.pcm import samples_md5
from generation.audio.peaks import compute_peaks
from generation.audio.tagging.retag import retag
from generation.audio.tagging.tags import Tags
from generation.audio.types import Audio
from generation.engines.base import Music
from generation.models import Job, Track
from generation.models.track import title_for
from generation.storage import (
    Cancellation,
    StoredFile,
    audio_storage,
    retry_storing,
    save_cancellable,
)
from generation.storage.scratch import write_scratch
from generation.tracks.files import key_of_master
from generation.tracks.tags import tags_digest, tags_of

NEVER_CANCELED = Cancellation()


def store_master(
    job: Job, index: int, music: Music, audio: Audio, cancellation: Cancellation = NEVER_CANCELED
) -> Track:
    """Store the mastered audio of a job's variation, verified, and return its track, not yet saved.

    Stored under a key made of job and track: storing again overwrites itself. A storage that is away for less than a
    minute is waited for. Raises StorageError, and Abandoned as soon as the cancellation should stop.
    """
    request = job.variation(index)
    track = Track(
        id=Track.id_for(job, index),
        job=job,
        owner_id=job.owner_id,
        index=index,
        title=title_for(job.request, index),
        prompt=request.prompt,
        genre=request.genre or "",
        seed=(request.seed or 0) if music.seed is None else music.seed,
        tags=list(request.tags),
        duration=audio.duration,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        master_format=settings.MASTER_FORMAT,
        bpm=music.bpm,
        key=music.key or "",
        time_signature=music.time_signature or "",
        score_version=music.score_version,
        takes=[take.as_json() for take in music.takes],
        rendition_due_at=timezone.now() + timedelta(seconds=settings.RENDITION_GRACE_SECONDS),
    )
    tags = tags_of(track, track.master_format)
    stored = save_file(
        key_of_master(track), lambda file: write_encoded(audio, track.master_format, tags, file), cancellation
    )
    if track.master_format != "wav":
        track.samples_md5 = samples_md5(audio)
    measured = measure(audio)
    peaks = compute_peaks(audio)
    track.audio.name, track.size, track.checksum = stored.name, stored.size, stored.checksum
    track.storage_type, track.tags_digest = audio_storage().storage_type, tags_digest(track)
    track.lufs, track.true_peak_db = measured.lufs, measured.true_peak_db
    track.peaks, track.samples_per_pixel = peaks.data, peaks.samples_per_pixel
    return track


def write_encoded(audio: Audio, format_name: str, tags: Tags, file: BinaryIO) -> None:
    """Write audio in a format of `STORED`, with tags. Raises StorageError where the disk takes no more."""
    with tempfile.TemporaryFile() as untagged:
        write_scratch(untagged, lambda scratch: encode(audio, encoded_as(format_name), scratch))
        retag(encoded_as(format_name), cast(BinaryIO, untagged), file, tags)


def save_file(key: str, write: Callable[[BinaryIO], None], cancellation: Cancellation) -> StoredFile:
    """Store what `write` writes, verified, under a key.

    A storage that fails is tried again for JOB_STORE_PATIENCE_SECONDS. Raises StorageError, and Abandoned as soon as
    the cancellation should stop.
    """
    seconds = settings.JOB_STORE_PATIENCE_SECONDS
    with tempfile.TemporaryFile() as file:
        retry_storing(lambda: write_scratch(file, write), key, cancellation, seconds)
        return save_cancellable(audio_storage(), key, File(file, name=key), cancellation, seconds)
