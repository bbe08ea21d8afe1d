"""Storing the master of a track, and the files that are made from it."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.utils import timezone

from generation.audio.encode import encode
from generation.audio.formats import MASTER_FORMAT
from generation.audio.measure import measure
from generation.audio.peaks import compute_peaks
from generation.audio.types import Audio
from generation.engines.base import Music
from generation.engines.registry import get_engine
from generation.models import Job, Track
from generation.models.track import title_for
from generation.storage import (
    Cancellation,
    StoredFile,
    audio_storage,
    retry_storing,
    save_cancellable,
    save_verified,
)
from generation.storage.scratch import write_scratch
from generation.tracks.files import key_of

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
        bpm=music.bpm,
        key=music.key or "",
        score_version=music.score_version,
        takes=[take.as_json() for take in music.takes],
        rendition_due_at=timezone.now() + timedelta(seconds=settings.RENDITION_GRACE_SECONDS),
    )
    stored = encode_and_save(track, audio, MASTER_FORMAT, cancellation)
    measured = measure(audio)
    peaks = compute_peaks(audio)
    track.audio.name, track.size, track.checksum = stored.name, stored.size, stored.checksum
    track.storage_type = audio_storage().storage_type
    track.lufs, track.true_peak_db = measured.lufs, measured.true_peak_db
    track.peaks, track.samples_per_pixel = peaks.data, peaks.samples_per_pixel
    return track


def encode_and_save(
    track: Track, audio: Audio, format_name: str, cancellation: Cancellation | None = None
) -> StoredFile:
    """Store a track's audio in a format, as `save_file` does."""
    return save_file(
        track, format_name, lambda file: encode(audio, format_name, file, tags_of(track)), cancellation
    )


def save_file(
    track: Track,
    format_name: str,
    write: Callable[[BinaryIO], None],
    cancellation: Cancellation | None = None,
) -> StoredFile:
    """Store what `write` writes, verified, as a track's file in that format.

    With a cancellation, a storage that fails is tried again for JOB_STORE_PATIENCE_SECONDS. Raises StorageError, and
    Abandoned as soon as the cancellation should stop.
    """
    key = key_of(track, format_name)
    with tempfile.TemporaryFile() as file:

        def encode_to_disk() -> None:
            write_scratch(file, write)

        content = File(file, name=key)
        if cancellation is None:
            encode_to_disk()
            return save_verified(audio_storage(), key, content)
        seconds = settings.JOB_STORE_PATIENCE_SECONDS
        retry_storing(encode_to_disk, key, cancellation, seconds)
        return save_cancellable(audio_storage(), key, content, cancellation, seconds)


def tags_of(track: Track) -> dict[str, str]:
    engine = get_engine(track.job.engine).capabilities
    return {
        "title": track.title,
        "artist": settings.SITE_NAME,
        "genre": track.genre,
        "comment": f"{engine.title}: {engine.description} Prompt: {track.prompt[:200]} Seed: {track.seed}.",
    }
