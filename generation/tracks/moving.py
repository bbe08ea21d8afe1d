"""Moving audio from one storage to another, so that nothing is lost wherever a move is interrupted.

A file is copied, the copy is verified, one conditional UPDATE says that the file lies there now, and only then is the
old one deleted. Every move gives the file a name of its own (`generation.storage.keys`): no two moves can be mistaken
for one another, and what a killed move has left is known by its name.
"""

from collections.abc import Iterator

from django.db.models import Count, Sum

from generation.storage import AudioStorage, Damaged, save_verified
from generation.storage.keys import Moves
from generation.tracks.kept_files import Amount, File, Result, kept_files, rows, with_retries
from musicgen.parallel import in_parallel


def amount_to_move(target: str) -> Amount:
    """How much lies elsewhere than on the storage of this type."""
    amount = Amount()
    for files in rows(elsewhere_than=target):
        total = files.aggregate(files=Count("pk"), size=Sum("size"))
        amount += Amount(total["files"], total["size"] or 0)
    return amount


def sources(target: str) -> set[str]:
    """The types of the storages on which something lies that is to move to the target."""
    found: set[str] = set()
    for files in rows(elsewhere_than=target):
        found.update(files.order_by().values_list("storage_type", flat=True).distinct())
    return found


def move_all(target: AudioStorage, workers: int, *, keep_source: bool = False) -> Iterator[Result]:
    """Move whatever lies elsewhere to the target. Raises StorageError where a storage goes on failing."""
    files = kept_files(elsewhere_than=target.storage_type)
    return in_parallel(lambda file: move_with_retries(file, target, keep_source=keep_source), files, workers)


def move_with_retries(file: File, target: AudioStorage, *, keep_source: bool = False) -> Result:
    """Move a file, trying again where the storage may do better a little later, and say what became of it.

    Raises StorageError where a storage goes on failing.
    """
    return with_retries(file, lambda: move(file, target, keep_source=keep_source))


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
