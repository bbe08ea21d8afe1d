"""Where lines of the log go and what each says: the request and the job it belongs to, and never a secret."""

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from pythonjsonlogger.json import JsonFormatter

from musicgen import scrubbing

logger = logging.getLogger(__name__)
NONE = "-"
LOG_FORMATS = ("text", "json")
request_id: ContextVar[str] = ContextVar("request_id", default=NONE)
job_id: ContextVar[str] = ContextVar("job_id", default=NONE)
_IDS = {"request_id": request_id, "job_id": job_id}


Result = TypeVar("Result")


@contextmanager
def working_on(job: object) -> Iterator[None]:
    """Have every line that is written in the block name the job of this id."""
    token = job_id.set(str(job))
    try:
        yield
    finally:
        job_id.reset(token)


def name_job(job: object) -> None:
    """Where a request is being answered, have its lines from here on name the job of this id, as one just ordered."""
    if request_id.get() != NONE:
        job_id.set(str(job))


def this_request() -> str:
    """The id of the request that is being answered, empty where none is."""
    named = request_id.get()
    return "" if named == NONE else named


def with_ids(act: Callable[[], Result]) -> Callable[[], Result]:
    """The same, with the ids of whoever asks now: for another thread, which begins without any."""
    return partial(copy_context().run, act)


class IdFilter(logging.Filter):
    """Gives every record the `request_id` and the `job_id` it was written under, "-" where there is none.

    A record that brings its own keeps it. `ids` is both as text for people, "" where there are none.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        ids = ""
        for name, variable in _IDS.items():
            value = record.__dict__.setdefault(name, variable.get())
            ids += "" if value == NONE else f"{name}={value} "
        record.ids = ids
        return True


class ScrubbedText(logging.Formatter):
    """A line of text without secrets, those of arguments and tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbing.scrubbed(super().format(record))


class ScrubbedJson(JsonFormatter):
    """The same as an object of JSON. Secrets go before it is written, when nothing is escaped yet."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        for name in ("ids", "request"):  # of Django's lines about a request, with all its query
            log_data.pop(name, None)
        return {name: scrubbing.scrubbed_value(value) for name, value in log_data.items()}


def log_configuration(*, as_json: bool) -> dict[str, Any]:
    """What `LOGGING` is: all lines go to standard error, as text or as one JSON object each."""
    fields = "%(asctime)s %(levelname)s %(name)s"
    silent: dict[str, Any] = {"handlers": [], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": "musicgen.logging.IdFilter"}},
        "formatters": {
            "text": {"()": "musicgen.logging.ScrubbedText", "format": f"{fields} %(ids)s%(message)s"},
            "json": {
                "()": "musicgen.logging.ScrubbedJson",
                "format": f"{fields} %(message)s %(request_id)s %(job_id)s",
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "text",
                "filters": ["ids"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would write a line again, and mail it.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # The access log says what `runserver` and gunicorn would say of a request.
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
            "gunicorn.access": silent,
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
            "botocore": {"level": "WARNING"},
            # That there is no file `.env`, which need not be.
            "environ": {"level": "WARNING"},
            "django-q": {"level": "WARNING"},
            # A line for each file that Hugging Face is asked for.
            "httpx2": {"level": "WARNING"},
        },
    }


def capture_warnings() -> None:
    """Have Python's warnings written as lines of the log, where Python would print two lines of its own."""
    logging.captureWarnings(True)


def hide_secrets(settings: Mapping[str, Any], variables: Mapping[str, str] = os.environ) -> None:
    """From now on keep the secrets of these settings and of the environment out of the log."""
    texts = {name: value for name, value in settings.items() if isinstance(value, str)}
    passwords = [str(database.get("PASSWORD") or "") for database in settings["DATABASES"].values()]
    found = [*scrubbing.secrets_in(variables), *scrubbing.secrets_in(texts), *passwords]
    scrubbing.remember([*found, *settings["SECRET_KEY_FALLBACKS"]])


def log_uncaught_errors() -> None:
    """Have what ends this process or one of its threads written as a line, where Python would print it as it is."""

    def log(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error or kind(), trace)
        else:
            logger.critical("Uncaught error", exc_info=error)

    sys.excepthook = log
    threading.excepthook = lambda raised: log(raised.exc_type, raised.exc_value, raised.exc_traceback)
