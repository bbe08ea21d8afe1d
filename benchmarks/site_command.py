"""The web processes as the Procfile starts them."""

import sys

WEB_PROCESSES, THREADS = 2, 8
GUNICORN = (
    *("gunicorn", "musicgen.wsgi", "--no-control-socket", "--log-level", "warning"),
    *("--workers", str(WEB_PROCESSES), "--threads", str(THREADS)),
    *("--worker-class", "musicgen.web_worker.WebWorker"),
    *("--logger-class", "musicgen.gunicorn_log.SiteLogger"),
)


def site_command(port: int) -> list[str]:
    """What starts the site on a port of loopback."""
    return [sys.executable, "-m", *GUNICORN, "--bind", f"127.0.0.1:{port}"]
