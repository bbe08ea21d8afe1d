"""Storing while somebody waits for it: tried again while that may help, and left the moment it is not wanted."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from django.core.files.base import File

from .base import AudioStorage
from .errors import StorageError
from .verified import StoredFile, save_verified

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
LONGEST_PAUSE = 5.0
LOOK_SECONDS = 0.05


class Abandoned(Exception):
    """Nobody waits for the file any more."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who waits for a file to be stored.

    `should_stop` is asked many times a second; where a transfer that was left by it ends well after all, `unwanted`
    says whether what it stored is to be deleted.
    """

    should_stop: Callable[[], bool] = _never
    unwanted: Callable[[], bool] = _never


def save_cancellable(
    storage: AudioStorage, name: str, file: IO[Any], cancellation: Cancellation, patience: float
) -> StoredFile:
    """Save as `save_verified` does, retry_storing; left within a tenth of a second, even where the storage hangs."""
    return retry_storing(
        lambda: _Transfer(storage, name, file, cancellation).result(), name, cancellation, patience
    )


def retry_storing(
    act: Callable[[], Result], name: str, cancellation: Cancellation, patience: float
) -> Result:
    """Do what storing something under the name takes; where that fails in a way that may pass, again and again.

    `patience` is how many seconds after the first failure an attempt may still begin. Raises the last StorageError,
    and Abandoned soon after `should_stop`.
    """
    end: float | None = None
    for pause in _pauses():
        try:
            return act()
        except StorageError as error:
            now = time.monotonic()
            end = now + patience if end is None else end
            if not error.may_pass or now + pause > end:
                raise
            logger.warning("%s is not stored yet, trying again in %.1f s: %s", name, pause, error)
        _rest(pause, cancellation)
    raise AssertionError  # the pauses have no end


def _pauses() -> Iterator[float]:
    """Seconds between attempts: 0.5, 1, 2 … up to 5, times 0.5 to 1.5, so that workers do not come back together."""
    pause = 0.5
    while True:
        yield pause * (0.5 + random.random())
        pause = min(2 * pause, LONGEST_PAUSE)


def _rest(seconds: float, cancellation: Cancellation) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if cancellation.should_stop():
            raise Abandoned
        time.sleep(LOOK_SECONDS)


class _Transfer:
    """One attempt, in a thread of its own, as a socket that hangs cannot be interrupted but can be left behind."""

    def __init__(self, storage: AudioStorage, name: str, file: IO[Any], cancellation: Cancellation) -> None:
        self._storage = storage
        self._name = name
        self._file = file
        self._attendant = cancellation
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._abandoned = threading.Event()
        self._stored: StoredFile | None = None
        self._error: BaseException | None = None

    def result(self) -> StoredFile:
        """Wait for the end of the attempt; raises what it raised, or Abandoned."""
        threading.Thread(target=self._run, name=f"store {self._name}", daemon=True).start()
        try:
            while not self._done.wait(LOOK_SECONDS):
                if self._attendant.should_stop() and self._abandon():
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
        if stored is not None and self._abandoned.is_set() and self._attendant.unwanted():
            self._delete()

    def _delete(self) -> None:
        try:
            self._storage.delete(self._name)
        except StorageError as error:
            logger.warning("%s is stored though nobody wants it, and stays: %s", self._name, error)


class _Source(File):  # type: ignore[type-arg]
    """A file that ends a transfer by failing to be read once nobody waits for it any more."""

    def __init__(self, file: IO[Any], abandoned: threading.Event) -> None:
        super().__init__(file, getattr(file, "name", None))
        self._read = file.read
        self._abandoned = abandoned

    def read(self, size: int = -1) -> Any:
        if self._abandoned.is_set():
            raise Abandoned
        return self._read(size)
