"""A whole running site whose bucket goes away and comes back: nobody has to do anything."""

import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from generation.tests.running_site import Site, running_site
from generation.tests.s3_server import S3Server
from generation.tests.toxic_proxy import Answer, Stall, ToxicProxy
from generation.tests.working import wait_until

OUTAGE_SECONDS = 8.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Do not follow."""


class Caller:
    """Someone with a token, and the longest that any answer took."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.token = site.manage("create_token", "alice@example.org", "--create-user").strip()
        self.longest = 0.0
        self._opener = urllib.request.build_opener(_NoRedirect)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            self.site.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        began = time.monotonic()
        try:
            with self._opener.open(request, timeout=30) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                status, content = answer.code, answer.read()
        self.longest = max(self.longest, time.monotonic() - began)
        return status, json.loads(content) if content[:1] == b"{" else None

    def order(self, prompt: str = "rain", duration: float = 1.0, variations: int = 1) -> str:
        order = {"prompt": prompt, "duration": duration, "variations": variations}
        status, job = self.call("POST", "/api/v1/jobs", order)
        assert status == 202, job
        return str(job["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.call("GET", f"/api/v1/jobs/{job_id}")[1]
        return job


@pytest.fixture
def site(s3_server: S3Server, proxy: ToxicProxy, tmp_path) -> Iterator[Site]:
    variables = {
        "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
        "STORAGE_ENDPOINT_URL": proxy.endpoint,
        "STORAGE_ACCESS_KEY_ID": s3_server.access_key,
        "STORAGE_SECRET_ACCESS_KEY": s3_server.secret_key,
        "STORAGE_BUCKET_NAME": s3_server.bucket,
        "API_RATE": "100000/min",
    }
    with running_site(tmp_path, **variables) as site:
        yield site
        proxy.refuse()  # ends what still hangs, so that the worker need not wait for it


def renditions(site: Site) -> int:
    """How many tracks have been made into what listeners are served. Asking the site would have it made."""
    with sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///")) as database:
        count: int = database.execute("SELECT COUNT(*) FROM generation_rendition").fetchone()[0]
    return count


@pytest.mark.long
def test_site_lives_through_outages(site, proxy):
    alice = Caller(site)
    jobs_ordered_while_the_bucket_is_down_are_completed_after_it(alice, site, proxy)
    renditions_that_an_outage_prevented_are_made_after_it(alice, site, proxy)
    orders_begin_though_80_conversions_wait_for_a_dead_bucket(alice, site, proxy)
    music_is_found_and_jobs_are_canceled_while_the_bucket_hangs(alice, proxy)


def jobs_ordered_while_the_bucket_is_down_are_completed_after_it(
    alice: Caller, site: Site, proxy: ToxicProxy
) -> None:
    proxy.refuse()
    ordered = [alice.order() for _ in range(4)]
    end = time.monotonic() + OUTAGE_SECONDS
    while time.monotonic() < end:
        for path in ("/", "/library/", "/api/v1/jobs", "/api/v1/tracks"):
            assert alice.call("GET", path)[0] == 200
        assert {alice.job(job_id)["status"] for job_id in ordered} <= {"queued", "processing"}
        time.sleep(0.5)
    proxy.accept()
    wait_until(lambda: all(alice.job(job_id)["status"] == "completed" for job_id in ordered), 60)
    assert [alice.job(job_id)["attempt"] for job_id in ordered] == [1, 1, 1, 1]
    wait_until(lambda: renditions(site) == 4, 60)
    assert alice.longest < 5


def renditions_that_an_outage_prevented_are_made_after_it(
    alice: Caller, site: Site, proxy: ToxicProxy
) -> None:
    before = renditions(site)
    proxy.trouble = Answer(503, "SlowDown", only="GET")
    job_id = alice.order()
    wait_until(lambda: alice.job(job_id)["status"] == "completed", 60)
    wait_until(lambda: "is not made into listen yet" in site.log.read_text(), 60)
    assert renditions(site) == before
    proxy.trouble = None
    wait_until(lambda: renditions(site) == before + 1, 60)


def orders_begin_though_80_conversions_wait_for_a_dead_bucket(
    alice: Caller, site: Site, proxy: ToxicProxy
) -> None:
    made = [alice.order(variations=4) for _ in range(10)]
    wait_until(lambda: all(alice.job(job_id)["status"] == "completed" for job_id in made), 60, every=0.2)
    proxy.trouble = Stall()
    before = renditions(site)
    for job_id in made:
        for track in alice.job(job_id)["tracks"]:
            for made_into in ("flac", "opus"):
                address = f"/api/v1/tracks/{track['id']}/audio-url?format={made_into}"
                assert alice.call("GET", address)[0] == 202
    time.sleep(1.0)  # one of two workers is at a conversion by now
    ordered = [alice.order() for _ in range(2)]
    assert wait_until(lambda: alice.job(ordered[0])["started_at"], 60) < 3
    proxy.accept()
    wait_until(lambda: all(alice.job(job_id)["status"] == "completed" for job_id in ordered), 60)
    wait_until(lambda: renditions(site) > before + 10, 60)


def music_is_found_and_jobs_are_canceled_while_the_bucket_hangs(alice: Caller, proxy: ToxicProxy) -> None:
    made = alice.order()
    wait_until(lambda: alice.job(made)["status"] == "completed", 60)
    proxy.trouble = Stall()
    hanging = alice.order(duration=20.0)
    wait_until(lambda: alice.job(hanging)["stage"] == "uploading", 60)
    alice.longest = 0.0
    assert alice.call("GET", f"/api/v1/jobs/{made}/audio")[0] == 302
    assert alice.call("POST", f"/api/v1/jobs/{hanging}/cancel")[0] == 202
    assert wait_until(lambda: alice.job(hanging)["status"] == "canceled", 60) < 20
    assert alice.longest < 2
