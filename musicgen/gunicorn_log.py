"""gunicorn's own lines, written as all others are: also those of its main process, which never loads the site."""

import logging.config
import os
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger

from musicgen import scrubbing
from musicgen.environment import Environment
from musicgen.logging import LOG_FORMATS, capture_warnings, log_configuration


class SiteLogger(Logger):
    """For gunicorn's `--logger-class`. Its level is that of `--log-level`."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")
        scrubbing.remember(scrubbing.secrets_in(os.environ))
        chosen = Environment(os.environ).text("LOG_FORMAT", default=LOG_FORMATS[0])
        logging.config.dictConfig(log_configuration(as_json=chosen == "json"))
        if chosen == "json":
            capture_warnings()
