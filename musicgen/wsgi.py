"""The site as a WSGI application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from musicgen.logging import log_uncaught_errors
from musicgen.readiness import report_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
application = get_wsgi_application()
log_uncaught_errors()


def _store_counts() -> None:
    from generation.monitoring.flushing import start  # what it imports needs the settings

    start()


_store_counts()
report_ready()
