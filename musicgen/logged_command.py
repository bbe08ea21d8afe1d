"""Commands that run on a host: what they say are lines of its log."""

import io
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class LoggedCommand(BaseCommand):
    """Writes to the log where that is JSON, and as any other command where it is text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        if settings.LOG_FORMAT == "json":
            logger = logging.getLogger(type(self).__module__)
            options = {"stdout": _Lines(logger.info), "stderr": _Lines(logger.error), **options}
        super().__init__(*args, **options)


class _Lines(io.TextIOBase):
    """A stream of which each text that is written becomes a line of the log."""

    def __init__(self, log: Callable[[str], None]) -> None:
        super().__init__()
        self._log = log

    def write(self, text: str, /) -> int:
        if text.strip():
            self._log(text.strip())
        return len(text)
