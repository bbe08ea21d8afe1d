"""Patience with a database that is away: what must be written is written when it is back."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
AWAY = (OperationalError, InterfaceError)
PAUSE_SECONDS = 0.5


def retry_while_database_away(act: Callable[[], Result]) -> Result:
    """Do something with the database, again and again while that cannot be reached, and give its result.

    It may be done twice: what was committed last may not have been confirmed. Raises OperationalError or
    InterfaceError after `JOB_DATABASE_PATIENCE_SECONDS`.
    """
    end = time.monotonic() + settings.JOB_DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return act()
        except AWAY:
            connection.close()
            if time.monotonic() > end:
                raise
            logger.warning("The database cannot be reached; trying again", exc_info=True)
            time.sleep(PAUSE_SECONDS)
