"""The queue: messages that wake a worker.

The rows say what is to be done; losing or doubling a message loses nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from generation.queue.broker import SIDE, MessageBroker

RUN_JOB = "generation.worker.tasks.run_job"
MAKE_ARCHIVE = "generation.worker.tasks.make_archive"
# Orders are taken in the order of when they are due: what is paid for and waits for nothing else goes first. All other
# messages are of side work, which stands behind them.
URGENCY_SECONDS = 3600.0
TASKS = (
    "run_job",
    "make_rendition",
    "purge_track",
    "clear_leftovers",
    "make_archive",
    "purge_archive",
    "warn_of_old_tracks",
)
LONGEST_ARCHIVE_SECONDS = 4 * 3600


def wake_for_job(job_id: UUID, *, delay: float = 0) -> None:
    """Have a worker look at a job, no sooner than `delay` seconds from now. Commits with the transaction around it."""
    _send(RUN_JOB, job_id, delay)


def wake_for_result(job_id: UUID) -> None:
    """Have a worker collect what a job's remote call has made, before all that is less urgent."""
    _send(RUN_JOB, job_id, -URGENCY_SECONDS)


def wake_for_rendition(track_id: UUID, format_name: str) -> None:
    """Have a worker make a track's audio in another format."""
    _send("generation.worker.tasks.make_rendition", track_id, 0, format_name)


def wake_for_purge(track_id: UUID, *, delay: float = 0) -> None:
    """Have a worker delete what is stored of a deleted track."""
    _send("generation.worker.tasks.purge_track", track_id, delay)


def wake_for_archive(archive_id: UUID, *, delay: float = 0) -> None:
    """Have a worker make an archive. It may take hours, where tracks are many and a storage is slow."""
    _send(MAKE_ARCHIVE, archive_id, delay, timeout=LONGEST_ARCHIVE_SECONDS)


def wake_for_archive_purge(archive_id: UUID, *, delay: float = 0) -> None:
    """Have a worker delete what is stored of a deleted archive."""
    _send("generation.worker.tasks.purge_archive", archive_id, delay)


def wake_for_leftovers(job_id: UUID) -> None:
    """Have a worker clear away what an ended job may have left behind."""
    _send("generation.worker.tasks.clear_leftovers", job_id, 0)


def wake_for_expired_file(pk: int) -> None:
    """Have a worker delete a file that no row names."""
    _send("generation.worker.tasks.delete_expired_file", pk, 0)


def wake_for_track_warning(owner_id: UUID) -> None:
    """Have a worker tell somebody by mail of tracks that are to be deleted."""
    _send("generation.worker.tasks.warn_of_old_tracks", owner_id, 0)


def orders_waiting() -> int:
    """How many messages about jobs no worker has taken yet."""
    return _waiting().exclude(key=SIDE).count()


def any_waiting() -> bool:
    """Whether there is any message that no worker has taken yet."""
    return _waiting().exists()


def forget(subjects: Iterable[str]) -> int:
    """Delete what is kept of tasks about these that failed, and say how many those were."""
    names = [f"{task} {subject}" for subject in subjects for task in TASKS]
    return int(Task.objects.filter(name__in=names).delete()[0])


def _send(task: str, subject: UUID | int, delay: float, *arguments: str, **options: int) -> None:
    """`options` are django-q2's, such as the `timeout` of this task."""
    list_key = None if task == RUN_JOB else SIDE
    broker = MessageBroker(list_key, due=timezone.now() + timedelta(seconds=delay))
    async_task(
        task,
        str(subject),
        *arguments,
        task_name=f"{task.rpartition('.')[2]} {subject}",
        broker=broker,
        **options,
    )


def _waiting() -> QuerySet[OrmQ]:
    return OrmQ.objects.filter(lock__lte=timezone.now())
