"""The audio of all tracks and renditions into the folder of backups and back, each file compared with its SHA-256."""

from collections.abc import Iterator
from pathlib import Path

from generation.backups.layout import audio_file, audio_keys
from generation.models import Rendition, Track
from generation.storage import AudioStorage, Damaged, save_verified
from generation.storage.atomic import write_atomically
from generation.storage.base import chunks_of
from generation.storage.verified import measured
from generation.tracks.kept_files import File, Result, kept_files, with_retries
from musicgen.parallel import in_parallel


def save(folder: Path, workers: int) -> Iterator[Result]:
    """Copy what is not in the folder yet. Raises StorageError where a storage goes on failing."""
    return in_parallel(lambda file: with_retries(file, lambda: _save(file, folder)), kept_files(), workers)


def restore(folder: Path, target: AudioStorage, workers: int) -> Iterator[Result]:
    """Store what the rows name on the target, and note that it lies there.

    What is stored already, as by an attempt that was stopped, is compared and left. Raises StorageError.
    """
    return in_parallel(
        lambda file: with_retries(file, lambda: _restore(file, folder, target)), kept_files(), workers
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
