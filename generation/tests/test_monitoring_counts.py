"""What is counted where it happens: jobs, money, refusals, calls to the storage, deliveries and requests."""

import io
import json
import logging
import logging.config
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client

from accounts import rates
from generation import jobs
from generation.api.seats import Caller
from generation.api.streams import opening
from generation.archives import ordering
from generation.archives.ordering import ArchiveRefused
from generation.engines.base import EngineError
from generation.engines.scripted import ScriptedEngine
from generation.models import job_ends
from generation.models.quotas import QuotaExceeded
from generation.storage import StorageError, audio_storage, local, storage_of
from generation.tests.api_calls import API, client_of, stored_track
from generation.tests.working import run
from generation.webhooks.delivery import Outcome
from musicgen.logging import log_configuration
from musicgen.metrics.names import EVENT_STREAMS
from musicgen.metrics.pending import PENDING, Key

KEY = "tracks/00000000-0000-4000-8000-000000000000/00000000-0000-4000-8000-000000000001/master.wav"


@pytest.fixture(autouse=True)
def nothing_pending():
    PENDING.take()


@pytest.fixture
def job_lines():
    """The lines of jobs that have ended, as JSON has them."""
    stream = io.StringIO()
    configurator = logging.config.DictConfigurator(log_configuration(as_json=True))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(configurator.configure_formatter(configurator.config["formatters"]["json"]))
    handler.addFilter(configurator.configure_filter(configurator.config["filters"]["ids"]))
    logger = logging.getLogger(job_ends.NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def counted(name: str) -> dict[Key, float]:
    """What is pending of a metric, by labels."""
    found = {key[1:]: value for key, value in PENDING.take().items() if key[0] == name}
    return dict(sorted(found.items()))


@pytest.mark.django_db(transaction=True)
def test_a_job_has_one_line_and_one_count_when_it_ends(scripted, order, alice, job_lines):
    job = run(order())
    [line] = job_lines()
    assert line["name"] == "musicgen.jobs"
    assert (line["job_id"], line["owner"]) == (str(job.pk), str(alice.pk))
    assert (line["status"], line["code"], line["engine"], line["attempt"]) == (
        "completed",
        None,
        "scripted",
        1,
    )
    assert line["generate_seconds"] == pytest.approx(job.generate_seconds, abs=0.001)
    assert line["total_seconds"] >= line["queue_seconds"] >= 0
    assert alice.email not in json.dumps(line)
    pending = PENDING.take()
    assert pending[("musicgen_jobs_ended_total", "scripted", "completed", "none")] == 1
    for kind in ("queue", "generate", "store"):
        buckets = [key for key in pending if key[0] == f"musicgen_job_{kind}_seconds"]
        assert len(buckets) == 2
    assert pending[("musicgen_storage_calls_total", "local", "save", "ok")] == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_is_counted_by_its_code_and_one_that_is_retried_is_not(
    scripted, order, job_lines, monkeypatch, settings
):
    def refuse(*_, **__):
        raise EngineError("content_rejected", "No.", retryable=True)

    monkeypatch.setattr(ScriptedEngine, "generate", refuse)
    job = order()
    assert run(job).status == "queued"
    assert job_lines() == []
    settings.JOB_MAX_ATTEMPTS = 2
    assert run(job).status == "failed"
    assert [(line["status"], line["code"], line["attempt"]) for line in job_lines()] == [
        ("failed", "content_rejected", 2)
    ]
    assert counted("musicgen_jobs_ended_total") == {("scripted", "failed", "content_rejected"): 1}


@pytest.mark.django_db(transaction=True)
def test_a_canceled_job_is_one_of_them_and_what_is_rolled_back_is_none(scripted, order, job_lines):
    job, other = order(), order()
    jobs.cancel(job=job)
    with transaction.atomic():
        jobs.cancel(job=other)
        transaction.set_rollback(True)
    assert [line["job_id"] for line in job_lines()] == [str(job.pk)]
    assert counted("musicgen_jobs_ended_total") == {("scripted", "canceled", "none"): 1}


@pytest.mark.django_db(transaction=True)
def test_what_music_costs_is_counted_by_engine(scripted, order):
    job = order()
    job.add_cost(Decimal("0.25"))
    assert counted("musicgen_cost_usd_total") == {("scripted",): 0.25}


@pytest.mark.django_db
def test_refusals_are_counted_by_what_refuses(scripted, order, alice, settings):
    settings.QUOTA_QUEUED = {"guest": 1, "user": 1, "staff": 1}
    track = stored_track(order())
    for _ in range(2):  # the second is refused early
        with pytest.raises(QuotaExceeded):
            order()
    rates.check("order", "alice", ["1/min", "1/hour"])
    with pytest.raises(rates.TooOften):
        rates.check("order", "alice", ["1/min", "1/hour"])
    settings.QUOTA_ARCHIVES_AT_ONCE = {"user": 0}
    with pytest.raises(ArchiveRefused):
        ordering.order_tracks(owner=alice, track_ids=[track.pk], format_name="mp3")
    assert counted("musicgen_refusals_total") == {("archives_at_once",): 1, ("order",): 1, ("queued",): 2}


@pytest.mark.django_db
def test_a_caller_beyond_the_rate_of_the_api_is_counted(alice, settings):
    settings.API_RATE = "1/min"
    client = client_of(alice)
    assert [client.get(f"{API}/usage").status_code for _ in range(3)] == [200, 429, 429]
    assert counted("musicgen_refusals_total") == {("api",): 2}


def test_calls_to_the_storage_are_counted_by_how_they_end(monkeypatch):
    storage = audio_storage()
    storage.save(KEY, ContentFile(b"music"))
    storage.stat(KEY)
    storage.open(KEY).close()
    storage.delete(KEY)
    with pytest.raises(FileNotFoundError):
        storage.open(KEY)
    monkeypatch.setattr(
        local,
        "write_atomically",
        lambda *_: (_ for _ in ()).throw(StorageError("disk_full", "The disk is full.")),
    )
    with pytest.raises(StorageError):
        storage.save(KEY, ContentFile(b"music"))
    pending = PENDING.take()
    assert {key[2:]: value for key, value in pending.items() if "calls" in key[0]} == {
        ("save", "ok"): 1,
        ("stat", "ok"): 1,
        ("open", "ok"): 1,
        ("delete", "ok"): 1,
        ("open", "missing"): 1,
        ("save", "disk_full"): 1,
    }
    timed = [key for key in pending if key[0] == "musicgen_storage_call_duration_seconds"]
    assert {key[2] for key in timed} == {"save", "stat", "open", "delete"}


def test_calls_to_a_bucket_are_counted_too(with_bucket):
    PENDING.take()  # of emptying the bucket of what other tests have left
    storage = storage_of("s3")
    storage.save(KEY, ContentFile(b"music"))
    storage.open(KEY).close()
    storage.delete(KEY)
    with pytest.raises(FileNotFoundError):
        storage.stat(KEY)
    assert counted("musicgen_storage_calls_total") == {
        ("s3", "delete", "ok"): 1,
        ("s3", "open", "ok"): 1,
        ("s3", "save", "ok"): 1,
        ("s3", "stat", "missing"): 1,
    }


@pytest.mark.parametrize(
    ("status", "word"), [(204, "delivered"), (302, "refused"), (500, "refused"), (None, "unreachable")]
)
def test_an_attempt_to_deliver_has_a_word(status, word):
    assert Outcome(at=None, duration=0.1, status_code=status).word == word


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_not_by_address(alice, alices, scripted, order):
    job = order()
    PENDING.take()
    client = client_of(alice)
    for number in range(3):
        Client().get(f"/nothing/{number}")
        client.get(f"{API}/jobs/{job.pk}")
    alices.post("/healthz")
    Client().generic("BREW", "/healthz")
    pending = PENDING.take()
    requests = {key[1:]: value for key, value in pending.items() if key[0] == "musicgen_http_requests_total"}
    assert requests == {
        ("GET", "none", "4xx"): 3,
        ("GET", "api:job", "2xx"): 3,
        ("POST", "healthz", "4xx"): 1,
        ("other", "healthz", "4xx"): 1,
    }
    sums = {key[1:3] for key in pending if key[0] == "musicgen_http_request_duration_seconds"}
    assert ("GET", "api:job") in sums


def test_open_event_streams_are_seen():
    before = EVENT_STREAMS.value()
    seat = opening.HELD.take(Caller("user:1"), 500)
    assert EVENT_STREAMS.value() == before + 1
    seat.give_back()
    assert EVENT_STREAMS.value() == before
