"""Making an archive: claimed, written to a temporary file, stored and verified; tried again where something fails.

At most half of a machine's workers make archives at once, so that music is never behind them all.
"""

import logging
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, BinaryIO
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from generation.archives.export import write_everything
from generation.archives.tracks import Contents, add_track, write_lists
from generation.archives.zip_writer import ZipWriter
from generation.models import Archive
from generation.queue import messages
from generation.storage import Cancellation, StorageError, audio_storage, save_cancellable
from generation.storage.scratch import write_scratch

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
FIRST_DELAY = timedelta(seconds=15)
# How much of the progress the gathering is; the rest is storing.
GATHERING = 0.7
NOTHING_LEFT = "None of the tracks is there any more."
UNEXPECTED = "The zip could not be made. The operator of this site finds the reason in the log."


class Lost(Exception):
    """The archive was deleted, has another owner, or another worker has taken it."""


class NothingLeft(Exception):
    """None of the tracks could be put in."""


class Ending(Exception):
    """This worker is to end."""


class Progress:
    """Says from time to time how far an archive is, and hears whether it is still wanted."""

    def __init__(self, archive: Archive, should_end: Callable[[], bool]) -> None:
        self._archive = archive
        self._should_end = should_end
        self._next_beat = time.monotonic()

    def show(self, fraction: float) -> bool:
        """False, for it goes on. Raises Lost and Ending."""
        if time.monotonic() < self._next_beat:
            return False
        if self._should_end():
            raise Ending
        if not self._archive.beat(min(1.0, fraction)):
            raise Lost
        self._next_beat = time.monotonic() + BEAT_SECONDS
        return False


def make(archive_id: UUID, should_end: Callable[[], bool] = lambda: False) -> None:
    """Make the archive, if it is to be had and there is room for one more. `should_end`: whether this worker is to."""
    archive = Archive.objects.kept().filter(pk=archive_id).first()
    if archive is None or not _has_room() or not archive.claim(_maker()):
        return
    is_handed_back = False
    try:
        _make(archive, Progress(archive, should_end))
    except Ending:
        is_handed_back = True
        with transaction.atomic():
            if archive.hand_back():
                messages.wake_for_archive(archive.pk)
    except Lost:
        pass
    except NothingLeft:
        archive.fail(NOTHING_LEFT)
    except StorageError as error:
        _failed(archive, error)
    except Exception:
        archive.fail(UNEXPECTED)
        raise
    finally:
        if not (_let_go(archive) or is_handed_back):
            _wake_next()


def wake(now: datetime) -> int:
    """Send the messages that archives are waiting for, and return how many."""
    return sum(_wake(archive) for archive in Archive.objects.without_message(now)[: _most_at_once()])


def _make(archive: Archive, progress: Progress) -> None:
    storage, name = audio_storage(), archive.name_of(archive.attempt)
    with tempfile.TemporaryFile() as file:
        left_out: list[list[str]] = []

        def write(scratch: BinaryIO) -> None:
            with ZipWriter(scratch) as writer:
                left_out.extend(_write(archive, writer, progress))

        write_scratch(file, write)
        counted = _Counted(file, name)
        # Whoever waits for the transfer, in another thread, says how far it is and hears whether it is still wanted.
        waiting = Cancellation(should_stop=lambda: progress.show(counted.progress), unwanted=lambda: True)
        stored = save_cancellable(storage, name, counted, waiting, settings.JOB_STORE_PATIENCE_SECONDS)
    if not archive.finish(storage.storage_type, stored.name, stored.size, left_out):
        storage.delete(stored.name)
        raise Lost


def _write(archive: Archive, writer: ZipWriter, progress: Progress) -> list[list[str]]:
    """Write the archive, and return what had to be left out. Raises NothingLeft where that is all."""
    contents = Contents(writer, archive.format, masters=archive.is_everything)
    done = _Done(contents, progress)
    if archive.is_everything:
        write_everything(archive.owner, contents, done.of)
    else:
        for number, track_id in enumerate(archive.track_ids):
            add_track(contents, UUID(track_id), archive.owner_id, done.of(number, len(archive.track_ids)))
        if not contents.number:
            raise NothingLeft
    write_lists(contents)
    return contents.left_out


class _Done:
    """What of the tracks is done, noted after each piece of one."""

    def __init__(self, contents: Contents, progress: Progress) -> None:
        self._contents = contents
        self._progress = progress

    def of(self, number: int, total: int) -> Callable[[int], object]:
        """Say that so many of the tracks are done; what is returned is called with each piece of the next."""
        fraction = GATHERING * number / max(1, total)
        self._progress.show(fraction)
        return lambda _: self._progress.show(fraction)


class _Counted(File):  # type: ignore[type-arg]
    """A file that knows how much of it was read: once to measure it, once to store it."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__(file, name)
        self._read_from = file.read
        self._all = 2 * max(1, file.seek(0, os.SEEK_END))
        self._read = 0

    @property
    def progress(self) -> float:
        return GATHERING + (1 - GATHERING) * min(1.0, self._read / self._all)

    def read(self, size: int = -1) -> bytes:
        data = self._read_from(size)
        self._read += len(data)
        return data


def _failed(archive: Archive, error: StorageError) -> None:
    logger.warning("Archive %s is not made: %s", archive.pk, error)
    if not error.may_pass:
        archive.fail(error.public)
        return
    delay = FIRST_DELAY * 2**archive.failures * (0.5 + random.random())
    with transaction.atomic():
        if archive.retry_later(delay, error.public):
            messages.wake_for_archive(archive.pk, delay=delay.total_seconds())


def _let_go(archive: Archive) -> bool:
    """Let go of what none of its verbs could end, because it was deleted or given to somebody else meanwhile.

    True: it is to be made anew, and a message is sent.
    """
    with transaction.atomic():
        is_in_line = archive.release()
        if is_in_line:
            messages.wake_for_archive(archive.pk)
    return is_in_line


def _most_at_once() -> int:
    return max(1, settings.GENERATION_WORKERS // 2)


def _has_room() -> bool:
    """Whether one more may be made. Two that look at the same moment may both take the last place."""
    return Archive.objects.at_work(timezone.now()).count() < _most_at_once()


def _wake_next() -> None:
    """The message of the one that waits longest may have come when there was no room."""
    waiting = Archive.objects.claimable(timezone.now()).first()
    if waiting is not None:
        _wake(waiting)


def _wake(archive: Archive) -> bool:
    with transaction.atomic():
        woken = archive.note_wake(timezone.now())
        if woken:
            messages.wake_for_archive(archive.pk)
    return woken


def _maker() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid4().hex[:12]}"
