"""The web process as `manage.py serve` runs it answers all kinds of requests and loads nothing heavy for them."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

import pytest

from generation.tests.running_site import Site, running_site
from musicgen.tests import loaded_modules

HEAVY = {"numpy", "scipy", "soundfile", "boto3", "modal", "torch", "cryptography", "fido2"}
FINISH_SECONDS = 120.0

pytestmark = pytest.mark.long


class Visitor:
    """A guest of a running site, who has ordered a piece by the form and waited for it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        form = {
            "prompt": "slow piano",
            "duration": "custom",
            "seconds": "5",
            "csrfmiddlewaretoken": self._csrf(),
        }
        self._open("/", urlencode(form).encode())
        self.job_id, self.track_id = self._made()

    def get(self, path: str) -> bytes:
        return self._open(path)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON to the API and read its answer."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._csrf()}
        return json.loads(self._open(path, json.dumps(body).encode(), headers))

    def loaded(self, also: str = "") -> set[str]:
        """The names of the modules that the web process has loaded, after it has imported `also`."""
        return set(json.loads(self._open(f"{loaded_modules.PATH}?{urlencode({'import': also})}")))

    def _made(self) -> tuple[str, str]:
        end = time.monotonic() + FINISH_SECONDS
        while True:
            [job] = json.loads(self._open("/api/v1/jobs"))["results"]
            if job["tracks"]:
                return job["id"], job["tracks"][0]["id"]
            assert time.monotonic() < end, job
            time.sleep(0.2)

    def _csrf(self) -> str:
        page = self._open("/").decode()
        match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert match
        return match[1]

    def _open(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        request = urllib.request.Request(self._site.url + path, data, headers or {})
        with self._opener.open(request, timeout=60) as answer:
            body: bytes = answer.read()
        return body


@pytest.fixture(scope="module")
def visitor(tmp_path_factory) -> Iterator[Visitor]:
    settings_module = "musicgen.tests.loaded_modules_settings"
    with running_site(tmp_path_factory.mktemp("site"), DJANGO_SETTINGS_MODULE=settings_module) as site:
        yield Visitor(site)


def test_pages_api_orders_and_midi_load_nothing_heavy(visitor):
    job, track = visitor.job_id, visitor.track_id
    for path in ("/", "/library/", f"/jobs/{job}/", f"/tracks/{track}/", "/accounts/login/", "/readyz"):
        assert visitor.get(path)
    for path in (
        "jobs",
        "tracks",
        f"jobs/{job}",
        f"jobs/{job}/events",
        f"tracks/{track}/peaks",
        "engines",
        "genres",
        "openapi.json",
    ):
        assert visitor.get(f"/api/v1/{path}")
    ordered = visitor.post(
        "/api/v1/jobs", {"prompt": "sad waltz without drums, a long intro", "duration": 20}
    )
    assert visitor.post(f"/api/v1/jobs/{ordered['id']}/cancel", {})["status"] in ("canceled", "processing")
    assert visitor.get(f"/tracks/{track}/midi").startswith(b"MThd")
    assert visitor.get(f"/tracks/{track}/cover.png").startswith(b"\x89PNG")
    assert visitor.get(f"/tracks/{track}/audio?format=wav").startswith(b"RIFF")
    assert visitor.get(f"/tracks/{track}/midi?quantised=1").startswith(b"MThd")
    assert b"http-equiv" in visitor.get(f"/tracks/{track}/audio?format=flac&download=1")
    assert visitor.loaded() & HEAVY == set()


def test_what_is_loaded_would_be_seen(visitor):
    assert {"numpy", "generation.web.views.create", "generation.composer.sound.midi"} <= visitor.loaded(
        "numpy"
    )
