"""A configuration of gunicorn for tests: the site as it is, and one more address that reports which modules are loaded.

`GET /loaded-modules?import=NAME` imports NAME first.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

PATH = "/loaded-modules"


def post_worker_init(worker: Any) -> None:
    """Hook of gunicorn, called in the web process once the site is loaded there."""
    site = worker.wsgi

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return site(environ, start_response)
        for name in parse_qs(environ["QUERY_STRING"]).get("import", []):
            importlib.import_module(name)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(sorted(sys.modules)).encode()]

    worker.wsgi = application
