"""The audio of all tracks and renditions into the folder of backups and back, each file compared with its SHA-256."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from generation.backups.layout import audio_file, audio_keys
from generation.models import Rendition, Track
from generation.storage import AudioStorage, Damaged, StorageError, save_verified
from generation.storage.atomic import write_atomically
from generation.storage.base import chunks_of
from generation.storage.verified import measured
from musicgen.backoff import Backoff, retry
from musicgen.parallel import in_parallel

PAGE = 200
BACKOFF = Backoff(first=1, factor=4, longest=60)
ATTEMPTS = 3
File = Track | Rendition


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a file: whether it was copied now, and why it could not be, where that is so."""

    file: File
    copied: bool
    trouble: str = ""


def kept_files() -> Iterator[File]:
    """Every kept file, each once, a page of rows in memory at a time."""
    fields = ("audio", "storage_type", "size", "checksum")
    everything: list[QuerySet[Any]] = [
        Track.objects.kept().only(*fields),
        Rendition.objects.kept().only(*fields, "format", "track"),
    ]
    for files in everything:
        page = list(files.order_by("pk")[:PAGE])
        while page:
            yield from page
            page = list(files.order_by("pk").filter(pk__gt=page[-1].pk)[:PAGE])


def save(folder: Path, workers: int) -> Iterator[Copied]:
    """Copy what is not in the folder yet. Raises StorageError where a storage goes on failing."""
    return in_parallel(lambda file: _with_retries(file, lambda: _save(file, folder)), kept_files(), workers)


def restore(folder: Path, target: AudioStorage, workers: int) -> Iterator[Copied]:
    """Store what the rows name on the target, and note that it lies there.

    What is stored already, as by an attempt that was stopped, is compared and left. Raises StorageError.
    """
    return in_parallel(
        lambda file: _with_retries(file, lambda: _restore(file, folder, target)), kept_files(), workers
    )


def forget_others(folder: Path) -> int:
    """Delete the copies of what no row names any more, and say how many."""
    count = 0
    for key in audio_keys(folder):
        named = any(files.objects.kept().filter(audio=key).exists() for files in (Track, Rendition))
        if not named:
            audio_file(folder, key).unlink()
            count += 1
    return count


def _with_retries(file: File, copy: Callable[[], bool]) -> Copied:
    try:
        done = retry(copy, StorageError, BACKOFF, tries=ATTEMPTS, may_pass=lambda error: error.retryable)
    except FileNotFoundError:
        # It may have been deleted or moved since its row was read.
        now = file.refetched()
        if now is None:
            return Copied(file, False)
        return Copied(file, False, "its file is missing")
    except Damaged:
        return Copied(file, False, "its file is damaged: it is not what was stored")
    except OSError as error:
        return Copied(file, False, f"its file cannot be copied ({error.strerror or error})")
    return Copied(file, done)


def _save(file: File, folder: Path) -> bool:
    path = audio_file(folder, file.storage_key)
    if path.exists() and path.stat().st_size == file.size:
        return False
    with file.storage.open(file.storage_key) as audio:
        if measured(audio) != (file.size, file.checksum):
            raise Damaged(file.storage_key)
        write_atomically(path, chunks_of(audio), None, folder)
    return True


def _restore(file: File, folder: Path, target: AudioStorage) -> bool:
    with audio_file(folder, file.storage_key).open("rb") as audio:
        save_verified(target, file.storage_key, audio, checksum=file.checksum)
    file.where_it_was().update(storage_type=target.storage_type)
    return True
