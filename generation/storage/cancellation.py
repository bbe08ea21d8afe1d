"""Who may cancel the storing of a file, and retries that end when it is canceled."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from musicgen.backoff import Backoff, retry

from .errors import StorageError

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
BACKOFF = Backoff(first=0.5, factor=2, longest=5.0)
POLL_SECONDS = 0.05


class Abandoned(Exception):
    """The file is not to be stored any more."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What ends the storing of a file early.

    `should_stop` is asked many times a second. Where a transfer that was abandoned ends well after all, `unwanted` says
    whether what it stored is to be deleted.
    """

    should_stop: Callable[[], bool] = _never
    unwanted: Callable[[], bool] = _never

    def sleep(self, seconds: float) -> None:
        """Pause, unless that is canceled: then raises Abandoned."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.should_stop():
                raise Abandoned
            time.sleep(POLL_SECONDS)


def retry_storing(act: Callable[[], Result], name: str, cancellation: Cancellation, seconds: float) -> Result:
    """Do what storing something under the name takes, again and again where it fails in a way that may pass.

    `seconds` after the first failure no attempt is begun any more. Raises the last StorageError, and Abandoned soon
    after `should_stop`.
    """

    def log(error: StorageError, pause: float) -> None:
        logger.warning("%s is not stored yet, trying again in %.1f s: %s", name, pause, error)

    return retry(
        act,
        StorageError,
        BACKOFF,
        seconds=seconds,
        may_pass=lambda error: error.may_pass,
        on_failure=log,
        sleep=cancellation.sleep,
    )
