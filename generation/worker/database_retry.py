"""Trying again while the database is away: what must be written is written when it is back."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from musicgen.backoff import Backoff, retry

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
AWAY = (OperationalError, InterfaceError)
BACKOFF = Backoff(first=0.5, factor=1, longest=0.5)


def retry_while_database_away(act: Callable[[], Result]) -> Result:
    """Do something with the database, again and again while that cannot be reached, and give its result.

    It may be done twice: what was committed last may not have been confirmed. Raises OperationalError or
    InterfaceError after `JOB_DATABASE_PATIENCE_SECONDS`.
    """

    def attempt() -> Result:
        try:
            return act()
        except AWAY:
            connection.close()
            raise

    return retry(
        attempt, AWAY, BACKOFF, seconds=settings.JOB_DATABASE_PATIENCE_SECONDS, on_failure=_log_failure
    )


def _log_failure(error: Exception, pause: float) -> None:
    logger.warning("The database cannot be reached; trying again", exc_info=error)
