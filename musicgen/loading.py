"""What a process loads when it starts."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Load modules without looking for garbage, of which they make next to none: Python would walk all that is loaded
    already again and again, for a third of the time that a command takes to start. Nor does it walk it later, unless
    somebody calls `gc.unfreeze`."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
