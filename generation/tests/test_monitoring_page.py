"""`/metrics`: for whom it is, what Prometheus reads there, and that it says when the database is away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import ApiToken, User
from generation.models import Job, Metric, ProcessValue, SiteSample, Worker
from generation.monitoring.flushing import Flusher
from generation.monitoring.sampling import Sampler
from musicgen import health
from musicgen.metrics.names import COUNTERS, HISTOGRAMS
from musicgen.metrics.pending import PENDING
from musicgen.services import Service

TOKEN = "only-for-this-test-0123456789"


@pytest.fixture(autouse=True)
def token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    PENDING.take()


def asked(token: str = TOKEN, **headers: str) -> Any:
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}", **headers})


def samples(answer: Any) -> dict[tuple[str, ...], float]:
    """What was answered: values by the name and the labels, in the order of the labels' names."""
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def staff() -> User:
    user = User.objects.create_user(email="staff@example.org")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    return user


@pytest.mark.django_db
def test_it_is_for_the_token_and_for_staff(alice, settings):
    boss = staff()
    in_session = Client()
    in_session.force_login(boss)
    by_token = {
        user.email: ApiToken.objects.issue(user, "tests", [scope])[1]
        for user, scope in ((boss, "read"), (alice, "read"))
    }
    assert asked().status_code == 200
    assert in_session.get("/metrics").status_code == 200
    assert asked(by_token[boss.email]).status_code == 200
    refused = [
        Client().get("/metrics"),
        asked("wrong"),
        asked(""),
        asked(by_token[alice.email]),
        asked(ApiToken.objects.issue(boss, "tests", ["write"])[1]),
        in_session.get("/metrics", headers={"Authorization": "Bearer wrong"}),
        Client().get("/metrics", headers={"Authorization": f"Basic {TOKEN}"}),
    ]
    alices = Client()
    alices.force_login(alice)
    refused.append(alices.get("/metrics"))
    for answer in refused:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert b"musicgen_" not in answer.content
    settings.METRICS_TOKEN = ""
    assert asked().status_code == 401
    assert asked("").status_code == 401


@pytest.mark.django_db
def test_tokens_are_not_guessed_for_long(settings):
    settings.BAD_TOKEN_RATE = "2/min"
    assert [asked("wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert asked().status_code == 200


@pytest.mark.django_db
def test_totals_of_all_processes_are_there_in_cumulative_buckets():
    Metric.objects.add(
        {
            ("musicgen_http_requests_total", "GET", "web:create", "2xx"): 7.0,
            ("musicgen_http_requests_total", "of", "another", "version", "of the site"): 7.0,
            ("musicgen_forgotten_total",): 7.0,
            ("musicgen_job_queue_seconds", "composer", "0.1"): 2.0,
            ("musicgen_job_queue_seconds", "composer", "0.5"): 3.0,
            ("musicgen_job_queue_seconds", "composer", "+Inf"): 1.0,
            ("musicgen_job_queue_seconds", "composer", "sum"): 4001.5,
        }
    )
    found = samples(asked())
    assert found[("musicgen_http_requests_total", "GET", "web:create", "2xx")] == 7
    assert not [key for key in found if "another" in key or key[0] == "musicgen_forgotten_total"]
    buckets = {key[2]: value for key, value in found.items() if key[0] == "musicgen_job_queue_seconds_bucket"}
    assert (buckets["0.1"], buckets["0.25"], buckets["0.5"], buckets["3600.0"]) == (2, 2, 5, 5)
    assert buckets["+Inf"] == found[("musicgen_job_queue_seconds_count", "composer")] == 6
    assert found[("musicgen_job_queue_seconds_sum", "composer")] == 4001.5
    assert found[("musicgen_redis_outages_total",)] == 0


@pytest.mark.django_db
def test_how_the_site_stands_now_is_there(scripted, order):
    now = timezone.now()
    Worker.objects.create(host="here", pid=1, slots=3)
    Worker.objects.create(host="gone", pid=2, slots=3, seen_at=now - timedelta(minutes=1))
    ProcessValue.objects.report("one", {"musicgen_event_streams_open": 4.0}, now)
    order().claim("worker")
    waiting = order()
    order()
    Job.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(seconds=90))
    Sampler().sample()
    SiteSample.objects.update(stored_bytes=1234)
    found = samples(asked())
    assert found[("musicgen_database_up",)] == 1
    assert found[("musicgen_jobs_waiting",)] == 2
    assert 90 <= found[("musicgen_oldest_waiting_job_seconds",)] < 150
    assert found[("musicgen_jobs_running",)] == 1
    assert (found[("musicgen_workers_alive",)], found[("musicgen_worker_slots",)]) == (1, 3)
    assert found[("musicgen_event_streams_open",)] == 4
    assert found[("musicgen_stored_bytes",)] == 1234
    assert found[("musicgen_archives_waiting",)] == found[("musicgen_webhook_deliveries_pending",)] == 0


@pytest.mark.django_db
def test_a_request_is_in_the_totals_of_the_next_scrape():
    asked()
    Flusher().flush()
    assert samples(asked())[("musicgen_http_requests_total", "GET", "metrics", "2xx")] == 1


@pytest.mark.django_db
def test_open_metrics_is_spoken_to_who_prefers_it():
    answer = asked(Accept="application/openmetrics-text; version=1.0.0")
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    names = {family.name for family in open_metrics(answer.content.decode())}
    assert {counter.name.removesuffix("_total") for counter in COUNTERS} <= names
    assert {histogram.name for histogram in HISTOGRAMS} <= names


@pytest.mark.django_db
def test_while_the_database_is_away_it_says_so_to_the_token():
    def fail(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert samples(asked()) == {("musicgen_database_up",): 0}


@pytest.mark.django_db
def test_services_that_are_set_up_are_there(monkeypatch, with_bucket, proxy, through_proxy):
    monkeypatch.setattr(health, "BUCKET", Service(health._bucket))
    assert samples(asked())[("musicgen_service_up", "storage")] == 1


@pytest.mark.django_db
def test_it_asks_a_fixed_number_of_questions(scripted, order, django_assert_max_num_queries):
    for _ in range(5):
        order()
    with django_assert_max_num_queries(11):
        asked()
