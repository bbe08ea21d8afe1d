"""All audio that is kept, file by file, each treated with patience: what moving and backing up share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from generation.models import Rendition, Track
from generation.storage import Damaged, StorageError
from musicgen.backoff import Backoff, retry

PAGE = 200
BACKOFF = Backoff(first=1, factor=4, longest=60)
ATTEMPTS = 3
File = Track | Rendition


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of files and their bytes."""

    files: int = 0
    size: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.files + other.files, self.size + other.size)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file: whether something was done, and why it could not be, where that is so."""

    file: File
    done: bool
    trouble: str = ""


def rows(*, elsewhere_than: str | None = None) -> list[QuerySet[Any]]:
    """The rows of all kept files, tracks and renditions, or of those elsewhere than on this type of storage."""
    fields = ("audio", "storage_type", "size", "checksum")
    found: list[QuerySet[Any]] = [
        Track.objects.kept().only(*fields),
        Rendition.objects.kept().only(*fields, "format", "track"),
    ]
    if elsewhere_than is None:
        return found
    return [files.exclude(storage_type=elsewhere_than) for files in found]


def kept_files(*, elsewhere_than: str | None = None) -> Iterator[File]:
    """The files of `rows`, each once, a page of rows in memory at a time."""
    for files in rows(elsewhere_than=elsewhere_than):
        page = list(files.order_by("pk")[:PAGE])
        while page:
            yield from page
            page = list(files.order_by("pk").filter(pk__gt=page[-1].pk)[:PAGE])


def with_retries(file: File, act: Callable[[], bool]) -> Result:
    """Do something to a file, again where its storage may do better a little later, and say what became of it.

    `act` says whether it did anything. Raises StorageError where a storage goes on failing, which concerns more than
    this one file.
    """
    try:
        done = retry(act, StorageError, BACKOFF, tries=ATTEMPTS, may_pass=lambda error: error.retryable)
    except FileNotFoundError:
        was_deleted = file.refetched() is None  # since its row was read
        return Result(file, False, "" if was_deleted else "its file is missing")
    except Damaged:
        return Result(file, False, "its file is damaged: it is not what was stored")
    except OSError as error:
        return Result(file, False, f"its file cannot be copied ({error.strerror or error})")
    return Result(file, done)
