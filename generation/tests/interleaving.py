"""What happens at the same time, brought into the order in which it does most harm."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from generation.models import Job


@contextmanager
def in_the_midst_of(job: Job, happens: Callable[[], object]) -> Iterator[None]:
    """Have something happen right after the first UPDATE of the job's next verb, as another worker would do it."""

    def read_anew() -> None:
        reading.stop()
        happens()
        job.refresh_from_db()

    reading = mock.patch.object(job, "refresh_from_db", read_anew)
    reading.start()
    try:
        yield
    finally:
        reading.stop()
