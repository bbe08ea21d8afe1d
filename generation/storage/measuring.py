"""Counting calls to where audio is kept, and how long they take."""

import contextlib
import time
from collections.abc import Iterator

from musicgen.metrics.names import STORAGE_CALLS, STORAGE_SECONDS

from .cancellation import Abandoned
from .errors import StorageError

OK = "ok"
MISSING = "missing"
# The caller has given up, or what was to be stored could not be read.
ABANDONED = "abandoned"
FAILED = "failed"


@contextlib.contextmanager
def measured(storage: str, operation: str) -> Iterator[None]:
    """Count what the block does as one call, by how it ends."""
    began, outcome = time.perf_counter(), FAILED
    try:
        yield
        outcome = OK
    except FileNotFoundError:
        outcome = MISSING
        raise
    except StorageError as error:
        outcome = error.code
        raise
    except Abandoned:
        outcome = ABANDONED
        raise
    finally:
        STORAGE_CALLS.add(storage, operation, outcome)
        STORAGE_SECONDS.observe(time.perf_counter() - began, storage, operation)
