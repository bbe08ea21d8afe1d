"""The same work on many things, a few at once, each thread with a database connection of its own."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from django.db import connections

from musicgen.logging import with_ids

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Thing], Result], things: Iterable[Thing], workers: int) -> Iterator[Result]:
    """Yield the results of the work as they come. Things are taken one by one, so there may be any number.

    What `work` or `things` raises is raised here. Whenever this ends, by an error or because the caller wants no
    more, what is in hand is worked on to its end first, and nothing else is begun.
    """
    pool = _Pool(work, iter(things), workers)
    try:
        yield from pool.results()
    finally:
        pool.stop()


class _Pool(Generic[Thing, Result]):
    """Threads that take things from one iterator and put results into one queue."""

    def __init__(self, work: Callable[[Thing], Result], things: Iterator[Thing], workers: int) -> None:
        self._work = work
        self._things = things
        self._taking = threading.Lock()
        self._stopping = threading.Event()
        self._done: queue.SimpleQueue[Result | _Ended] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=with_ids(self._run), daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def results(self) -> Iterator[Result]:
        ended = 0
        while ended < len(self._threads):
            result = self._done.get()
            if not isinstance(result, _Ended):
                yield result
                continue
            if result.error is not None:
                raise result.error
            ended += 1

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        error = None
        try:
            for thing in self._taken():
                self._done.put(self._work(thing))
        except Exception as raised:
            error = raised
        finally:
            connections.close_all()
            self._done.put(_Ended(error))

    def _taken(self) -> Iterator[Thing]:
        """Take things until there are none; a generator runs in one thread at a time only."""
        while not self._stopping.is_set():
            with self._taking:
                try:
                    thing = next(self._things)
                except StopIteration:
                    return
            yield thing


class _Ended:
    """Put into the queue by a thread that takes nothing any more."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
