"""`manage.py serve` heals itself: whichever of its processes is killed, the site answers again and music is made.

What all of them write meanwhile is JSON, and what they count is at `/metrics`.
"""

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
METRICS_TOKEN = "only-for-this-test-0123456789"


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
    variables = {
        "LOG_FORMAT": "json",
        "METRICS_TOKEN": METRICS_TOKEN,
        "GUNICORN_CMD_ARGS": "--log-level info",
    }
    with running_site(tmp_path_factory.mktemp("site"), **variables) as site:
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


def stored(site: Site, query: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of the site's database."""
    path = Path(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))
    with sqlite3.connect(path) as database:
        return database.execute(query, values).fetchall()


def of_job(site: Site, job_id: str, column: str) -> Any:
    """What the row of a job has in this column."""
    query = f"SELECT {column} FROM generation_job WHERE id = ?"
    [(value,)] = stored(site, query, job_id.replace("-", ""))
    return value


def worker_of(site: Site, job_id: str) -> int | None:
    """The process that makes this job."""
    owner = of_job(site, job_id, "lease_owner")
    return int(owner.split(":")[1]) if owner else None


@pytest.mark.parametrize(
    ("victim", "line"),
    [
        (web_master, "Web was killed by SIGKILL after"),
        (web_worker, "was sent SIGKILL!"),  # by which gunicorn starts another
        (worker_main, "The worker was killed by SIGKILL after"),
        (sentinel, "The cluster of this worker has ended or hangs; starting another"),
    ],
)
def test_whichever_process_is_killed_the_site_goes_on(site, alice, victim, line):
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    pid, before = victim(site), len(site.log.read_text())
    os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    make_music(alice, killed_at, victim.__name__)
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    assert running({pid}) == set()
    assert line in site.log.read_text()[before:]


@pytest.mark.parametrize("victim", ["worker", "main"])
def test_what_is_being_made_then_is_made_again(site, alice, victim):
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    in_hand = alice.order(duration=40)
    wait_until(lambda: worker_of(site, in_hand), GENEROUS_SECONDS)
    os.kill(worker_of(site, in_hand) if victim == "worker" else worker_main(site), signal.SIGKILL)
    make_music(alice, time.monotonic(), f"{victim}, busy")
    wait_until(lambda: alice.status(in_hand) == "completed", GENEROUS_SECONDS)
    assert of_job(site, in_hand, "attempt") >= 2


def total(site: Site, name: str) -> float:
    """The sum of a metric over all its labels."""
    request = urllib.request.Request(
        f"{site.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


def stored_total(site: Site, name: str) -> float:
    """The same, as the database has it."""
    rows = stored(site, "SELECT series, value FROM generation_metric")
    return sum(value for series, value in rows if json.loads(series)[0] == name)


def test_what_its_processes_count_is_exported_and_all_that_they_write_is_json(site, alice):
    """The last of this module: it ends the site."""
    wait_until(lambda: is_ready(site), GENEROUS_SECONDS)
    before = total(site, "musicgen_jobs_ended_total")
    make_music(alice, time.monotonic(), "nobody")
    # Counted by a worker, shown by a web process, within two rounds.
    wait_until(lambda: total(site, "musicgen_jobs_ended_total") > before, GENEROUS_SECONDS)
    assert total(site, "musicgen_storage_calls_total") > 0
    assert total(site, "musicgen_http_requests_total") > 0
    assert total(site, "musicgen_workers_alive") == 1
    shown = total(site, "musicgen_jobs_ended_total")
    ordered = alice.order(duration=5)
    wait_until(lambda: alice.status(ordered) == "completed", GENEROUS_SECONDS)
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(60) == 0
    lines = [json.loads(line) for line in site.log.read_text().splitlines()]
    assert {"gunicorn.error", "musicgen.access", "musicgen.jobs", "musicgen.supervisor"} <= {
        line["name"] for line in lines
    }
    assert any("is starting at" in line["message"] for line in lines)
    assert [line["status"] for line in lines if line["name"] == "musicgen.jobs"].count("completed") >= 7
    assert stored_total(site, "musicgen_jobs_ended_total") > shown, "what ends in order has stored its counts"


def make_music(alice: Alice, killed_at: float, victim: str) -> None:
    """Order a piece, wait until it is made, and print how long that was after a process was killed."""
    job_id = alice.order(duration=5)
    answered = time.monotonic() - killed_at
    wait_until(lambda: alice.status(job_id) == "completed", GENEROUS_SECONDS)
    print(f"{victim} killed: ordered after {answered:.1f} s, made after {time.monotonic() - killed_at:.1f} s")
