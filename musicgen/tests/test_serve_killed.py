"""`manage.py serve` heals itself: whichever of its processes is killed, the site answers again and music is made."""

import json
import os
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from generation.tests.running_site import Site, running_site
from generation.tests.working import wait_until
from musicgen.tests.listed_processes import children, descendants, named, running

pytestmark = pytest.mark.long
GENEROUS_SECONDS = 100.0


class Alice:
    """Orders music from the site, again and again where it does not answer yet."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._token = site.manage("create_token", "alice@example.org", "--create-user").strip()

    def order(self, duration: float) -> str:
        body = json.dumps({"prompt": "calm piano", "duration": duration}).encode()
        answers: list[dict[str, Any]] = []
        wait_until(lambda: self._call("/api/v1/jobs", body, answers), GENEROUS_SECONDS)
        return str(answers[0]["id"])

    def status(self, job_id: str) -> str:
        answers: list[dict[str, Any]] = []
        wait_until(lambda: self._call(f"/api/v1/jobs/{job_id}", None, answers), GENEROUS_SECONDS)
        return str(answers[0]["status"])

    def _call(self, path: str, body: bytes | None, answers: list[dict[str, Any]]) -> bool:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(self._site.url + path, body, headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                answers.append(json.load(answer))
        except urllib.error.HTTPError:
            raise
        except OSError:  # nobody answers, or the one who did was killed
            return False
        return True


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def alice(site):
    return Alice(site)


def web_master(site: Site) -> int:
    [pid] = set(children(site.process.pid)) - named("music-main", descendants(site.process.pid))
    return pid


def web_worker(site: Site) -> int:
    return children(web_master(site))[0]


def worker_main(site: Site) -> int:
    [pid] = named("music-main", descendants(site.process.pid))
    return pid


def sentinel(site: Site) -> int:
    [pid] = named("music-sentinel", descendants(site.process.pid))
    return pid


def is_ready(site: Site) -> bool:
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def worker_of(site: Site, job_id: str) -> int | None:
    """The process that makes this job."""
    path = Path(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))
    with sqlite3.connect(path) as database:
        [[owner]] = database.execute(
            "SELECT lease_owner FROM generation_job WHERE id = ?", [job_id.replace("-", "")]
        )
    return int(owner.split(":")[1]) if owner else None


@pytest.mark.parametrize(
    ("victim", "line"),
    [
        (web_master, "Web was killed by SIGKILL after"),
        (web_worker, ""),  # gunicorn starts another
        (worker_main, "The worker was killed by SIGKILL after"),
        (sentinel, "The cluster of this worker has ended or hangs; starting another"),
    ],
)
def test_whichever_process_is_killed_the_site_goes_on(site, alice, victim, line):
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    pid = victim(site)
    os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    make_music(alice, killed_at, victim.__name__)
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    assert running({pid}) == set()
    assert line in site.log.read_text()


@pytest.mark.parametrize("victim", ["worker", "main"])
def test_what_is_being_made_then_is_made_again(site, alice, victim):
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    in_hand = alice.order(duration=40)
    wait_until(lambda: worker_of(site, in_hand), GENEROUS_SECONDS)
    os.kill(worker_of(site, in_hand) if victim == "worker" else worker_main(site), signal.SIGKILL)
    make_music(alice, time.monotonic(), f"{victim}, busy")
    wait_until(lambda: alice.status(in_hand) == "completed", GENEROUS_SECONDS)


def make_music(alice: Alice, killed_at: float, victim: str) -> None:
    """Order a piece, wait until it is made, and print how long that was after a process was killed."""
    job_id = alice.order(duration=5)
    answered = time.monotonic() - killed_at
    wait_until(lambda: alice.status(job_id) == "completed", GENEROUS_SECONDS)
    print(f"{victim} killed: ordered after {answered:.1f} s, made after {time.monotonic() - killed_at:.1f} s")
