"""A job's progress on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from generation.models import Job
from generation.scheduling.estimates import estimate_of

FORMAT = "{desc:<11} {percentage:3.0f}% {bar} {elapsed}{postfix}"


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Callable[[Job], None]]:
    """Give a function that shows a job's stage, measured progress, time elapsed and time left.

    It shows nothing where `stream` is no terminal.
    """
    if not stream.isatty():
        yield lambda job: None
        return
    from tqdm import tqdm

    with tqdm(total=1.0, file=stream, bar_format=FORMAT, leave=False) as bar:

        def show(job: Job) -> None:
            bar.set_description_str((job.stage or job.status).capitalize(), refresh=False)
            bar.set_postfix_str(estimate_of(job).words, refresh=False)
            bar.n = job.progress or 0.0
            bar.refresh()

        yield show
