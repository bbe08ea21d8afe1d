"""Storing a file such that it can be canceled at any moment, also while the storage hangs."""

import logging
import threading
from typing import IO, Any

from django.core.files.base import File

from musicgen.logging import with_ids

from .base import AudioStorage
from .cancellation import POLL_SECONDS, Abandoned, Cancellation, retry_storing
from .errors import StorageError
from .verified import StoredFile, save_verified

logger = logging.getLogger(__name__)


def save_cancellable(
    storage: AudioStorage, name: str, file: IO[Any], cancellation: Cancellation, seconds: float
) -> StoredFile:
    """Save as `save_verified` does, with the retries of `retry_storing`.

    Raises Abandoned within a tenth of a second after `should_stop`, whatever the storage is doing.
    """

    def save() -> StoredFile:
        return _Transfer(storage, name, file, cancellation).result()

    return retry_storing(save, name, cancellation, seconds)


class _Transfer:
    """One attempt, in a thread of its own, as a socket that hangs cannot be interrupted but can be abandoned."""

    def __init__(self, storage: AudioStorage, name: str, file: IO[Any], cancellation: Cancellation) -> None:
        self._storage = storage
        self._name = name
        self._file = file
        self._cancellation = cancellation
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._abandoned = threading.Event()
        self._stored: StoredFile | None = None
        self._error: BaseException | None = None

    def result(self) -> StoredFile:
        """Wait for the end of the attempt; raises what it raised, or Abandoned."""
        threading.Thread(target=with_ids(self._run), name=f"store {self._name}", daemon=True).start()
        try:
            while not self._done.wait(POLL_SECONDS):
                if self._cancellation.should_stop() and self._abandon():
                    raise Abandoned
        except BaseException:
            self._abandon()  # whatever interrupted the wait, the file will be closed now
            raise
        if self._stored is None:
            raise self._error or AssertionError
        return self._stored

    def _abandon(self) -> bool:
        """Leave the transfer to itself. False: it has just ended."""
        with self._lock:
            if self._done.is_set():
                return False
            self._abandoned.set()
            return True

    def _run(self) -> None:
        try:
            stored = save_verified(self._storage, self._name, _Source(self._file, self._abandoned))
        except BaseException as error:
            self._end(error=error)
        else:
            self._end(stored=stored)

    def _end(self, stored: StoredFile | None = None, error: BaseException | None = None) -> None:
        with self._lock:
            self._stored, self._error = stored, error
            self._done.set()
        if stored is not None and self._abandoned.is_set() and self._cancellation.unwanted():
            self._delete()

    def _delete(self) -> None:
        try:
            self._storage.delete(self._name)
        except StorageError as error:
            logger.warning(
                "%s was stored after it was canceled, and cannot be deleted: %s", self._name, error
            )


class _Source(File):  # type: ignore[type-arg]
    """A file that ends an abandoned transfer by failing to be read."""

    def __init__(self, file: IO[Any], abandoned: threading.Event) -> None:
        super().__init__(file, getattr(file, "name", None))
        self._read = file.read
        self._abandoned = abandoned

    def read(self, size: int = -1) -> Any:
        if self._abandoned.is_set():
            raise Abandoned
        return self._read(size)
