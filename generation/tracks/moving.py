"""Moving audio from one storage to another, so that nothing is lost wherever a move is interrupted.

A file is copied, the copy is verified, one conditional UPDATE says that the file lies there now, and only then is the
old one deleted. Every move gives the file a name of its own (`generation.storage.keys`): no two moves can be mistaken
for one another, and what a killed move has left is known by its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from generation.models import Rendition, Track
from generation.storage import AudioStorage, Damaged, StorageError, save_verified
from generation.storage.keys import Moves
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
    """What became of a file: whether this run moved it, and why it could not, where that is so."""

    file: File
    moved: bool
    trouble: str = ""


def amount_to_move(target: str) -> Amount:
    """How much lies elsewhere than on the storage of this type."""
    return sum((_amount(files) for files in _elsewhere(target)), Amount())


def sources(target: str) -> set[str]:
    """The types of the storages on which something lies that is to move to the target."""
    found: set[str] = set()
    for files in _elsewhere(target):
        found.update(files.order_by().values_list("storage_type", flat=True).distinct())
    return found


def files_to_move(target: str) -> Iterator[File]:
    """Every kept file that lies elsewhere than on the target, each once, a page of rows in memory at a time."""
    for files in _elsewhere(target):
        page = list(files.order_by("pk")[:PAGE])
        while page:
            yield from page
            page = list(files.order_by("pk").filter(pk__gt=page[-1].pk)[:PAGE])


def move_with_retries(file: File, target: AudioStorage, *, keep_source: bool = False) -> Result:
    """Move a file, trying again where the storage may do better a little later, and say what became of it.

    Raises StorageError where a storage goes on failing, which concerns more than this one file.
    """
    try:
        moved = retry(
            lambda: move(file, target, keep_source=keep_source),
            StorageError,
            BACKOFF,
            tries=ATTEMPTS,
            may_pass=lambda error: error.retryable,
        )
    except FileNotFoundError:
        return Result(file, False, "its file is missing")
    except Damaged:
        return Result(file, False, "its file is damaged: it is not what was stored")
    except OSError as error:
        return Result(file, False, f"its file cannot be read ({error.strerror or error})")
    return Result(file, moved)


def move(file: File, target: AudioStorage, *, keep_source: bool = False) -> bool:
    """Move a file to another storage. False: it was moved by another or deleted meanwhile.

    Raises FileNotFoundError or Damaged where the file is not what its row says, and StorageError; then the row is
    as it was, and the file where it was.
    """
    source, name = file.storage, Moves.of(file.storage_key).after().name
    try:
        with source.open(file.storage_key) as audio:
            save_verified(target, name, audio, checksum=file.checksum)
    except (FileNotFoundError, Damaged):
        if not _is_where_it_was(file):
            return False
        raise
    if not file.relocate(target.storage_type, name):
        _leave_no_copy(file, target, name)
        return False
    if not keep_source:
        source.delete(file.storage_key)
    return True


def _leave_no_copy(file: File, target: AudioStorage, name: str) -> None:
    """Delete a copy that came too late, unless another mover's was the same and its row names it."""
    now = file.refetched()
    if now is None or (now.storage_type, now.storage_key) != (target.storage_type, name):
        target.delete(name)


def _is_where_it_was(file: File) -> bool:
    now = file.refetched()
    return now is not None and (now.storage_type, now.storage_key) == (file.storage_type, file.storage_key)


def _elsewhere(target: str) -> list[QuerySet[Any]]:
    fields = ("audio", "storage_type", "size", "checksum")
    return [
        Track.objects.kept().exclude(storage_type=target).only(*fields),
        Rendition.objects.kept().exclude(storage_type=target).only(*fields, "format", "track"),
    ]


def _amount(files: QuerySet[Any]) -> Amount:
    total = files.aggregate(files=Count("pk"), size=Sum("size"))
    return Amount(total["files"], total["size"] or 0)
