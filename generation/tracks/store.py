"""Storing what belongs to a track: its master, and files made from it."""

import tempfile
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from generation.audio.decode import AudioDecodeError, decode
from generation.audio.encode import encode
from generation.audio.formats import DELIVERED, LISTENING_FORMAT, MASTER_FORMAT, STEMS
from generation.audio.master import master
from generation.audio.measure import measure
from generation.audio.peaks import compute_peaks
from generation.audio.types import Audio
from generation.engines.base import Music
from generation.engines.registry import get_engine
from generation.models import Job, Rendition, Track
from generation.models.track import title_for
from generation.storage import (
    Cancellation,
    StorageError,
    StoredFile,
    audio_storage,
    retry_storing,
    save_cancellable,
    save_verified,
)
from generation.storage.scratch import write_scratch
from generation.tracks.stem_archive import write_stems

RENDITION_PATIENCE = timedelta(minutes=5)
RENDITION_PAUSE = timedelta(seconds=5)
NOBODY = Cancellation()


def store_master(
    job: Job, index: int, music: Music, audio: Audio, cancellation: Cancellation = NOBODY
) -> Track:
    """Store the mastered audio of a job's variation, verified, and give the track that it is, not yet saved.

    Stored under a key made of job and track: storing again overwrites itself. A storage that is away for less than a
    minute is waited for. Raises StorageError, and Abandoned as soon as the cancellation should stop.
    """
    request = job.request.variation(index)
    track = Track(
        id=Track.id_for(job, index),
        job=job,
        owner_id=job.owner_id,
        index=index,
        title=title_for(request.title or request.prompt, index, job.request.variations),
        prompt=request.prompt,
        genre=job.genre,
        seed=request.seed or 0,
        tags=list(request.tags),
        duration=audio.duration,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        bpm=music.bpm,
        key=music.key or "",
        score_version=music.score_version,
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


def delete_unsaved(job: Job, index: int) -> None:
    """Delete what an attempt stored of a job's variation without saving its row. Raises StorageError."""
    audio_storage().delete(key_of(Track(id=Track.id_for(job, index), job=job), MASTER_FORMAT))


def make_rendition(track_id: uuid.UUID, format_name: str) -> Rendition | None:
    """Make a track's audio in another format from its master and store it, if that is still to be done.

    Stems are made from its score instead. None: the track was deleted meanwhile. Raises StorageError; what listeners
    are served is then asked for again later (`worker.reaper`). Raises AudioDecodeError, and FileNotFoundError where the
    master is gone; NoScore where nobody can make the stems.
    """
    track = Track.objects.kept().filter(pk=track_id).first()
    if track is None:
        return None
    try:
        rendition = track.renditions.filter(format=format_name).first() or _make_rendition(track, format_name)
    except StorageError:
        if format_name == LISTENING_FORMAT:
            track.postpone_rendition(RENDITION_PAUSE, RENDITION_PATIENCE)
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
    else:
        stored = encode_and_save(track, _master_of(track), format_name)
    rendition = _recorded(track, format_name, stored)
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


def _recorded(track: Track, format_name: str, stored: StoredFile) -> Rendition | None:
    """The row of a rendition: the one that says what was just stored, or an older one. None: the track is deleted."""
    with transaction.atomic():
        # Whoever deletes the track waits until the row is there, and then deletes what it names.
        if not Track.objects.kept().select_for_update().filter(pk=track.pk).exists():
            return None
        rendition, _ = Rendition.objects.get_or_create(
            track=track,
            format=format_name,
            defaults={
                "audio": stored.name,
                "storage_type": audio_storage().storage_type,
                "size": stored.size,
                "checksum": stored.checksum,
            },
        )
    return rendition


def warm_up() -> None:
    """Load what the first track would otherwise wait for: codecs, filters, the client of the storage."""
    import numpy as np

    rate = 48_000
    audio = master(Audio(np.full((2, rate // 2), 0.1, dtype=np.float32), rate))
    measure(audio)
    for name in (MASTER_FORMAT, LISTENING_FORMAT):
        with tempfile.TemporaryFile() as file:
            encode(audio, name, file)
    audio_storage().warm()


def encode_and_save(
    track: Track, audio: Audio, format_name: str, cancellation: Cancellation | None = None
) -> StoredFile:
    return save_file(
        track, format_name, lambda file: encode(audio, format_name, file, tags_of(track)), cancellation
    )


def save_file(
    track: Track,
    format_name: str,
    write: Callable[[BinaryIO], None],
    cancellation: Cancellation | None = None,
) -> StoredFile:
    """Store what `write` writes."""
    key = key_of(track, format_name)
    with tempfile.TemporaryFile() as file:

        def written() -> None:
            write_scratch(file, write)

        content = File(file, name=key)
        if cancellation is None:
            written()
            return save_verified(audio_storage(), key, content)
        patience = settings.JOB_STORE_PATIENCE_SECONDS
        retry_storing(written, key, cancellation, patience)
        return save_cancellable(audio_storage(), key, content, cancellation, patience)


def key_of(track: Track, format_name: str) -> str:
    name = {MASTER_FORMAT: "master", STEMS.name: STEMS.name}.get(format_name, "listen")
    return f"{track.key_prefix}/{name}.{DELIVERED[format_name].extension}"


def tags_of(track: Track) -> dict[str, str]:
    engine = get_engine(track.job.engine).capabilities
    return {
        "title": track.title,
        "artist": settings.SITE_NAME,
        "genre": track.genre,
        "comment": f"{engine.title}: {engine.description} Prompt: {track.prompt[:200]} Seed: {track.seed}.",
    }
