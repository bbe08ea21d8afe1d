"""The proxies of deploy/ in front of a site for others: logging in, ordering, waiting, listening, streams of events."""

import http.client
import json
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from generation.tests.https_visitor import HttpsVisitor
from generation.tests.proxies import HOST, caddy_over_https, nginx_over_https
from generation.tests.running_site import Site, free_port, running_site

SECRET = "a long enough secret"
PROXIES = {"caddy": caddy_over_https, "nginx": nginx_over_https}

pytestmark = [pytest.mark.long, pytest.mark.sqlite_is_enough]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """A site for others: https is asked for, and cookies are for https alone."""
    with running_site(
        tmp_path_factory.mktemp("site"),
        DJANGO_SETTINGS_MODULE="generation.tests.scripted_settings",
        ALLOWED_HOSTS=f"{HOST},127.0.0.1",
        SECRET_KEY="only-for-the-tests-of-proxies-0123456789-abcdefghijklmnopqrstuvwxyz",
    ) as running:
        yield running


@pytest.fixture(scope="module", params=sorted(PROXIES))
def proxy(request, site, tmp_path_factory) -> Iterator[tuple[int, object]]:
    """Where a proxy answers, and its certificate."""
    port = free_port()
    start = PROXIES[request.param]
    with start(tmp_path_factory.mktemp(request.param), int(site.url.rpartition(":")[2]), port) as certificate:
        yield port, certificate


@pytest.fixture
def visitor(proxy) -> HttpsVisitor:
    return HttpsVisitor(HOST, *proxy)


def test_somebody_signs_up_orders_waits_and_listens(visitor):
    made = visitor.submit("/accounts/signup/", email=f"{uuid.uuid4().hex}@example.org", password1=SECRET)
    assert (made.status, made.headers["Location"]) == (302, "/")
    ordered = visitor.order("rain", Prefer="wait=20")
    job = json.loads(ordered.data)
    assert (ordered.status, job["status"]) == (201, "completed")
    assert job["urls"]["self"].startswith(f"https://{HOST}/"), "the site knows by which address it is asked"
    led = visitor.ask("GET", f"/audio/{job['id']}")
    assert led.status == 302
    part = visitor.ask("GET", led.headers["Location"].removeprefix(f"https://{HOST}"), Range="bytes=0-99")
    assert (part.status, len(part.data)) == (206, 100)
    assert part.headers["Content-Range"].startswith("bytes 0-99/")


def test_events_come_one_by_one(visitor):
    visitor.submit("/accounts/signup/", email=f"{uuid.uuid4().hex}@example.org", password1=SECRET)
    job = json.loads(visitor.order("[slow] rain").data)
    seen = []
    for line in visitor.events(f"/api/v1/jobs/{job['id']}/events"):
        if line.startswith("event: "):
            seen.append(line.removeprefix("event: "))
        if not seen[1:]:  # the first came while it was being made
            state = json.loads(visitor.get(f"/api/v1/jobs/{job['id']}"))["status"]
            assert state in ("queued", "processing")
    assert seen[-1] == "completed"


def test_whoever_asks_by_http_is_sent_to_https(site):
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    connection.request("GET", "/library/", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/library/")
    connection.close()


def test_an_address_that_is_made_up_is_not_believed(proxy, site):
    """The guests of two requests with other claims come from one address."""
    jobs = []
    for claimed in ("203.0.113.1", "203.0.113.2, 198.51.100.9"):
        guest = HttpsVisitor(HOST, *proxy, headers={"X-Forwarded-For": claimed})
        guest.submit("/", prompt="rain", duration="custom", seconds="5")
        [job] = json.loads(guest.get("/api/v1/jobs"))["results"]
        jobs.append(job["id"])
    database = sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))
    keys = database.execute(
        "SELECT DISTINCT address_key FROM generation_job WHERE id IN (?, ?)",
        [uuid.UUID(job).hex for job in jobs],
    ).fetchall()
    assert len(keys) == 1


def test_who_comes_while_the_site_is_started_anew_waits_for_it(tmp_path):
    port, site_port = free_port(), free_port()
    with caddy_over_https(tmp_path, site_port, port) as certificate, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(HttpsVisitor(HOST, port, certificate).ask, "GET", "/")
        assert not wait([coming], timeout=0.5).done, coming.result().status
        handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
        with HTTPServer(("127.0.0.1", site_port), handler) as started:
            started.timeout = 15
            started.handle_request()
            assert coming.result().status == 200
